import { createReadStream } from 'node:fs'
import { type CsvRecord, csvParser } from './import-csv.ts'
import { textDecoder } from './import-decode.ts'
import type { CsvShape } from './import-inspect.ts'
import { type RowPlan, rowReader, type StagedRow } from './import-rows.ts'

export type StageOrder = {
  accountId: string
  importId: string
  path: string
  encoding: string
  /** Of a workbook; null for text. */
  sheet: string | null
  /** Bytes of the file. */
  size: number
  shape: CsvShape
  plan: RowPlan
  secret: Buffer
}

export type StagedBatch = {
  /** Lines in PostgreSQL's COPY text format, for the columns of STAGED_COLUMNS. */
  copy: Uint8Array<ArrayBuffer>
  rows: number
  optOuts: number
  invalid: number
  /** Of the file, so far. */
  bytesRead: number
  lastLine: number
  /** So far, with their rows. */
  unknownWords: [string, number][]
}

export const STAGED_COLUMNS =
  'account_id, import_id, line, address, canonical, address_key, base_key, fields, opt_out, outcome, reason, notes'

/** Why a row is an opt-out when nothing else is known of it. */
export const SAID_BY_FILE = 'The file says so.'

const PIECE_BYTES = 256 * 1024
const encoder = new TextEncoder()

/** Reads a file into rows ready for COPY, a piece at a time; memory does not grow with the file (IM-7). */
export async function* stageFile(order: StageOrder): AsyncGenerator<StagedBatch> {
  const { shape } = order
  const words = new Map<string, number>()
  const readRow = rowReader(order.plan, order.secret, words)
  const prefix = `${order.accountId}\t${order.importId}\t`
  let bytesRead = 0
  let lastLine = 0
  let isHeaderDue = shape.hasHeader

  function batchOf(records: CsvRecord[]): StagedBatch {
    let text = ''
    const batch = { rows: 0, optOuts: 0, invalid: 0 }
    for (const record of records) {
      lastLine = record.line
      if (isHeaderDue) {
        if (record.cells.every((cell) => cell.trim() === '')) continue
        isHeaderDue = false
        continue
      }
      const row = readRow(record)
      if (row === null) continue
      batch.rows++
      if (row.isInvalid) batch.invalid++
      if (row.optOut) batch.optOuts++
      text += copyLine(prefix, row, order.plan.asOptOuts)
    }
    return { copy: encoder.encode(text), ...batch, bytesRead, lastLine, unknownWords: [...words] }
  }

  for await (const piece of recordsOf(order)) {
    bytesRead = piece.bytesRead
    yield batchOf(piece.records)
  }
}

type Piece = { records: CsvRecord[]; bytesRead: number }

async function* recordsOf(order: StageOrder): AsyncGenerator<Piece> {
  if (order.sheet === null) return yield* textRecords(order)
  const { sheetRecords } = await import('./import-sheet.ts') // most files need nothing of it
  for await (const { records, share } of sheetRecords(order.path, order.sheet, order.shape))
    yield { records, bytesRead: Math.round(order.size * Math.min(1, share)) }
}

async function* textRecords({ path, encoding, shape }: StageOrder): AsyncGenerator<Piece> {
  const decoder = textDecoder(encoding)
  const parser = csvParser(shape.delimiter, { firstLine: shape.firstLine })
  let bytesRead = 0
  let toSkip = shape.skip
  function afterStart(text: string): string {
    if (toSkip === 0) return text
    const rest = text.slice(toSkip)
    toSkip -= text.length - rest.length
    return rest
  }
  for await (const bytes of createReadStream(path, { highWaterMark: PIECE_BYTES })) {
    const piece: Buffer = bytes
    bytesRead += piece.length
    yield { records: parser.push(afterStart(decoder.push(piece))), bytesRead }
  }
  yield { records: [...parser.push(afterStart(decoder.end())), ...parser.end()], bytesRead }
}

/** In a file that opts everybody out every good row has its outcome from the start; whoever was out before is told later. */
function copyLine(prefix: string, row: StagedRow, isOptOut: boolean): string {
  const settled = isOptOut && !row.isInvalid
  const outcome = row.isInvalid ? 'invalid' : isOptOut ? 'opted_out' : '\\N'
  const notes = [...(settled ? ['opted_out_by_file'] : []), ...row.notes]
  return `${prefix}${row.line}\t${escaped(row.address)}\t${orNull(row.canonical)}\t${hex(row.addressKey)}\t${hex(row.baseKey)}\t${
    row.fields === null ? '\\N' : row.fields.replaceAll('\\', '\\\\')
  }\t${row.optOut ? 't' : 'f'}\t${outcome}\t${orNull(settled ? SAID_BY_FILE : row.reason)}\t${notes.length > 0 ? `{${notes.join(',')}}` : '\\N'}\n`
}

const hex = (key: Buffer | null) => (key === null ? '\\N' : `\\\\x${key.toString('hex')}`)
const orNull = (text: string | null) => (text === null ? '\\N' : escaped(text))

/** Backslash, tab and newlines mean something to COPY; nothing here holds NUL. */
const escaped = (text: string) =>
  /[\\\t\n\r]/.test(text)
    ? text.replace(
        /[\\\t\n\r]/g,
        (character) => ({ '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' })[character] ?? '',
      )
    : text
