import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readReference, returnAddress, signReference } from './reference.ts'

const keys = [{ id: 1, key: randomBytes(32) }]

test('a reference resolves in any letter case, and fits before the @ (MF-10)', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 48 - 1 }),
      fc.integer({ min: 1, max: 2 ** 48 - 1 }),
      (account, message) => {
        const meaning = { accountId: String(account), messageId: String(message) }
        const reference = signReference(keys, meaning)
        expect(reference).toMatch(/^[a-z2-7]{42}$/)
        expect(readReference(keys, reference)).toEqual(meaning)
        expect(readReference(keys, reference.toUpperCase())).toEqual(meaning)
        expect(returnAddress(reference, 'returns.example').indexOf('@')).toBeLessThanOrEqual(64)
      },
    ),
  )
})

test('a reference that was changed in any place is not ours', () => {
  const reference = signReference(keys, { accountId: '1', messageId: '7' })
  for (let place = 0; place < reference.length; place += 1)
    for (const letter of 'abz27') {
      const changed = reference.slice(0, place) + letter + reference.slice(place + 1)
      if (changed !== reference) expect(readReference(keys, changed)).toBeNull()
    }
  expect(readReference(keys, reference.slice(1))).toBeNull()
  expect(readReference(keys, `${reference}a`)).toBeNull()
})

test('references of before a key rotation still resolve', () => {
  const reference = signReference(keys, { accountId: '1', messageId: '7' })
  const rotated = [...keys, { id: 2, key: randomBytes(32) }]
  expect(readReference(rotated, reference)).toEqual({ accountId: '1', messageId: '7' })
  expect(readReference(rotated.slice(1), reference)).toBeNull()
})
