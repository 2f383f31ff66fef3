// After a large import nobody has looked at the tables yet, so the planner knows nothing of their size. What is quick
// with statistics may then loop over everybody for each of them: minutes where it should be a moment.
import { beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../../test/database.ts'
import { row, run, sql } from '../platform/database.ts'
import { actOnSelection, startBulk } from './bulk.ts'
import { countsOfAccount, countsOfGroups } from './counts.ts'
import { createGroup } from './group.ts'

const SIZE = 25_000
const MOMENT_MS = 5_000 // it takes some 50 ms; looping over everybody takes 30 s and more

const { db, asOwner } = await freshDatabase()
let accountId: string
let actor: { accountId: string; userId: string | null; apiKeyId: string | null }
let groupId: string

const KEY = sql`substr(sha256(convert_to(address, 'UTF8')), 1, 16)`

beforeAll(async () => {
  for (const table of ['contacts', 'group_members', 'standing_optouts'])
    await run(asOwner.db, sql`alter table ${sql.ref(table)} set (autovacuum_enabled = false)`)
  const made = await row(
    db,
    sql<{ account_id: string }>`
    with organization as (insert into organizations (name) values ('Herons') returning organization_id)
    insert into accounts (organization_id, name) select organization_id, 'Herons' from organization returning account_id`,
  )
  accountId = made.account_id
  actor = { accountId, userId: null, apiKeyId: null }
  groupId = (await createGroup(db, actor, 'Everybody')).id
  await run(
    db,
    sql`
    insert into contacts (account_id, address, canonical, address_key)
    select ${accountId}, address, address, ${KEY}
    from generate_series(1, ${SIZE}::int) n, lateral (select n || '@post.example' as address) named`,
  )
  await run(
    db,
    sql`
    insert into group_members (account_id, group_id, contact_id)
    select account_id, ${groupId}, contact_id from contacts where account_id = ${accountId}`,
  )
  await run(
    asOwner.db,
    sql`
    insert into standing_optouts (account_id, address_key, entry_id, source, opted_out_at)
    select ${accountId}, ${KEY}, 1, 'bulk', now()
    from generate_series(1, ${SIZE / 2}::int) n, lateral (select n || '@post.example' as address) named`,
  )
})

async function takes(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

test('counts after a few changes are there in a moment, without statistics', async () => {
  await countsOfAccount(db, accountId)
  await countsOfGroups(db, accountId, [groupId])
  for (let n = 1; n <= 5; n++)
    await run(
      db,
      sql`insert into contact_errors (account_id, contact_id, reason)
          select account_id, contact_id, 'manual' from contacts where account_id = ${accountId} and canonical = ${`${SIZE - n}@post.example`}`,
    )
  expect(await takes(() => countsOfAccount(db, accountId))).toBeLessThan(MOMENT_MS)
  expect(await takes(() => countsOfGroups(db, accountId, [groupId]))).toBeLessThan(MOMENT_MS)
  const expected = { active: SIZE / 2 - 5, error: 5, optOut: SIZE / 2 }
  expect(await countsOfAccount(db, accountId)).toMatchObject(expected)
  expect((await countsOfGroups(db, accountId, [groupId])).get(groupId)).toMatchObject(expected)
})

test('a large group is emptied in a moment, without statistics', async () => {
  const job = await startBulk(db, actor, {
    selection: { filter: { archived: false } },
    act: { type: 'remove_from_group', groupId },
  })
  const context = { db, accountId, jobId: job.job_id, payload: job.payload }
  const quiet = { progress: async () => {}, isCancelAsked: async () => false }
  let result: unknown
  expect(
    await takes(async () => {
      result = await actOnSelection({ ...context, ...quiet })
    }),
  ).toBeLessThan(MOMENT_MS)
  expect(result).toMatchObject({ matched: SIZE, optedOut: SIZE / 2 })
})
