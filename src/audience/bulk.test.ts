import { beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../../test/database.ts'
import { optOut } from '../optouts/optout.ts'
import { row, rows, run, sql, transaction } from '../platform/database.ts'
import { askToCancel, findJob, JobCancelled, type JobContext, JobInterrupted } from '../platform/jobs.ts'
import type { BulkAct } from './bulk.contract.ts'
import { actOnSelection, startBulk } from './bulk.ts'
import type { Selection } from './contact.contract.ts'
import { createGroup } from './group.ts'

const { db, pool, asOwner } = await freshDatabase()
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

let crowds = 0
/** Contacts that one search finds: the second in Error, the third opted out, the others Active. */
async function crowd(size: number): Promise<{ filter: Selection; ids: string[]; keys: Buffer[] }> {
  const search = `crowd${++crowds}-`
  await run(
    db,
    sql`
    insert into contacts (account_id, address, canonical, address_key)
    select ${accountId}, address, address, substr(sha256(convert_to(address, 'UTF8')), 1, 16)
    from generate_series(1, ${size}) n, lateral (select ${search} || n || '@post.example' as address) named`,
  )
  const found = await rows(
    db,
    sql<{ contact_id: string; address_key: Buffer }>`
    select contact_id, address_key from contacts where account_id = ${accountId} and address like ${`${search}%`} order by contact_id`,
  )
  const ids = found.map(({ contact_id }) => contact_id)
  const keys = found.map(({ address_key }) => address_key)
  const [, failing, leaving] = found
  if (failing)
    await run(
      db,
      sql`insert into contact_errors (account_id, contact_id, reason) values (${accountId}, ${failing.contact_id}, 'delivery')`,
    )
  if (leaving) await optOut(db, accountId, [leaving.address_key], { source: 'link' })
  return { filter: { filter: { search, archived: false } }, ids, keys }
}

async function start(selection: Selection, act: BulkAct): Promise<JobContext> {
  const job = await startBulk(db, actor, { selection, act })
  return {
    db,
    accountId,
    jobId: job.job_id,
    payload: job.payload,
    progress: async () => {},
    isCancelAsked: async () => false,
  }
}
const perform = async (selection: Selection, act: BulkAct) => actOnSelection(await start(selection, act))

const statuses = async (ids: string[]) =>
  (
    await rows(
      db,
      sql<{ status: string }>`
      select status from contact_status where account_id = ${accountId} and contact_id = any (${ids}::bigint[]) order by contact_id`,
    )
  ).map(({ status }) => status)

const membersOf = async (groupId: string) =>
  (
    await rows(
      db,
      sql<{ contact_id: string }>`
      select contact_id from group_members where account_id = ${accountId} and group_id = ${groupId} order by contact_id`,
    )
  ).map(({ contact_id }) => contact_id)

const eventsOf = async (ids: string[]) =>
  (
    await rows(
      db,
      sql<{ kind: string }>`
      select kind from contact_events where account_id = ${accountId} and contact_id = any (${ids}::bigint[]) order by event_id`,
    )
  ).map(({ kind }) => kind)

test('everybody whom a filter finds joins a group, except who opted out (INV-6)', async () => {
  const { filter, ids } = await crowd(4)
  const group = await createGroup(db, actor, 'Joined')
  const act = { type: 'add_to_group', groupId: group.id } as const
  expect(await perform(filter, act)).toEqual({ matched: 4, changed: 3, optedOut: 1 })
  expect(await membersOf(group.id)).toEqual(ids.filter((_, place) => place !== 2))
  expect(await eventsOf(ids)).toEqual(['joined_group', 'joined_group', 'joined_group'])
  expect(await perform({ ids }, act)).toEqual({ matched: 4, changed: 0, optedOut: 1 })
})

test('who opted out stays in the groups that he was in (INV-2)', async () => {
  const { filter, ids, keys } = await crowd(4)
  const group = await createGroup(db, actor, 'Left')
  await perform({ ids }, { type: 'add_to_group', groupId: group.id })
  await optOut(db, accountId, keys.slice(3), { source: 'link' })
  const act = { type: 'remove_from_group', groupId: group.id } as const
  expect(await perform(filter, act)).toEqual({ matched: 4, changed: 2, optedOut: 1 })
  expect(await membersOf(group.id)).toEqual([ids[3]])
})

test('a change of status leaves who opted out alone and says how many they are (INV-18)', async () => {
  const { filter, ids } = await crowd(4)
  const error = { type: 'set_status', status: 'error' } as const
  expect(await perform(filter, error)).toEqual({ matched: 4, changed: 2, optedOut: 1 })
  expect(await statuses(ids)).toEqual(['error', 'error', 'opt_out', 'error'])
  const active = { type: 'set_status', status: 'active' } as const
  expect(await perform({ ids }, active)).toEqual({ matched: 4, changed: 3, optedOut: 1 })
  expect(await statuses(ids)).toEqual(['active', 'active', 'opt_out', 'active'])
})

test('an opt-out of a selection reaches everybody in it, Error and archived contacts too, once in the log (INV-17)', async () => {
  const { ids } = await crowd(5)
  await perform({ ids: ids.slice(4) }, { type: 'archive' })
  const job = await start({ ids }, { type: 'set_status', status: 'opt_out' })
  expect(await actOnSelection(job)).toEqual({ optedOut: 4, alreadyOptedOut: 1 })
  expect(await actOnSelection(job)).toEqual({ optedOut: 4, alreadyOptedOut: 1 })
  expect(new Set(await statuses(ids))).toEqual(new Set(['opt_out']))
  const entries = await rows(
    db,
    sql`select source, opted_out, already from optout_ledger where account_id = ${accountId} and evidence->>'jobId' = ${job.jobId}`,
  )
  expect(entries).toEqual([{ source: 'bulk', opted_out: '4', already: '1' }])
})

test('the archive takes who opted out too, and gives everybody back as they were', async () => {
  const { filter, ids } = await crowd(4)
  expect(await perform(filter, { type: 'archive' })).toEqual({ matched: 4, changed: 4, optedOut: 0 })
  expect(await perform(filter, { type: 'archive' })).toEqual({ matched: 0, changed: 0, optedOut: 0 })
  expect(await perform({ ids }, { type: 'restore' })).toEqual({ matched: 4, changed: 4, optedOut: 0 })
  expect(await statuses(ids)).toEqual(['active', 'error', 'opt_out', 'active'])
  expect((await eventsOf(ids)).sort()).toEqual([
    ...Array<string>(4).fill('archived'),
    ...Array<string>(4).fill('restored'),
  ])
})

test('opt-outs that arrive in the middle of an act on many are kept and counted (INV-18)', async () => {
  const { filter, ids, keys } = await crowd(100)
  const job = await start(filter, { type: 'set_status', status: 'error' })
  // An Error of the first one that is not committed yet makes the act wait there, after it has chosen its contacts.
  const blocker = await pool.connect()
  await blocker.query('begin')
  await blocker.query(`insert into contact_errors (account_id, contact_id, reason) values ($1, $2, 'delivery')`, [
    accountId,
    ids[0],
  ])
  const changed = actOnSelection(job)
  await waiting('%insert into contact_errors%manual%')
  await optOut(db, accountId, keys.slice(1), { source: 'api' })
  await blocker.query('rollback')
  blocker.release()
  expect(await changed).toEqual({ matched: 100, changed: 1, optedOut: 99 })
  expect((await statuses(ids)).filter((status) => status === 'opt_out')).toHaveLength(99)
})

test('a contact that gets another address while many are opted out is opted out with the one that it has then', async () => {
  const { filter, ids } = await crowd(2)
  const editing = await pool.connect()
  await editing.query('begin')
  await editing.query(
    `update contacts set address = 'moved@post.example', canonical = 'moved@post.example', address_key = decode(repeat('ab', 16), 'hex')
     where account_id = $1 and contact_id = $2`,
    [accountId, ids[0]],
  )
  const done = actOnSelection(await start({ ids }, { type: 'set_status', status: 'opt_out' }))
  await waiting('%pg_advisory_xact_lock(1279738%')
  await editing.query('commit')
  editing.release()
  expect(await done).toEqual({ optedOut: 2, alreadyOptedOut: 0 })
  expect(await statuses(ids)).toEqual(['opt_out', 'opt_out'])
  expect(filter).toBeDefined()
})

test.each<BulkAct>([{ type: 'set_status', status: 'opt_out' }, { type: 'archive' }, { type: 'erase', count: 3 }])(
  'an act that is cancelled before it takes effect leaves nothing behind: $type',
  async (act) => {
    const { filter, ids } = await crowd(3)
    const job = await start(filter, act)
    await askToCancel(db, accountId, job.jobId)
    await expect(actOnSelection(job)).rejects.toThrow(JobCancelled)
    expect(await statuses(ids)).toEqual(['active', 'error', 'opt_out'])
    expect(await eventsOf(ids)).toEqual([])
  },
)

test('when another number matches than was confirmed, nobody is erased', async () => {
  const { filter, ids } = await crowd(3)
  const job = await start(filter, { type: 'erase', count: 2 })
  await expect(actOnSelection(job)).rejects.toMatchObject({ code: 'bulk.count_differs' })
  expect(await statuses(ids)).toHaveLength(3)
  const { waiting: left } = await row(
    db,
    sql<{ waiting: number }>`select count(*)::int as waiting from job_contacts where job_id = ${job.jobId}`,
  )
  expect(left).toBe(0)
})

test('an erasure that was stopped half way goes on with the same people; opt-outs stay (INV-16)', async () => {
  const { filter, ids, keys } = await crowd(12_000)
  const job = await start(filter, { type: 'erase', count: 12_000 })
  const progress: number[] = []
  const stopping = {
    ...job,
    progress: async (done: number) => {
      progress.push(done)
      if (done >= 5000) throw new JobInterrupted()
    },
  }
  await expect(actOnSelection(stopping)).rejects.toThrow(JobInterrupted)
  expect(progress).toEqual([0, 5000])
  // Somebody who is added now was not in what the operator confirmed.
  await run(
    db,
    sql`insert into contacts (account_id, address, canonical, address_key)
        values (${accountId}, ${`crowd${crowds}-late@post.example`}, ${`crowd${crowds}-late@post.example`}, decode(repeat('cd', 16), 'hex'))`,
  )
  const { payload = {} } = (await findJob(db, accountId, job.jobId)) ?? {}
  expect(payload).not.toHaveProperty('selection')
  await askToCancel(db, accountId, job.jobId) // too late: it has taken effect
  const done = { matched: 12_000, changed: 12_000, optedOut: 0 }
  expect(await actOnSelection({ ...job, payload })).toEqual(done)
  expect(await statuses(ids)).toEqual([])
  expect((await findJob(db, accountId, job.jobId))?.result).toEqual(done)
  const left = await rows(
    db,
    sql`select from contacts where account_id = ${accountId} and address like ${`crowd${crowds}-%`}`,
  )
  expect(left).toHaveLength(1)
  const standing = await rows(
    db,
    sql`select from standing_optouts where account_id = ${accountId} and address_key = ${keys[2]}`,
  )
  expect(standing).toHaveLength(1)
}, 60_000)

test('what was selected leaves the job with its end', async () => {
  const { filter } = await crowd(1)
  const job = await start(filter, { type: 'archive' })
  await actOnSelection(job)
  expect((await findJob(db, accountId, job.jobId))?.payload).not.toHaveProperty('selection')
})

test.each<[Selection, BulkAct, string]>([
  [{ ids: ['1'] }, { type: 'add_to_group', groupId: '999' }, 'group.not_found'],
  [{ filter: { segmentId: '999', archived: false } }, { type: 'archive' }, 'segment.not_found'],
  [
    { filter: { condition: { type: 'topic', topicId: '999' }, archived: false } },
    { type: 'archive' },
    'condition.invalid',
  ],
])('what cannot be done is refused at once: %j %j', async (selection, act, code) => {
  await expect(startBulk(db, actor, { selection, act })).rejects.toMatchObject({ code })
})

test('two acts on the same people stand in line', async () => {
  const { filter, ids } = await crowd(50)
  const jobs = [await start(filter, { type: 'archive' }), await start({ ids }, { type: 'archive' })]
  const results = await Promise.all(jobs.map(actOnSelection))
  const changed = results.map((result) => (result as { changed: number }).changed)
  expect(changed.reduce((sum, one) => sum + one)).toBe(50)
  expect(await eventsOf(ids)).toHaveLength(50)
  await transaction(db, async (trx) => {
    expect(
      await rows(
        trx,
        sql`select from contacts where account_id = ${accountId} and archived_at is not null and contact_id = any (${ids}::bigint[])`,
      ),
    ).toHaveLength(50)
  })
})

/** Waits until a statement stands still at a lock. */
const waiting = (statement: string) =>
  expect
    .poll(
      () =>
        rows(
          asOwner.db,
          sql`
          select from pg_stat_activity
          where datname = current_database() and query like ${statement} and wait_event_type = 'Lock' and pid <> pg_backend_pid()`,
        ),
      { timeout: 20_000, interval: 20 },
    )
    .toHaveLength(1)
