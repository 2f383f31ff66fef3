import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CsvRecord, csvParser } from './import-csv.ts'

function parse(text: string, delimiter = ',', pieces = [text]): CsvRecord[] {
  const parser = csvParser(delimiter)
  return [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()]
}

const cellsOf = (text: string, delimiter?: string) => parse(text, delimiter).map(({ cells }) => cells)

/** Slow and obviously right: one character at a time, one state; the states of Python's csv module. */
function reference(text: string, delimiter: string): CsvRecord[] {
  const records: CsvRecord[] = []
  let state: 'start' | 'plain' | 'quoted' | 'quote' = 'start'
  let cells: string[] = []
  let cell = ''
  let line = 1
  let first = 1
  let isEmpty = true
  const endRecord = () => {
    if (!isEmpty) records.push({ line: first, cells: [...cells, cell] })
    cells = []
    cell = ''
    isEmpty = true
    state = 'start'
  }
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? ''
    const isNewline = character === '\n' || character === '\r'
    if (isNewline && !(character === '\n' && text[at - 1] === '\r')) line++
    if (state === 'quoted') {
      if (character === '"') state = 'quote'
      else cell += character
    } else if (state === 'quote' && character === '"') {
      cell += '"'
      state = 'quoted'
    } else if (isNewline) {
      if (character === '\r' && text[at + 1] === '\n') at++
      endRecord()
      first = line
    } else if (character === delimiter) {
      cells.push(cell)
      cell = ''
      isEmpty = false
      state = 'start'
    } else if (state === 'start' && character === '"') {
      isEmpty = false
      state = 'quoted'
    } else {
      cell += character
      isEmpty = false
      state = 'plain'
    }
  }
  if (state === 'quoted') throw new Error('never closed')
  endRecord()
  return records
}

test('cells may hold delimiters, newlines and doubled quotes when they are quoted (IM-1)', () => {
  expect(cellsOf('a,"b, ""c""\r\nd",e\r\n')).toEqual([['a', 'b, "c"\r\nd', 'e']])
})

test.each([
  ['LF', '\n'],
  ['CRLF', '\r\n'],
  ['CR', '\r'],
])('%s ends a line, the last line needs none (IM-1)', (_name, newline) => {
  expect(parse(`a,b${newline}c,d`)).toEqual([
    { line: 1, cells: ['a', 'b'] },
    { line: 2, cells: ['c', 'd'] },
  ])
  expect(parse(`a${newline}`)).toEqual([{ line: 1, cells: ['a'] }])
})

test('empty lines are passed over and counted, so that line numbers are those of the file (IM-1)', () => {
  expect(parse('a\n\n\n"b\nc"\n\nd\n')).toEqual([
    { line: 1, cells: ['a'] },
    { line: 4, cells: ['b\nc'] },
    { line: 7, cells: ['d'] },
  ])
})

test('a record keeps the number of cells that it has (IM-1)', () => {
  expect(cellsOf('a,b,c\nd\ne,f,g,h\n,,\n')).toEqual([['a', 'b', 'c'], ['d'], ['e', 'f', 'g', 'h'], ['', '', '']])
})

test('a quote inside a cell without quotes stands for itself', () => {
  expect(cellsOf('5" pipe,a"b"\n"Anna" Smith,x')).toEqual([
    ['5" pipe', 'a"b"'],
    ['Anna Smith', 'x'],
  ])
})

test('a quote that is never closed is reported with its line (IM-1)', () => {
  expect(() => parse('a,b\nc,"d\ne,f\n')).toThrow('The quotation mark in line 2 is never closed.')
})

test('a cell of 50 MB is refused before it is in memory', () => {
  const parser = csvParser(',')
  let pushed = 0
  expect(() => {
    for (; pushed < 800; pushed++) parser.push(pushed === 0 ? '"' : 'x'.repeat(65_536))
  }).toThrow(/line 1 has a cell of more than 100,000 characters/)
  expect(pushed).toBeLessThan(4)
  expect(() => parse(`a\n${'y'.repeat(100_001)}`)).toThrow(/line 2 has a cell/)
})

test('10,000 columns are refused', () => {
  expect(() => parse('a,'.repeat(10_000))).toThrow('Line 1 has more than 1,000 cells')
})

describe('against the slow reference', () => {
  const text = fc
    .array(fc.constantFrom('a', 'ü', '"', '""', ',', ';', '\n', '\r', '\r\n', 'b c', '"x"', ',"', '",'), {
      maxLength: 40,
    })
    .map((parts) => parts.join(''))
  const outcome = (work: () => CsvRecord[]) => {
    try {
      return work()
    } catch {
      return 'never closed'
    }
  }

  test('any text gives the same records and lines', () => {
    fc.assert(
      fc.property(text, fc.constantFrom(',', ';'), (csv, delimiter) => {
        expect(outcome(() => parse(csv, delimiter))).toEqual(outcome(() => reference(csv, delimiter)))
      }),
      { numRuns: 3000 },
    )
  })

  test('it does not matter where the text is split', () => {
    fc.assert(
      fc.property(text, (csv) => {
        const whole = outcome(() => parse(csv))
        for (let at = 0; at <= csv.length; at++)
          expect(outcome(() => parse(csv, ',', [csv.slice(0, at), csv.slice(at)]))).toEqual(whole)
        expect(outcome(() => parse(csv, ',', csv.split('')))).toEqual(whole)
      }),
      { numRuns: 500 },
    )
  })
})
