import { timingSafeEqual } from 'node:crypto'
import type { NumberedKey } from '../platform/keys.ts'
import { mac } from '../platform/mac.ts'

/** The message that an open or a click belongs to. */
export type TrackedMessage = { accountId: string; mailingId: string; messageId: string }

const VERSION = 1
const MAC_BYTES = 12
const BODY_BYTES = 1 + 1 + 6 + 6 + 6

/**
 * The token of a message's tracked links and its open image: 43 characters of [A-Za-z0-9_-] (AB-8).
 *
 * One for all links of a message, so that one MAC is worked out; the link's number follows it and can name nothing but
 * a link of the same mailing. Layout: version, key id, account (6), mailing (6), message (6), 12 bytes of HMAC-SHA-256.
 */
export function signResponseToken(keys: NumberedKey[], message: TrackedMessage): string {
  const current = keys.at(-1)
  if (!current) throw new Error('there is no link key')
  const body = Buffer.alloc(BODY_BYTES)
  body[0] = VERSION
  body[1] = current.id
  body.writeUIntBE(Number(message.accountId), 2, 6)
  body.writeUIntBE(Number(message.mailingId), 8, 6)
  body.writeUIntBE(Number(message.messageId), 14, 6)
  return Buffer.concat([body, macOf(current.key, body)]).toString('base64url')
}

/** What a token with its link number means, or null when it is not ours. Number 0 is the open image. */
export function readResponseToken(keys: NumberedKey[], text: string): (TrackedMessage & { number: number }) | null {
  const [, token = '', number = ''] = /^([A-Za-z0-9_-]{43})(\d{1,5})$/.exec(text) ?? []
  const bytes = Buffer.from(token, 'base64url')
  if (token === '' || bytes.toString('base64url') !== token || bytes[0] !== VERSION) return null
  const key = keys.find((candidate) => candidate.id === bytes[1])
  const body = bytes.subarray(0, BODY_BYTES)
  if (!key || !timingSafeEqual(macOf(key.key, body), bytes.subarray(BODY_BYTES))) return null
  return {
    accountId: String(body.readUIntBE(2, 6)),
    mailingId: String(body.readUIntBE(8, 6)),
    messageId: String(body.readUIntBE(14, 6)),
    number: Number(number),
  }
}

const macOf = (key: Buffer, body: Buffer) => mac(key, 'response-token', body).subarray(0, MAC_BYTES)
