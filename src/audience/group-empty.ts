import { z } from 'zod'
import { type Db, transaction } from '../platform/database.ts'
import type { JobContext, JobRow } from '../platform/jobs.ts'
import { atOnce } from './at-once.ts'
import type { Actor } from './contact-event.ts'
import { membersOf, startGroupJob } from './group-job.ts'
import { takeOut } from './group-members.ts'

/** The kind of the job; its handler is emptyGroup. */
export const GROUP_EMPTY = 'group_empty'

const payload = z.object({ groupId: z.string(), userId: z.string().nullable(), apiKeyId: z.string().nullable() })

/**
 * Starts to take everybody out of a group; opted-out ones stay in it, for the record.
 *
 * @throws DomainError group.not_found, group.busy while other work on it is not finished
 */
export function startGroupEmpty(db: Db, actor: Actor, groupId: string): Promise<JobRow> {
  return transaction(db, (trx) => startGroupJob(trx, actor, groupId, { kind: GROUP_EMPTY, act: 'group.emptied' }))
}

/**
 * Takes everybody out in one transaction, with the end of the job. Result: `{changed, optedOut}`.
 *
 * @throws JobCancelled when that was asked before it took effect
 */
export async function emptyGroup(job: JobContext): Promise<unknown> {
  const { groupId, userId, apiKeyId } = payload.parse(job.payload)
  const actor = { accountId: job.accountId, userId, apiKeyId }
  await job.progress(0, await membersOf(job.db, job.accountId, groupId))
  return atOnce(job, async (trx) => {
    const result = await takeOut(trx, actor, groupId, 'all')
    return { result, matched: result.changed + result.optedOut }
  })
}
