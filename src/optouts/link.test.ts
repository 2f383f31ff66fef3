import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressKey } from './address.ts'
import { type LinkMeaning, optOutUrl, preferencesUrl, readLink, signLink } from './link.ts'

const oldKey = { id: 1, key: randomBytes(32) }
const newKey = { id: 2, key: randomBytes(32) }
const keys = [oldKey, newKey]

const id = fc.bigInt({ min: 1n, max: 2n ** 48n - 1n }).map(String)
const meaning: fc.Arbitrary<LinkMeaning> = fc.record({
  accountId: id,
  addressKey: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
  mailingId: fc.option(id),
})
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const ann = { accountId: '7', addressKey: addressKey(oldKey.key, 'ann@post.example'), mailingId: '12' }

test('a link means what it was signed for, whoever and whatever that is (OC-7)', () => {
  fc.assert(
    fc.property(meaning, (given) => {
      expect(readLink(keys, signLink(keys, given).token)).toEqual({ ...given, keyId: 2 })
    }),
  )
})

test('a token has letters that every mail program leaves alone, and the whole link at most 200 characters (OC-18)', () => {
  const host = `https://${'a'.repeat(60)}.${'b'.repeat(58)}.example`
  expect(host).toHaveLength(135) // the most that BASE_URL may have
  fc.assert(
    fc.property(meaning, (given) => {
      const link = signLink(keys, given)
      expect(link.token).toMatch(/^[A-Za-z0-9_-]{61}[A-Za-z0-9]$/)
      expect(optOutUrl(host, link).length).toBeLessThanOrEqual(200)
      expect(preferencesUrl(host, link).length).toBeLessThanOrEqual(200)
    }),
  )
})

test('with any byte changed a link means nothing (INV-14)', () => {
  fc.assert(
    fc.property(meaning, fc.nat(45), fc.integer({ min: 1, max: 255 }), (given, place, change) => {
      const bytes = Buffer.from(signLink(keys, given).token, 'base64url')
      bytes[place] = (bytes[place] ?? 0) ^ change
      expect(readLink(keys, bytes.toString('base64url'))).toBeNull()
    }),
    { numRuns: 1000 },
  )
})

test('with any character changed, cut off or added a link means nothing (INV-14, OC-17)', () => {
  const { token } = signLink(keys, ann)
  for (let place = 0; place < token.length; place++) {
    for (const letter of ALPHABET)
      if (letter !== token[place])
        expect(readLink(keys, token.slice(0, place) + letter + token.slice(place + 1))).toBeNull()
    expect(readLink(keys, token.slice(0, place))).toBeNull()
    expect(readLink(keys, token.slice(0, place) + token.slice(place + 1))).toBeNull()
  }
  for (const odd of ['', `${token}A`, `A${token}`, `${token}=`, `${token}\n`, token.toLowerCase(), token.toUpperCase()])
    expect(readLink(keys, odd)).toBeNull()
})

test('hostile text in place of a token means nothing (OC-17)', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => readLink(keys, text) === null))
  expect(readLink(keys, 'A'.repeat(1_000_000))).toBeNull()
})

test('the parts of two links do not make a third one (INV-14)', () => {
  fc.assert(
    fc.property(meaning, meaning, fc.integer({ min: 1, max: 45 }), (one, two, cut) => {
      const [first, second] = [one, two].map((given) => Buffer.from(signLink(keys, given).token, 'base64url'))
      if (!first || !second) return
      const mixed = Buffer.concat([first.subarray(0, cut), second.subarray(cut)])
      const same = mixed.equals(first) || mixed.equals(second)
      expect(readLink(keys, mixed.toString('base64url')) === null).toBe(!same)
    }),
  )
})

test('a link that the previous key signed works after rotation, and says which key it was (D5, LW-9)', () => {
  const { token } = signLink([oldKey], ann)
  expect(readLink(keys, token)).toEqual({ ...ann, keyId: 1 })
  expect(readLink([newKey], token)).toBeNull()
})

test("a foreign installation's link means nothing (OC-17)", () => {
  const foreign = [{ id: 1, key: randomBytes(32) }]
  expect(readLink(keys, signLink(foreign, ann).token)).toBeNull()
})

test('a token holds 128 unguessable bits and no address (OC-16)', () => {
  const tokens = Array.from({ length: 64 }, (_, id) =>
    Buffer.from(signLink([{ id: 1, key: randomBytes(32) }], { ...ann, mailingId: String(id + 1) }).token, 'base64url'),
  )
  expect(tokens[0]?.subarray(30)).toHaveLength(16)
  expect(new Set(tokens.map((token) => token.subarray(30).toString('hex'))).size).toBe(64)
  for (const part of ['ann', 'post.example', 'ann@post.example'])
    expect(optOutUrl('https://news.test', signLink(keys, ann))).not.toContain(
      Buffer.from(part).toString('base64url').replace(/.$/, ''),
    )
})

test('a link survives quoted-printable lines of 76 characters (OC-18)', () => {
  const url = optOutUrl('https://news.garden.example', signLink(keys, ann))
  const encoded = `<a href=3D"${url}">Opt out</a>`.replace(/.{75}/g, '$&=\r\n')
  const decoded = encoded
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)))
  expect(decoded).toBe(`<a href="${url}">Opt out</a>`)
})

test('ids too large for a link are refused, not cut', () => {
  expect(() => signLink(keys, { ...ann, accountId: String(2 ** 48) })).toThrow(RangeError)
  expect(() => signLink([], ann)).toThrow('no link key')
})
