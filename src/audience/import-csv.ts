import { DomainError } from '../platform/errors.ts'
import type { AudienceErrorCode } from './errors.ts'

export type CsvRecord = {
  /** Line of the file in which the record begins, from 1. */
  line: number
  cells: string[]
  /** About the row as a whole, for its report. */
  remark?: string
}

export type CsvLimits = { cellLength: number; columns: number }

export const CSV_LIMITS: CsvLimits = { cellLength: 100_000, columns: 1_000 }

/**
 * Reads CSV that arrives in pieces; `push` gives the records that are complete, `end` the last one.
 *
 * RFC 4180, and what files hold beyond it: LF, CRLF or CR, no newline at the end, quotes inside a cell that began
 * without one (kept as they are), text after a closing quote (joined). Empty lines give no record, but count as lines.
 * Rule IM-1. Lengths are UTF-16 units.
 *
 * @throws DomainError import.unreadable for a cell or a record beyond the limits or a quote that is never closed
 */
export function csvParser(delimiter: string, { firstLine = 1, limits = CSV_LIMITS } = {}) {
  let pending = ''
  let line = firstLine

  function parse(text: string, isEnd: boolean): CsvRecord[] {
    const records: CsvRecord[] = []
    let start = 0
    while (start < text.length) {
      const record = readRecord(text, start, isEnd, { delimiter, line, limits })
      if (record === null) break
      if (record.end > start || record.cells.length > 1) records.push({ line, cells: record.cells })
      line += record.newlines
      start = record.next
    }
    pending = start === 0 ? text : text.slice(start)
    return records
  }

  return {
    push: (text: string): CsvRecord[] => parse(pending === '' ? text : pending + text, false),
    end: (): CsvRecord[] => parse(pending, true),
  }
}

type Position = { delimiter: string; line: number; limits: CsvLimits }

/** One record from `start`, or null when the text ends before it does. `next` begins the one after it. */
function readRecord(text: string, start: number, isEnd: boolean, position: Position) {
  const { limits, line } = position
  const delimiter = position.delimiter.charCodeAt(0)
  const cells: string[] = []
  let newlines = 0
  let at = start
  for (;;) {
    let value = ''
    if (text.charCodeAt(at) === QUOTE) {
      const quoted = readQuoted(text, at, isEnd, position)
      if (quoted === null) return null
      newlines += quoted.newlines
      value = quoted.value
      at = quoted.next
    }
    const from = at
    let code = text.charCodeAt(at)
    while (code !== delimiter && code !== LF && code !== CR && at < text.length) code = text.charCodeAt(++at)
    value = value === '' ? text.slice(from, at) : value + text.slice(from, at)
    if (value.length > limits.cellLength) throw tooLong(line, limits)
    if (at >= text.length && !isEnd) return null
    cells.push(value)
    if (cells.length > limits.columns)
      throw unreadable(`Line ${line} has more than ${count(limits.columns)} cells; so many columns are not possible.`)
    if (at >= text.length) return { cells, end: at, next: at, newlines }
    if (code === delimiter) {
      at++
      if (at >= text.length && !isEnd) return null
      continue
    }
    if (code === CR && at + 1 >= text.length && !isEnd) return null // an LF may follow
    const next = code === CR && text.charCodeAt(at + 1) === LF ? at + 2 : at + 1
    return { cells, end: at, next, newlines: newlines + 1 }
  }
}

/** The value between a quote at `start` and the one that closes it, or null when more text is needed. */
function readQuoted(text: string, start: number, isEnd: boolean, { line, limits }: Position) {
  let value = ''
  let from = start + 1
  for (;;) {
    const quote = text.indexOf('"', from)
    if ((quote < 0 ? text.length : quote) - from + value.length > limits.cellLength) throw tooLong(line, limits)
    if (quote < 0) {
      if (isEnd) throw unreadable(`The quotation mark in line ${line} is never closed. Close it and import again.`)
      return null
    }
    if (quote + 1 >= text.length && !isEnd) return null // it may be the first of two
    value += text.slice(from, quote)
    if (text.charCodeAt(quote + 1) !== QUOTE) return { value, next: quote + 1, newlines: newlinesIn(value) }
    value += '"'
    from = quote + 2
  }
}

const newlinesIn = (value: string) => (/[\r\n]/.test(value) ? (value.match(/\r\n|\n|\r/g)?.length ?? 0) : 0)

const tooLong = (line: number, limits: CsvLimits) =>
  unreadable(
    `The record that begins in line ${line} has a cell of more than ${count(limits.cellLength)} characters. Is a quotation mark missing?`,
  )

const unreadable = (message: string) => new DomainError<AudienceErrorCode>('import.unreadable', message)
const count = (number: number) => number.toLocaleString('en')

const QUOTE = 34
const LF = 10
const CR = 13
