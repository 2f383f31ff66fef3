import { z } from 'zod'
import { type Db, row, sql, type Trx, transaction } from '../platform/database.ts'
import type { JobContext, JobRow } from '../platform/jobs.ts'
import { atOnce } from './at-once.ts'
import type { Actor } from './contact-event.ts'
import type { GroupCopy } from './group.contract.ts'
import { createGroup } from './group.ts'
import { membersOf, startGroupJob } from './group-job.ts'
import { nameOf } from './group-members.ts'

/** The kind of the job; its handler is copyMembers. */
export const GROUP_COPY = 'group_copy'

const payload = z.object({
  groupId: z.string(),
  toId: z.string(),
  statuses: z.array(z.string()),
  userId: z.string().nullable(),
  apiKeyId: z.string().nullable(),
})

/**
 * Starts to put the members of a group with certain statuses into another one, archived contacts too. A new group is
 * made now; it stays when the job is stopped.
 *
 * @throws DomainError group.not_found, group.exists, group.busy while other work on the copied group is not finished
 */
export function startGroupCopy(db: Db, actor: Actor, groupId: string, { to, statuses }: GroupCopy): Promise<JobRow> {
  return transaction(db, async (trx) => {
    const toId = 'groupId' in to ? to.groupId : (await createGroup(trx, actor, to.newGroup)).id
    await nameOf(trx, actor.accountId, toId, true)
    return startGroupJob(trx, actor, groupId, {
      kind: GROUP_COPY,
      act: 'group.copied',
      payload: { toId, statuses },
    })
  })
}

/**
 * Copies all of them in one statement and notes the end of the job with it: killed anywhere, it happened once or not at
 * all. Who opted out joins no group and is counted (INV-6). Result: `{copied, already, optedOut, to}`.
 *
 * @throws JobCancelled when that was asked before it took effect
 * @throws DomainError group.full, group.not_found when the other group was archived meanwhile
 */
export async function copyMembers(job: JobContext): Promise<unknown> {
  const order = payload.parse(job.payload)
  await job.progress(0, await membersOf(job.db, job.accountId, order.groupId))
  return atOnce(job, (trx) => copy(trx, job, order))
}

async function copy(trx: Trx, { accountId, jobId }: JobContext, order: z.infer<typeof payload>) {
  const { groupId, toId, statuses, userId, apiKeyId } = order
  const group = await nameOf(trx, accountId, toId, true)
  const counts = await row(
    trx,
    sql<{ copied: string; asked: string; opted_out: string }>`
    with members as materialized (
      select state.contact_id, state.status
      from group_members member
      join contact_status state on state.account_id = member.account_id and state.contact_id = member.contact_id
      where member.account_id = ${accountId} and member.group_id = ${groupId}
    ), copied as (
      insert into group_members (account_id, group_id, contact_id)
      select ${accountId}, ${toId}, contact_id from members where status = any (${statuses}::text[])
      order by contact_id
      on conflict (account_id, group_id, contact_id) do nothing
      returning contact_id
    ), noted as (
      insert into contact_events (account_id, contact_id, kind, user_id, api_key_id, data)
      select ${accountId}, contact_id, 'joined_group', ${userId}, ${apiKeyId},
             ${JSON.stringify({ groupId: toId, group, jobId })}::jsonb
      from copied
    )
    select (select count(*) from copied) as copied,
           count(*) filter (where status = any (${statuses}::text[])) as asked,
           count(*) filter (where status = 'opt_out') as opted_out
    from members`,
  )
  const [copied, asked, optedOut] = [Number(counts.copied), Number(counts.asked), Number(counts.opted_out)]
  return {
    result: { copied, already: asked - copied, optedOut, to: { id: toId, name: group } },
    matched: asked + optedOut,
  }
}
