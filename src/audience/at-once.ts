import { type Db, run, sql, type Trx, transaction } from '../platform/database.ts'
import { isLocked, isRetryable } from '../platform/errors.ts'
import { findJob, JobCancelled, type JobContext } from '../platform/jobs.ts'
import { unlessFull } from './group-full.ts'

/** What an act on many did: `matched` is how many it was about. */
type Done<Result> = { result: Result; matched: number }

/**
 * Does all of a job and notes its end in one transaction: killed anywhere, it happened once or not at all (INV-17).
 *
 * It is done again when somebody was opted out under its hands, so that it meets the opt-out as it stands. What was
 * selected leaves the job with its end, since it may hold an address (LW-12).
 *
 * @throws JobCancelled when that was asked before it took effect
 */
export async function atOnce<Result>(job: JobContext, work: (trx: Trx) => Promise<Done<Result>>): Promise<unknown> {
  const done = await untilUndisturbed(job.db, async (trx) => {
    // Of many who came a moment ago nothing is known: a loop over all of them for each would look cheap and take minutes.
    await sql`set local enable_nestloop = off`.execute(trx)
    const made = await work(trx)
    return (await endJob(trx, job, made)) ? made : Promise.reject(new NotOurs())
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

const ATTEMPTS = 20

/**
 * Does `work` again when somebody was opted out under its hands, so that it meets the opt-out as it stands.
 *
 * @throws DomainError group.full; whatever `work` throws
 */
export async function untilUndisturbed<Result>(db: Db, work: (trx: Trx) => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await unlessFull(() => transaction(db, work))
    } catch (error) {
      if (attempt === ATTEMPTS || !(isLocked(error) || isRetryable(error))) throw error
    }
  }
}

/** Notes that a job is done, unless another run did or it is cancelled while that can be; true when it did. */
export async function endJob(
  trx: Trx,
  { accountId, jobId }: JobContext,
  { result, matched }: Done<unknown>,
  canCancel = true,
): Promise<boolean> {
  const ended = await run(
    trx,
    sql`
    update jobs set status = 'done', result = ${JSON.stringify(result)}::jsonb, total = ${matched}, done = ${matched},
      payload = payload - 'selection', finished_at = now()
    where account_id = ${accountId} and job_id = ${jobId} and status in ('queued', 'running')
      and (cancel_asked_at is null or not ${canCancel}::boolean)`,
  )
  return ended === 1
}
