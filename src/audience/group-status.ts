import { z } from 'zod'
import { type Db, row, sql, type Trx, transaction } from '../platform/database.ts'
import type { JobContext, JobRow } from '../platform/jobs.ts'
import { atOnce } from './at-once.ts'
import type { Actor } from './contact-event.ts'
import { type ContactStatus, contactStatus } from './group.contract.ts'
import { membersOf, startGroupJob } from './group-job.ts'

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
  const order = { kind: GROUP_STATUS, act: 'group.status_changed', payload: { status } }
  return transaction(db, (trx) => startGroupJob(trx, actor, groupId, order))
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
  const members = await membersOf(job.db, job.accountId, groupId)
  await job.progress(0, members)
  return atOnce(job, async (trx) => ({
    result: await change[status](trx, actor, groupId, job.jobId),
    matched: members,
  }))
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
