import { z } from 'zod'
import { line } from '../accounts/account.contract.ts'
import { idText, time } from '../platform/page.contract.ts'
import { block, mailingSource } from './blocks.contract.ts'

/** A mailing to begin from that comes with the program. */
export const starter = z
  .object({ key: z.string(), name: z.string(), about: z.string(), subject: z.string(), source: mailingSource })
  .meta({ id: 'StarterTemplate' })
export type Starter = z.infer<typeof starter>

const name = line(100).trim().min(1, 'Enter a name.')
export const template = z
  .object({ id: idText, name: z.string(), source: mailingSource, createdAt: time })
  .meta({ id: 'Template' })
export type Template = z.infer<typeof template>
export const templates = z.object({ items: z.array(template), starters: z.array(starter) })
export const newTemplate = z.strictObject({ name, source: mailingSource })

export const keptBlock = z.object({ id: idText, name: z.string(), block, createdAt: time }).meta({ id: 'SavedBlock' })
export type KeptBlock = z.infer<typeof keptBlock>
export const keptBlocks = z.object({ items: z.array(keptBlock) })
export const newKeptBlock = z.strictObject({
  name,
  block: block.refine(({ kind }) => kind !== 'footer', 'The footer comes from the account and is not saved.'),
})

/** A source as it would look, for who has not made a mailing of it yet. */
export const sourcePreview = z.object({ html: z.string() }).meta({ id: 'SourcePreview' })
export const previewOfSource = z.strictObject({ source: mailingSource })
