import { Logger, run as runGraphile } from 'graphile-worker'
import { type Database, type Db, maybeRow, row, rows, run, sql, type Trx } from './database.ts'
import { DomainError } from './errors.ts'
import type { Log } from './log.ts'
import type { Process } from './processes.ts'

export type JobStatus = 'queued' | 'running' | 'done' | 'failed' | 'cancelled'

export type JobRow = {
  job_id: string
  kind: string
  status: JobStatus
  done: string
  total: string | null
  result: unknown
  problem: string | null
  subject: string | null
  started_by: string | null
  created_at: Date
  started_at: Date | null
  finished_at: Date | null
}

export type NewJob = {
  accountId: string
  kind: string
  payload?: Record<string, unknown>
  /** What it works on, such as group:12; its page finds the job by this. */
  subject?: string
  startedBy?: string | null
  total?: number
  /** Not before this time. */
  runAt?: Date
}

export type JobContext = {
  db: Db
  accountId: string
  jobId: string
  payload: Record<string, unknown>
  /** Notes how far it is; what it counts is up to the kind. */
  progress: (done: number, total?: number) => Promise<void>
  isCancelAsked: () => Promise<boolean>
}

/** Thrown by a handler that stopped because somebody asked for it and left nothing behind. */
export class JobCancelled extends Error {}

/**
 * Does one kind of job and gives its result. It must be safe to run again from any point: a program that is killed
 * leaves the job to the next one. A DomainError ends the job as failed; any other error is tried again.
 */
export type JobHandler = (job: JobContext) => Promise<unknown>

/** Queues a job inside `trx`: it runs when that commits, and never when it does not. */
export async function startJob(trx: Trx, job: NewJob): Promise<string> {
  const { job_id } = await row(
    trx,
    sql<{ job_id: string }>`
    insert into jobs (account_id, kind, payload, subject, started_by, total)
    values (${job.accountId}, ${job.kind}, ${JSON.stringify(job.payload ?? {})}::jsonb, ${job.subject ?? null},
            ${job.startedBy ?? null}, ${job.total ?? null})
    returning job_id`,
  )
  const task = JSON.stringify({ accountId: job.accountId, jobId: job_id })
  await sql`select graphile_worker.add_job('job', ${task}::json, run_at => ${job.runAt ?? null}, job_key => ${keyOf(job.accountId, job_id)})`.execute(
    trx,
  )
  return job_id
}

export function findJob(db: Db, accountId: string, jobId: string): Promise<JobRow | undefined> {
  return maybeRow(db, sql<JobRow>`select * from jobs where account_id = ${accountId} and job_id = ${jobId}`)
}

/** The job that works on `subject` now, or undefined. */
export function openJobOn(db: Db, accountId: string, subject: string): Promise<JobRow | undefined> {
  return maybeRow(
    db,
    sql<JobRow>`
    select * from jobs where account_id = ${accountId} and subject = ${subject} and status in ('queued', 'running')
    order by job_id desc limit 1`,
  )
}

/** Asks a job to stop; it does so only while nothing of it has taken effect. */
export async function askToCancel(db: Db, accountId: string, jobId: string): Promise<void> {
  await run(
    db,
    sql`update jobs set cancel_asked_at = coalesce(cancel_asked_at, now()) where account_id = ${accountId} and job_id = ${jobId}`,
  )
}

/** Runs jobs in this process until `stop`, which waits for the ones that are running. */
export async function runJobs(
  { db, pool }: Database,
  handlers: Record<string, JobHandler>,
  { log, process, concurrency = 2 }: { log: Log; process: Process; concurrency?: number },
) {
  const runner = await runGraphile({
    pgPool: pool,
    concurrency,
    pollInterval: 1000,
    noHandleSignals: true,
    logger: new Logger(() => (level, message) => {
      if (level === 'error') log.error(message)
    }),
    taskList: { job: (task) => perform(db, handlers, task, log, process.id) },
  })
  return { stop: () => runner.stop() }
}

/** Frees the jobs of dead programs, so that another takes them from where they were. */
export async function inheritJobs(trx: Trx, dead: number[]): Promise<void> {
  const open = await rows(
    trx,
    sql<{ account_id: string; job_id: string }>`
    select account_id, job_id from jobs where status = 'running' and process_id = any(${dead}::bigint[])`,
  )
  const keys = open.map((job) => keyOf(job.account_id, job.job_id))
  await sql`select graphile_worker.force_unlock_workers(array(
    select distinct locked_by from graphile_worker.jobs where key = any(${keys}::text[]) and locked_by is not null))`.execute(
    trx,
  )
  await sql`select graphile_worker.reschedule_jobs(array(select id from graphile_worker.jobs where key = any(${keys}::text[])), run_at => now())`.execute(
    trx,
  )
}

async function perform(db: Db, handlers: Record<string, JobHandler>, task: unknown, log: Log, processId: number) {
  const { accountId, jobId } = task as { accountId: string; jobId: string }
  const job = await maybeRow(
    db,
    sql<{ kind: string; payload: Record<string, unknown> }>`
    update jobs set status = 'running', started_at = coalesce(started_at, now()), process_id = ${processId}
    where account_id = ${accountId} and job_id = ${jobId} and status in ('queued', 'running')
    returning kind, payload`,
  )
  if (!job) return
  const handler = handlers[job.kind]
  if (!handler) throw new Error(`no handler for jobs of kind ${job.kind}`)
  const finish = (status: JobStatus, result: unknown, problem: string | null) =>
    run(
      db,
      sql`
      update jobs set status = ${status}, result = ${result === undefined ? null : JSON.stringify(result)}::jsonb, problem = ${problem},
        done = case when ${status} = 'done' then coalesce(total, done) else done end, finished_at = now()
      where account_id = ${accountId} and job_id = ${jobId}`,
    )
  try {
    const result = await handler({
      db,
      accountId,
      jobId,
      payload: job.payload,
      progress: async (done, total) => {
        await run(
          db,
          sql`update jobs set done = ${done}, total = coalesce(${total ?? null}, total) where account_id = ${accountId} and job_id = ${jobId}`,
        )
      },
      isCancelAsked: async () =>
        (
          await row(
            db,
            sql<{ asked: boolean }>`
          select cancel_asked_at is not null as asked from jobs where account_id = ${accountId} and job_id = ${jobId}`,
          )
        ).asked,
    })
    await finish('done', result, null)
  } catch (error) {
    if (error instanceof JobCancelled) return void (await finish('cancelled', undefined, null))
    if (error instanceof DomainError) return void (await finish('failed', undefined, error.message))
    log.error({ err: error, job: jobId, kind: job.kind }, 'job stopped, it is tried again')
    throw error
  }
}

const keyOf = (accountId: string, jobId: string) => `job:${accountId}:${jobId}`
