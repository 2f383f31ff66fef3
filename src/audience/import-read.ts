import { on } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Worker } from 'node:worker_threads'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Core } from '../platform/core.ts'
import { run, sql } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { JobCancelled, type JobContext } from '../platform/jobs.ts'
import { STAGED_COLUMNS, type StagedBatch, type StageOrder } from './import-stage.ts'
import type { WorkerMessage } from './import-worker.ts'

type Progress = Pick<JobContext, 'progress'>

export type ReadResult = {
  rows: number
  invalid: number
  duplicates: number
  optOuts: number
  lastLine: number
  unknownWords: [string, number][]
}

const NOTE_EVERY_MS = 500

/** Of the thread that reads; a bigger young generation only makes the program bigger (measured: 100 MB, no faster). */
const MEMORY = { maxYoungGenerationSizeMb: 12, maxOldGenerationSizeMb: 128 }

/**
 * Reads the file into import_rows in one transaction: all of it is there, or nothing.
 *
 * Of several rows with one address the last one counts; an opt-out in any of them wins, whatever the order (IM-5).
 * @throws DomainError import.unreadable with the line, JobCancelled when somebody asked for it
 */
export async function readImport(core: Core, order: StageOrder, job: Progress): Promise<ReadResult> {
  const client = await core.pool.connect()
  const result: ReadResult = { rows: 0, invalid: 0, duplicates: 0, optOuts: 0, lastLine: 0, unknownWords: [] }
  let isBroken = false
  try {
    await client.query('begin')
    await client.query('set local enable_nestloop = off') // nothing is known yet about rows that came a moment ago
    await client.query('delete from import_rows where account_id = $1 and import_id = $2', [
      order.accountId,
      order.importId,
    ])
    const copy = client.query(copyFrom(`copy import_rows (${STAGED_COLUMNS}) from stdin`))
    await pipeline(Readable.from(watched(core, order, result, job), { objectMode: true, highWaterMark: 1 }), copy)
    result.duplicates = await settleRepeats(client, order, result.optOuts > 0)
    await client.query('commit')
    return result
  } catch (error) {
    isBroken = true // a connection in the middle of COPY is not used again; what it did is rolled back
    throw error
  } finally {
    client.release(isBroken)
  }
}

/** The copy text of every batch, noting how far it is and stopping when asked. */
async function* watched(core: Core, order: StageOrder, result: ReadResult, job: Progress): AsyncGenerator<Uint8Array> {
  let notedAt = 0
  for await (const batch of batchesOf(order)) {
    result.rows += batch.rows
    result.invalid += batch.invalid
    result.optOuts += batch.optOuts
    result.lastLine = batch.lastLine
    result.unknownWords = batch.unknownWords
    if (Date.now() - notedAt >= NOTE_EVERY_MS) {
      notedAt = Date.now()
      await noteProgress(core, order, batch.bytesRead, result)
      await job.progress(0)
    }
    if (batch.copy.length > 0) yield batch.copy
  }
}

async function* batchesOf(order: StageOrder): AsyncGenerator<StagedBatch> {
  const worker = new Worker(new URL('./import-worker.ts', import.meta.url), {
    workerData: order,
    resourceLimits: MEMORY,
  })
  try {
    for await (const [given] of on(worker, 'message', { close: ['exit'] })) {
      const message: WorkerMessage = given
      if (message.kind === 'end') return
      if (message.kind === 'problem') throw new DomainError(message.code, message.message)
      yield message.batch
      worker.postMessage('more')
    }
    throw new Error('the thread that reads the file ended early')
  } finally {
    await worker.terminate()
  }
}

async function noteProgress(
  core: Core,
  order: StageOrder,
  bytes: number,
  { rows, invalid }: ReadResult,
): Promise<void> {
  const going = await run(
    core.db,
    sql`
    update imports set bytes_done = ${bytes}, counts = ${JSON.stringify({ rows, invalid })}::jsonb
    where account_id = ${order.accountId} and import_id = ${order.importId} and cancel_asked_at is null`,
  )
  if (going === 0) throw new JobCancelled('asked to stop while the file was read')
}

async function settleRepeats(client: pg.PoolClient, order: StageOrder, hasOptOuts: boolean): Promise<number> {
  const values = [order.accountId, order.importId]
  const open = order.plan.asOptOuts ? `= 'opted_out'` : 'is null'
  if (hasOptOuts && !order.plan.asOptOuts)
    await client.query(
      `update import_rows row set opt_out = true
       where row.account_id = $1 and row.import_id = $2 and not row.opt_out and row.outcome is null
         and row.address_key in (select other.address_key from import_rows other
                                 where other.account_id = $1 and other.import_id = $2 and other.opt_out)`,
      values,
    )
  const repeated = await client.query(
    `update import_rows row
     set outcome = 'duplicate', reason = 'Line ' || twice.last || ' has the same address and counts.', fields = null, base_key = null,
       notes = nullif(array_remove(row.notes, 'opted_out_by_file'), '{}')
     from (select staged.canonical, max(staged.line) as last from import_rows staged
           where staged.account_id = $1 and staged.import_id = $2 and staged.outcome ${open}
           group by staged.canonical having count(*) > 1) twice
     where row.account_id = $1 and row.import_id = $2 and row.outcome ${open}
       and row.canonical = twice.canonical and row.line < twice.last`,
    values,
  )
  return repeated.rowCount ?? 0
}
