import { beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../../test/database.ts'
import { freshKeys } from '../../test/program.ts'
import { holdTransaction, whenWaiting } from '../../test/waiting.ts'
import { addressKey } from '../optouts/address.ts'
import { row, rows, sql } from '../platform/database.ts'
import { askToCancel, JobCancelled, type JobContext } from '../platform/jobs.ts'
import { createGroup } from './group.ts'
import { addAddresses } from './group-addresses.ts'
import { copyMembers, startGroupCopy } from './group-copy.ts'
import { addMembers } from './group-members.ts'

const database = await freshDatabase()
const { db } = database
const keys = freshKeys()
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
const makeGroup = async (kind: 'regular' | 'test' = 'regular') =>
  (await createGroup(db, actor, `Group ${++groups}`, kind)).id

const addressesOf = (name: string, count: number) => Array.from({ length: count }, (_, n) => `${name}${n}@post.example`)

const paste = (groupId: string, addresses: string[], addUnknown = true) =>
  addAddresses({ db, keys }, actor, groupId, { addresses, addUnknown })

const keyOf = (address: string) => addressKey(keys.address, address)

/** Opts out all of them at once, as an act on many does, in a transaction that the test ends. */
async function holdOptOut(addresses: string[]) {
  const held = await holdTransaction(database)
  await held.query('select record_many_optouts($1, $2, $3, null, null, null)', [
    accountId,
    addresses.map(keyOf),
    'bulk',
  ])
  return held
}

const membersOf = (groupId: string) =>
  rows(
    db,
    sql<{ address: string; status: string }>`
    select address, status from group_members join contact_status using (account_id, contact_id)
    where account_id = ${accountId} and group_id = ${groupId} order by address`,
  )

async function startCopy(from: string, to: string): Promise<JobContext> {
  const started = await startGroupCopy(db, actor, from, { to: { groupId: to }, statuses: ['active', 'error'] })
  const { job_id: jobId, payload } = started
  return { db, accountId, jobId, payload, progress: async () => {}, isCancelAsked: async () => false }
}

test('a copy that meets an opt-out of some of its members leaves those out and counts them (INV-6, SE-11)', async () => {
  const [from, to] = [await makeGroup(), await makeGroup()]
  const people = addressesOf('copied', 20)
  await paste(from, people)
  const held = await holdOptOut(people.slice(0, 5))
  const copied = copyMembers(await startCopy(from, to))
  await whenWaiting(database)
  await held.end('commit')
  expect(await copied).toEqual({ copied: 15, already: 0, optedOut: 5, to: { id: to, name: expect.any(String) } })
  expect((await membersOf(to)).map(({ status }) => status)).toEqual(Array.from({ length: 15 }, () => 'active'))
})

test('pasted addresses that are opted out meanwhile are left alone and counted (INV-6, SE-11)', async () => {
  const [from, to] = [await makeGroup(), await makeGroup()]
  const people = addressesOf('pasted', 20)
  await paste(from, people)
  const held = await holdOptOut(people.slice(0, 5))
  const pasted = paste(to, people)
  await whenWaiting(database)
  await held.end('commit')
  expect(await pasted).toMatchObject({ added: 15, already: 0, optedOut: 5, made: 0 })
  expect(await membersOf(to)).toHaveLength(15)
})

test('addresses that are unknown and are opted out meanwhile join no group (SE-11)', async () => {
  const to = await makeGroup()
  const people = addressesOf('unknown', 10)
  const held = await holdOptOut(people.slice(0, 4))
  const pasted = paste(to, people)
  await whenWaiting(database)
  await held.end('commit')
  expect(await pasted).toMatchObject({ added: 6, optedOut: 4, made: 6, optedOutAddresses: people.slice(0, 4) })
  expect((await membersOf(to)).map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 'active'))
})

test('a copy that is stopped before it takes effect leaves nothing behind', async () => {
  const [from, to] = [await makeGroup(), await makeGroup()]
  await paste(from, addressesOf('stopped', 3))
  const job = await startCopy(from, to)
  await askToCancel(db, accountId, job.jobId)
  await expect(copyMembers(job)).rejects.toThrow(JobCancelled)
  expect(await membersOf(to)).toEqual([])
})

test('of two programs that run the same copy, one has its effect', async () => {
  const [from, to] = [await makeGroup(), await makeGroup()]
  await paste(from, addressesOf('twice', 30))
  const job = await startCopy(from, to)
  const results = await Promise.all([copyMembers(job), copyMembers(job)])
  expect(results).toEqual(results.map(() => ({ copied: 30, already: 0, optedOut: 0, to: expect.anything() })))
})

test('of two who fill the last place of a test group at the same time, one is refused', async () => {
  const [all, small] = [await makeGroup(), await makeGroup('test')]
  const people = addressesOf('last', 11)
  await paste(all, people)
  await paste(small, people.slice(0, 9))
  const held = await holdTransaction(database)
  await held.query(
    `insert into group_members (account_id, group_id, contact_id)
     select account_id, $2, contact_id from contacts where account_id = $1 and canonical = $3`,
    [accountId, small, people[9]],
  )
  const { contact_id } = await row(
    db,
    sql<{
      contact_id: string
    }>`select contact_id from contacts where account_id = ${accountId} and canonical = ${people[10] ?? ''}`,
  )
  const late = expect(addMembers(db, actor, small, [contact_id])).rejects.toMatchObject({ code: 'group.full' })
  await whenWaiting(database)
  await held.end('commit')
  await late
  expect(await membersOf(small)).toHaveLength(10)
})

test('the kind of a group never changes', async () => {
  const group = await makeGroup()
  await expect(
    row(
      db,
      sql`update groups set kind = 'test' where account_id = ${accountId} and group_id = ${group} returning group_id`,
    ),
  ).rejects.toThrow()
})
