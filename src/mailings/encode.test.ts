import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cleanLine, cleanText, fromQuotedPrintable, quotedPrintable, wireAddress } from './encode.ts'

test('quoted-printable gives back every text, in lines of at most 76 characters (MF-6)', () => {
  const text = fc
    .oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc
        .array(fc.constantFrom('\n', ' ', '\t', '=', '.', 'ü', '👩‍👧', 'word', 'x'.repeat(76)))
        .map((parts) => parts.join('')),
    )
    .map(cleanText)
  fc.assert(
    fc.property(text, (words) => {
      const encoded = quotedPrintable(words)
      expect(fromQuotedPrintable(encoded)).toBe(words)
      for (const line of encoded.split('\r\n')) expect(line.length).toBeLessThanOrEqual(76)
      expect(encoded).not.toMatch(/[ \t]\r\n|[^ -~\r\n\t]|[^\r]\n/)
    }),
    { numRuns: 2000 },
  )
})

test('what people cannot see is taken out of values, what they write stays (MF-4)', () => {
  expect(cleanText('a\u0000b\r\nc\td\u202ee\u2066f\u0085g\ufeff')).toBe('ab\nc\tdefg')
  expect(cleanLine('a\r\nb\tc')).toBe('abc')
  expect(cleanText('مرحبا\u200f 👩‍👧 ﷽')).toBe('مرحبا\u200f 👩‍👧 ﷽')
  expect(cleanText('\ud800x')).toBe('\ufffdx')
})

test('an address that could break a header or an SMTP command is none (SE-5)', () => {
  for (const bad of [
    'a',
    '@x.example',
    'a@',
    'a b@x.example',
    'a@x.example>',
    'a@x.example\r\nRSET',
    'a@b@x.example',
    'a\u0000@x.example',
    'a,b@x.example',
  ])
    expect(() => wireAddress(bad)).toThrow('not an address')
  expect(wireAddress('O’Neill@Straße.example')).toBe('O’Neill@xn--strae-oqa.example')
})
