import { z } from 'zod'
import { csvCell } from '../platform/csv.ts'
import { type Db, maybeRow, rows, sql } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { pageOfRows, readCursor } from '../platform/page.ts'
import type { AudienceErrorCode } from './errors.ts'
import {
  type AudienceImport,
  type ImportNote,
  type ImportOutcome,
  type ImportRow,
  importNote,
  importOptions,
  importUndoResult,
} from './import.contract.ts'
import { CANCELLABLE, RESUMABLE } from './import.ts'
import { storedFile } from './import-file.ts'
import { UNDOABLE_UNTIL } from './import-undo.ts'

/** Share of the work that reading the file is. */
const READING = 0.35

type ImportRecord = {
  import_id: string
  file_name: string
  status: AudienceImport['status']
  phase: AudienceImport['phase']
  file: unknown
  options: unknown
  counts: Record<string, number>
  bytes_done: string
  bytes_total: string
  applied_line: number
  problem: AudienceImport['problem']
  cancellable: boolean
  started_by_name: string | null
  created_at: Date
  started_at: Date | null
  finished_at: Date | null
  groups: AudienceImport['groups']
  job_problem: string | null
  resumable: boolean
  undo: { step: string; job_status: string | null; at: string; by: string | null; result: unknown } | null
  undoable_until: Date | null
}

/**
 * An import as it stands now, with progress and counts.
 *
 * @throws DomainError import.not_found
 */
export async function findImport(db: Db, accountId: string, importId: string): Promise<AudienceImport> {
  const found = await maybeRow(db, sql<ImportRecord>`${imports(accountId)} and imports.import_id = ${importId}`)
  if (!found) throw new DomainError<AudienceErrorCode>('import.not_found', 'There is no such import.')
  return present(found)
}

/** Imports of an account, newest first. */
export async function listImports(
  db: Db,
  accountId: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
) {
  const [before] = readCursor(cursor, 1) ?? [null]
  const found = await rows(
    db,
    sql<ImportRecord>`
    ${imports(accountId)} and (${before}::bigint is null or imports.import_id < ${before}::bigint)
    order by imports.import_id desc limit ${limit + 1}`,
  )
  const { page, nextCursor } = pageOfRows(found, limit, (last) => [last.import_id])
  return { items: page.map(present), nextCursor }
}

export type RowsAsked = {
  outcome?: ImportOutcome | 'rejected' | undefined
  note?: ImportNote | undefined
}

/** Lines of an import and what became of them, in the order of the file. */
export async function listImportRows(
  db: Db,
  accountId: string,
  importId: string,
  { limit, cursor, outcome, note }: { limit: number; cursor?: string | undefined } & RowsAsked,
) {
  const [after] = readCursor(cursor, 1) ?? ['0']
  const found = await rows(
    db,
    sql<Omit<ImportRow, 'notes'> & { notes: string[] | null }>`
    select row.line, row.address, ${OUTCOME} as outcome, row.reason,
      case when row.outcome = 'held' then coalesce(row.notes, '{}') || '{same_person}'::text[]
           when row.outcome = 'opted_out' and not coalesce('opted_out_by_file' = any (row.notes), false)
             then coalesce(row.notes, '{}') || '{opted_out_before}'::text[]
           else row.notes end as notes
    from import_rows row join imports on imports.account_id = row.account_id and imports.import_id = row.import_id
    where row.account_id = ${accountId} and row.import_id = ${importId} and row.line > ${Math.min(Number(after), 2 ** 31 - 1)}
      and ${OUTCOME} is not null and ${outcome === undefined ? sql`true` : withOutcome(outcome)} and ${note === undefined ? sql`true` : withNote[note]}
    order by row.line limit ${limit + 1}`,
  )
  const { page, nextCursor } = pageOfRows(found, limit, (last) => [String(last.line)])
  return { items: page.map((found) => ({ ...found, notes: notesOf(found.notes) })), nextCursor }
}

/** A line that is done and has no outcome was found unchanged. */
const OUTCOME = sql`coalesce(row.outcome, case when imports.applied @> row.line then 'unchanged' end)`

const withOutcome = (outcome: ImportOutcome | 'rejected') =>
  outcome === 'rejected'
    ? sql`row.outcome in ('invalid', 'skipped')`
    : outcome === 'unchanged'
      ? sql`(row.outcome is null or row.outcome = 'unchanged')`
      : sql`row.outcome = ${outcome}`

const counting = (note: string) => sql`${note} = any (row.notes) and ${OUTCOME} not in ('duplicate', 'invalid')`
const withNote: Record<ImportNote, ReturnType<typeof sql>> = {
  opted_out_before: sql`row.outcome = 'opted_out' and not coalesce('opted_out_by_file' = any (row.notes), false)`,
  opted_out_by_file: counting('opted_out_by_file'),
  role: counting('role'),
  same_person: sql`row.outcome = 'held'`,
  restored: counting('restored'),
  without_value: counting('without_value'),
}

const notesOf = (notes: string[] | null): ImportNote[] =>
  (notes ?? []).flatMap((note) => {
    const known = importNote.safeParse(note)
    return known.success ? [known.data] : []
  })

