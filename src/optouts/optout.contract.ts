// What the browser and the server agree on about opt-outs. Imports zod only: web/ loads this file.
import { z } from 'zod'
import { idText, pageOf, pageQuery, time } from '../platform/page.contract.ts'

export const optOutSource = z.enum([
  'link',
  'one_click',
  'preferences',
  'mailto',
  'complaint',
  'provider',
  'operator',
  'bulk',
  'import',
  'api',
  'emma_api',
])
export type OptOutSource = z.infer<typeof optOutSource>

export const newOptOuts = z.strictObject({
  addresses: z.array(z.string().max(1000)).min(1).max(10_000),
  note: z.string().max(1000).optional(),
})
export type NewOptOuts = z.infer<typeof newOptOuts>

export const optOutsResult = z
  .object({ optedOut: z.int(), alreadyOptedOut: z.int(), invalid: z.array(z.string()) })
  .meta({ id: 'OptOutsResult' })
export type OptOutsResult = z.infer<typeof optOutsResult>

export const optOutsQuery = z.strictObject({
  ...pageQuery,
  search: z.string().max(320).optional(),
  source: optOutSource.optional(),
  since: time.optional(),
})

/** A standing opt-out; address is null when no contact with it is known. */
export const optOut = z
  .object({ address: z.string().nullable(), source: optOutSource, at: time, mailingId: idText.nullable() })
  .meta({ id: 'OptOut' })
export type OptOut = z.infer<typeof optOut>
export const optOuts = pageOf(optOut)
