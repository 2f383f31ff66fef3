import { z } from 'zod'
import { optOutSource } from '../optouts/optout.contract.ts'
import { idText, time } from '../platform/page.contract.ts'
import { consent } from './consent.contract.ts'
import { contact, contactEvent } from './contact.contract.ts'

const mailingName = z.object({ id: idText, name: z.string().nullable() })

/** How an opt-out is proven (LW-9), and its end (LW-16): every entry of the ledger about the address, and what was sent after it. */
export const optOutEvidence = z
  .object({
    optedOut: z.boolean(),
    since: time.nullable(),
    entries: z.array(
      z.object({
        id: idText,
        at: time,
        /** re_consent is the holder's way back, by a confirmed sign-up. */
        channel: z.union([optOutSource, z.literal('re_consent')]),
        mailing: mailingName.nullable(),
        operator: z.string().nullable(),
        /** Request headers without cookies, the key of the link, and what else was kept. */
        evidence: z.record(z.string(), z.unknown()),
        /** The mail was sent to an address that this person had before. */
        formerAddress: z.boolean(),
      }),
    ),
    /** Of messages that were queued, handed over or withheld since. */
    after: z.object({
      /** Messages that were handed to a mail server after the opt-out took effect; 0 is the promise. */
      handedOver: z.int(),
      withheld: z.int(),
      /** The first later mailing, and that it left this address out. */
      firstMailing: mailingName.extend({ at: time, leftOut: z.boolean() }).nullable(),
    }),
  })
  .meta({ id: 'OptOutEvidence' })
export type OptOutEvidence = z.infer<typeof optOutEvidence>

export const contactRecord = z
  .object({
    madeAt: time,
    account: z.string(),
    contact,
    groups: z.array(z.object({ name: z.string(), since: time })),
    topics: z.array(z.object({ name: z.string(), chosen: z.boolean(), at: time, source: z.string() })),
    /** Of the public pages, as the person chose it. */
    language: z.string().nullable(),
    /** The end of the pause that the person asked for. */
    pausedUntil: time.nullable(),
    /** Who said that no opens and clicks are recorded; what the holder said, no operator can end (LW-15). */
    trackingRefusedBy: z.enum(['holder', 'operator']).nullable(),
    requests: z.array(z.object({ kind: z.string(), askedAt: time, dueOn: z.string(), settledAt: time.nullable() })),
    source: z.object({
      kind: z.string(),
      at: time,
      /** The import that added the contact, with the basis of consent that its operator stated. */
      import: z
        .object({
          id: idText,
          fileName: z.string(),
          line: z.int().nullable(),
          basis: z.unknown(),
          by: z.string().nullable(),
        })
        .nullable(),
    }),
    formerAddresses: z.array(z.object({ address: z.string(), until: time })),
    hold: z.object({ since: time, releasedAt: time.nullable() }).nullable(),
    error: z.object({ reason: z.string(), detail: z.string(), at: time }).nullable(),
    messages: z.array(
      z.object({
        mailing: mailingName,
        state: z.string(),
        queuedAt: time,
        handedOverAt: time.nullable(),
        answeredAt: time.nullable(),
        answer: z.string().nullable(),
      }),
    ),
    responses: z.array(z.object({ mailing: mailingName, kind: z.string(), firstAt: time, times: z.int() })),
    /** What the person agreed to on forms, latest first. */
    consents: z.array(consent),
    optOut: optOutEvidence,
    history: z.array(contactEvent),
  })
  .meta({ id: 'ContactRecord' })
export type ContactRecord = z.infer<typeof contactRecord>
