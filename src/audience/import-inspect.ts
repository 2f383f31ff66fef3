import { DomainError } from '../platform/errors.ts'
import type { AudienceErrorCode } from './errors.ts'
import { columnNames } from './import-columns.ts'
import { type CsvRecord, csvParser } from './import-csv.ts'

export type CsvShape = {
  delimiter: string
  /** Line in which the table begins: after a `sep=` line. */
  firstLine: number
  /** UTF-16 units before that line. */
  skip: number
  hasHeader: boolean
  columns: string[]
}

const DELIMITERS = [',', ';', '\t', '|']
const GUESS_LENGTH = 64 * 1024

/**
 * Finds delimiter and columns of a CSV file from the beginning of its text; `rows` are the first ones below the header.
 *
 * A first line with an address in it is no header. Rules: IM-3 (`sep=` line, quoted delimiters), IM-4.
 * @param isWhole the text is the whole file
 * @param known what the operator says about it
 * @throws DomainError import.unreadable when nothing stands below the header or it cannot be read
 */
export function inspectCsv(
  text: string,
  isWhole: boolean,
  known: { delimiter?: string | undefined; hasHeader?: boolean | undefined } = {},
): { shape: CsvShape; rows: string[][] } {
  const said = /^sep=(.)(?:\r\n|\n|\r)/i.exec(text)
  const skip = said?.[0].length ?? 0
  const firstLine = said ? 2 : 1
  const body = skip === 0 ? text : text.slice(skip)
  const delimiter = known.delimiter ?? said?.[1] ?? guessDelimiter(body)
  const records = firstRecords(body, delimiter, isWhole, firstLine).filter(({ cells }) =>
    cells.some((cell) => cell.trim() !== ''),
  )
  const [first, ...others] = records
  if (!first) throw unreadable('There is no line with text in this file.')
  const hasHeader = known.hasHeader ?? !first.cells.some((cell) => /^\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*$/.test(cell))
  const rows = (hasHeader ? others : records).map(({ cells }) => cells)
  if (rows.length === 0 && isWhole)
    throw unreadable('This file has a header and no lines below it. There is nobody to import.')
  return { shape: { delimiter, firstLine, skip, hasHeader, columns: columnNames(first.cells, hasHeader) }, rows }
}

/** The delimiter with which most of the first lines have as many cells as the first one, at least two. */
function guessDelimiter(text: string): string {
  const start = text.slice(0, GUESS_LENGTH)
  const isWhole = text.length <= GUESS_LENGTH
  const scores = DELIMITERS.map((delimiter) => ({ delimiter, score: agreement(start, delimiter, isWhole) }))
  const best = scores.reduce((left, right) => (right.score > left.score ? right : left))
  if (best.score > 0) return best.delimiter
  const line = start.split(/\r\n|\n|\r/, 1)[0] ?? ''
  const often = (delimiter: string) => line.split(delimiter).length
  return DELIMITERS.reduce((left, right) => (often(right) > often(left) ? right : left))
}

function agreement(text: string, delimiter: string, isWhole: boolean): number {
  try {
    const records = firstRecords(text, delimiter, isWhole, 1).slice(0, 100)
    const columns = records[0]?.cells.length ?? 0
    if (columns < 2) return 0
    const agreeing = records.filter(({ cells }) => cells.length === columns).length
    return agreeing / records.length + columns / 10_000
  } catch (error) {
    if (error instanceof DomainError) return 0 // this delimiter makes no sense of the text
    throw error
  }
}

function firstRecords(text: string, delimiter: string, isWhole: boolean, firstLine: number): CsvRecord[] {
  const parser = csvParser(delimiter, { firstLine })
  const records = parser.push(text)
  return isWhole ? [...records, ...parser.end()] : records
}

const unreadable = (message: string) => new DomainError<AudienceErrorCode>('import.unreadable', message)
