import { noteAct } from '../accounts/audit.ts'
import { type Db, maybeRow, row, sql, type Trx } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { type JobRow, startJob } from '../platform/jobs.ts'
import type { Actor } from './contact-event.ts'
import type { AudienceErrorCode } from './errors.ts'
import { noSuchGroup, openJobs, subjectOf } from './group.ts'

type Order = { kind: string; act: string; payload?: Record<string, unknown> }

/**
 * Starts work on everybody in a group; one at a time, so that each finds what the one before has left.
 *
 * @throws DomainError group.not_found, group.busy while other work on it is not finished
 */
export async function startGroupJob(
  trx: Trx,
  actor: Actor,
  groupId: string,
  { kind, act, payload }: Order,
): Promise<JobRow> {
  const { accountId, userId, apiKeyId } = actor
  const group = await maybeRow(
    trx,
    sql`select from groups where account_id = ${accountId} and group_id = ${groupId} for no key update`,
  )
  if (!group) throw noSuchGroup()
  const subject = subjectOf(groupId)
  if ((await openJobs(trx, accountId, [groupId])).has(subject))
    throw new DomainError<AudienceErrorCode>(
      'group.busy',
      'Another change of this group is not finished yet. Wait until it is done.',
    )
  const jobId = await startJob(trx, {
    accountId,
    kind,
    subject,
    startedBy: userId,
    payload: { groupId, ...payload, userId, apiKeyId },
  })
  await noteAct(trx, actor, act, { groupId, ...payload, jobId })
  const started = (await openJobs(trx, accountId, [groupId])).get(subject)
  if (!started) throw new Error('a job that was just started is not open')
  return started
}

/** How many contacts a group has, archived ones too; what its jobs show as their whole. */
export async function membersOf(db: Db, accountId: string, groupId: string): Promise<number> {
  const { members } = await row(
    db,
    sql<{ members: number }>`
    select count(*)::int as members from group_members where account_id = ${accountId} and group_id = ${groupId}`,
  )
  return members
}
