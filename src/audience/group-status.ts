import { z } from 'zod'
import { noteAct } from '../accounts/audit.ts'
import { type Db, maybeRow, row, run, sql, type Trx, transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { findJob, JobCancelled, type JobContext, type JobRow, startJob } from '../platform/jobs.ts'
import type { Actor } from './contact-event.ts'
import type { AudienceErrorCode } from './errors.ts'
import { type ContactStatus, contactStatus } from './group.contract.ts'
import { noSuchGroup, openJobs, subjectOf } from './group.ts'
import { afterOptOuts } from './group-members.ts'

/** The kind of the job; its handler is changeGroupStatus. */
export const GROUP_STATUS = 'group_status'

const payload = z.object({
  groupId: z.string(),
  status: contactStatus,
  userId: z.string().nullable(),
  apiKeyId: z.string().nullable(),
})

/**
 * Starts to give everybody in a group another status; Opt-Out members are left alone (INV-17, INV-18).
 *
 * @throws DomainError group.not_found, group.busy while other work on it is not finished
 */
export function startGroupStatus(db: Db, actor: Actor, groupId: string, status: ContactStatus): Promise<JobRow> {
  const { accountId, userId, apiKeyId } = actor
  return transaction(db, async (trx) => {
    const group = await maybeRow(
      trx,
      sql`select from groups where account_id = ${accountId} and group_id = ${groupId} for no key update`,
    )
    if (!group) throw noSuchGroup()
    const open = await maybeRow(
      trx,
      sql`
      select from jobs where account_id = ${accountId} and subject = ${subjectOf(groupId)} and status in ('queued', 'running')`,
    )
    if (open)
      throw new DomainError<AudienceErrorCode>(
        'group.busy',
        'Another change of this group is not finished yet. Wait until it is done.',
      )
    const jobId = await startJob(trx, {
      accountId,
      kind: GROUP_STATUS,
      subject: subjectOf(groupId),
      startedBy: userId,
      payload: { groupId, status, userId, apiKeyId },
    })
    await noteAct(trx, actor, 'group.status_changed', { groupId, status, jobId })
    const started = (await openJobs(trx, accountId, [groupId])).get(subjectOf(groupId))
    if (!started) throw new Error('a job that was just started is not open')
    return started
  })
}

/**
 * Gives everybody in a group, Error and archived contacts too, another status and notes the end of the job, all in one
 * transaction: killed anywhere, it happened once or not at all (INV-17). Result: `{optedOut, alreadyOptedOut}` for
 * Opt-Out, else `{changed, optedOut}`.
 *
 * @throws JobCancelled when that was asked before it took effect
 */
export async function changeGroupStatus(job: JobContext): Promise<unknown> {
  const { groupId, status, userId, apiKeyId } = payload.parse(job.payload)
  const actor = { accountId: job.accountId, userId, apiKeyId }
  await job.progress(0, await sizeOf(job.db, job.accountId, groupId))
  const done = await afterOptOuts(job.db, async (trx) => {
    const result = await change[status](trx, actor, groupId, job.jobId)
    return (await endJob(trx, job, result)) ? { result } : Promise.reject(new NotOurs())
  }).catch((error: unknown) => {
    if (error instanceof NotOurs) return null
    throw error
  })
  if (done) return done.result
  const ended = await findJob(job.db, job.accountId, job.jobId)
  if (ended?.status === 'done') return ended.result
  throw new JobCancelled()
}

/** Takes everything back: somebody asked for that, or another run of this job was first. */
class NotOurs extends Error {}

async function endJob(trx: Trx, { accountId, jobId }: JobContext, result: unknown): Promise<boolean> {
  const ended = await run(
    trx,
    sql`
    update jobs set status = 'done', result = ${JSON.stringify(result)}::jsonb, done = coalesce(total, done), finished_at = now()
    where account_id = ${accountId} and job_id = ${jobId} and status in ('queued', 'running') and cancel_asked_at is null`,
  )
  return ended === 1
}

async function sizeOf(db: Db, accountId: string, groupId: string): Promise<number> {
  const { members } = await row(
    db,
    sql<{ members: number }>`
    select count(*)::int as members from group_members where account_id = ${accountId} and group_id = ${groupId}`,
  )
  return members
}

type Change = (trx: Trx, actor: Actor, groupId: string, jobId: string) => Promise<Record<string, number>>

const change: Record<ContactStatus, Change> = {
  async opt_out(trx, { accountId, userId, apiKeyId }, groupId, jobId) {
    const recorded = await row(
      trx,
      sql<{ opted_out: string; already: string }>`
      select opted_out, already
      from record_group_optouts(${accountId}, ${groupId}, ${userId}, ${apiKeyId}, ${JSON.stringify({ jobId })}::jsonb)`,
    )
    return { optedOut: Number(recorded.opted_out), alreadyOptedOut: Number(recorded.already) }
  },
  async error(trx, actor, groupId, jobId) {
    const changed = sql`
      insert into contact_errors (account_id, contact_id, reason, user_id)
      select ${actor.accountId}, contact_id, 'manual', ${actor.userId} from members where status = 'active'
      on conflict (account_id, contact_id) do nothing
      returning contact_id`
    return changeMembers(trx, actor, groupId, jobId, changed, 'to_error')
  },
  async active(trx, actor, groupId, jobId) {
    const changed = sql`
      delete from contact_errors failure using members
      where failure.account_id = ${actor.accountId} and failure.contact_id = members.contact_id and members.status = 'error'
      returning failure.contact_id`
    return changeMembers(trx, actor, groupId, jobId, changed, 'to_active')
  },
}

async function changeMembers(
  trx: Trx,
  { accountId, userId, apiKeyId }: Actor,
  groupId: string,
  jobId: string,
  changed: ReturnType<typeof sql>,
  event: 'to_error' | 'to_active',
) {
  const counts = await row(
    trx,
    sql<{ changed: string; opted_out: string }>`
    with members as materialized (
      select state.contact_id, state.status
      from group_members member
      join contact_status state on state.account_id = member.account_id and state.contact_id = member.contact_id
      where member.account_id = ${accountId} and member.group_id = ${groupId}
    ), changed as (${changed}), noted as (
      insert into contact_events (account_id, contact_id, kind, user_id, api_key_id, data)
      select ${accountId}, contact_id, ${event}, ${userId}, ${apiKeyId}, ${JSON.stringify({ groupId, jobId })}::jsonb
      from changed
    )
    select (select count(*) from changed) as changed,
           (select count(*) from members where status = 'opt_out') as opted_out`,
  )
  return { changed: Number(counts.changed), optedOut: Number(counts.opted_out) }
}
