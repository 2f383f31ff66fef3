import fc from 'fast-check'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { freshDatabase } from '../../test/database.ts'
import { optOut, optOutMany } from '../optouts/optout.ts'
import { type Db, row, rows, run, sql, type Trx, transaction } from '../platform/database.ts'
import { countsOfAccount, countsOfGroups, pruneCounts } from './counts.ts'

const RUNS = Number(process.env.COUNTS_RUNS ?? 6)
const { db, pool, asOwner } = await freshDatabase()
let accountId: string
let groups: string[]

beforeAll(async () => {
  await run(db, sql`insert into organizations (name) values ('Herons')`)
})

beforeEach(async () => {
  const made = await row(
    db,
    sql<{ account_id: string }>`
    insert into accounts (organization_id, name) select organization_id, 'Herons' from organizations returning account_id`,
  )
  accountId = made.account_id
  const two = await rows(
    db,
    sql<{ group_id: string }>`
    insert into groups (account_id, name) values (${accountId}, 'One'), (${accountId}, 'Two') returning group_id`,
  )
  groups = two.map(({ group_id }) => group_id)
})

const keyOf = (name: string) => sql`substr(sha256(convert_to(${name}::text, 'UTF8')), 1, 16)`
const keyBytes = async (name: string) => (await row(db, sql<{ key: Buffer }>`select ${keyOf(name)} as key`)).key

async function add(to: Db, name: string): Promise<string> {
  const { contact_id } = await row(
    to,
    sql<{ contact_id: string }>`
    insert into contacts (account_id, address, canonical, address_key) values (${accountId}, ${name}, ${name}, ${keyOf(name)})
    on conflict (account_id, canonical) do update set updated_at = now() returning contact_id`,
  )
  return contact_id
}
const join = (to: Db, contactId: string, groupId = groups[0]) =>
  run(
    to,
    sql`insert into group_members (account_id, group_id, contact_id) values (${accountId}, ${groupId}, ${contactId}) on conflict do nothing`,
  )
const leave = async (from: Db, name: string) => optOut(from, accountId, [await keyBytes(name)], { source: 'link' })

/** Counted from the facts in one plain statement. */
async function counted(of: Db, groupId?: string) {
  const found = await rows(
    of,
    sql<{ status: string; archived: boolean; n: number }>`
    select status, archived_at is not null as archived, count(*)::int as n from contact_status state
    where account_id = ${accountId} ${
      groupId === undefined
        ? sql``
        : sql`and exists (select from group_members member where member.account_id = ${accountId}
                          and member.group_id = ${groupId} and member.contact_id = state.contact_id)`
    } group by 1, 2`,
  )
  const n = (status: string, archived: boolean) =>
    found.find((one) => one.status === status && one.archived === archived)?.n ?? 0
  const of3 = (archived: boolean) => ({
    active: n('active', archived),
    error: n('error', archived),
    optOut: n('opt_out', archived),
  })
  return { ...of3(false), archived: of3(true) }
}

async function expectExact(of: Db = db) {
  expect(await countsOfAccount(of, accountId)).toEqual(await counted(of))
  const found = await countsOfGroups(of, accountId, groups)
  for (const group of groups) expect(found.get(group), `group ${group}`).toEqual(await counted(of, group))
}

/** One connection with a transaction that stays open until it is told. */
async function held() {
  let finish: (how: 'commit' | 'rollback') => void = () => {}
  let begun: (trx: Trx) => void = () => {}
  const opened = new Promise<Trx>((resolve) => {
    begun = resolve
  })
  const asked = new Promise<'commit' | 'rollback'>((resolve) => {
    finish = resolve
  })
  const ended = transaction(db, async (trx) => {
    begun(trx)
    if ((await asked) === 'rollback') throw new Error('rolled back')
  }).catch((error: unknown) => {
    if (!(error instanceof Error && error.message === 'rolled back')) throw error
  })
  const end = async (how: 'commit' | 'rollback') => {
    finish(how)
    await ended
  }
  return { trx: await opened, end }
}

type Act = (name: string, group: string) => Promise<unknown>
const contact = (name: string) => sql`account_id = ${accountId} and canonical = ${name}`
const idOf = (name: string) => sql`(select contact_id from contacts where ${contact(name)})`

/** Refusals of a locked contact are part of the game: nothing changes then. */
const tried = (work: Promise<unknown>) =>
  work.catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'LW001')) throw error
  })

