import { z } from 'zod'
import { idText } from '../platform/page.contract.ts'

export const account = z
  .object({
    id: idText,
    name: z.string(),
    organization: z.string(),
    senderName: z.string(),
    senderAddress: z.string(),
    postalAddress: z.string(),
    contactUrl: z.string(),
    language: z.string(),
    timeZone: z.string(),
    /** Mailings track opens and clicks unless they say otherwise (LW-15). */
    tracking: z.boolean(),
  })
  .meta({ id: 'Account' })
export type Account = z.infer<typeof account>

/** One line without control characters (SE-5) and without half of a character, which the database cannot keep. */
export const line = (most: number) =>
  z
    .string()
    .max(most)
    // oxlint-disable-next-line no-control-regex -- they are what is refused
    .regex(
      /^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ud800-\udfff]*$/u,
      'Control characters are not possible here.',
    )

export const accountChange = z.strictObject({
  name: line(200).min(1).optional(),
  senderName: line(200).optional(),
  senderAddress: line(320).optional(),
  /** Stands in the footer of every mailing; without it nothing is sent. */
  postalAddress: line(500).optional(),
  /** https: or mailto: */
  contactUrl: z.union([z.literal(''), z.url({ protocol: /^(https|mailto)$/ })]).optional(),
  language: z.enum(['en', 'de', 'ar']).optional(),
  timeZone: z.string().max(64).optional(),
  tracking: z.boolean().optional(),
})
export type AccountChange = z.infer<typeof accountChange>
