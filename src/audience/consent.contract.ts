import { z } from 'zod'
import { idText, time } from '../platform/page.contract.ts'

/** What a person agreed to on a form, with all that proves it (LW-8). */
export const consent = z
  .object({
    /** As it was called then; null for both is the built-in form. */
    form: z.object({ id: idText.nullable(), name: z.string().nullable() }),
    /** The words beside the box, and their version; null for the built-in ones. */
    wording: z.string(),
    version: z.int().nullable(),
    language: z.string(),
    topics: z.array(z.string()),
    askedAt: time,
    askedIp: z.string(),
    askedUserAgent: z.string(),
    /** Message-ID of the confirmation mail. */
    messageId: z.string(),
    confirmedAt: time,
    confirmedIp: z.string(),
    confirmedUserAgent: z.string(),
    endedOptOut: z.boolean(),
  })
  .meta({ id: 'Consent' })
export type Consent = z.infer<typeof consent>
