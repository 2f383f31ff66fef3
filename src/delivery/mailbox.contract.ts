import { z } from 'zod'
import { idText, pageOf, pageQuery, time } from '../platform/page.contract.ts'

export const letter = z
  .object({ id: idText, recipient: z.string(), subject: z.string(), at: time, mailingId: idText.nullable() })
  .meta({ id: 'Letter' })
export type Letter = z.infer<typeof letter>
export const letters = pageOf(letter)
export const lettersQuery = z.strictObject({ ...pageQuery, search: z.string().max(320).optional() })
/** One message as it arrived: both parts, and the source byte for byte. */
export const openLetter = letter
  .extend({
    from: z.string(),
    html: z.string(),
    text: z.string(),
    source: z.string(),
    oneClickUrl: z.string().nullable(),
  })
  .meta({ id: 'OpenLetter' })
export type OpenLetter = z.infer<typeof openLetter>
