import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mac } from './mac.ts'

test('it is the HMAC of Node.js, for any secret and any parts', () => {
  const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((some) => Buffer.from(some))
  fc.assert(
    fc.property(bytes(64), fc.string(), bytes(200), (secret, text, body) => {
      const expected = createHmac('sha256', secret).update(text).update(body).digest()
      expect(mac(secret, text, body)).toEqual(expected)
    }),
  )
})
