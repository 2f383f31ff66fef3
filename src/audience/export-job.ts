import { createWriteStream } from 'node:fs'
import { mkdir, rm, stat } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { Core } from '../platform/core.ts'
import { csvCell } from '../platform/csv.ts'
import { row, run, sql, transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { JobCancelled, type JobContext, startJob } from '../platform/jobs.ts'
import { selected } from './contact-filter.ts'
import { DROP_EXPORTS } from './erase.ts'
import { type NewExport, newExport } from './export.contract.ts'
import { exportFolder, exportPath } from './export-file.ts'
import { countExported, exportColumns, exportedRows } from './export-rows.ts'
import { type Cell, xlsxWriter } from './xlsx-write.ts'

/** The kind of the job; its handler is runExport. */
export const EXPORT = 'export'
const KEPT_HOURS = 24

type Counts = { rows: number; leftOut: number }

/**
 * Makes the file of an export; killed anywhere, it begins again. It also does so when somebody was erased meanwhile,
 * so that nobody who is gone stands in a file (LW-12).
 *
 * @throws JobCancelled; DomainError segment.not_found, condition.invalid, field.unknown; no file stays then
 */
export async function runExport(core: Core, job: JobContext): Promise<unknown> {
  const exportId = String(job.payload.exportId)
  const { request, path, rows, left_out } = await row(
    job.db,
    sql<{ request: unknown; path: string | null; rows: string | null; left_out: string | null }>`
    select request, path, rows, left_out from exports where account_id = ${job.accountId} and export_id = ${exportId}`,
  )
  if (rows !== null) return { rows: Number(rows), leftOut: Number(left_out) } // it ended in the moment after that
  if (path === null) throw new JobCancelled()
  const file = exportPath(core, path)
  await mkdir(exportFolder(core), { recursive: true, mode: 0o700 })
  try {
    const asked = newExport.parse(request)
    for (;;) {
      const counts = await writeFile(job, file, asked)
      if (await note(job, exportId, counts, (await stat(file)).size)) return counts
    }
  } catch (error) {
    await rm(file, { force: true })
    if (error instanceof JobCancelled || error instanceof DomainError || job.isLastAttempt) await forget(job, exportId)
    throw error
  }
}

async function writeFile(job: JobContext, file: string, asked: NewExport): Promise<Counts> {
  const which = await selected(job.db, job.accountId, asked.selection)
  const columns = await exportColumns(job.db, job.accountId, asked.columns)
  const out = createWriteStream(file, { flags: 'w', mode: 0o600, highWaterMark: 1024 * 1024 })
  const closed = finished(out)
  closed.catch(() => {}) // it is awaited below; until then it may fail unheard
  const writer = writers[asked.format](
    columns.map(({ label }) => label),
    out,
  )
  try {
    const counts = await job.db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (trx) => {
        const { total, optedOut } = await countExported(trx, which)
        const leftOut = asked.includeOptedOut ? 0 : optedOut
        let done = 0
        await job.progress(done, total - leftOut)
        for await (const page of exportedRows(trx, which, columns, asked)) {
          writer.rows(page)
          if (out.writableNeedDrain) await drained(out, closed)
          done += page.length
          await job.progress(done)
          if (await job.isCancelAsked()) throw new JobCancelled()
        }
        return { rows: done, leftOut }
      })
    writer.end()
    out.end()
    await closed
    return counts
  } catch (error) {
    out.destroy()
    throw error
  }
}

/** Ends the wait also when the file cannot be written any more. */
const drained = (out: Writable, closed: Promise<void>) =>
  Promise.race([new Promise((resolve) => out.once('drain', resolve)), closed])

const writers = {
  csv(names: string[], out: Writable) {
    out.write(`\ufeff${names.map(csvCell).join(',')}\r\n`) // with the mark, every spreadsheet program reads UTF-8
    return {
      rows: (page: Cell[][]) => {
        let text = ''
        for (const cells of page) text += `${cells.map(cellText).join(',')}\r\n`
        out.write(text)
      },
      end: () => {},
    }
  },
  xlsx: (names: string[], out: Writable) => xlsxWriter(names, (bytes) => out.write(bytes)),
}

function cellText(cell: Cell): string {
  if (cell === null) return ''
  if (cell instanceof Date) return cell.toISOString()
  return csvCell(typeof cell === 'object' ? cell.day : String(cell))
}

/** Gives false when somebody was erased while the file was written: then it is made again. */
function note(job: JobContext, exportId: string, { rows: written, leftOut }: Counts, size: number): Promise<boolean> {
  const { accountId } = job
  return transaction(job.db, async (trx) => {
    const noted = await run(
      trx,
      sql`
      update exports set rows = ${written}, left_out = ${leftOut}, size = ${size}, request = request - 'selection',
        expires_at = now() + make_interval(hours => ${KEPT_HOURS})
      where account_id = ${accountId} and export_id = ${exportId} and not stale and rows is null`,
    )
    if (noted === 1) {
      const runAt = new Date(Date.now() + KEPT_HOURS * 3_600_000 + 1000)
      await startJob(trx, { accountId, kind: DROP_EXPORTS, runAt })
      return true
    }
    await run(trx, sql`update exports set stale = false where account_id = ${accountId} and export_id = ${exportId}`)
    return false
  })
}

/** What was searched for may hold an address. */
async function forget({ db, accountId }: JobContext, exportId: string): Promise<void> {
  await run(
    db,
    sql`update exports set request = request - 'selection', path = null where account_id = ${accountId} and export_id = ${exportId}`,
  )
}