const acts: [string, Act][] = [
  ['is added', (name) => add(db, name)],
  ['joins', async (name, group) => tried(join(db, await add(db, name), group))],
  [
    'leaves the group',
    (name, group) =>
      run(
        db,
        sql`delete from group_members where account_id = ${accountId} and group_id = ${group} and contact_id = ${idOf(name)}`,
      ),
  ],
  [
    'fails',
    (name) =>
      tried(
        run(
          db,
          sql`insert into contact_errors (account_id, contact_id, reason) select account_id, contact_id, 'manual' from contacts
              where ${contact(name)} on conflict do nothing`,
        ),
      ),
  ],
  [
    'is active again',
    (name) =>
      tried(run(db, sql`delete from contact_errors where account_id = ${accountId} and contact_id = ${idOf(name)}`)),
  ],
  ['opts out', (name) => leave(db, name)],
  [
    'is opted out with others',
    (name) =>
      transaction(db, (trx) =>
        optOutMany(trx, accountId, sql`select unnest(array[${keyOf(name)}, ${keyOf(`${name}x`)}])`, { source: 'bulk' }),
      ),
  ],
  [
    'is opted out with the group',
    (_name, group) => run(db, sql`select record_group_optouts(${accountId}, ${group}, null, null, '{}')`),
  ],
  ['is archived', (name) => run(db, sql`update contacts set archived_at = now() where ${contact(name)}`)],
  ['is restored', (name) => run(db, sql`update contacts set archived_at = null where ${contact(name)}`)],
  [
    'moves to another address',
    (name) =>
      tried(
        run(
          db,
          sql`update contacts set address = ${`new.${name}`}, canonical = ${`new.${name}`}, address_key = ${keyOf(`new.${name}`)}
              where ${contact(name)} and not exists (select from contacts where ${contact(`new.${name}`)})`,
        ),
      ),
  ],
  ['is erased', (name) => run(db, sql`select erase_contact(${accountId}, ${idOf(name)})`)],
  [
    'is imported with many others',
    (name, group) =>
      tried(
        run(
          db,
          sql`
          with added as (
            insert into contacts (account_id, address, canonical, address_key)
            select ${accountId}, each, each, substr(sha256(convert_to(each, 'UTF8')), 1, 16) from generate_series(1, 100) n, lateral (select ${name}::text || n as each) named
            on conflict do nothing returning contact_id
          ) insert into group_members (account_id, group_id, contact_id) select ${accountId}, ${group}, contact_id from added`,
        ),
      ),
  ],
  ['nobody does anything while the log is pruned', () => pruneCounts(db)],
]

const step = fc.record({ act: fc.nat(acts.length - 1), who: fc.nat(4), group: fc.nat(1) })

test('counts are exact after any sequence of changes', { timeout: 30_000 + RUNS * 5000 }, async () => {
  let lives = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 20, size: 'max' }), async (steps) => {
      lives += 1
      for (const who of [0, 1, 2, 3, 4]) await join(db, await add(db, `p${lives}.${who}@post.example`))
      await expectExact()
      for (const { act, who, group } of steps) {
        await acts[act]?.[1](`p${lives}.${who}@post.example`, groups[group] ?? '')
        await expectExact()
      }
    }),
    { numRuns: RUNS, endOnFailure: true },
  )
})

test('an opt-out that is not finished yet is counted when it is, not before and not never', async () => {
  await join(db, await add(db, 'ann@post.example'))
  await expectExact()
  const open = await held()
  await leave(open.trx, 'ann@post.example')
  await expectExact()
  expect(await countsOfAccount(open.trx, accountId)).toMatchObject({ active: 0, optOut: 1 })
  expect(await countsOfAccount(db, accountId)).toMatchObject({ active: 1, optOut: 0 })
  await open.end('commit')
  expect(await countsOfAccount(db, accountId)).toMatchObject({ active: 0, optOut: 1 })
  await expectExact()
})

test('what a transaction takes back is not counted', async () => {
  await join(db, await add(db, 'ann@post.example'))
  const open = await held()
  await leave(open.trx, 'ann@post.example')
  await expectExact(open.trx)
  await open.end('rollback')
  await expectExact()
})

