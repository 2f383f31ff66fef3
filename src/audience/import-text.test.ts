import iconv from 'iconv-lite'
import { expect, test } from 'vitest'
import { textDecoder } from './import-decode.ts'
import { surveyText } from './import-text.ts'

function survey(bytes: Buffer, pieceSize = bytes.length) {
  const found = surveyText()
  for (let at = 0; at < bytes.length; at += pieceSize) found.push(bytes.subarray(at, at + pieceSize))
  return found.finish()
}

function decode(bytes: Buffer, encoding: string, pieceSize: number) {
  const decoder = textDecoder(encoding)
  let text = ''
  for (let at = 0; at < bytes.length; at += pieceSize) text += decoder.push(bytes.subarray(at, at + pieceSize))
  return text + decoder.end()
}

const people = 'Name;E-Mail\nJürgen Köhler;juergen@post.example\nZoë Müßig;zoe@post.example\n'

test.each([
  ['UTF-8', Buffer.from(people), 'utf-8'],
  ['UTF-8 with a mark', Buffer.from(`\ufeff${people}`), 'utf-8'],
  ['UTF-16 LE with a mark', iconv.encode(people, 'utf-16le', { addBOM: true }), 'utf-16le'],
  ['UTF-16 BE with a mark', iconv.encode(people, 'utf-16be', { addBOM: true }), 'utf-16be'],
  ['Windows-1252', iconv.encode(people, 'windows-1252'), 'windows-1252'],
  ['plain ASCII', Buffer.from('Name;E-Mail\nAnna;anna@post.example\n'), 'utf-8'],
])('%s is recognised and read, wherever it is cut (IM-2)', (_name, bytes, encoding) => {
  for (const pieceSize of [1, 2, 3, 7, 65_536]) {
    expect(survey(bytes, pieceSize)).toMatchObject({ encoding, isDamaged: false, size: bytes.length })
    expect(decode(bytes, encoding, pieceSize)).toBe(
      bytes.length < 60 ? 'Name;E-Mail\nAnna;anna@post.example\n' : people,
    )
  }
})

test('the euro sign and quotes of Windows-1252 are read as such, not as ISO 8859-1 (IM-2)', () => {
  const text = 'name,price\n“Müller”,5 €\n'
  const bytes = iconv.encode(text, 'windows-1252')
  expect(decode(bytes, survey(bytes).encoding, 5)).toBe(text)
})

test('a few wrong bytes in UTF-8 do not turn the rest of the file into another encoding (IM-2)', () => {
  const bytes = Buffer.concat([
    Buffer.from(people.repeat(10)),
    Buffer.from('J\xfcrgen\n', 'latin1'),
    Buffer.from(people),
  ])
  expect(survey(bytes, 100)).toMatchObject({ encoding: 'utf-8', isDamaged: true })
})

test('UTF-8 that is cut in the middle of its last character is noticed (IM-2)', () => {
  const bytes = Buffer.from(`${people}ü`)
  expect(survey(bytes.subarray(0, -1), 50)).toMatchObject({ encoding: 'utf-8', isDamaged: true })
})

test.each([
  ['an empty file', Buffer.alloc(0), 'This file is empty.'],
  ['an old spreadsheet', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 1]), 'This looks like an old spreadsheet (.xls)'],
  ['a PDF', Buffer.from('%PDF-1.7'), 'This is a PDF.'],
  ['a compressed file', Buffer.from([0x1f, 0x8b, 8, 0]), 'This file is compressed.'],
  ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0]), 'This file is not text.'],
])('%s is refused with the reason', (_name, bytes, message) => {
  expect(() => survey(bytes)).toThrow(message)
})

test('the same file has the same fingerprint', () => {
  expect(survey(Buffer.from(people), 3).sha256).toBe(survey(Buffer.from(people)).sha256)
})
