// What came back of one mailing. Imports zod only: web/ loads this file.
import { z } from 'zod'
import { optOutSource } from '../optouts/optout.contract.ts'
import { idText, time } from '../platform/page.contract.ts'

export const mailingResponse = z
  .object({
    mailingId: idText,
    recipients: z.int(),
    accepted: z.int(),
    /** Without those who opted out from this mailing: nobody is both. */
    bounced: z.int(),
    /** People, each once; machines are left out. */
    opened: z.int(),
    clicked: z.int(),
    optedOut: z.int(),
    complained: z.int(),
    /** Every one, not people. */
    machineOpens: z.int(),
    machineClicks: z.int(),
    optOutsBySource: z.array(z.object({ source: optOutSource, people: z.int() })),
    links: z.array(
      z.object({
        number: z.int(),
        url: z.string(),
        people: z.int(),
        clicks: z.int(),
        machineClicks: z.int(),
      }),
    ),
    /** Hours in which something came back, the first first. */
    hours: z.array(z.object({ hour: time, opened: z.int(), clicked: z.int() })),
  })
  .meta({ id: 'MailingResponse' })
export type MailingResponse = z.infer<typeof mailingResponse>
