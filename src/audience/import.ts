import type { Readable } from 'node:stream'
import { noteAct } from '../accounts/audit.ts'
import type { Caller } from '../accounts/caller.ts'
import type { Core } from '../platform/core.ts'
import { maybeRow, row, rows, run, sql, type Trx, transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { startJob } from '../platform/jobs.ts'
import type { AudienceErrorCode } from './errors.ts'
import type { ImportOptions, ImportReading } from './import.contract.ts'
import { planColumns } from './import-columns.ts'
import type { StoredFile } from './import-file.ts'
import { leaveNothing, stateOf } from './import-job.ts'
import { dropUpload, inspectUpload, keepUpload, knownFields } from './import-upload.ts'

const KEPT_UNSTARTED = '24 hours'

/**
 * Keeps a file that arrives and looks at its beginning; gives the id of an import that waits for its options.
 *
 * @param fileName as the sender calls it, if at all; shown, never used as a path
 * @throws DomainError import.unreadable, import.too_large; nothing stays then
 */
export async function uploadImport(
  core: Core,
  caller: Caller,
  stream: Readable,
  fileName: string | undefined,
): Promise<string> {
  await forgetUnstarted(core, caller.accountId)
  const upload = await keepUpload(core, stream)
  try {
    const file = await inspectUpload(core, caller.accountId, upload)
    const { import_id } = await row(
      core.db,
      sql<{ import_id: string }>`
      insert into imports (account_id, file_name, file, bytes_total, started_by)
      values (${caller.accountId}, ${plainName(fileName)}, ${JSON.stringify(file)}::jsonb, ${file.size}, ${caller.userId})
      returning import_id`,
    )
    return import_id
  } catch (error) {
    await dropUpload(core, upload)
    throw error
  }
}

/**
 * Queues an uploaded import, for real or (options.dryRun) to see what it would do; after that it can be started again.
 *
 * @throws DomainError import.not_found, import.not_possible, import.invalid, field.unknown, group.not_found
 */
export async function startImport(core: Core, caller: Caller, importId: string, options: ImportOptions): Promise<void> {
  const { accountId, userId } = caller
  requireBasis(caller, options)
  await transaction(core.db, async (trx) => {
    await run(trx, sql`select from imports where account_id = ${accountId} and import_id = ${importId} for update`)
    const { status, options: before, file } = await stateOf(trx, accountId, importId)
    if (!(status === 'uploaded' || (status === 'done' && before.dryRun)))
      throw notPossible(status === 'done' ? 'This import is done already.' : 'This import cannot be started any more.')
    await refuseForeignGroups(trx, accountId, options.groupIds)
    const asOptOuts = settleOptOuts(options, file)
    const { targets, newFields } = planColumns(file.columns, options.mapping, await knownFields({ db: trx }, accountId))
    const planned: StoredFile = { ...file, targets, newFields }
    await run(
      trx,
      sql`
      update imports set status = 'queued', phase = 'read', options = ${JSON.stringify({ ...options, asOptOuts })}::jsonb, file = ${JSON.stringify(planned)}::jsonb,
        counts = '{}', applied_line = 0, applied = '{}', problem = null, bytes_done = 0, started_by = ${userId}, started_at = null, finished_at = null
      where account_id = ${accountId} and import_id = ${importId}`,
    )
    await startJob(trx, {
      accountId,
      kind: 'import',
      payload: { importId },
      subject: subjectOf(importId),
      startedBy: userId,
    })
    if (!options.dryRun) await noteAct(trx, caller, 'import.started', { importId, asOptOuts })
  })
}

/**
 * Goes on with an import that failed after rows were written: what is done stays done.
 *
 * @throws DomainError import.not_found, import.not_possible
 */
export async function resumeImport(core: Core, caller: Caller, importId: string): Promise<void> {
  const { accountId, userId } = caller
  await transaction(core.db, async (trx) => {
    await run(trx, sql`select from imports where account_id = ${accountId} and import_id = ${importId} for update`)
    await stateOf(trx, accountId, importId)
    const resumed = await run(
      trx,
      sql`
      update imports set status = 'queued', problem = null, finished_at = null
      where account_id = ${accountId} and import_id = ${importId} and ${RESUMABLE}`,
    )
    if (resumed === 0) throw notPossible('This import did not stop halfway, so there is nothing to go on with.')
    await startJob(trx, {
      accountId,
      kind: 'import',
      payload: { importId },
      subject: subjectOf(importId),
      startedBy: userId,
    })
    await noteAct(trx, caller, 'import.resumed', { importId })
  })
}

/**
 * Looks at an uploaded file again, as the operator says it is to be read: another sheet, encoding or delimiter.
 *
 * @throws DomainError import.not_found, import.not_possible once it is started, import.unreadable, import.invalid
 */
export async function readAgain(
  core: Core,
  accountId: string,
  importId: string,
  reading: ImportReading,
): Promise<void> {
  const { status, options, file } = await stateOf(core.db, accountId, importId)
  if (!(status === 'uploaded' || (status === 'done' && options.dryRun)))
    throw notPossible('This import is started already; its file cannot be read in another way.')
  const again = await inspectUpload(core, accountId, file, reading)
  const changed = await run(
    core.db,
    sql`
    update imports set file = ${JSON.stringify(again)}::jsonb, status = 'uploaded', options = '{}', counts = '{}', phase = 'upload', finished_at = null
    where account_id = ${accountId} and import_id = ${importId}
      and (status = 'uploaded' or (status = 'done' and (options ->> 'dryRun')::boolean))`,
  )
  if (changed === 0) throw notPossible('This import was started meanwhile.')
}

/** What is wrong with options is said before the file is kept any longer. */
export async function startUploaded(
  core: Core,
  caller: Caller,
  importId: string,
  options: ImportOptions,
): Promise<void> {
  try {
    await startImport(core, caller, importId, options)
  } catch (error) {
    if (error instanceof DomainError) await cancelImport(core, caller.accountId, importId)
    throw error
  }
}

/**
 * Stops an import of which nothing is written yet; nothing of it stays.
 *
 * @throws DomainError import.not_found, import.not_possible once rows are written or it has ended
 */
export async function cancelImport(core: Core, accountId: string, importId: string): Promise<void> {
  const asked = await maybeRow(
    core.db,
    sql<{ status: string }>`
    update imports set cancel_asked_at = now()
    where account_id = ${accountId} and import_id = ${importId} and ${CANCELLABLE}
    returning status`,
  )
  const { status, file } = await stateOf(core.db, accountId, importId)
  if (!asked)
    throw notPossible(
      status === 'running'
        ? 'Rows are being written, so this import goes on to its end.'
        : 'This import has ended already.',
    )
  if (asked.status === 'uploaded' || asked.status === 'done')
    await leaveNothing(core, accountId, importId, file, 'cancelled', null)
}

/** An operator states why one may write to these people; nobody needs a reason to opt somebody out (LW-8). */
/** A list of people who left is never imported as people to write to by leaving a word out. */
function settleOptOuts({ asOptOuts }: ImportOptions, { tool }: StoredFile): boolean {
  if (asOptOuts !== undefined) return asOptOuts
  if (tool?.says !== 'everybody') return false
  throw new DomainError<AudienceErrorCode>(
    'import.invalid',
    `${tool.text} Say so with asOptOuts: true, or asOptOuts: false when it is something else.`,
    { fields: { asOptOuts: 'Choose true or false.' } },
  )
}

function requireBasis({ userId, apiKeyId }: Caller, { basis, dryRun, asOptOuts }: ImportOptions): void {
  if (basis !== null || dryRun || asOptOuts || userId === null || apiKeyId !== null) return
  const why = 'Say why you may write to these people, under Basis. Nothing was imported yet.'
  throw new DomainError<AudienceErrorCode>('import.invalid', why, { fields: { basis: 'Choose one.' } })
}

/** An upload that nobody started is deleted after a day: people's data stays no longer than it is needed. */
async function forgetUnstarted(core: Core, accountId: string): Promise<void> {
  const old = await rows(
    core.db,
    sql<{ import_id: string }>`
    select import_id from imports
    where account_id = ${accountId} and created_at < now() - ${KEPT_UNSTARTED}::interval
      and (status = 'uploaded' or (status = 'done' and (options ->> 'dryRun')::boolean))`,
  )
  for (const { import_id } of old) await cancelImport(core, accountId, import_id)
}

async function refuseForeignGroups(trx: Trx, accountId: string, groupIds: string[]): Promise<void> {
  const { found } = await row(
    trx,
    sql<{ found: string }>`
    select count(*) as found from groups
    where account_id = ${accountId} and group_id = any(${groupIds}::bigint[]) and archived_at is null`,
  )
  if (Number(found) !== new Set(groupIds).size)
    throw new DomainError<AudienceErrorCode>('group.not_found', 'One of the groups does not exist any more.')
}

/** The last part of a name, without what could be a path or a control character. */
function plainName(fileName = ''): string {
  const last = fileName.split(/[/\\]/).at(-1) ?? ''
  return (
    last
      .toWellFormed()
      .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
      .trim()
      .slice(0, 255) || 'import.csv'
  )
}

/** Until rows are written; a dry run that is done can still be given up. */
export const CANCELLABLE = sql`cancel_asked_at is null and (status in ('uploaded', 'queued') or (status = 'running' and phase <> 'apply')
  or (status = 'done' and (options ->> 'dryRun')::boolean))`

/** It stopped after its first row was written, and nobody asked to undo it. */
export const RESUMABLE = sql`phase = 'apply' and (status = 'failed' or (status in ('queued', 'running') and not exists (
    select from jobs open where open.account_id = imports.account_id and open.kind = 'import'
      and open.subject = 'import:' || imports.import_id and open.status in ('queued', 'running'))))
  and not exists (select from import_undos undo where undo.account_id = imports.account_id and undo.import_id = imports.import_id)`

export const subjectOf = (importId: string) => `import:${importId}`
const notPossible = (message: string) => new DomainError<AudienceErrorCode>('import.not_possible', message)
