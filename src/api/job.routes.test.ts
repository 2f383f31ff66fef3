import { expect, test } from 'vitest'
import { startProgram } from '../../test/program.ts'
import { run, sql, transaction } from '../platform/database.ts'
import type { Job } from '../platform/job.contract.ts'
import { startJob } from '../platform/jobs.ts'

const program = await startProgram({ jobs: false })
const queue = (accountId: string) =>
  transaction(program.core.db, (trx) =>
    startJob(trx, { accountId, kind: 'nothing', subject: 'group:7', startedBy: program.userId, total: 10 }),
  )

test('a job says how far it is', async () => {
  const id = await queue(program.accountId)
  const { status, body } = await program.api<Job>('GET', `/jobs/${id}`)
  expect([status, body]).toMatchObject([
    200,
    { id, kind: 'nothing', status: 'queued', progress: { done: 0, total: 10 }, result: null, subject: 'group:7' },
  ])
})

test('asking a job to stop is answered with how it stands', async () => {
  const id = await queue(program.accountId)
  expect(await program.api('POST', `/jobs/${id}/cancel`)).toMatchObject({ status: 200, body: { id } })
})

test('a job of another account is not there (SE-9)', async () => {
  const id = await queue((await program.anotherAccount()).accountId)
  expect(await program.api('GET', `/jobs/${id}`)).toMatchObject({ status: 404, body: { code: 'job.not_found' } })
  expect((await program.api('POST', `/jobs/${id}/cancel`)).status).toBe(404)
})

test('the jobs that are not finished are listed, newest first, and those of one group alone', async () => {
  const other = await program.anotherAccount()
  await queue(other.accountId)
  const [first, second, third] = [
    await queue(program.accountId),
    await queue(program.accountId),
    await queue(program.accountId),
  ]
  await run(
    program.core.db,
    sql`update jobs set status = 'failed', problem = 'The group is full.' where job_id = ${second}`,
  )
  const ids = async (query: string) =>
    (await program.api<{ items: Job[] }>('GET', `/jobs?${query}`)).body.items.map(({ id }) => id)
  expect(await ids('open=true&limit=2')).toEqual([third, first])
  const page = await program.api<{ items: Job[]; nextCursor: string }>('GET', '/jobs?limit=1&subject=group:7')
  expect(page.body.items).toMatchObject([{ id: third }])
  const next = await program.api<{ items: Job[] }>(
    'GET',
    `/jobs?limit=1&subject=group:7&cursor=${page.body.nextCursor}`,
  )
  expect(next.body.items).toMatchObject([{ id: second, status: 'failed', problem: 'The group is full.' }])
  expect(await ids('open=false')).toEqual([second])
  expect(await ids('subject=group:8')).toEqual([])
})
