import { z } from 'zod'
import { idText, time } from '../platform/page.contract.ts'
import { contact } from './contact.contract.ts'

export const mergeQuery = z.strictObject({ otherId: idText })
export const mergeRequest = z.strictObject({
  otherId: idText,
  /** Of fields that both have: whose value is kept; without a word about it the kept contact's. */
  take: z.record(z.string().max(63), z.enum(['kept', 'other'])).default({}),
})
export type MergeRequest = z.infer<typeof mergeRequest>

/** What merging would do now. */
export const mergeCheck = z
  .object({
    kept: contact,
    other: contact,
    /** Fields that only the other has: the kept contact gets them. */
    gains: z.array(z.object({ name: z.string(), label: z.string(), value: z.unknown() })),
    /** Fields that both have with different values. */
    conflicts: z.array(z.object({ name: z.string(), label: z.string(), kept: z.unknown(), other: z.unknown() })),
    /** Groups that the kept contact joins. */
    groups: z.array(z.object({ id: idText, name: z.string() })),
    /** One of them opted out: then both addresses are out and no detail changes. */
    optsOut: z.boolean(),
    optedOutSince: time.nullable(),
  })
  .meta({ id: 'MergeCheck' })
export type MergeCheck = z.infer<typeof mergeCheck>
