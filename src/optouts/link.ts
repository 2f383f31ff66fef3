import { timingSafeEqual } from 'node:crypto'
import type { NumberedKey } from '../platform/keys.ts'
import { mac } from '../platform/mac.ts'

declare const signed: unique symbol

/** A way out that works: only signLink makes one, and rendering takes nothing else. */
export type OptOutLink = { readonly token: string; readonly [signed]: true }

export type LinkMeaning = {
  accountId: string
  /** Of the address the mail was sent to. */
  addressKey: Buffer
  /** Null for links that come from no mailing. */
  mailingId: string | null
}

/** A token that was ours, and the key that signed it: part of the evidence (LW-9). */
export type ReadLink = LinkMeaning & { keyId: number }

const VERSION = 1
const MAC_BYTES = 16
const BODY_BYTES = 1 + 1 + 6 + 16 + 6

/**
 * Signs a link token: 46 bytes as base64url, 62 characters of [A-Za-z0-9_-], never ending in a dash.
 *
 * Layout: version, key id, account (6), address key (16), mailing (6, 0 for none), first 16 bytes of HMAC-SHA-256.
 * It needs no row to exist (D5), never expires and is not single-use (INV-13). Rules: OC-16, OC-18.
 */
export function signLink(keys: NumberedKey[], meaning: LinkMeaning): OptOutLink {
  const current = keys.at(-1)
  if (!current) throw new Error('there is no link key')
  const body = Buffer.alloc(BODY_BYTES)
  body[0] = VERSION
  body[1] = current.id
  body.writeUIntBE(Number(meaning.accountId), 2, 6)
  meaning.addressKey.copy(body, 8, 0, 16)
  body.writeUIntBE(Number(meaning.mailingId ?? 0), 24, 6)
  const token = Buffer.concat([body, macOf(current.key, body)]).toString('base64url')
  return { token } as OptOutLink
}

/** What a token means, or null when any byte of it is not ours (INV-14). Constant time in the MAC. */
export function readLink(keys: NumberedKey[], token: string): ReadLink | null {
  if (!/^[A-Za-z0-9_-]{62}$/.test(token)) return null
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.toString('base64url') !== token || bytes[0] !== VERSION) return null
  const key = keys.find((candidate) => candidate.id === bytes[1])
  const body = bytes.subarray(0, BODY_BYTES)
  if (!key || !timingSafeEqual(macOf(key.key, body), bytes.subarray(BODY_BYTES))) return null
  const mailing = body.readUIntBE(24, 6)
  return {
    accountId: String(body.readUIntBE(2, 6)),
    addressKey: Buffer.from(body.subarray(8, 24)),
    mailingId: mailing === 0 ? null : String(mailing),
    keyId: key.id,
  }
}

export const optOutUrl = (baseUrl: string, link: OptOutLink) => `${baseUrl}/o/${link.token}`
export const preferencesUrl = (baseUrl: string, link: OptOutLink) => `${baseUrl}/p/${link.token}`

const macOf = (key: Buffer, body: Buffer) => mac(key, 'optout-link', body).subarray(0, MAC_BYTES)
