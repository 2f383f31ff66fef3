import { expect, test } from 'vitest'
import { csvCell, unguarded } from './csv.ts'

const dangerous = ['=', '+', '-', '@', '\t', '\r', '\0', '＝', '＋', '－', '＠']

test.each(dangerous)(
  'a cell that begins with %j gets an apostrophe and quotes, and loses them again (IM-10)',
  (sign) => {
    for (const text of [`${sign}1+1`, sign, `'${sign}x`, `''${sign}"q"`]) {
      const cell = csvCell(text)
      expect(cell.startsWith(`"'`)).toBe(true)
      expect(unguarded(cell.slice(1, -1).replaceAll('""', '"'))).toBe(text)
    }
  },
)

test('other cells stay as they are', () => {
  expect(csvCell('Ines')).toBe('Ines')
  expect(csvCell("'t Hooft")).toBe("'t Hooft")
  expect(csvCell('a,b')).toBe('"a,b"')
  expect(csvCell('say "hello"\nhere')).toBe('"say ""hello""\nhere"')
  expect(csvCell(' space')).toBe('" space"')
  expect(unguarded("'t Hooft")).toBe("'t Hooft")
  expect(unguarded("'49")).toBe("'49")
})
