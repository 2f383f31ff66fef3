import { existsSync } from 'node:fs'
import { z } from 'zod'
import type { Core } from '../platform/core.ts'
import { type Db, maybeRow, row, rows, run, sql, type Trx, transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { JobCancelled, type JobContext } from '../platform/jobs.ts'
import type { AudienceErrorCode } from './errors.ts'
import { MOST_IN_TEST_GROUP } from './group.contract.ts'
import { groupFull, unlessFull } from './group-full.ts'
import { type ImportOptions, importOptions } from './import.contract.ts'
import { applyImport } from './import-apply.ts'
import { addTallies } from './import-counts.ts'
import { makeFields, plannedFields } from './import-fields.ts'
import { type StoredFile, storedFile } from './import-file.ts'
import { type ApplyOrder, judgeImport, settleOptOuts } from './import-judge.ts'
import { readImport } from './import-read.ts'
import { dropUpload, uploadPath } from './import-upload.ts'

type State = {
  status: string
  phase: 'upload' | 'read' | 'apply' | 'done'
  file: StoredFile
  options: ImportOptions
  counts: Record<string, number>
  startedBy: string | null
}

const payload = z.object({ importId: z.string() })

/**
 * Does an import from wherever it is: reads the file, records its opt-outs, writes contacts and groups.
 *
 * Until the first row is written it can be cancelled and leaves nothing; from then on every transaction is a whole step,
 * and a program that is killed leaves the rest to the next one (IM-7, IM-13). One that fails for good after that says how
 * far it came, keeps its lines, and can be gone on with or undone.
 */
export async function runImport(core: Core, job: JobContext): Promise<Record<string, number>> {
  const { accountId } = job
  const { importId } = payload.parse(job.payload)
  const state = await stateOf(core.db, accountId, importId)
  if (!['queued', 'running'].includes(state.status)) return state.counts
  await run(
    core.db,
    sql`update imports set status = 'running', started_at = coalesce(started_at, now())
        where account_id = ${accountId} and import_id = ${importId}`,
  )
  try {
    if (state.phase !== 'apply') await read(core, job, importId, state)
    const counts = state.options.dryRun
      ? await judge(core, job, importId)
      : await unlessFull(() => apply(core, job, importId))
    if (!state.options.dryRun) await dropUpload(core, state.file)
    return counts
  } catch (error) {
    if (error instanceof JobCancelled) await leaveNothing(core, accountId, importId, state.file, 'cancelled', null)
    else if (error instanceof DomainError) await fail(core, accountId, importId, error)
    else if (job.isLastAttempt) await fail(core, accountId, importId, FAILED_TOO_OFTEN)
    throw error
  }
}

async function read(core: Core, job: JobContext, importId: string, { file, options }: State): Promise<void> {
  const { accountId } = job
  const path = file.path === null ? null : uploadPath(core, file.path)
  if (path === null || !existsSync(path))
    throw new DomainError<AudienceErrorCode>(
      'import.unreadable',
      'The uploaded file is no longer there. Nothing was imported. Choose the file again.',
    )
  const { encoding, shape, targets, isDamaged, sheet, size } = file
  const plan = {
    targets,
    fields: await plannedFields(core.db, accountId, file, options.mode),
    names: shape.columns,
    asOptOuts: options.asOptOuts ?? false,
    emptyCells: options.emptyCells,
    isDamaged,
    tool: file.tool?.name ?? null,
    statusWords: options.statusWords,
  }
  const order = { accountId, importId, path, encoding, sheet, size, shape, plan, secret: core.keys.address }
  const { lastLine, optOuts, unknownWords, ...counts } = await readImport(core, order, job)
  await transaction(core.db, (trx) => beginApply(trx, accountId, importId, { lastLine, optOuts, unknownWords, counts }))
}

type Begun = {
  lastLine: number
  optOuts: number
  unknownWords: [string, number][]
  counts: Record<string, number>
}

/** The point of no return: new fields, new groups and every opt-out of the file, together, before any contact (IM-5). */
async function beginApply(trx: Trx, accountId: string, importId: string, begun: Begun) {
  const { lastLine, optOuts, counts } = begun
  const going = await maybeRow(
    trx,
    sql`select from imports where account_id = ${accountId} and import_id = ${importId} and cancel_asked_at is null for no key update`,
  )
  if (!going) throw new JobCancelled('asked to stop before rows were written')
  const { file, options, startedBy } = await stateOf(trx, accountId, importId)
  const unknownWords = begun.unknownWords.map(([word, rows]) => ({ word, rows }))
  const changed: StoredFile = { ...file, lastLine, unknownWords }
  if (!options.dryRun) {
    changed.madeFields = await makeFields(trx, accountId, file.newFields)
    const { known, made } = await makeGroups(trx, accountId, options.newGroups, startedBy)
    changed.groupIds = [...options.groupIds, ...known]
    await refuseTooMany(trx, accountId, importId, changed.groupIds)
    changed.madeGroupIds = made
    if (optOuts > 0) changed.optOutEntry = await recordOptOuts(trx, accountId, importId, startedBy, file)
  }
  await run(
    trx,
    sql`
    update imports set phase = ${options.dryRun ? 'read' : 'apply'}, file = ${JSON.stringify(changed)}::jsonb, counts = ${JSON.stringify(counts)}::jsonb,
      rows_total = ${counts.rows ?? 0}, applied_line = 0, applied = '{}', bytes_done = bytes_total
    where account_id = ${accountId} and import_id = ${importId}`,
  )
}

/** Ids of the groups with these names; the ones that are missing are made. */
async function makeGroups(trx: Trx, accountId: string, names: string[], by: string | null) {
  if (names.length === 0) return { known: [], made: [] }
  const made = await rows(
    trx,
    sql<{ group_id: string }>`
    insert into groups (account_id, name, created_by)
    select ${accountId}, name, ${by}::bigint from unnest(${names}::text[]) as asked(name)
    on conflict (account_id, lower(name collate "und-x-icu")) where archived_at is null do nothing
    returning group_id`,
  )
  const known = await rows(
    trx,
    sql<{ group_id: string }>`
    select group_id from groups
    where account_id = ${accountId} and archived_at is null
      and lower(name collate "und-x-icu") in (select lower(asked.name collate "und-x-icu") from unnest(${names}::text[]) as asked (name))`,
  )
  const ids = (groups: { group_id: string }[]) => groups.map(({ group_id }) => group_id)
  return { known: ids(known), made: ids(made) }
}

/** A test group that the rows of the file do not fit into is found before anything is written. */
async function refuseTooMany(trx: Trx, accountId: string, importId: string, groupIds: string[]): Promise<void> {
  const full = await maybeRow(
    trx,
    sql<{ name: string }>`
    select test.name from groups test
    where test.account_id = ${accountId} and test.group_id = any (${groupIds}::bigint[]) and test.kind = 'test'
      and (select count(*) from (
        select canonical from import_rows
        where account_id = ${accountId} and import_id = ${importId} and canonical is not null and outcome is null and not opt_out
        union
        select contact.canonical from group_members member join contacts contact using (account_id, contact_id)
        where member.account_id = ${accountId} and member.group_id = test.group_id
        limit ${MOST_IN_TEST_GROUP + 1}) joining) > ${MOST_IN_TEST_GROUP}
    limit 1`,
  )
  if (full) throw groupFull(full.name)
}

async function recordOptOuts(trx: Trx, accountId: string, importId: string, by: string | null, file: StoredFile) {
  const proof = JSON.stringify({ file: { sha256: file.sha256, bytes: file.size } })
  const { entry_id } = await row(
    trx,
    sql<{
      entry_id: string
    }>`select entry_id from record_import_optouts(${accountId}, ${importId}, ${by}, null, ${proof}::jsonb)`,
  )
  return entry_id
}

async function judge(core: Core, job: JobContext, importId: string): Promise<Record<string, number>> {
  const { accountId } = job
  const { file, options, counts, startedBy } = await stateOf(core.db, accountId, importId)
  const all = await judgeImport(core.db, orderOf(accountId, importId, file, options, startedBy), counts, job)
  await end(core.db, accountId, importId, all, file)
  return all
}

async function apply(core: Core, job: JobContext, importId: string): Promise<Record<string, number>> {
  const { accountId } = job
  const { file, options, startedBy } = await stateOf(core.db, accountId, importId)
  const order = orderOf(accountId, importId, file, options, startedBy)
  if (!options.asOptOuts) await applyImport(core.db, order, job)
  return transaction(core.db, async (trx) => {
    const { counts } = await stateOf(trx, accountId, importId)
    const settled = options.asOptOuts ? await settleOptOuts(trx, order) : []
    const all = addTallies(counts, settled, options.mode)
    await end(trx, accountId, importId, all, emptied(file))
    return all
  })
}

/** All lines are done: those that still have no outcome were found unchanged. */
function end(db: Db, accountId: string, importId: string, counts: Record<string, number>, file: StoredFile) {
  return run(
    db,
    sql`
    update imports set status = 'done', phase = 'done', counts = ${JSON.stringify(counts)}::jsonb, finished_at = now(),
      applied = int4multirange(int4range(0, ${file.lastLine}, '(]')), file = ${JSON.stringify(file)}::jsonb
    where account_id = ${accountId} and import_id = ${importId}`,
  )
}

/** Ends an import that failed for good: before its first row nothing of it stays, after that all that it did is told. */
async function fail(core: Core, accountId: string, importId: string, problem: { code: string; message: string }) {
  const { phase, file, counts } = await stateOf(core.db, accountId, importId)
  const { code, message } = problem
  if (phase !== 'apply') return leaveNothing(core, accountId, importId, file, 'failed', { code, message })
  const written = (counts.added ?? 0) + (counts.updated ?? 0)
  const told = `${message} ${written === 1 ? '1 contact was' : `${written.toLocaleString('en')} contacts were`} written before that; they stay. Go on with the import, or undo it.`
  await run(
    core.db,
    sql`
    update imports set status = 'failed', problem = ${JSON.stringify({ code, message: told })}::jsonb,
      file = ${JSON.stringify(emptied(file))}::jsonb, finished_at = now()
    where account_id = ${accountId} and import_id = ${importId}`,
  )
  await dropUpload(core, file)
}

const FAILED_TOO_OFTEN = { code: 'internal', message: 'The import failed too often; the log of the program says why.' }

const orderOf = (
  accountId: string,
  importId: string,
  { groupIds, lastLine, optOutEntry }: StoredFile,
  options: ImportOptions,
  startedBy: string | null,
): ApplyOrder => ({ accountId, importId, startedBy, options, groupIds, lastLine, optOutEntry })

/** An import that ended early leaves no row, no file and no values of it (IM-13). */
export async function leaveNothing(
  core: Core,
  accountId: string,
  importId: string,
  file: StoredFile,
  status: 'cancelled' | 'failed',
  problem: { code: string; message: string } | null,
): Promise<void> {
  await transaction(core.db, async (trx) => {
    await run(trx, sql`delete from import_rows where account_id = ${accountId} and import_id = ${importId}`)
    await run(
      trx,
      sql`
      update imports set status = ${status}, counts = '{}', problem = ${problem === null ? null : JSON.stringify(problem)}::jsonb,
        file = ${JSON.stringify(emptied(file))}::jsonb, finished_at = now()
      where account_id = ${accountId} and import_id = ${importId}`,
    )
  })
  await dropUpload(core, file)
}

/** Without the values that were shown for choosing columns, and without the way to the file. */
const emptied = (file: StoredFile): StoredFile => ({
  ...file,
  path: null,
  columns: file.columns.map((column) => ({ ...column, samples: [] })),
})

export async function stateOf(db: Db, accountId: string, importId: string): Promise<State> {
  const found = await maybeRow(
    db,
    sql<{
      status: string
      phase: State['phase']
      file: unknown
      options: unknown
      counts: Record<string, number>
      started_by: string | null
    }>`
    select status, phase, file, options, counts, started_by from imports
    where account_id = ${accountId} and import_id = ${importId}`,
  )
  if (!found) throw new DomainError<AudienceErrorCode>('import.not_found', 'There is no such import.')
  return {
    status: found.status,
    phase: found.phase,
    file: storedFile.parse(found.file),
    options: importOptions.parse(found.options),
    counts: found.counts,
    startedBy: found.started_by,
  }
}
