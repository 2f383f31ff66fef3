import { Logger, type RunnerOptions, run as runGraphile } from 'graphile-worker'
import { type Database, type Db, maybeRow, row, rows, run, sql, type Trx, transaction } from './database.ts'
import { perform, type Running } from './job-run.ts'
import type { Log } from './log.ts'
import type { Process } from './processes.ts'

const RESTART_AFTER_MS = 500

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
  payload: Record<string, unknown>
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
  /** Notes how far it is; what it counts is up to the kind. Throws JobInterrupted when the program is ending. */
  progress: (done: number, total?: number) => Promise<void>
  isCancelAsked: () => Promise<boolean>
  /** True when it is not tried again should this run fail. */
  isLastAttempt?: boolean
}

/** Thrown by a handler that stopped because somebody asked for it and left nothing behind. */
export class JobCancelled extends Error {}

/** Thrown by `progress` when this program ends or lost the job; let it through: the job goes on elsewhere or later. */
export class JobInterrupted extends Error {}

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

/** Frees the jobs of dead programs, so that another takes them from where they were. */
export async function inheritJobs(trx: Trx, dead: number[]): Promise<void> {
  const open = await rows(
    trx,
    sql<JobName>`
    update jobs set status = 'queued', process_id = null
    where status = 'running' and process_id = any(${dead}::bigint[])
    returning account_id, job_id`,
  )
  await free(trx, open)
}

/**
 * Runs jobs in this process until `stop`, which asks the running ones to pause at their next `progress`.
 *
 * @param stopWithinMs how long `stop` waits for them; what still runs then is inherited like the work of a dead program
 */
export async function runJobs(
  { db, pool }: Database,
  handlers: Record<string, JobHandler>,
  {
    log,
    process,
    concurrency = 2,
    rescueEveryMs = 15_000,
    stopWithinMs = 10_000,
  }: { log: Log; process: Process; concurrency?: number; rescueEveryMs?: number; stopWithinMs?: number },
) {
  const running: Running = {
    db,
    handlers,
    log,
    processId: process.id,
    active: new Set<string>(),
    interrupted: [],
    stopping: false,
  }
  const options: RunnerOptions = {
    pgPool: pool,
    concurrency,
    pollInterval: 1000,
    noHandleSignals: true,
    gracefulShutdownAbortTimeout: stopWithinMs,
    logger: new Logger(() => (level, message) => {
      if (level === 'error' && !message.startsWith('Failed task')) log.warn(message) // those are logged by perform
    }),
    // Without batches graphile-worker 0.18 waits for nobody when it notes the end of a job, and crashes the program
    // when the database is away in that moment; with them its runner ends in order, and a new one is begun below.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    taskList: { job: (task, { job }) => perform(running, task, job.attempts >= job.max_attempts) },
  }
  let runner = await runGraphile(options)
  const keepOn = async () => {
    while (!running.stopping) {
      await runner.promise.catch((err: unknown) => log.warn({ err }, 'jobs stopped, they are begun again'))
      if (running.stopping) return
      await new Promise((resolve) => setTimeout(resolve, RESTART_AFTER_MS))
      runner = await runGraphile(options).catch(() => runner) // the database is still away
    }
  }
  const keeping = keepOn()
  const rescuing = setInterval(() => {
    void rescueJobs(db, process.id, running.active, 2 * rescueEveryMs).catch((err: unknown) =>
      log.warn({ err }, 'jobs not looked after'),
    )
  }, rescueEveryMs).unref()
  const stopAll = async () => {
    await runner.stop().catch(() => {}) // it ended by itself in this moment
    await keeping
  }
  return {
    stop: async () => {
      running.stopping = true
      clearInterval(rescuing)
      await Promise.race([stopAll(), new Promise((resolve) => setTimeout(resolve, stopWithinMs).unref())])
      await transaction(db, (trx) => free(trx, running.interrupted))
    },
  }
}

/**
 * Frees what was left when the database went away in the middle: jobs that this process no longer works on, and jobs
 * that were taken but never begun.
 */
async function rescueJobs(db: Db, processId: number, active: Set<string>, patienceMs: number): Promise<void> {
  const working = [...active]
  await transaction(db, async (trx) => {
    const left = await rows(
      trx,
      sql<JobName>`
      update jobs set status = 'queued', process_id = null
      where status = 'running' and process_id = ${processId} and job_id <> all(${working}::bigint[])
      returning account_id, job_id`,
    )
    const stuck = await rows(
      trx,
      sql<JobName>`
      select job.account_id, job.job_id from jobs job
      join graphile_worker.jobs task on task.key = 'job:' || job.account_id || ':' || job.job_id
      where job.status = 'queued' and job.job_id <> all(${working}::bigint[])
        and task.locked_at < now() - make_interval(secs => ${patienceMs / 1000})`,
    )
    await free(trx, [...left, ...stuck])
  })
}

export type JobName = { account_id: string; job_id: string }

async function free(trx: Trx, jobs: JobName[]): Promise<void> {
  if (jobs.length === 0) return
  const keys = jobs.map((job) => keyOf(job.account_id, job.job_id))
  await sql`select graphile_worker.force_unlock_workers(array(
    select distinct locked_by from graphile_worker.jobs where key = any(${keys}::text[]) and locked_by is not null))`.execute(
    trx,
  )
  await sql`select graphile_worker.reschedule_jobs(array(
    select id from graphile_worker.jobs where key = any(${keys}::text[])), run_at => now())`.execute(trx)
}

const keyOf = (accountId: string, jobId: string) => `job:${accountId}:${jobId}`
