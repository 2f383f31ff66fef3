import { z } from 'zod'
import { time } from '../platform/page.contract.ts'

export const dnsRecord = z.object({
  for: z.enum(['DKIM', 'SPF', 'DMARC']),
  type: z.literal('TXT'),
  name: z.string(),
  /** What has to stand there; what stands there when that is right. */
  value: z.string(),
  /** `other`: something else stands there. `unknown`: nobody was asked, or no name server answered. */
  state: z.enum(['found', 'missing', 'other', 'unknown']),
  text: z.string(),
})
export type DnsRecord = z.infer<typeof dnsRecord>

/** What the DNS says about the domain that an account sends from. */
export const sendingDomain = z
  .object({
    /** Of the sender's address; empty while there is none. */
    domain: z.string(),
    /** Null when nothing was looked up. */
    lookedUpAt: time.nullable(),
    /** Whether this program signs with DKIM; if not, the mail server may, which cannot be seen from here. */
    signs: z.boolean(),
    records: z.array(dnsRecord),
  })
  .meta({ id: 'SendingDomain' })
export type SendingDomain = z.infer<typeof sendingDomain>
/** `again` asks the name servers although an answer is younger than five minutes. */
export const sendingDomainQuery = z.strictObject({ again: z.literal('true').optional() })
