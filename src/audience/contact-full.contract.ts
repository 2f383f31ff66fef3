import { z } from 'zod'
import { idText, time } from '../platform/page.contract.ts'
import { consent } from './consent.contract.ts'
import { contact } from './contact.contract.ts'
import { dataRequest } from './data-request.contract.ts'
import { importBasis } from './import.contract.ts'

const mailing = z.object({ id: idText, name: z.string().nullable() })

/** A contact with all that its record page shows. */
export const fullContact = contact
  .extend({
    optOut: contact.shape.optOut
      .unwrap()
      .extend({
        mailing: mailing.nullable(),
        /** Who opted it out, when that was not the holder. */
        operator: z.string().nullable(),
        /** How it came, as one sentence for people. */
        text: z.string(),
      })
      .nullable(),
    error: z
      .object({
        at: time,
        /** The address cannot be right, a mail server refused it for good, or somebody said so. */
        reason: z.enum(['format', 'delivery', 'manual']),
        /** The server's words, or what is wrong with the address. */
        detail: z.string(),
        by: z.string().nullable(),
      })
      .nullable(),
    /** Who added it, or started its import. */
    addedBy: z.string().nullable(),
    /** The import that added it. */
    import: z
      .object({
        id: idText,
        fileName: z.string().nullable(),
        line: z.int().nullable(),
        /** Why one may write to them, as the importer said (LW-8). */
        basis: importBasis.nullable(),
      })
      .nullable(),
    /** What the contact chose itself; operators cannot. */
    topics: z.array(
      z.object({
        id: idText,
        name: z.string(),
        chosen: z.boolean(),
        at: time,
        /** Where it chose. */
        source: z.enum(['preferences', 'form']),
      }),
    ),
    /** The end of the pause that the contact asked for; it gets no mail before. */
    pausedUntil: time.nullable(),
    /** Who said that no opens and clicks are recorded; what the holder said, no operator can end (LW-15). */
    trackingRefusedBy: z.enum(['holder', 'operator']).nullable(),
    /** Of the public pages, as the contact chose it, such as de. */
    language: z.string().nullable(),
    /** What it asked the account to do with its data and that is still to be done. */
    requests: z.array(dataRequest),
    mail: z.object({
      lastMailing: mailing.extend({ at: time }).nullable(),
      accepted: z.int(),
      handedOver: z.int(),
      lastOpenedAt: time.nullable(),
    }),
    /** What it agreed to on forms, latest first (LW-8). */
    consents: z.array(consent),
    /** The public page on which the holder signs up, and so comes back. */
    signUpLink: z.string(),
  })
  .meta({ id: 'FullContact' })
export type FullContact = z.infer<typeof fullContact>
