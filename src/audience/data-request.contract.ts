import { z } from 'zod'
import { idText, pageOf, pageQuery, time } from '../platform/page.contract.ts'

/** What a person asked of the account beyond its mail, on the preferences page. */
export const dataRequest = z
  .object({
    id: idText,
    /** A copy of their data, or that it is erased. */
    kind: z.enum(['copy', 'erase']),
    /** Null once the contact is erased. */
    contact: z.object({ id: idText, address: z.string() }).nullable(),
    askedAt: time,
    /** The day by which the law wants an answer: one month after it was asked, in UTC. */
    dueOn: z.iso.date(),
    settled: z
      .object({
        at: time,
        outcome: z.enum(['answered', 'erased']),
        /** Who marked it; null when the contact was erased. */
        by: z.string().nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'DataRequest' })
export type DataRequest = z.infer<typeof dataRequest>
export const dataRequests = pageOf(dataRequest)
export const dataRequestsQuery = z.strictObject({ ...pageQuery, settled: z.stringbool().default(false) })
export const dataRequestCounts = z.object({ open: z.int() })
