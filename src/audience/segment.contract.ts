import { z } from 'zod'
import { line } from '../accounts/account.contract.ts'
import { idText, pageOf, pageQuery, time } from '../platform/page.contract.ts'
import { condition, savedCondition } from './condition.contract.ts'
import { contact, contactCounts } from './contact.contract.ts'

export const segment = z
  .object({
    id: idText,
    name: z.string(),
    condition: savedCondition,
    createdAt: time,
    updatedAt: time,
    archivedAt: time.nullable(),
  })
  .meta({ id: 'Segment' })
export type Segment = z.infer<typeof segment>
export const segments = pageOf(segment)
export const segmentsQuery = z.strictObject({ ...pageQuery, archived: z.stringbool().default(false) })

const segmentName = line(200).trim().min(1, 'Enter a name for the segment.')
export const newSegment = z.strictObject({ name: segmentName, condition })
export const segmentChange = z.strictObject({ name: segmentName.optional(), condition: condition.optional() })

/** Who a condition finds now. Contacts in Opt-Out or Error are counted, and get no mail all the same. */
export const conditionPreview = z.strictObject({ condition })
export const segmentPreview = z
  .object({ counts: contactCounts, sample: z.array(contact) })
  .meta({ id: 'SegmentPreview' })
export type SegmentPreview = z.infer<typeof segmentPreview>
