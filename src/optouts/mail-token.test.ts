import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { readMailToken, signMailToken } from './mail-token.ts'

const keys = [{ id: 1, key: randomBytes(32) }]
const meaning = { accountId: '17', addressKey: randomBytes(16) }

test('a token says account and address, in any letter case, and fits before the @ with its mark (OC-21)', () => {
  const token = signMailToken(keys, meaning)
  expect(token).toMatch(/^[a-z2-7]{58}$/)
  expect(readMailToken(keys, token)).toEqual({ ...meaning, keyId: 1 })
  expect(readMailToken(keys, token.toUpperCase())).toEqual({ ...meaning, keyId: 1 })
})

test('a token with any letter changed, cut short or of another key means nothing (INV-14)', () => {
  const token = signMailToken(keys, meaning)
  for (let place = 0; place < token.length; place++) {
    const other = token[place] === 'a' ? 'b' : 'a'
    expect(readMailToken(keys, token.slice(0, place) + other + token.slice(place + 1))).toBeNull()
  }
  expect(readMailToken(keys, token.slice(0, -1))).toBeNull()
  expect(readMailToken([{ id: 1, key: randomBytes(32) }], token)).toBeNull()
})

test('a token still works after a new key was added (INV-12)', () => {
  const token = signMailToken(keys, meaning)
  expect(readMailToken([...keys, { id: 2, key: randomBytes(32) }], token)).toMatchObject(meaning)
})
