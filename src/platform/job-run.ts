// One run of one job: taken by one process alone, finished once, whatever ends in between.
import { z } from 'zod'
import { type Db, maybeRow, row, run, sql } from './database.ts'
import { DomainError } from './errors.ts'
import { JobCancelled, type JobContext, type JobHandler, JobInterrupted, type JobName, type JobStatus } from './jobs.ts'
import type { Log } from './log.ts'

export type Running = {
  db: Db
  handlers: Record<string, JobHandler>
  log: Log
  processId: number
  /** Ids of the jobs that this process works on now. */
  active: Set<string>
  /** Those that paused because the program ends. */
  interrupted: JobName[]
  stopping: boolean
}

const task = z.object({ accountId: z.string(), jobId: z.string() })
type Task = z.infer<typeof task>

/** Does a job. What it throws makes graphile-worker try it again later, unless `isLastAttempt`. */
export async function perform(running: Running, payload: unknown, isLastAttempt: boolean): Promise<void> {
  const { active } = running
  const asked = task.parse(payload)
  if (active.has(asked.jobId)) throw new Error('this job still runs here')
  active.add(asked.jobId)
  try {
    const taken = await take(running, asked)
    if (taken) await work(running, asked, taken, isLastAttempt)
  } finally {
    active.delete(asked.jobId)
  }
}

type Taken = { kind: string; payload: Record<string, unknown> }

/** Makes the job ours, or gives undefined when it is finished; a job that another process works on is left alone. */
async function take({ db, processId }: Running, { accountId, jobId }: Task): Promise<Taken | undefined> {
  const taken = await maybeRow(
    db,
    sql<Taken>`
    update jobs set status = 'running', started_at = coalesce(started_at, now()), process_id = ${processId}
    where account_id = ${accountId} and job_id = ${jobId}
      and (status = 'queued' or (status = 'running' and process_id = ${processId}))
    returning kind, payload`,
  )
  if (taken) return taken
  const elsewhere = await maybeRow(
    db,
    sql`select from jobs where account_id = ${accountId} and job_id = ${jobId} and status = 'running'`,
  )
  if (elsewhere) throw new Error('this job still runs in another process')
  return undefined
}

async function work(running: Running, { accountId, jobId }: Task, { kind, payload }: Taken, isLastAttempt: boolean) {
  const { db, handlers, log } = running
  const end = (status: JobStatus, result?: unknown, problem: string | null = null) =>
    finish(running, { accountId, jobId }, status, result, problem)
  try {
    const handler = handlers[kind]
    if (!handler) throw new Error(`no handler for jobs of kind ${kind}`)
    await end('done', await handler({ ...contextOf(running, accountId, jobId, payload), isLastAttempt }))
  } catch (error) {
    if (error instanceof JobCancelled) return end('cancelled')
    if (error instanceof DomainError) return end('failed', undefined, error.message)
    if (error instanceof JobInterrupted) {
      running.interrupted.push({ account_id: accountId, job_id: jobId })
      log.info({ job: jobId, kind }, 'job interrupted, it goes on later')
    } else log.error({ err: error, job: jobId, kind }, isLastAttempt ? 'job failed' : 'job stopped, it is tried again')
    if (isLastAttempt) return end('failed', undefined, 'It failed too often; the log of the program says why.')
    await run(
      db,
      sql`update jobs set status = 'queued', process_id = null
          where account_id = ${accountId} and job_id = ${jobId} and status = 'running' and process_id = ${running.processId}`,
    )
    throw error
  }
}

function contextOf(running: Running, accountId: string, jobId: string, payload: Record<string, unknown>): JobContext {
  const { db, processId } = running
  return {
    db,
    accountId,
    jobId,
    payload,
    progress: async (done, total) => {
      const ours = await run(
        db,
        sql`update jobs set done = ${done}, total = coalesce(${total ?? null}, total)
            where account_id = ${accountId} and job_id = ${jobId} and status = 'running' and process_id = ${processId}`,
      )
      if (ours === 0 || running.stopping) throw new JobInterrupted('the program ends or another one has this job')
    },
    isCancelAsked: async () => {
      const { asked } = await row(
        db,
        sql<{ asked: boolean }>`
        select cancel_asked_at is not null as asked from jobs where account_id = ${accountId} and job_id = ${jobId}`,
      )
      return asked
    },
  }
}

/** Notes the end of a job that is still ours. */
async function finish(
  { db, processId }: Running,
  { accountId, jobId }: Task,
  status: JobStatus,
  result: unknown,
  problem: string | null,
): Promise<void> {
  await run(
    db,
    sql`
    update jobs set status = ${status}, result = ${result === undefined ? null : JSON.stringify(result)}::jsonb, problem = ${problem},
      done = case when ${status} = 'done' then coalesce(total, done) else done end, finished_at = now()
    where account_id = ${accountId} and job_id = ${jobId} and status = 'running' and process_id = ${processId}`,
  )
}
