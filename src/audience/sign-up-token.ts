import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { NumberedKey } from '../platform/keys.ts'

const DAY_SECONDS = 24 * 60 * 60

/**
 * The token of a sign-up's confirmation link: 256 bits that follow from a key and from the salt that is kept.
 *
 * The database has neither the key nor the token, so who reads it can confirm nothing (AB-4).
 */
export function makeToken(keys: NumberedKey[], accountId: string, salt: Buffer): Buffer {
  const current = keys.at(-1)
  if (!current) throw new Error('there is no link key')
  return tokenWith(current.key, accountId, salt)
}

/** The same token later, also after another key took over; null when the key that made it is gone. */
export function remakeToken(keys: NumberedKey[], accountId: string, salt: Buffer, tokenHash: Buffer): Buffer | null {
  const tokens = keys.map(({ key }) => tokenWith(key, accountId, salt))
  return tokens.find((token) => hashOf(token).equals(tokenHash)) ?? null
}

export const hashOf = (token: Buffer) => hash('sha256', token, 'buffer')

/** The bytes of a token in a link, or null for what is none. */
export function readToken(text: string): Buffer | null {
  return /^[A-Za-z0-9_-]{43}$/.test(text) ? Buffer.from(text, 'base64url') : null
}

export const confirmUrl = (baseUrl: string, path: string, token: Buffer) =>
  `${baseUrl}/s/${path}/confirm/${token.toString('base64url')}`

const tokenWith = (key: Buffer, accountId: string, salt: Buffer) =>
  createHmac('sha256', key).update(`sign-up ${accountId} `).update(salt).digest()

/** When a form was shown, signed, so that programs which fill it in at once are seen without a cookie (AB-5). */
export function makeStamp(keys: NumberedKey[], path: string, at: Date): string {
  const current = keys.at(-1)
  if (!current) throw new Error('there is no link key')
  const seconds = Math.floor(at.getTime() / 1000).toString(36)
  return `${seconds}.${stampMac(current.key, path, seconds).toString('base64url')}`
}

/** True for a stamp of this form that is 2 seconds to a day old: time enough to fill it in. */
export function isFilledInTime(keys: NumberedKey[], path: string, stamp: string, now: Date): boolean {
  const [, seconds = '', mac = ''] = /^([0-9a-z]{1,8})\.([A-Za-z0-9_-]{22})$/.exec(stamp) ?? []
  const given = Buffer.from(mac, 'base64url')
  const isOurs = keys.some(({ key }) => given.length === 16 && timingSafeEqual(stampMac(key, path, seconds), given))
  const age = now.getTime() / 1000 - Number.parseInt(seconds, 36)
  return isOurs && age >= 2 && age <= DAY_SECONDS
}

const stampMac = (key: Buffer, path: string, seconds: string) =>
  createHmac('sha256', key).update(`sign-up-form ${path} ${seconds}`).digest().subarray(0, 16)
