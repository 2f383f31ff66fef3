import { noteAct } from '../accounts/audit.ts'
import type { Caller } from '../accounts/caller.ts'
import type { Core } from '../platform/core.ts'
import { type Db, maybeRow, row, run, sql, transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { findJob, type JobRow, startJob } from '../platform/jobs.ts'
import type { AudienceErrorCode } from './errors.ts'
import type { ImportUndoResult } from './import.contract.ts'
import { subjectOf } from './import.ts'
import { IMPORT_UNDO } from './import-undo-job.ts'
import { addedOnes, changedOnes, optedOutKept, undoOrder } from './import-undo-order.ts'

/**
 * Starts to take an import back as far as the promise allows; the opt-outs of its file stay, always.
 *
 * @throws DomainError import.not_found, import.not_possible with the reason
 */
export function startUndo({ db }: Pick<Core, 'db'>, caller: Caller, importId: string): Promise<JobRow> {
  const { accountId, userId, apiKeyId } = caller
  return transaction(db, async (trx) => {
    await run(trx, sql`select from imports where account_id = ${accountId} and import_id = ${importId} for update`)
    await refuseUndo(trx, accountId, importId)
    const jobId = await startJob(trx, {
      accountId,
      kind: IMPORT_UNDO,
      payload: { importId },
      subject: subjectOf(importId),
      startedBy: userId,
    })
    await run(
      trx,
      sql`
      insert into import_undos (account_id, import_id, job_id, user_id, api_key_id)
      values (${accountId}, ${importId}, ${jobId}, ${userId}, ${apiKeyId})
      on conflict (account_id, import_id) do update set job_id = excluded.job_id -- the former one failed: it goes on from there`,
    )
    await noteAct(trx, caller, 'import.undone', { importId, jobId })
    const started = await findJob(trx, accountId, jobId)
    if (!started) throw new Error('a job that was just started is not there')
    return started
  })
}

/**
 * What undoing an import would do now, for the question that comes before it; changes nothing.
 *
 * @throws DomainError import.not_found, import.not_possible with the reason
 */
export async function foreseeUndo(db: Db, accountId: string, importId: string): Promise<ImportUndoResult> {
  await refuseUndo(db, accountId, importId)
  const order = await undoOrder(db, accountId, importId)
  const { groupIds } = order
  const found = await row(
    db,
    sql<{ [Count in keyof ImportUndoResult]: string }>`
    with added as (${addedOnes(order)}), changed as (${changedOnes(order)})
    select (select count(*) from added where leaves) + (select count(*) from changed where leaves) as "archived",
      (select count(*) from changed where rolls) as "rolledBack",
      (select count(*) from added where stays) + (select count(*) from changed where stays) as "leftAlone",
      (select count(*) from group_members member join contacts contact using (account_id, contact_id)
       where member.account_id = ${accountId} and member.group_id = any (${groupIds}::bigint[]) and member.import_id = ${importId}
         and not exists (select from standing_optouts standing where standing.account_id = contact.account_id
                         and standing.address_key = contact.address_key)) as "leftGroups",
      ${optedOutKept(accountId, order.optOutEntry)} as "optedOutKept"`,
  )
  return {
    archived: Number(found.archived),
    rolledBack: Number(found.rolledBack),
    leftGroups: Number(found.leftGroups),
    leftAlone: Number(found.leftAlone),
    optedOutKept: Number(found.optedOutKept),
  }
}

type Standing = {
  status: string
  dry: boolean
  as_opt_outs: boolean
  until: Date | null
  kept: boolean
  undo: string | null
}

async function refuseUndo(db: Db, accountId: string, importId: string): Promise<void> {
  const found = await maybeRow(
    db,
    sql<Standing>`
    select imports.status, coalesce((options ->> 'dryRun')::boolean, false) as dry, not isempty(applied) as kept,
      coalesce((options ->> 'asOptOuts')::boolean, false) as as_opt_outs, ${UNDOABLE_UNTIL} as until,
      (select case when undo.step <> 'done' and job.status = 'failed' then null when undo.step = 'done' then 'done' else 'running' end
       from import_undos undo left join jobs job on job.account_id = undo.account_id and job.job_id = undo.job_id
       where undo.account_id = imports.account_id and undo.import_id = imports.import_id) as undo
    from imports where account_id = ${accountId} and import_id = ${importId}`,
  )
  if (!found) throw new DomainError<AudienceErrorCode>('import.not_found', 'There is no such import.')
  const reason = whyNot(found)
  if (reason) throw new DomainError<AudienceErrorCode>('import.not_possible', reason)
}

function whyNot({ status, dry, as_opt_outs, until, kept, undo }: Standing): string | null {
  if (undo === 'done') return 'This import was undone already.'
  if (undo === 'running') return 'This import is being undone.'
  if (dry || status === 'uploaded' || status === 'cancelled')
    return 'Nothing was imported, so there is nothing to undo.'
  if (status === 'queued' || status === 'running') return 'This import is not finished yet. Wait until it is done.'
  if (as_opt_outs) return 'This file held opt-outs alone, and they stay: only their holders can come back.'
  if (!kept) return 'Nothing is known of what was there before this import, so it cannot be undone.'
  if (until === null) return 'Nothing was imported, so there is nothing to undo.'
  return until < new Date() ? 'This import was more than 30 days ago. It cannot be undone any more.' : null
}

/** When the time for undoing an import ends, whether or not it was undone; null when it cannot be undone. */
export const UNDOABLE_UNTIL = sql`
  case when not coalesce((options ->> 'asOptOuts')::boolean, false) and not coalesce((options ->> 'dryRun')::boolean, false)
         and not isempty(applied) and (imports.status = 'done' or (imports.status = 'failed' and phase = 'apply'))
       then imports.finished_at + interval '30 days' end`
