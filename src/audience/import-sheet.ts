import { isAddress, readAddress } from '../optouts/address.ts'
import { columnNames } from './import-columns.ts'
import type { CsvShape } from './import-inspect.ts'
import { openBook, type Sheet } from './xlsx-book.ts'
import { type SheetRecord, sheetRows } from './xlsx-sheet.ts'
import { unreadable } from './xlsx-zip.ts'

const LOOKED_AT = 1_000

export type SheetLook = {
  sheet: string
  sheets: { name: string; hidden: boolean }[]
  shape: CsvShape
  rows: string[][]
}

/**
 * Looks at the beginning of a workbook's sheet: the one that is named, else the first visible one with an address.
 *
 * @throws DomainError import.unreadable when there is no such sheet, or nobody in it
 */
export async function inspectXlsx(path: string, named?: string, hasHeader?: boolean): Promise<SheetLook> {
  const book = await openBook(path)
  try {
    const sheets = book.sheets.map(({ name, isHidden }) => ({ name, hidden: isHidden }))
    if (named !== undefined) {
      const sheet = book.sheets.find(({ name }) => name === named)
      if (!sheet) throw unreadable(`There is no sheet “${named}” in this workbook.`)
      return { ...lookAt(sheet, await firstRows(book, sheet), hasHeader), sheets }
    }
    const visible = book.sheets.filter(({ isHidden }) => !isHidden)
    let first: { sheet: Sheet; records: SheetRecord[] } | undefined
    for (const sheet of visible) {
      const records = await firstRows(book, sheet)
      if (records.some(holdsAddress)) return { ...lookAt(sheet, records, hasHeader), sheets }
      if (records.length > 1) first ??= { sheet, records }
    }
    if (!first)
      throw unreadable('No visible sheet of this workbook has rows below a header. There is nobody to import.')
    return { ...lookAt(first.sheet, first.records, hasHeader), sheets }
  } finally {
    book.archive.close()
  }
}

async function firstRows(book: Awaited<ReturnType<typeof openBook>>, sheet: Sheet): Promise<SheetRecord[]> {
  const found: SheetRecord[] = []
  for await (const { records } of sheetRows(book, sheet)) {
    found.push(...records.filter(({ cells }) => cells.some((cell) => cell.trim() !== '')))
    if (found.length >= LOOKED_AT) break
  }
  return found.slice(0, LOOKED_AT)
}

/** Titles above the table are passed over: the header is the first row that fills at least half of the columns. */
function lookAt({ name }: Sheet, records: SheetRecord[], said?: boolean): Omit<SheetLook, 'sheets'> {
  const width = Math.max(0, ...records.slice(0, 50).map(({ cells }) => cells.length))
  const filled = ({ cells }: SheetRecord) => cells.filter((cell) => cell.trim() !== '').length
  const start = Math.max(
    0,
    records.findIndex((record) => filled(record) * 2 >= width),
  )
  const first = records[start]
  if (!first) throw unreadable(`The sheet “${name}” is empty.`)
  const hasHeader = said ?? !holdsAddress(first)
  const below = records.slice(hasHeader ? start + 1 : start)
  if (below.length === 0)
    throw unreadable(`The sheet “${name}” has a header and no rows below it. There is nobody to import.`)
  const header = Array.from({ length: width }, (_, place) => first.cells[place] ?? '')
  return {
    sheet: name,
    shape: { delimiter: '', firstLine: first.line, skip: 0, hasHeader, columns: columnNames(header, hasHeader) },
    rows: below.map(({ cells }) => cells),
  }
}

const holdsAddress = ({ cells }: SheetRecord) =>
  cells.some((cell) => cell.includes('@') && isAddress(readAddress(cell)))

/** All rows of a sheet from the header on, padded to its columns; hidden ones carry a remark (IM-9). */
export async function* sheetRecords(path: string, named: string, shape: CsvShape) {
  const book = await openBook(path)
  try {
    const sheet = book.sheets.find(({ name }) => name === named)
    if (!sheet) throw unreadable(`There is no sheet “${named}” in this workbook.`)
    for await (const { records, bytesRead } of sheetRows(book, sheet))
      yield {
        records: records
          .filter(({ line }) => line >= shape.firstLine)
          .map((record) => padded(record, shape.columns.length)),
        share: bytesRead / Math.max(1, book.archive.sizeOf(sheet.path)),
      }
  } finally {
    book.archive.close()
  }
}

function padded({ line, cells, isHidden }: SheetRecord, columns: number) {
  while (cells.length < columns) cells.push('')
  return { line, cells, ...(isHidden ? { remark: 'This row is hidden in the sheet.' } : {}) }
}
