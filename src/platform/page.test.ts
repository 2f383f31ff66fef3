import { expect, test } from 'vitest'
import { cursorAfter, pageOfRows, readCursor } from './page.ts'

test('a cursor carries the place of the last row, in letters that a URL takes as they are', () => {
  const cursor = cursorAfter('Éclair & "co"', '42')
  expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/)
  expect(readCursor(cursor, 2)).toEqual(['Éclair & "co"', '42'])
  expect(readCursor(undefined, 2)).toBeNull()
})

const forged = [
  '',
  'x',
  Buffer.from('{}').toString('base64url'),
  Buffer.from('null').toString('base64url'),
  Buffer.from('[1]').toString('base64url'),
  cursorAfter('a'),
  cursorAfter('1', '2'),
  cursorAfter('1; drop table contacts'),
  cursorAfter('9'.repeat(19)),
]
test.each(forged)('a cursor that no list made is refused: %s', (cursor) => {
  expect(() => readCursor(cursor, 1)).toThrow(expect.objectContaining({ code: 'request.invalid_cursor' }))
})

test('a cursor with a character that the database cannot take is refused', () => {
  expect(() => readCursor(cursorAfter('a\0b', '1'), 2)).toThrow(
    expect.objectContaining({ code: 'request.invalid_cursor' }),
  )
})

test('the last page has no cursor', () => {
  const place = (n: number) => [String(n)]
  expect(pageOfRows([1, 2, 3], 2, place)).toEqual({ page: [1, 2], nextCursor: cursorAfter('2') })
  expect(pageOfRows([1, 2], 2, place)).toEqual({ page: [1, 2], nextCursor: null })
  expect(pageOfRows([], 2, place)).toEqual({ page: [], nextCursor: null })
})
