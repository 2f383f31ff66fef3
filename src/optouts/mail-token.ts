import { timingSafeEqual } from 'node:crypto'
import { base32, fromBase32 } from '../platform/base32.ts'
import type { NumberedKey } from '../platform/keys.ts'
import { mac } from '../platform/mac.ts'

/** Whom a mail to an opt-out address is about. */
export type MailTokenMeaning = { accountId: string; addressKey: Buffer }

const VERSION = 1
const MAC_BYTES = 12
const BODY_BYTES = 1 + 1 + 6 + 16

/**
 * Signs the token of a mailto opt-out: 58 characters of [a-z2-7], so that `u+` and it fit before the @ (OC-21).
 *
 * Like a link it needs no row to exist, never expires and works any number of times (INV-13).
 */
export function signMailToken(keys: NumberedKey[], { accountId, addressKey }: MailTokenMeaning): string {
  const current = keys.at(-1)
  if (!current) throw new Error('there is no link key')
  const body = Buffer.alloc(BODY_BYTES)
  body[0] = VERSION
  body[1] = current.id
  body.writeUIntBE(Number(accountId), 2, 6)
  addressKey.copy(body, 8, 0, 16)
  return base32(Buffer.concat([body, macOf(current.key, body)]))
}

/** What a token means, or null when any byte of it is not ours (INV-14). */
export function readMailToken(keys: NumberedKey[], token: string): (MailTokenMeaning & { keyId: number }) | null {
  const bytes = fromBase32(token, BODY_BYTES + MAC_BYTES)
  if (!bytes || bytes[0] !== VERSION) return null
  const key = keys.find((candidate) => candidate.id === bytes[1])
  const body = bytes.subarray(0, BODY_BYTES)
  if (!key || !timingSafeEqual(macOf(key.key, body), bytes.subarray(BODY_BYTES))) return null
  return { accountId: String(body.readUIntBE(2, 6)), addressKey: Buffer.from(body.subarray(8, 24)), keyId: key.id }
}

const macOf = (key: Buffer, body: Buffer) => mac(key, 'optout-mail', body).subarray(0, MAC_BYTES)