test('a change after a savepoint that was taken back is counted all the same', async () => {
  const id = await add(db, 'ann@post.example')
  await expectExact()
  const client = await pool.connect()
  const many = `insert into contacts (account_id, address, canonical, address_key)
    select ${accountId}, 's' || n, 's' || n, sha256(n::text::bytea)::bytea from generate_series(1, 200) n`
  await client.query('begin')
  await client.query('savepoint here')
  await expect(client.query(many)).rejects.toMatchObject({ code: '23514' })
  await client.query('rollback to here')
  await client.query('savepoint again')
  await client.query(many.replace('sha256(n::text::bytea)::bytea', 'substr(sha256(n::text::bytea), 1, 16)'))
  await client.query('rollback to again')
  await client.query(`insert into group_members (account_id, group_id, contact_id) values ($1, $2, $3)`, [
    accountId,
    groups[0],
    id,
  ])
  await client.query('commit')
  client.release()
  await expectExact()
  expect(await countsOfGroups(db, accountId, groups)).toMatchObject({ size: 2 })
})

test('an address that opts out while it is being added counts as opted out, whoever is first', async () => {
  for (const [name, first] of [
    ['ann@post.example', 'adding'],
    ['bob@post.example', 'leaving'],
  ] as const) {
    await expectExact()
    const adding = await held()
    await add(adding.trx, name)
    const leaving = await held()
    await leave(leaving.trx, name) // sees no such contact
    await (first === 'adding' ? adding : leaving).end('commit')
    await expectExact()
    await (first === 'adding' ? leaving : adding).end('commit')
    await expectExact()
  }
  expect(await countsOfAccount(db, accountId)).toMatchObject({ active: 0, optOut: 2 })
})

test('a contact that joins a group while it opts out is counted in that group as it is then', async () => {
  const id = await add(db, 'ann@post.example')
  await expectExact()
  const leaving = await held()
  await leave(leaving.trx, 'ann@post.example')
  const joining = await held()
  await join(joining.trx, id)
  await joining.end('commit')
  await expectExact()
  await leaving.end('commit')
  await expectExact()
})

test('a contact that leaves a group while its address is being changed is counted where it went', async () => {
  const id = await add(db, 'ann@post.example')
  await join(db, id)
  await expectExact()
  const moving = await held()
  await run(
    moving.trx,
    sql`update contacts set address = 'eve', canonical = 'eve', address_key = ${keyOf('eve')} where account_id = ${accountId}`,
  )
  const removing = await held()
  await run(removing.trx, sql`delete from group_members where account_id = ${accountId} and contact_id = ${id}`)
  await moving.end('commit')
  await expectExact()
  await removing.end('commit')
  await expectExact()
})

test('changes that a count has not seen are not pruned while it goes on', async () => {
  await expectExact()
  const counting = await held()
  await sql`select pg_advisory_xact_lock_shared(1279739, ${accountId}::int)`.execute(counting.trx)
  await run(
    db,
    sql`insert into audience_changes (account_id, xid, part) select ${accountId}, old::text::xid8, part from generate_series(3, 5) old, generate_series(0, 999) part`,
  )
  await leave(db, 'ann@post.example')
  const kept = async () =>
    (await row(db, sql<{ n: number }>`select count(*)::int as n from audience_changes where account_id = ${accountId}`))
      .n
  await pruneCounts(db)
  expect(await kept()).toBe(3001)
  await counting.end('commit')
  await pruneCounts(db)
  expect(await kept()).toBe(1) // nobody has counted since then
  await expectExact()
})

test('counts that were kept on another server are not believed after a restore', async () => {
  await add(db, 'ann@post.example')
  await expectExact()
  await run(
    asOwner.db,
    sql`update cached_counts set system_id = system_id + 1, active = 77 where account_id = ${accountId}`,
  )
  await expectExact()
})

test('tables that were emptied as a whole are counted again', async () => {
  await join(db, await add(db, 'ann@post.example'))
  await expectExact()
  await sql`truncate group_members`.execute(asOwner.db)
  await expectExact()
})

test('accounts do not hear of each other', async () => {
  await add(db, 'ann@post.example')
  const [mine, other] = [
    accountId,
    await row(
      db,
      sql<{ id: string }>`
    insert into accounts (organization_id, name) select organization_id, 'Other' from organizations returning account_id as id`,
    ),
  ]
  expect((await countsOfAccount(db, other.id)).active).toBe(0)
  expect((await countsOfAccount(db, mine)).active).toBe(1)
  expect((await countsOfGroups(db, other.id, groups)).size).toBe(0)
})
