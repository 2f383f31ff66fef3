import { z } from 'zod'
import { type Db, maybeRow, rows, sql } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { pageOfRows, readCursor } from '../platform/page.ts'
import type { AudienceErrorCode } from './errors.ts'
import { type AudienceImport, type ImportOutcome, type ImportRow, importOptions } from './import.contract.ts'
import { CANCELLABLE } from './import.ts'
import { storedFile } from './import-file.ts'

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
}

/**
 * An import as it stands now, with progress and counts.
 *
 * @throws DomainError import.not_found
 */
export async function findImport(db: Db, accountId: string, importId: string): Promise<AudienceImport> {
  const found = await maybeRow(db, sql<ImportRecord>`${imports(accountId)} and import.import_id = ${importId}`)
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
    ${imports(accountId)} and (${before}::bigint is null or import.import_id < ${before}::bigint)
    order by import.import_id desc limit ${limit + 1}`,
  )
  const { page, nextCursor } = pageOfRows(found, limit, (last) => [last.import_id])
  return { items: page.map(present), nextCursor }
}

/** Lines of an import and what became of them, in the order of the file. */
export async function listImportRows(
  db: Db,
  accountId: string,
  importId: string,
  { limit, cursor, outcome }: { limit: number; cursor?: string | undefined; outcome?: ImportOutcome | undefined },
) {
  const [after] = readCursor(cursor, 1) ?? ['0']
  const found = await rows(
    db,
    sql<ImportRow>`
    select line, address, outcome, reason from import_rows
    where account_id = ${accountId} and import_id = ${importId} and line > ${Math.min(Number(after), 2 ** 31 - 1)}
      and outcome is not null and (${outcome ?? null}::text is null or outcome = ${outcome ?? null})
    order by line limit ${limit + 1}`,
  )
  const { page, nextCursor } = pageOfRows(found, limit, (last) => [String(last.line)])
  return { items: page, nextCursor }
}

/** The same as a CSV file that spreadsheets open without running anything in it (IM-10). */
export async function* importRowsCsv(
  db: Db,
  accountId: string,
  importId: string,
  outcome: ImportOutcome | undefined,
): AsyncGenerator<string> {
  yield '\ufeffline,address,outcome,reason\r\n'
  let cursor: string | undefined
  do {
    const page = await listImportRows(db, accountId, importId, { limit: 5_000, cursor, outcome })
    yield page.items
      .map(
        (found) =>
          `${[String(found.line), found.address, found.outcome, found.reason ?? ''].map(csvCell).join(',')}\r\n`,
      )
      .join('')
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
}

/** A cell in quotes; what a spreadsheet would take for a formula begins with an apostrophe (CWE-1236). */
export function csvCell(text: string): string {
  const guarded = /^[=+\-@\t\r\0＝＋－＠]/.test(text) ? `'${text}` : text
  return `"${guarded.replaceAll('"', '""')}"`
}

const imports = (accountId: string) => sql`
  select import.*, ${CANCELLABLE} as cancellable, coalesce(nullif(starter.name, ''), starter.email) as started_by_name,
    (select coalesce(jsonb_agg(jsonb_build_object('id', chosen.group_id::text, 'name', chosen.name) order by chosen.name), '[]')
     from groups chosen where chosen.account_id = import.account_id and chosen.group_id::text in (
       select jsonb_array_elements_text(coalesce(import.file -> 'groupIds', '[]')
                                        || coalesce(import.options -> 'groupIds', '[]')))) as groups,
    (select job.problem from jobs job
     where job.account_id = import.account_id and job.kind = 'import' and job.subject = 'import:' || import.import_id
       and job.status = 'failed' and import.status in ('queued', 'running') order by job.job_id desc limit 1) as job_problem
  from imports import left join users starter on starter.user_id = import.started_by
  where import.account_id = ${accountId}`

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
    options: isStarted ? importOptions.parse(found.options) : null,
    file: { size: file.size, encoding: file.encoding, delimiter: file.shape.delimiter, columns: file.columns },
    groups: found.groups,
    problem,
    cancellable: found.cancellable,
    startedBy: found.started_by_name,
    createdAt: found.created_at.toISOString(),
    startedAt: found.started_at?.toISOString() ?? null,
    finishedAt: found.finished_at?.toISOString() ?? null,
  }
}

function progressOf({ status, phase, bytes_done, bytes_total, applied_line }: ImportRecord, lastLine: number): number {
  if (status === 'done') return 1
  if (status === 'uploaded' || status === 'queued') return 0
  if (phase === 'apply') return READING + (1 - READING) * (lastLine === 0 ? 1 : applied_line / lastLine)
  return Number(bytes_total) === 0 ? 0 : READING * (Number(bytes_done) / Number(bytes_total))
}
