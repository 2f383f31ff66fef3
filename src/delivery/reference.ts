import { timingSafeEqual } from 'node:crypto'
import { base32, fromBase32 } from '../platform/base32.ts'
import type { NumberedKey } from '../platform/keys.ts'
import { mac } from '../platform/mac.ts'

/** Which message a mail server or mailbox provider talks about when something comes back. */
export type ReferencedMessage = { accountId: string; messageId: string }

const VERSION = 1
const MAC_BYTES = 12
const BODY_BYTES = 1 + 1 + 6 + 6

/**
 * The reference of a message: 42 characters of [a-z2-7], signed, equal in any letter case.
 *
 * It stands in X-Msg-Ref, in the Message-ID and, when there is a returns domain, in the envelope sender.
 * Layout: version, key id, account (6), message (6), first 12 bytes of HMAC-SHA-256. Rules: MF-10, MF-11.
 */
export function signReference(keys: NumberedKey[], message: ReferencedMessage): string {
  const current = keys.at(-1)
  if (!current) throw new Error('there is no link key')
  const body = Buffer.alloc(BODY_BYTES)
  body[0] = VERSION
  body[1] = current.id
  body.writeUIntBE(Number(message.accountId), 2, 6)
  body.writeUIntBE(Number(message.messageId), 8, 6)
  return base32(Buffer.concat([body, macOf(current.key, body)]))
}

/** What a reference means, or null when it is not ours. Letter case is no matter: relays change it (MF-10). */
export function readReference(keys: NumberedKey[], reference: string): ReferencedMessage | null {
  const bytes = fromBase32(reference, BODY_BYTES + MAC_BYTES)
  if (!bytes || bytes[0] !== VERSION) return null
  const key = keys.find((candidate) => candidate.id === bytes[1])
  const body = bytes.subarray(0, BODY_BYTES)
  if (!key || !timingSafeEqual(macOf(key.key, body), bytes.subarray(BODY_BYTES))) return null
  return { accountId: String(body.readUIntBE(2, 6)), messageId: String(body.readUIntBE(8, 6)) }
}

/** Where returns of one message go: 44 octets before the @, of the 64 that RFC 5321 §4.5.3.1.1 allows. */
export const returnAddress = (reference: string, domain: string) => `b+${reference}@${domain}`

/** Where a mail opts out; the token is optouts/mail-token.ts's. 60 octets before the @ (OC-21). */
export const optOutAddress = (token: string, domain: string) => `u+${token}@${domain}`

const macOf = (key: Buffer, body: Buffer) => mac(key, 'message-reference', body).subarray(0, MAC_BYTES)
