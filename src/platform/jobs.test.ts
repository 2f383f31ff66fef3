import { expect, test } from 'vitest'
import { freshDatabase } from '../../test/database.ts'
import { type Db, row, sql, transaction } from './database.ts'
import { DomainError } from './errors.ts'
import {
  askToCancel,
  findJob,
  inheritJobs,
  JobCancelled,
  type JobHandler,
  type NewJob,
  openJobOn,
  runJobs,
  startJob,
} from './jobs.ts'
import { openLog } from './log.ts'
import { buryDead, joinProcesses } from './processes.ts'

const database = await freshDatabase()
const { db, pool } = database
const log = openLog('silent')
const ACCOUNT = '7'

async function queue(kind: string, more: Partial<NewJob> = {}): Promise<string> {
  return transaction(db, (trx) => startJob(trx, { accountId: ACCOUNT, kind, ...more }))
}

async function untilStatus(jobId: string, ...wanted: string[]) {
  for (;;) {
    const job = await findJob(db, ACCOUNT, jobId).catch(() => undefined) // one test breaks its connections
    if (job && wanted.includes(job.status)) return job
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Works as one program does, for the length of `during`. */
async function working<Result>(handlers: Record<string, JobHandler>, during: () => Promise<Result>): Promise<Result> {
  const process = await joinProcesses(db, pool)
  const jobs = await runJobs(database, handlers, { log, process, stopWithinMs: 3000 })
  try {
    return await during()
  } finally {
    await jobs.stop()
    await process.leave(inheritJobs)
  }
}

test('a job runs once, shows how far it is and keeps its result', async () => {
  const runs: string[] = []
  const handlers: Record<string, JobHandler> = {
    count: async ({ payload, progress, jobId }) => {
      runs.push(jobId)
      await progress(3, 10)
      return { counted: payload['upTo'] }
    },
  }
  const jobId = await queue('count', { payload: { upTo: 10 }, subject: 'group:12' })
  expect((await openJobOn(db, ACCOUNT, 'group:12'))?.job_id).toBe(jobId)
  const job = await working(handlers, () => untilStatus(jobId, 'done'))
  expect(job).toMatchObject({ result: { counted: 10 }, done: '10', total: '10', problem: null })
  expect(runs).toEqual([jobId])
  expect(await openJobOn(db, ACCOUNT, 'group:12')).toBeUndefined()
})

test('a job whose transaction is rolled back never runs', async () => {
  let runs = 0
  await expect(
    transaction(db, async (trx) => {
      await startJob(trx, { accountId: ACCOUNT, kind: 'never' })
      throw new Error('changed my mind')
    }),
  ).rejects.toThrow('changed my mind')
  const later = await queue('after')
  await working({ never: async () => void runs++, after: async () => null }, () => untilStatus(later, 'done'))
  expect(runs).toBe(0)
})

test('a job that fails for a reason the operator can mend says it and is not tried again', async () => {
  let runs = 0
  const refuse: JobHandler = async () => {
    runs++
    throw new DomainError('import.unreadable', 'This file is a spreadsheet. Save it as CSV.')
  }
  const jobId = await queue('refuse')
  const job = await working({ refuse }, () => untilStatus(jobId, 'failed'))
  expect(job.problem).toBe('This file is a spreadsheet. Save it as CSV.')
  expect(runs).toBe(1)
})

test('a job that stops for any other reason is tried again', async () => {
  let runs = 0
  const shaky: JobHandler = async () => {
    if (++runs === 1) throw new Error('the network hiccuped')
    return { runs }
  }
  const jobId = await queue('shaky')
  const job = await working({ shaky }, () => untilStatus(jobId, 'done'))
  expect(job.result).toEqual({ runs: 2 })
})

test('a job that is asked to stop does so where it can', async () => {
  const jobId = await queue('long')
  const long: JobHandler = async ({ isCancelAsked, progress }) => {
    for (let step = 0; ; step++) {
      await progress(step)
      if (step === 1) await askToCancel(db, ACCOUNT, jobId)
      if (await isCancelAsked()) throw new JobCancelled()
    }
  }
  const job = await working({ long }, () => untilStatus(jobId, 'cancelled'))
  expect(job.done).toBe('1')
})

test('a program that ends in the middle of a job leaves it to the next one, which goes on at once', async () => {
  let entered: () => void = () => {}
  const inside = new Promise<void>((resolve) => {
    entered = resolve
  })
  const first: JobHandler = async ({ progress }) => {
    for (let step = 1; ; step++) {
      await progress(step, 100)
      entered()
    }
  }
  const jobId = await queue('walk')
  await working({ walk: first }, () => inside)
  expect((await findJob(db, ACCOUNT, jobId))?.status).toBe('queued')
  const job = await working({ walk: async () => 'arrived' }, () => untilStatus(jobId, 'done'))
  expect(job).toMatchObject({ result: 'arrived', done: '100' })
})

test('a program that will not pause in time is left behind: its job goes on elsewhere and its own end counts for nothing', async () => {
  let finishLate: () => void = () => {}
  const jobId = await queue('stubborn')
  const process = await joinProcesses(db, pool)
  const handler: JobHandler = () =>
    new Promise((resolve) => {
      finishLate = () => resolve('late')
    })
  const jobs = await runJobs(database, { stubborn: handler }, { log, process, stopWithinMs: 50 })
  await untilStatus(jobId, 'running')
  await jobs.stop()
  await process.leave(inheritJobs)
  const job = await working({ stubborn: async () => 'in time' }, () => untilStatus(jobId, 'done'))
  finishLate()
  expect(job.result).toBe('in time')
  expect((await findJob(db, ACCOUNT, jobId))?.result).toBe('in time')
})

test('a dead program is buried once, and a living one never', async () => {
  const living = await joinProcesses(db, pool)
  const dead = await row(db, sql<{ process_id: string }>`insert into processes default values returning process_id`)
  const inherited: number[] = []
  const inherit = async (_: unknown, ids: number[]) => void inherited.push(...ids)
  await Promise.all([buryDead(db, inherit), buryDead(db, inherit), buryDead(db, inherit, living.id)])
  expect(inherited).toEqual([Number(dead.process_id)])
  await living.leave()
})

test('a program whose connections break takes its place again, also when it was buried by mistake', async () => {
  const program = await joinProcesses(db, pool)
  await breakConnections()
  await sql`update processes set ended_at = now() where process_id = ${program.id}`.execute(database.asOwner.db)
  await holdsItsLock(database.asOwner.db, program.id)
  const { ended_at } = await row(
    database.asOwner.db,
    sql<{ ended_at: Date | null }>`select ended_at from processes where process_id = ${program.id}`,
  )
  expect(ended_at).toBeNull()
  await program.leave()
})

test('a job is finished although every connection breaks in the middle', async () => {
  let runs = 0
  const brittle: JobHandler = async ({ progress }) => {
    runs++
    await progress(runs)
    if (runs === 1)
      await transaction(db, async (trx) => {
        await breakConnections()
        await sql`select 1`.execute(trx)
      })
    return runs
  }
  const process = await joinProcesses(db, pool)
  const jobs = await runJobs(database, { brittle }, { log, process, rescueEveryMs: 100 })
  const jobId = await queue('brittle')
  const job = await untilStatus(jobId, 'done')
  expect(job.result).toBe(2)
  await jobs.stop()
  await process.leave()
})

async function breakConnections() {
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and usename is not null and pid <> pg_backend_pid()`.execute(
    database.asOwner.db,
  )
}

async function holdsItsLock(on: Db, id: number) {
  for (;;) {
    const held = await row(
      on,
      sql<{ free: boolean }>`
      select not exists (select from pg_locks where locktype = 'advisory' and objid = ${id}
        and database = (select oid from pg_database where datname = current_database())) as free`,
    ).catch(() => ({ free: true }))
    const buried = await row(
      on,
      sql<{ buried: boolean }>`select ended_at is not null as buried from processes where process_id = ${id}`,
    ).catch(() => ({ buried: true }))
    if (!held.free && !buried.buried) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
