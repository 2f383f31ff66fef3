import type { z } from 'zod'
import { type Db, maybeRow, rows, sql } from '../platform/database.ts'
import type { jobsQuery } from '../platform/job.contract.ts'
import type { JobRow } from '../platform/jobs.ts'
import { pageOfRows, readCursor } from '../platform/page.ts'

const withStarter = sql`
  select job.job_id, job.kind, job.status, job.done, job.total, job.result, job.problem, job.subject, job.payload,
         coalesce(nullif(operator.name, ''), operator.email) as started_by,
         job.created_at, job.started_at, job.finished_at
  from jobs job left join users operator on operator.user_id = job.started_by`

/**
 * A page of an account's jobs, newest first, with the names of those who started them.
 *
 * @throws DomainError request.invalid_cursor
 */
export async function listJobs(
  db: Db,
  accountId: string,
  { limit, cursor, open, subject }: z.infer<typeof jobsQuery>,
): Promise<{ items: JobRow[]; nextCursor: string | null }> {
  const after = readCursor(cursor, 1)
  const found = await rows(
    db,
    sql<JobRow>`
    ${withStarter}
    where job.account_id = ${accountId}
      ${open === undefined ? sql`` : open ? sql`and job.status in ('queued', 'running')` : sql`and job.status not in ('queued', 'running')`}
      ${subject === undefined ? sql`` : sql`and job.subject = ${subject}`}
      ${after ? sql`and job.job_id < ${after[0]}` : sql``}
    order by job.job_id desc limit ${limit + 1}`,
  )
  const { page, nextCursor } = pageOfRows(found, limit, ({ job_id }) => [job_id])
  return { items: page, nextCursor }
}

/** One job with the name of who started it, or undefined. */
export function findNamedJob(db: Db, accountId: string, jobId: string): Promise<JobRow | undefined> {
  return maybeRow(db, sql<JobRow>`${withStarter} where job.account_id = ${accountId} and job.job_id = ${jobId}`)
}
