import { z } from 'zod'
import { idText } from '../platform/page.contract.ts'
import { selection } from './contact.contract.ts'
import { contactStatus } from './group.contract.ts'

/** What can be done with many contacts at once. */
export const bulkAct = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('add_to_group'), groupId: idText }),
  z.strictObject({ type: z.literal('remove_from_group'), groupId: idText }),
  z.strictObject({ type: z.literal('set_status'), status: contactStatus }),
  z.strictObject({ type: z.literal('archive') }),
  z.strictObject({ type: z.literal('restore') }),
  /** `count` is the number that the operator confirmed; when it is another by now, nothing is erased. */
  z.strictObject({ type: z.literal('erase'), count: z.int() }),
])
export type BulkAct = z.infer<typeof bulkAct>
export const bulkRequest = z.strictObject({ selection, act: bulkAct })
export const selectionRequest = z.strictObject({ selection })

/** Result of the job. Opted-out contacts are left alone where the act would change them, and counted. */
export const bulkResult = z.object({ matched: z.int(), changed: z.int(), optedOut: z.int() })
/** Result of the job that opts contacts out. */
export const bulkOptOutResult = z.object({ optedOut: z.int(), alreadyOptedOut: z.int() })
