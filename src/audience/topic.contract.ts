import { z } from 'zod'
import { line } from '../accounts/account.contract.ts'
import { idText, time } from '../platform/page.contract.ts'

/** What people choose to receive. They choose; operators name and describe. */
export const topic = z
  .object({
    id: idText,
    name: z.string(),
    description: z.string(),
    /** Contacts outside the archive that chose it and get its mail, and all that left it. */
    counts: z.object({ chosen: z.int(), left: z.int() }),
    createdAt: time,
    archivedAt: time.nullable(),
  })
  .meta({ id: 'Topic' })
export type Topic = z.infer<typeof topic>
/** In the order of the preferences page; an account has at most 100. */
export const topics = z.object({ items: z.array(topic) })
export const topicsQuery = z.strictObject({ archived: z.stringbool().default(false) })

const parts = {
  name: line(100).trim().min(1, 'Enter a name for the topic.'),
  description: line(300).trim(),
}
export const newTopic = z.strictObject({ name: parts.name, description: parts.description.default('') })
export type NewTopic = z.infer<typeof newTopic>
export const topicChange = z.strictObject({ name: parts.name.optional(), description: parts.description.optional() })
export type TopicChange = z.infer<typeof topicChange>
/** All open topics, in their new order. */
export const topicOrder = z.strictObject({ ids: z.array(idText).min(1).max(100) })