/** The same as a CSV file that spreadsheets open without running anything in it (IM-10). */
export async function* importRowsCsv(
  db: Db,
  accountId: string,
  importId: string,
  asked: RowsAsked,
): AsyncGenerator<string> {
  yield '\ufeffline,address,outcome,reason\r\n'
  let cursor: string | undefined
  do {
    const page = await listImportRows(db, accountId, importId, { limit: 5_000, cursor, ...asked })
    yield page.items
      .map(
        (found) =>
          `${[String(found.line), found.address, found.outcome, found.reason ?? ''].map(csvCell).join(',')}\r\n`,
      )
      .join('')
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
}

const imports = (accountId: string) => sql`
  select imports.*, ${CANCELLABLE} as cancellable, ${RESUMABLE} as resumable, ${UNDOABLE_UNTIL} as undoable_until,
    coalesce(nullif(starter.name, ''), starter.email) as started_by_name,
    (select coalesce(jsonb_agg(jsonb_build_object('id', chosen.group_id::text, 'name', chosen.name) order by chosen.name), '[]')
     from groups chosen where chosen.account_id = imports.account_id and chosen.group_id::text in (
       select jsonb_array_elements_text(coalesce(imports.file -> 'groupIds', '[]')
                                        || coalesce(imports.options -> 'groupIds', '[]')))) as groups,
    (select job.problem from jobs job
     where job.account_id = imports.account_id and job.kind = 'import' and job.subject = 'import:' || imports.import_id
       and job.status = 'failed' and imports.status in ('queued', 'running') order by job.job_id desc limit 1) as job_problem,
    (select jsonb_build_object('step', asked.step, 'job_status', job.status, 'at', asked.asked_at, 'result', asked.result,
              'by', coalesce(nullif(undoer.name, ''), undoer.email))
     from import_undos asked left join jobs job on job.account_id = asked.account_id and job.job_id = asked.job_id
     left join users undoer on undoer.user_id = asked.user_id
     where asked.account_id = imports.account_id and asked.import_id = imports.import_id) as undo
  from imports left join users starter on starter.user_id = imports.started_by
  where imports.account_id = ${accountId}`

const given = z.looseObject({ mode: z.string() })

function present(found: ImportRecord): AudienceImport {
  const file = storedFile.parse(found.file)
  const isStarted = given.safeParse(found.options).success
  const count = (name: string) => found.counts[name] ?? 0
  const problem = found.job_problem === null ? found.problem : { code: 'internal', message: found.job_problem }
  return {
    id: found.import_id,
    fileName: found.file_name,
    status: found.job_problem === null ? found.status : 'failed',
    phase: found.phase,
    progress: progressOf(found, file.lastLine),
    counts: {
      rows: count('rows'),
      added: count('added'),
      updated: count('updated'),
      unchanged: count('unchanged'),
      duplicates: count('duplicates'),
      invalid: count('invalid'),
      optedOut: count('optedOut'),
      held: count('held'),
    },
    notes: {
      optedOutBefore: count('optedOutBefore'),
      optedOutByFile: count('optedOutByFile'),
      role: count('role'),
      samePerson: count('samePerson'),
      restored: count('restored'),
      withoutValue: count('withoutValue'),
      notAdded: count('notAdded'),
      notUpdated: count('notUpdated'),
    },
    options: isStarted ? importOptions.parse(found.options) : null,
    file: {
      kind: file.kind,
      size: file.size,
      encoding: file.encoding,
      sure: file.sure,
      delimiter: file.shape.delimiter,
      hasHeader: file.shape.hasHeader,
      sheets: file.sheets,
      sheet: file.sheet,
      tool: file.tool,
      unknownWords: file.unknownWords,
      columns: file.columns,
    },
    groups: found.groups,
    problem,
    resumable: found.resumable,
    undo: undoOf(found.undo),
    undoableUntil: isUndoable(found) ? (found.undoable_until?.toISOString() ?? null) : null,
    cancellable: found.cancellable,
    startedBy: found.started_by_name,
    createdAt: found.created_at.toISOString(),
    startedAt: found.started_at?.toISOString() ?? null,
    finishedAt: found.finished_at?.toISOString() ?? null,
  }
}

/** Once, and until the time for it ends; an undo that failed can be asked for again. */
const isUndoable = ({ undo, undoable_until }: ImportRecord) =>
  (undo === null || undoStatus(undo) === 'failed') && undoable_until !== null && undoable_until > new Date()

function undoOf(undo: ImportRecord['undo']): AudienceImport['undo'] {
  if (undo === null) return null
  const status = undoStatus(undo)
  const result = status === 'done' ? importUndoResult.parse(undo.result) : null
  return { status, at: new Date(undo.at).toISOString(), by: undo.by, result }
}

function undoStatus({ step, job_status }: NonNullable<ImportRecord['undo']>) {
  if (step === 'done') return 'done'
  if (job_status === 'failed' || job_status === 'cancelled') return 'failed'
  return job_status === 'queued' ? 'queued' : 'running'
}

function progressOf(record: ImportRecord, lastLine: number): number {
  const { status, phase, bytes_done, bytes_total, applied_line } = record
  if (status === 'done') return 1
  if (status === 'uploaded' || status === 'queued') return 0
  if (phase === 'apply' || applied_line > 0)
    return READING + (1 - READING) * (lastLine === 0 ? 1 : applied_line / lastLine)
  return Number(bytes_total) === 0 ? 0 : READING * (Number(bytes_done) / Number(bytes_total))
}
