import { beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../../test/database.ts'
import { optOut } from '../optouts/optout.ts'
import { row, rows, run, sql, transaction } from '../platform/database.ts'
import { askToCancel, JobCancelled, type JobContext } from '../platform/jobs.ts'
import { createGroup } from './group.ts'
import { changeGroupStatus, startGroupStatus } from './group-status.ts'

const { db, pool, asOwner } = await freshDatabase()
const MEMBERS = 100_000
let accountId: string
let actor: { accountId: string; userId: string | null; apiKeyId: string | null }

beforeAll(async () => {
  const made = await row(
    db,
    sql<{ account_id: string }>`
    with organization as (insert into organizations (name) values ('Herons') returning organization_id)
    insert into accounts (organization_id, name) select organization_id, 'Herons' from organization returning account_id`,
  )
  accountId = made.account_id
  actor = { accountId, userId: null, apiKeyId: null }
})

let groups = 0
/** Every tenth member is in Error, every twentieth in the archive; `optedOut` of them opted out before. */
async function groupOf(members: number, optedOut = 0): Promise<string> {
  const { id } = await createGroup(db, actor, `Group ${++groups}`)
  await run(
    db,
    sql`
    with added as (
      insert into contacts (account_id, address, canonical, address_key, archived_at)
      select ${accountId}, address, address, substr(sha256(convert_to(address, 'UTF8')), 1, 16), case when n % 20 = 0 then now() end
      from generate_series(1, ${members}) n, lateral (select ${`g${id}-`} || n || '@post.example' as address) named
      returning contact_id, right(split_part(address, '@', 1), 1) = '5' as fails
    ), failed as (
      insert into contact_errors (account_id, contact_id, reason) select ${accountId}, contact_id, 'delivery' from added where fails
    )
    insert into group_members (account_id, group_id, contact_id) select ${accountId}, ${id}, contact_id from added`,
  )
  const keys = await rows(
    db,
    sql<{ address_key: Buffer }>`
    select address_key from contacts join group_members using (account_id, contact_id)
    where account_id = ${accountId} and group_id = ${id} order by contact_id limit ${optedOut}`,
  )
  for (const { address_key } of keys) await optOut(db, accountId, [address_key], { source: 'link' })
  return id
}

async function start(groupId: string, status: 'active' | 'error' | 'opt_out'): Promise<JobContext> {
  const started = await startGroupStatus(db, actor, groupId, status)
  return {
    db,
    accountId,
    jobId: started.job_id,
    payload: { groupId, status, userId: null, apiKeyId: null },
    progress: async () => {},
    isCancelAsked: async () => false,
  }
}

const statuses = async (groupId: string) =>
  Object.fromEntries(
    (
      await rows(
        db,
        sql<{ status: string; count: number }>`
        select status, count(*)::int from contact_status join group_members using (account_id, contact_id)
        where account_id = ${accountId} and group_id = ${groupId} group by status`,
      )
    ).map(({ status, count }) => [status, count]),
  )

const entriesOf = (groupId: string) =>
  rows(
    db,
    sql<{ opted_out: string; already: string }>`
    select opted_out, already from optout_ledger where account_id = ${accountId} and group_id = ${groupId}`,
  )

test('a group of 100,000 whose change was killed half way is opted out completely, once in the log (INV-17)', async () => {
  const group = await groupOf(MEMBERS, 3)
  const job = await start(group, 'opt_out')
  // Somebody joins a group meanwhile, so the change stands still at the database until it is killed.
  await transaction(db, async (joining) => {
    await sql`select pg_advisory_xact_lock_shared(1279738, ${accountId}::int)`.execute(joining)
    const killed = expect(changeGroupStatus(job)).rejects.toThrow(/terminat/)
    await terminate('%record_group_optouts%')
    await killed
  })
  expect(await entriesOf(group)).toEqual([])
  // Killed again after everything is written and before it is committed.
  await transaction(asOwner.db, async (blocker) => {
    await sql`select from jobs where job_id = ${job.jobId} for update`.execute(blocker)
    const killed = expect(changeGroupStatus(job)).rejects.toThrow(/terminat/)
    await terminate('%update jobs set status = %done%')
    await killed
  })
  expect(await statuses(group)).toEqual({ active: MEMBERS * 0.9 - 3, error: MEMBERS * 0.1, opt_out: 3 })
  expect(await changeGroupStatus(job)).toEqual({ optedOut: MEMBERS - 3, alreadyOptedOut: 3 })
  expect(await statuses(group)).toEqual({ opt_out: MEMBERS })
  // Killed after the commit, before the end was noted by its runner: the next run finds it done.
  expect(await changeGroupStatus(job)).toEqual({ optedOut: MEMBERS - 3, alreadyOptedOut: 3 })
  expect(await entriesOf(group)).toEqual([{ opted_out: String(MEMBERS - 3), already: '3' }])
  const { mailable } = await row(
    db,
    sql<{ mailable: number }>`
    select count(*)::int as mailable from mailable_contacts join group_members using (account_id, contact_id)
    where account_id = ${accountId} and group_id = ${group}`,
  )
  expect(mailable).toBe(0)
}, 120_000)

test('a change that is cancelled before it takes effect leaves nothing behind', async () => {
  const group = await groupOf(10)
  const job = await start(group, 'opt_out')
  await askToCancel(db, accountId, job.jobId)
  await expect(changeGroupStatus(job)).rejects.toThrow(JobCancelled)
  expect(await statuses(group)).toEqual({ active: 9, error: 1 })
  expect(await entriesOf(group)).toEqual([])
})

test('of two programs that run the same change, one has its effect', async () => {
  const group = await groupOf(50)
  const job = await start(group, 'error')
  const results = await Promise.all([changeGroupStatus(job), changeGroupStatus(job)])
  expect(results).toEqual([
    { changed: 45, optedOut: 0 },
    { changed: 45, optedOut: 0 },
  ])
  const { noted } = await row(
    db,
    sql<{ noted: number }>`
    select count(*)::int as noted from contact_events where account_id = ${accountId} and data->>'groupId' = ${group}`,
  )
  expect(noted).toBe(45)
})

test('opt-outs that arrive in the middle of a change to Error are kept and counted (INV-18)', async () => {
  const group = await groupOf(100)
  const job = await start(group, 'error')
  const [first, ...others] = await rows(
    db,
    sql<{ address_key: Buffer; contact_id: string }>`
    select address_key, contact_id from contacts join group_members using (account_id, contact_id)
    where account_id = ${accountId} and group_id = ${group} order by contact_id`,
  )
  // An Error of the first member that is not committed yet makes the change wait there, after it has chosen its members.
  const blocker = await pool.connect()
  await blocker.query('begin')
  await blocker.query(`insert into contact_errors (account_id, contact_id, reason) values ($1, $2, 'delivery')`, [
    accountId,
    first?.contact_id,
  ])
  const changed = changeGroupStatus(job)
  await waiting('%insert into contact_errors%manual%')
  const keys = others.map(({ address_key }) => address_key)
  await optOut(db, accountId, keys, { source: 'api' })
  await blocker.query('rollback')
  blocker.release()
  expect(await changed).toEqual({ changed: 1, optedOut: 99 })
  expect(await statuses(group)).toEqual({ error: 1, opt_out: 99 })
})

test('one group is changed once at a time', async () => {
  const group = await groupOf(1)
  const both = await Promise.allSettled([start(group, 'error'), start(group, 'active')])
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'group.busy' } })
})

/** Ends the connection that runs such a statement, once it waits for a lock. */
async function terminate(statement: string) {
  const pid = await waiting(statement)
  await sql`select pg_terminate_backend(${pid})`.execute(asOwner.db)
}

function waiting(statement: string): Promise<number> {
  return expect
    .poll(
      async () =>
        (
          await rows(
            asOwner.db,
            sql<{ pid: number }>`
            select pid from pg_stat_activity
            where datname = current_database() and query like ${statement} and wait_event_type = 'Lock' and pid <> pg_backend_pid()`,
          )
        )[0]?.pid,
      { timeout: 60_000, interval: 20 },
    )
    .toBeTypeOf('number')
    .then(async () => {
      const found = await rows(
        asOwner.db,
        sql<{ pid: number }>`
        select pid from pg_stat_activity
        where datname = current_database() and query like ${statement} and wait_event_type = 'Lock' and pid <> pg_backend_pid()`,
      )
      return found[0]?.pid ?? 0
    })
}
