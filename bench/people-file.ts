// The file that an import benchmark reads: the rows of make-csv in large pieces, and the same as a workbook.
import { createReadStream, createWriteStream } from 'node:fs'
import { csvParser } from '../src/audience/import-csv.ts'
import { xlsxWriter } from '../src/audience/xlsx-write.ts'

/** The rows of a CSV file as a workbook. */
export async function asSpreadsheet(csv: string, path: string): Promise<void> {
  const out = createWriteStream(path)
  const parser = csvParser(',')
  const decoder = new TextDecoder()
  let writer: ReturnType<typeof xlsxWriter> | undefined
  const take = (records: { cells: string[] }[]) => {
    const rows = records.map(({ cells }) => cells)
    writer ??= xlsxWriter(rows.shift() ?? [], (bytes) => out.write(bytes))
    writer.rows(rows)
  }
  for await (const piece of createReadStream(csv)) take(parser.push(decoder.decode(piece, { stream: true })))
  take(parser.end())
  writer?.end()
  await new Promise((resolve) => out.end(resolve))
}

/** Joins rows to pieces that are worth a write. */
export function* pieces(made: Generator<string, unknown>) {
  let text = ''
  for (const row of made) {
    text += row
    if (text.length < 262_144) continue
    yield text
    text = ''
  }
  yield text
}
