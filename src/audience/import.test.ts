import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, expect, test, vi } from 'vitest'
import { freshDatabase } from '../../test/database.ts'
import { testCore } from '../../test/program.ts'
import { insertAccount } from '../accounts/owner.ts'
import { addressKey } from '../optouts/address.ts'
import { optOut } from '../optouts/optout.ts'
import { row, rows, sql, transaction } from '../platform/database.ts'
import { JobInterrupted } from '../platform/jobs.ts'
import { importOptions } from './import.contract.ts'
import { cancelImport, resumeImport, startImport, uploadImport } from './import.ts'
import { runImport } from './import-job.ts'
import { findImport, listImportRows } from './import-report.ts'

const dataDir = await mkdtemp(join(tmpdir(), 'last-word-imports-'))
afterAll(() => rm(dataDir, { recursive: true, force: true }))
const database = await freshDatabase()
const core = testCore(database, { config: { dataDir } })
const { accountId } = await transaction(core.db, (trx) => insertAccount(trx, 'Quiet Herons'))
const caller = { accountId, userId: null, apiKeyId: null, scope: 'full' } as const

async function begin(csv: string, options: Record<string, unknown> = {}): Promise<string> {
  const importId = await uploadImport(core, caller, Readable.from([Buffer.from(csv)]), 'people.csv')
  await startImport(core, caller, importId, importOptions.parse(options))
  return importId
}

const jobOf = (importId: string, progress: (done: number) => Promise<void> = async () => {}) => ({
  db: core.db,
  accountId,
  jobId: '1',
  payload: { importId },
  progress,
  isCancelAsked: async () => false,
})

/** Runs the job of an import once; `progress` is called between its steps. */
const work = (importId: string, progress?: (done: number) => Promise<void>) =>
  runImport(core, jobOf(importId, progress))

const file = (name: string, lines: number, value = 'x') =>
  `email,first name\n${Array.from({ length: lines }, (_, number) => `${name}-${number}@post.example,${value}\n`).join('')}`

const optOutOf = (address: string, db = core.db) =>
  optOut(db, accountId, [addressKey(core.keys.address, address)], { source: 'one_click' })

const countOf = async (name: string) =>
  await row(
    core.db,
    sql<{ contacts: number; members: number }>`
      select count(distinct contact_id)::int as contacts, count(group_id)::int as members
      from contacts left join group_members using (account_id, contact_id)
      where account_id = ${accountId} and canonical like ${`${name}-%`}`,
  )

/** Resolves with the server processes that wait for a lock that another one holds. */
const blocked = () =>
  vi.waitFor(async () => {
    const waiting = await rows(
      database.asOwner.db,
      sql<{
        pid: number
      }>`select pid from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`,
    )
    expect(waiting.length).toBeGreaterThan(0)
    return waiting
  }, 20_000)

test('an import that is interrupted after any of its steps goes on from there, nothing is lost or doubled (IM-7)', async () => {
  const importId = await begin(file('resumed', 9_000), { newGroups: ['Resumed'] })
  let runs = 0
  for (let isDone = false; !isDone; runs++)
    isDone = await work(importId, async (done) => {
      if (done > 0) throw new JobInterrupted('the program ends')
    }).then(
      () => true,
      (error: unknown) => {
        if (error instanceof JobInterrupted) return false
        throw error
      },
    )
  expect(runs).toBeGreaterThan(3)
  expect(await findImport(core.db, accountId, importId)).toMatchObject({
    status: 'done',
    counts: { rows: 9_000, added: 9_000, updated: 0, unchanged: 0 },
  })
  expect(await countOf('resumed')).toEqual({ contacts: 9_000, members: 9_000 })
})

