import { randomUUID } from 'node:crypto'
import { noteAct } from '../accounts/audit.ts'
import type { Core } from '../platform/core.ts'
import { type Db, maybeRow, row, rows, run, sql, transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { askToCancel, type JobStatus, startJob } from '../platform/jobs.ts'
import { pageOfRows, readCursor } from '../platform/page.ts'
import type { Actor } from './contact-event.ts'
import { selected } from './contact-filter.ts'
import { DROP_EXPORTS } from './erase.ts'
import type { AudienceErrorCode } from './errors.ts'
import type { ContactExport, ExportFormat, NewExport } from './export.contract.ts'
import { exportPath } from './export-file.ts'
import { EXPORT } from './export-job.ts'
import { exportColumns } from './export-rows.ts'

/**
 * Starts to write chosen contacts into a file; opted-out ones are left out, or their addresses masked (LW-6).
 *
 * @throws DomainError field.unknown, segment.not_found, condition.invalid
 */
export async function startExport(
  { db, clock }: Pick<Core, 'db' | 'clock'>,
  actor: Actor,
  asked: NewExport,
): Promise<ContactExport> {
  const { accountId, userId, apiKeyId } = actor
  await selected(db, accountId, asked.selection)
  await exportColumns(db, accountId, asked.columns)
  const fileName = `contacts-${clock().toISOString().slice(0, 10)}.${asked.format}`
  const exportId = await transaction(db, async (trx) => {
    const { export_id } = await row(
      trx,
      sql<{ export_id: string }>`
      insert into exports (account_id, request, file_name, path, started_by, api_key_id)
      values (${accountId}, ${JSON.stringify(asked)}::jsonb, ${fileName}, ${randomUUID()}, ${userId}, ${apiKeyId})
      returning export_id`,
    )
    const jobId = await startJob(trx, {
      accountId,
      kind: EXPORT,
      subject: `export:${export_id}`,
      startedBy: userId,
      payload: { exportId: export_id },
    })
    await run(
      trx,
      sql`update exports set job_id = ${jobId} where account_id = ${accountId} and export_id = ${export_id}`,
    )
    const { columns, format, includeOptedOut } = asked
    await noteAct(trx, actor, 'export.started', { exportId: export_id, columns, format, includeOptedOut })
    return export_id
  })
  return findExport(db, accountId, exportId)
}

/** The account's exports, newest first. */
export async function listExports(db: Db, accountId: string, asked: { limit: number; cursor?: string | undefined }) {
  const after = readCursor(asked.cursor, 1)?.[0] ?? null
  const found = await rows(
    db,
    sql<ExportRow>`${readExports(accountId)} ${after === null ? sql`` : sql`and made.export_id < ${after}`}
      order by made.export_id desc limit ${asked.limit + 1}`,
  )
  const { page, nextCursor } = pageOfRows(found, asked.limit, (last) => [last.export_id])
  return { items: page.map(present), nextCursor }
}

/** @throws DomainError export.not_found */
export async function findExport(db: Db, accountId: string, exportId: string): Promise<ContactExport> {
  return present(await findRow(db, accountId, exportId))
}

/**
 * The file of an export, while it is kept; who took it is noted (LW-6).
 *
 * @throws DomainError export.not_found, export.gone
 */
export async function takeExport(
  core: Core,
  actor: Actor,
  exportId: string,
): Promise<{ path: string; fileName: string }> {
  const { accountId } = actor
  const found = await findRow(core.db, accountId, exportId)
  if (found.path === null || present(found).status !== 'done')
    throw new DomainError<AudienceErrorCode>(
      'export.gone',
      'There is no file of this export: it is not done, or its 24 hours are over. Export again to get one.',
    )
  await noteAct(core.db, actor, 'export.taken', { exportId })
  return { path: exportPath(core, found.path), fileName: found.file_name }
}

/**
 * Stops an export, or deletes the file of one that is done.
 *
 * @throws DomainError export.not_found
 */
export async function cancelExport(db: Db, actor: Actor, exportId: string): Promise<ContactExport> {
  const { accountId } = actor
  const { job_id } = await findRow(db, accountId, exportId)
  if (job_id !== null) await askToCancel(db, accountId, job_id)
  await transaction(db, async (trx) => {
    const over = await run(
      trx,
      sql`
      update exports set expires_at = least(expires_at, clock_timestamp())
      where account_id = ${accountId} and export_id = ${exportId} and rows is not null and path is not null`,
    )
    if (over === 1) await startJob(trx, { accountId, kind: DROP_EXPORTS })
    await noteAct(trx, actor, 'export.cancelled', { exportId })
  })
  return findExport(db, accountId, exportId)
}

type ExportRow = {
  export_id: string
  job_id: string | null
  status: JobStatus
  done: string
  total: string | null
  problem: string | null
  format: ExportFormat
  file_name: string
  path: string | null
  is_over: boolean
  rows: string | null
  left_out: string | null
  size: string | null
  starter: string | null
  created_at: Date
  expires_at: Date | null
}

const readExports = (accountId: string) => sql`
  select made.export_id, made.job_id, coalesce(job.status, 'cancelled') as status, coalesce(job.done, 0) as done, job.total, job.problem,
         made.request ->> 'format' as format, made.file_name, made.path, made.expires_at <= clock_timestamp() as is_over,
         made.rows, made.left_out, made.size, made.created_at, made.expires_at,
         coalesce(nullif(starter.name, ''), starter.email, api_key.name) as starter
  from exports made
  left join jobs job on job.account_id = made.account_id and job.job_id = made.job_id
  left join users starter on starter.user_id = made.started_by
  left join api_keys api_key on api_key.account_id = made.account_id and api_key.api_key_id = made.api_key_id
  where made.account_id = ${accountId}`

async function findRow(db: Db, accountId: string, exportId: string): Promise<ExportRow> {
  const found = await maybeRow(db, sql<ExportRow>`${readExports(accountId)} and made.export_id = ${exportId}`)
  if (!found) throw new DomainError<AudienceErrorCode>('export.not_found', 'There is no such export.')
  return found
}

function present(found: ExportRow): ContactExport {
  const number = (text: string | null) => (text === null ? null : Number(text))
  const isOver = found.rows !== null && (found.path === null || found.is_over)
  return {
    id: found.export_id,
    status: isOver ? 'expired' : found.rows !== null ? 'done' : found.status === 'done' ? 'running' : found.status,
    progress: { done: Number(found.done), total: number(found.total) },
    format: found.format,
    fileName: found.file_name,
    rows: number(found.rows),
    optedOut: number(found.left_out),
    size: number(found.size),
    problem: found.problem,
    startedBy: found.starter,
    createdAt: found.created_at.toISOString(),
    expiresAt: found.expires_at?.toISOString() ?? null,
  }
}
