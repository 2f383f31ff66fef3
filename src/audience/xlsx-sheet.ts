import { CSV_LIMITS, type CsvRecord } from './import-csv.ts'
import type { Book, Sheet } from './xlsx-book.ts'
import { type NumberStyle, numberText } from './xlsx-number.ts'
import { unescapeXlsx, xmlReader } from './xlsx-xml.ts'
import { unreadable } from './xlsx-zip.ts'

export type SheetRecord = CsvRecord & { isHidden: boolean }

/**
 * The rows of a sheet that have a cell, as they are read, with the row's own number as line; also how many bytes of it
 * are read. Memory does not grow with the sheet.
 *
 * @throws DomainError import.unreadable for a cell or a row beyond the limits (IM-9), or when the file is broken
 */
export async function* sheetRows(
  book: Book,
  sheet: Sheet,
): AsyncGenerator<{ records: SheetRecord[]; bytesRead: number }> {
  let records: SheetRecord[] = []
  const reader = xmlReader(rowHandlers(book, (record) => records.push(record)))
  let bytesRead = 0
  for await (const piece of book.archive.read(sheet.path)) {
    reader.push(piece)
    bytesRead += piece.length
    if (records.length === 0) continue
    yield { records, bytesRead }
    records = []
  }
  reader.end()
  if (records.length > 0) yield { records, bytesRead }
}

function rowHandlers(book: Book, onRow: (record: SheetRecord) => void) {
  let line = 0
  let isHidden = false
  let cells: string[] = []
  let column = -1
  let kind = ''
  let style: NumberStyle = 'plain'
  let text = ''
  let isInValue = false
  let hints = 0
  return {
    open(name: string, attributes: Record<string, string>) {
      if (name === 'row') {
        line = attributes['r'] === undefined ? line + 1 : Number(attributes['r'])
        isHidden = /^(1|true)$/.test(attributes['hidden'] ?? '')
        cells = []
        column = -1
      } else if (name === 'c') {
        column = attributes['r'] === undefined ? column + 1 : columnOf(attributes['r'])
        if (column >= CSV_LIMITS.columns)
          throw unreadable(
            `Row ${line} has more than ${CSV_LIMITS.columns.toLocaleString('en')} columns; so many are not possible.`,
          )
        kind = attributes['t'] ?? 'n'
        style = book.styles[Number(attributes['s'] ?? -1)] ?? 'plain'
        text = ''
      } else if (name === 'rPh') hints++
      else if (name === 'v' || name === 't') isInValue = hints === 0
    },
    text(piece: string) {
      if (!isInValue) return
      text += piece
      if (text.length > CSV_LIMITS.cellLength)
        throw unreadable(
          `Row ${line} has a cell of more than ${CSV_LIMITS.cellLength.toLocaleString('en')} characters.`,
        )
    },
    close(name: string) {
      if (name === 'v' || name === 't') isInValue = false
      else if (name === 'rPh') hints--
      else if (name === 'c') {
        const value = valueOf(book, kind, text, style)
        if (value === '' || column < 0) return
        while (cells.length < column) cells.push('')
        cells[column] = value
      } else if (name === 'row' && cells.length > 0) onRow({ line, cells, isHidden })
    },
  }
}

function valueOf(book: Book, kind: string, text: string, style: NumberStyle): string {
  switch (kind) {
    case 's':
      return book.strings.at(Number(text))
    case 'n':
      return numberText(text, style, book.is1904)
    case 'b':
      return text.trim() === '1' ? 'TRUE' : 'FALSE'
    case 'e':
      return '' // #N/A and the like say nothing about a person
    case 'd':
      return text.replace(/T00:00:00(\.0+)?Z?$/, '')
    default:
      return unescapeXlsx(text)
  }
}

/** 0 for A1, 27 for AB12. */
function columnOf(reference: string): number {
  let number = 0
  for (const letter of reference.toUpperCase()) {
    const place = letter.charCodeAt(0) - 64
    if (place < 1 || place > 26) break
    number = number * 26 + place
  }
  return number - 1
}