test('a database that ends in the middle of reading or writing costs nothing but time (IM-7, IM-13)', async () => {
  const importId = await begin(file('broken', 5_000))
  const kill = () =>
    sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'copy import_rows%'`.execute(
      database.asOwner.db,
    )
  await expect(work(importId, async () => void (await kill()))).rejects.toThrow()
  expect((await listImportRows(core.db, accountId, importId, { limit: 5 })).items).toEqual([])
  await sql`insert into contacts (account_id, address, canonical, address_key)
            values (${accountId}, 'broken-3000@post.example', 'broken-3000@post.example', ${addressKey(core.keys.address, 'broken-3000@post.example')})`.execute(
    core.db,
  )
  await transaction(database.asOwner.db, async (trx) => {
    await sql`select from contacts where account_id = ${accountId} and canonical = 'broken-3000@post.example' for update`.execute(
      trx,
    )
    const running = work(importId).then(
      () => 'done',
      () => 'broken',
    )
    for (const { pid } of await blocked()) await sql`select pg_terminate_backend(${pid})`.execute(trx)
    expect(await running).toBe('broken')
  })
  expect(await work(importId)).toMatchObject({ rows: 5_000, added: 4_999, updated: 1 })
  expect(await countOf('broken')).toMatchObject({ contacts: 5_000 })
})

test('whoever opts out while their row is being written is left as they were, and reported (INV-5, IM-7)', async () => {
  await work(await begin(file('meanwhile', 10, 'before')))
  const importId = await begin(file('meanwhile', 10, 'after'), { newGroups: ['Meanwhile'] })
  let running: Promise<unknown> = Promise.resolve()
  await transaction(core.db, async (trx) => {
    await optOutOf('meanwhile-4@post.example', trx)
    running = work(importId)
    await blocked()
  })
  expect(await running).toMatchObject({ rows: 10, updated: 9, optedOut: 1 })
  expect(
    await row(
      core.db,
      sql`select fields from contacts where account_id = ${accountId} and canonical = 'meanwhile-4@post.example'`,
    ),
  ).toEqual({ fields: { first_name: 'before' } })
  expect(await countOf('meanwhile')).toEqual({ contacts: 10, members: 9 })
})

test('an opt-out between two steps of an import is kept (IM-7)', async () => {
  const importId = await begin(file('between', 3_000), { newGroups: ['Between'] })
  let isFirst = true
  const counts = await work(importId, async (done) => {
    if (done === 0 || !isFirst) return
    isFirst = false
    await optOutOf('between-2999@post.example')
  })
  expect(counts).toMatchObject({ rows: 3_000, added: 2_999, optedOut: 1 })
  expect(await countOf('between')).toEqual({ contacts: 2_999, members: 2_999 })
})

test('an import can be cancelled until rows are written, and leaves nothing; after that it goes on (IM-7)', async () => {
  const cancelled = await begin(file('cancelled', 2_000), { newGroups: ['Cancelled'], mapping: {} })
  await expect(work(cancelled, () => cancelImport(core, accountId, cancelled))).rejects.toThrow('asked to stop')
  expect(await findImport(core.db, accountId, cancelled)).toMatchObject({ status: 'cancelled', counts: { rows: 0 } })
  expect(
    await rows(core.db, sql`select from import_rows where account_id = ${accountId} and import_id = ${cancelled}`),
  ).toEqual([])
  expect(await countOf('cancelled')).toEqual({ contacts: 0, members: 0 })
  expect(await rows(core.db, sql`select from groups where account_id = ${accountId} and name = 'Cancelled'`)).toEqual(
    [],
  )

  const late = await begin(file('late', 2_000))
  const answers: unknown[] = []
  await work(late, async (done) => {
    if (done > 0) answers.push(await cancelImport(core, accountId, late).catch((error: unknown) => error))
  })
  expect(answers[0]).toMatchObject({ code: 'import.not_possible' })
  expect(await findImport(core.db, accountId, late)).toMatchObject({ status: 'done', counts: { added: 2_000 } })
})

test('an import whose file is gone fails and says so', async () => {
  const importId = await begin(file('gone', 2))
  for (const name of readdirSync(join(dataDir, 'uploads'))) await rm(join(dataDir, 'uploads', name))
  await expect(work(importId)).rejects.toThrow('The uploaded file is no longer there.')
  expect(await findImport(core.db, accountId, importId)).toMatchObject({
    status: 'failed',
    problem: { code: 'import.unreadable' },
  })
})

test('an import that fails for good before its first row leaves nothing, and says why (IM-13)', async () => {
  const importId = await begin(file('early', 3_000), { newGroups: ['Early'] })
  const failing = runImport(core, {
    ...jobOf(importId, () => Promise.reject(new Error('the disk is full'))),
    isLastAttempt: true,
  })
  await expect(failing).rejects.toThrow('the disk is full')
  expect(await findImport(core.db, accountId, importId)).toMatchObject({
    status: 'failed',
    counts: { rows: 0, added: 0 },
    resumable: false,
    undoableUntil: null,
    problem: { code: 'internal', message: 'The import failed too often; the log of the program says why.' },
  })
  expect(await countOf('early')).toEqual({ contacts: 0, members: 0 })
  expect(await rows(core.db, sql`select from groups where account_id = ${accountId} and name = 'Early'`)).toEqual([])
  await expect(resumeImport(core, caller, importId)).rejects.toThrow('did not stop halfway')
})

test('an import that fails for good halfway tells what was written, and can be gone on with or undone (IM-13)', async () => {
  const importId = await begin(file('half', 5_000), { newGroups: ['Half'] })
  const { path } = await row(
    core.db,
    sql<{ path: string }>`
    select file ->> 'path' as path from imports where account_id = ${accountId} and import_id = ${importId}`,
  )
  expect(existsSync(join(dataDir, 'uploads', path))).toBe(true)
  const fail = async (done: number) => {
    if (done > 0) throw new Error('the disk is full')
  }
  await expect(runImport(core, { ...jobOf(importId, fail), isLastAttempt: true })).rejects.toThrow('the disk is full')
  const failed = await findImport(core.db, accountId, importId)
  expect(failed).toMatchObject({ status: 'failed', counts: { rows: 5_000, added: 1_999 }, resumable: true })
  expect(failed.problem?.message).toContain('1,999 contacts were written before that; they stay.')
  expect(failed.undoableUntil).not.toBeNull()
  expect(await countOf('half')).toEqual({ contacts: 1_999, members: 1_999 })
  expect(existsSync(join(dataDir, 'uploads', path))).toBe(false)
  await resumeImport(core, caller, importId)
  expect(await work(importId)).toMatchObject({ added: 5_000 })
  expect(await findImport(core.db, accountId, importId)).toMatchObject({
    status: 'done',
    problem: null,
    resumable: false,
  })
  expect(await countOf('half')).toEqual({ contacts: 5_000, members: 5_000 })
})

test('a row that comes again unchanged is listed, without being written again (IM-8)', async () => {
  await work(await begin(file('weekly', 3)))
  const importId = await begin(`${file('weekly', 3)}new-weekly@post.example,x\n`)
  await work(importId)
  const listed = async (outcome?: 'unchanged' | 'added') =>
    (await listImportRows(core.db, accountId, importId, { limit: 9, outcome })).items.map((item) => item.outcome)
  expect(await listed()).toEqual(['unchanged', 'unchanged', 'unchanged', 'added'])
  expect(await listed('unchanged')).toHaveLength(3)
  expect(await listed('added')).toHaveLength(1)
})

test('a contact that is added by hand while its row is being written is met, and its former details are kept (IM-7)', async () => {
  const importId = await begin(file('crossing', 3, 'file'))
  let running: Promise<unknown> = Promise.resolve()
  await transaction(core.db, async (trx) => {
    const address = 'crossing-1@post.example'
    await sql`insert into contacts (account_id, address, canonical, address_key, fields)
              values (${accountId}, ${address}, ${address}, ${addressKey(core.keys.address, address)}, '{"first_name": "hand"}')`.execute(
      trx,
    )
    running = work(importId)
    await blocked()
  })
  expect(await running).toMatchObject({ rows: 3, added: 2, updated: 1 })
  expect(
    await rows(
      core.db,
      sql`select changes from import_changes where account_id = ${accountId} and import_id = ${importId}`,
    ),
  ).toEqual([{ changes: { first_name: ['hand', 'file'] } }])
})

test('an operator says why one may write to the people of a file; a program, a check and opt-outs need not (LW-8)', async () => {
  const { user_id: userId } = await row(
    core.db,
    sql<{ user_id: string }>`
    insert into users (organization_id, email, name, password_hash)
    select organization_id, 'importer@post.example', 'Ida', 'x' from accounts where account_id = ${accountId} returning user_id`,
  )
  const operator = { ...caller, userId }
  const importId = await uploadImport(core, operator, Readable.from([Buffer.from(file('basis', 1))]), 'people.csv')
  const start = (options: Record<string, unknown>) =>
    startImport(core, operator, importId, importOptions.parse(options))
  await expect(start({})).rejects.toThrow('Say why you may write to these people')
  const basis = { kind: 'signed_up', note: 'Ticket desk, autumn 2026' }
  await start({ basis })
  await work(importId)
  expect(await findImport(core.db, accountId, importId)).toMatchObject({ options: { basis }, startedBy: 'Ida' })
})

test('an upload that nobody started is deleted after a day', async () => {
  const forgotten = await uploadImport(core, caller, Readable.from([Buffer.from(file('old', 2))]), 'old.csv')
  const { path } = await row(
    core.db,
    sql<{
      path: string
    }>`select file ->> 'path' as path from imports where account_id = ${accountId} and import_id = ${forgotten}`,
  )
  await sql`update imports set created_at = now() - interval '25 hours' where account_id = ${accountId} and import_id = ${forgotten}`.execute(
    core.db,
  )
  await uploadImport(core, caller, Readable.from([Buffer.from(file('new', 2))]), 'new.csv')
  expect(await findImport(core.db, accountId, forgotten)).toMatchObject({ status: 'cancelled' })
  expect(existsSync(join(dataDir, 'uploads', path))).toBe(false)
})

test('an import of one account does not see or touch the contacts and opt-outs of another', async () => {
  const other = await transaction(core.db, (trx) => insertAccount(trx, 'Other'))
  await optOut(core.db, other.accountId, [addressKey(core.keys.address, 'shared-0@post.example')], { source: 'link' })
  expect(await work(await begin(file('shared', 1)))).toMatchObject({ added: 1 })
  expect(await rows(core.db, sql`select from contacts where account_id = ${other.accountId}`)).toEqual([])
})
