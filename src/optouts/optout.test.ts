import { expect, test } from 'vitest'
import { freshDatabase } from '../../test/database.ts'
import { testCore } from '../../test/program.ts'
import { insertContact, keyOf } from '../../test/sample.ts'
import { row, rows, run, sql } from '../platform/database.ts'
import { optOut, standingOptOut } from './optout.ts'

const database = await freshDatabase()
const core = testCore(database)
const { db } = core
const ACCOUNT = '1'
let made = 0

async function person() {
  const address = `ann.${++made}@post.example`
  const contactId = await insertContact(core, ACCOUNT, address)
  return { address, contactId, key: keyOf(core, address) }
}
type Person = Awaited<ReturnType<typeof person>>
const statusOf = async ({ contactId }: Person) =>
  (
    await row(
      db,
      sql<{
        status: string
      }>`select status from contact_status where account_id = ${ACCOUNT} and contact_id = ${contactId}`,
    )
  ).status
const isMailable = async ({ contactId }: Person) =>
  (await rows(db, sql`select from mailable_contacts where account_id = ${ACCOUNT} and contact_id = ${contactId}`))
    .length === 1
const group = async (...people: Person[]) => {
  const { group_id } = await row(
    db,
    sql<{
      group_id: string
    }>`insert into groups (account_id, name) values (${ACCOUNT}, ${`Group ${++made}`}) returning group_id`,
  )
  for (const { contactId } of people)
    await run(
      db,
      sql`insert into group_members (account_id, group_id, contact_id) values (${ACCOUNT}, ${group_id}, ${contactId})`,
    )
  return group_id
}

test('an opt-out takes effect when it is answered, and only for its address (INV-14, INV-24)', async () => {
  const [ann, bob] = [await person(), await person()]
  expect(await isMailable(ann)).toBe(true)
  expect(await optOut(db, ACCOUNT, [ann.key], { source: 'link', mailingId: '3' })).toMatchObject({
    optedOut: 1,
    alreadyOptedOut: 0,
  })
  expect([await isMailable(ann), await statusOf(ann)]).toEqual([false, 'opt_out'])
  expect([await isMailable(bob), await statusOf(bob)]).toEqual([true, 'active'])
  expect(await standingOptOut(db, ACCOUNT, ann.key)).toMatchObject({ source: 'link', mailing_id: '3' })
  expect(await standingOptOut(db, ACCOUNT, bob.key)).toBeUndefined()
  expect(await standingOptOut(db, '2', ann.key)).toBeUndefined()
})

test('an address given twice counts once, and one that was out keeps its first date', async () => {
  const [ann, bob] = [await person(), await person()]
  const first = await optOut(db, ACCOUNT, [ann.key], { source: 'operator' })
  const both = await optOut(db, ACCOUNT, [ann.key, bob.key, bob.key], { source: 'api' })
  expect(both).toEqual({ optedOut: 1, alreadyOptedOut: 1, since: first.since })
})

test("an operator cannot make a recipient's own opt-out into an operator's (INV-21)", async () => {
  const ann = await person()
  await optOut(db, ACCOUNT, [ann.key], { source: 'one_click', mailingId: '9' })
  for (const source of ['operator', 'api', 'provider'] as const) await optOut(db, ACCOUNT, [ann.key], { source })
  expect(await standingOptOut(db, ACCOUNT, ann.key)).toMatchObject({ source: 'one_click', mailing_id: '9' })
})

test("a recipient's own opt-out becomes the reason of an operator's; the first date stays (INV-21)", async () => {
  const ann = await person()
  const { since } = await optOut(db, ACCOUNT, [ann.key], { source: 'operator' })
  await optOut(db, ACCOUNT, [ann.key], { source: 'provider' })
  await optOut(db, ACCOUNT, [ann.key], { source: 'link', mailingId: '4' })
  expect(await standingOptOut(db, ACCOUNT, ann.key)).toEqual({ opted_out_at: since, source: 'link', mailing_id: '4' })
  const entries = await rows(
    db,
    sql<{ source: string; opted_out: string }>`
    select source, opted_out from optout_ledger where account_id = ${ACCOUNT} and address_key = ${ann.key} order by entry_id`,
  )
  expect(entries.map(({ source, opted_out }) => `${source} ${opted_out}`)).toEqual([
    'operator 1',
    'provider 0',
    'link 0',
  ])
})

test('messages that wait for the address are withheld in the same moment; those of others are not (INV-7, INV-24)', async () => {
  const [ann, bob] = [await person(), await person()]
  for (const { contactId, key } of [ann, bob])
    for (const [mailing, state] of ['queued', 'deferred', 'accepted'].entries())
      await run(
        db,
        sql`insert into messages (account_id, mailing_id, contact_id, address_key, state) values (${ACCOUNT}, ${mailing + 1}, ${contactId}, ${key}, ${state})`,
      )
  await optOut(db, ACCOUNT, [ann.key], { source: 'link' })
  const states = async ({ key }: Person) =>
    (
      await rows(
        db,
        sql<{
          state: string
        }>`select state from messages where account_id = ${ACCOUNT} and address_key = ${key} order by mailing_id`,
      )
    ).map(({ state }) => state)
  expect(await states(ann)).toEqual(['withheld', 'withheld', 'accepted'])
  expect(await states(bob)).toEqual(['queued', 'deferred', 'accepted'])
})

test('a message to an address that is out never becomes handed over, and a new one is withheld at once (INV-7)', async () => {
  const ann = await person()
  await optOut(db, ACCOUNT, [ann.key], { source: 'link' })
  const { message_id, state } = await row(
    db,
    sql<{ message_id: string; state: string }>`
    insert into messages (account_id, mailing_id, contact_id, address_key) values (${ACCOUNT}, 50, ${ann.contactId}, ${ann.key}) returning message_id, state`,
  )
  expect(state).toBe('withheld')
  const to = (next: string) =>
    run(db, sql`update messages set state = ${next} where account_id = ${ACCOUNT} and message_id = ${message_id}`)
  await expect(to('handed_over')).rejects.toMatchObject({ code: 'LW002' })
  for (const next of ['queued', 'deferred']) {
    await run(
      db,
      sql`update messages set state = 'withheld' where account_id = ${ACCOUNT} and message_id = ${message_id}`,
    )
    await to(next)
    const after = await row(
      db,
      sql<{ state: string }>`select state from messages where account_id = ${ACCOUNT} and message_id = ${message_id}`,
    )
    expect(after.state).toBe('withheld')
  }
})

test('everybody in a group is opted out in one entry: Error and archived contacts too (INV-17)', async () => {
  const people = [await person(), await person(), await person(), await person()]
  const [ann, bob, cleo, dan] = people
  if (!ann || !bob || !cleo || !dan) throw new Error('four people')
  await run(
    db,
    sql`insert into contact_errors (account_id, contact_id, reason) values (${ACCOUNT}, ${bob.contactId}, 'delivery')`,
  )
  await run(
    db,
    sql`update contacts set archived_at = now() where account_id = ${ACCOUNT} and contact_id = ${cleo.contactId}`,
  )
  const groupId = await group(...people)
  await optOut(db, ACCOUNT, [dan.key], { source: 'link' })
  const recorded = await row(
    db,
    sql`select opted_out, already from record_group_optouts(${ACCOUNT}, ${groupId}, 5, null, '{}')`,
  )
  expect(recorded).toEqual({ opted_out: '3', already: '1' })
  for (const each of people) expect(await statusOf(each)).toBe('opt_out')
  expect(await standingOptOut(db, ACCOUNT, dan.key)).toMatchObject({ source: 'link' })
  const entry = await row(
    db,
    sql`select source, group_id, user_id, opted_out, already from optout_ledger where account_id = ${ACCOUNT} and group_id = ${groupId}`,
  )
  expect(entry).toEqual({ source: 'bulk', group_id: groupId, user_id: '5', opted_out: '3', already: '1' })
})

test('the lines of an import that say so are opted out, contacts or not (INV-15, INV-19)', async () => {
  const ann = await person()
  const stranger = keyOf(core, 'stranger@post.example')
  const lines: [number, Buffer | null, boolean][] = [
    [1, ann.key, true],
    [2, stranger, true],
    [3, keyOf(core, 'stays@post.example'), false],
    [4, null, true],
    [5, ann.key, true],
  ]
  for (const [line, key, out] of lines)
    await run(
      db,
      sql`insert into import_rows (account_id, import_id, line, address, address_key, opt_out) values (${ACCOUNT}, 8, ${line}, 'x', ${key}, ${out})`,
    )
  expect(
    await row(db, sql`select opted_out, already from record_import_optouts(${ACCOUNT}, 8, null, null, '{}')`),
  ).toEqual({ opted_out: '2', already: '0' })
  expect(await standingOptOut(db, ACCOUNT, stranger)).toMatchObject({ source: 'import' })
  expect(await statusOf(ann)).toBe('opt_out')
  expect(await standingOptOut(db, ACCOUNT, keyOf(core, 'stays@post.example'))).toBeUndefined()
})

test.each([
  ['update of a standing opt-out', sql`update standing_optouts set source = 'operator'`],
  ['delete of a standing opt-out', sql`delete from standing_optouts`],
  ['truncate of the standing opt-outs', sql`truncate standing_optouts`],
  [
    'insert of a standing opt-out around the routines',
    sql`insert into standing_optouts select 1, decode(md5('x'), 'hex'), 1, 'link', null, now()`,
  ],
  ['update of the ledger', sql`update optout_ledger set source = 'operator'`],
  ['delete of the ledger', sql`delete from optout_ledger`],
  ['truncate of the ledger', sql`truncate optout_ledger`],
  [
    'insert into the ledger around the routines',
    sql`insert into optout_ledger (account_id, source, opted_out, already) values (1, 'link', 0, 0)`,
  ],
  ['delete of contacts around erasure', sql`delete from contacts`],
  ['truncate of contacts', sql`truncate contacts cascade`],
  ['switching the lock off', sql`alter table contacts disable trigger locked`],
  ['dropping the lock', sql`drop trigger locked on contacts`],
  [
    'replacing the guard',
    sql`create or replace function guard_contact() returns trigger language plpgsql as 'begin return new; end'`,
  ],
  [
    'replacing the view of who may be mailed',
    sql`create or replace view mailable_contacts as select account_id, contact_id, address, address_key, fields from contacts`,
  ],
  ['session_replication_role', sql`set session_replication_role = replica`],
])("the application's own role is refused: %s (INV-3, INV-25)", async (_name, statement) => {
  const ann = await person()
  await optOut(db, ACCOUNT, [ann.key], { source: 'link' })
  await expect(run(db, statement)).rejects.toMatchObject({ code: '42501' })
})

test.each([
  ['update of a standing opt-out', sql`update standing_optouts set opted_out_at = now()`],
  ['weaker source', sql`update standing_optouts set source = 'operator' where source = 'link'`],
  ['delete of a standing opt-out', sql`delete from standing_optouts`],
  ['truncate of the standing opt-outs', sql`truncate standing_optouts`],
  ['update of the ledger', sql`update optout_ledger set evidence = '{}'`],
  ['delete of the ledger', sql`delete from optout_ledger`],
  ['truncate of the ledger', sql`truncate optout_ledger`],
])('even the owner of the schema is refused while the triggers stand: %s (INV-3, INV-25)', async (_name, statement) => {
  const ann = await person()
  await optOut(db, ACCOUNT, [ann.key], { source: 'link' })
  await expect(run(core.asOwner.db, statement)).rejects.toMatchObject({ code: 'LW003' })
})

test.each([
  ['address', sql`address = 'new@post.example'`],
  ['canonical form', sql`canonical = 'new@post.example'`],
  ['key', sql`address_key = decode(md5('x'), 'hex')`],
  ['details', sql`fields = '{"first_name": "Ann"}'`],
  ['account', sql`account_id = 2`],
  ['id', sql`contact_id = 999999`],
  ['origin', sql`import_id = 7`],
  ['time it was added', sql`created_at = now() - interval '1 year'`],
])('of a locked contact nothing is changed: %s (INV-2, INV-3)', async (_name, change) => {
  const ann = await person()
  await optOut(db, ACCOUNT, [ann.key], { source: 'link' })
  const where = sql`where account_id = ${ACCOUNT} and contact_id = ${ann.contactId}`
  const before = await row(db, sql`select * from contacts ${where}`)
  await expect(run(db, sql`update contacts set ${change} ${where}`)).rejects.toMatchObject({ code: 'LW001' })
  expect(await row(db, sql`select * from contacts ${where}`)).toEqual(before)
})

test('a locked contact can be archived and restored, and stays locked (DEC-8)', async () => {
  const ann = await person()
  await optOut(db, ACCOUNT, [ann.key], { source: 'link' })
  for (const value of [sql`now()`, sql`null`]) {
    await run(
      db,
      sql`update contacts set archived_at = ${value}, updated_at = now() where account_id = ${ACCOUNT} and contact_id = ${ann.contactId}`,
    )
    expect([await statusOf(ann), await isMailable(ann)]).toEqual(['opt_out', false])
  }
})

test('no other contact takes over a locked address, in any spelling (INV-20, AB-22)', async () => {
  await optOut(db, ACCOUNT, [keyOf(core, 'take.over@gmail.com')], { source: 'link' })
  const ann = await person()
  const change = sql`update contacts set address = 'takeover+1@gmail.com', canonical = 'takeover+1@gmail.com', address_key = ${keyOf(core, 'takeover+1@gmail.com')}
    where account_id = ${ACCOUNT} and contact_id = ${ann.contactId}`
  await expect(run(db, change)).rejects.toMatchObject({ code: 'LW001' })
})

test('a locked contact joins no group and its status facts stay; a bounce may be noted under the opt-out (INV-6, BN-10)', async () => {
  const ann = await person()
  await run(
    db,
    sql`insert into contact_errors (account_id, contact_id, reason) values (${ACCOUNT}, ${ann.contactId}, 'manual')`,
  )
  const [old, other] = [await group(ann), await group()]
  await optOut(db, ACCOUNT, [ann.key], { source: 'link' })
  await expect(
    run(
      db,
      sql`insert into group_members (account_id, group_id, contact_id) values (${ACCOUNT}, ${other}, ${ann.contactId})`,
    ),
  ).rejects.toMatchObject({ code: 'LW001' })
  await expect(
    run(db, sql`update group_members set group_id = ${other} where account_id = ${ACCOUNT} and group_id = ${old}`),
  ).rejects.toMatchObject({ code: 'LW001' })
  await expect(
    run(db, sql`delete from contact_errors where account_id = ${ACCOUNT} and contact_id = ${ann.contactId}`),
  ).rejects.toMatchObject({ code: 'LW001' })
  await expect(
    run(
      db,
      sql`update contact_errors set detail = 'x' where account_id = ${ACCOUNT} and contact_id = ${ann.contactId}`,
    ),
  ).rejects.toMatchObject({ code: 'LW001' })
  await run(
    db,
    sql`update contact_errors set reason = 'delivery' where account_id = ${ACCOUNT} and contact_id = ${ann.contactId}`,
  )
  expect(await statusOf(ann)).toBe('opt_out')
})

test('erasing a person leaves no address anywhere and the opt-out in force (INV-16, INV-4, LW-12)', async () => {
  const ann = await person()
  const groupId = await group(ann)
  await run(
    db,
    sql`insert into import_rows (account_id, import_id, line, address, canonical, address_key) values (${ACCOUNT}, 9, 1, ${ann.address.toUpperCase()}, ${ann.address}, ${ann.key})`,
  )
  await run(
    db,
    sql`insert into mailbox_messages (account_id, address_key, recipient, subject, raw) values (${ACCOUNT}, ${ann.key}, ${ann.address}, 'x', ${Buffer.from(ann.address)})`,
  )
  await run(
    db,
    sql`insert into messages (account_id, mailing_id, contact_id, address_key, state, answer) values (${ACCOUNT}, 90, ${ann.contactId}, ${ann.key}, 'accepted', ${`250 ${ann.address}`})`,
  )
  await run(
    db,
    sql`insert into contact_events (account_id, contact_id, kind, data) values (${ACCOUNT}, ${ann.contactId}, 'edited', ${JSON.stringify({ from: ann.address })}::jsonb)`,
  )
  await optOut(db, ACCOUNT, [ann.key], { source: 'link', evidence: { method: 'POST' } })
  expect(await row(db, sql`select erase_contact(${ACCOUNT}, ${ann.contactId}) as erased`)).toEqual({ erased: true })
  expect(await row(db, sql`select erase_contact(${ACCOUNT}, ${ann.contactId}) as erased`)).toEqual({ erased: false })
  const tables = await rows(
    core.asOwner.db,
    sql<{
      name: string
    }>`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  )
  for (const { name } of tables) {
    const text = await row(
      core.asOwner.db,
      sql<{ text: string }>`select coalesce(string_agg(entry::text, ' '), '') as text from ${sql.table(name)} entry`,
    )
    expect(text.text.toLowerCase(), name).not.toContain(ann.address)
    expect(text.text, name).not.toContain(Buffer.from(ann.address).toString('hex'))
  }
  const again = { ...ann, contactId: await insertContact(core, ACCOUNT, ann.address) }
  expect([await statusOf(again), await isMailable(again)]).toEqual(['opt_out', false])
  await expect(
    run(
      db,
      sql`insert into group_members (account_id, group_id, contact_id) values (${ACCOUNT}, ${groupId}, ${again.contactId})`,
    ),
  ).rejects.toMatchObject({ code: 'LW001' })
})

test('deleting the group, the mailing and the import leaves the opt-out (INV-4)', async () => {
  const ann = await person()
  const groupId = await group(ann)
  await optOut(db, ACCOUNT, [ann.key], { source: 'link', mailingId: '1' })
  await run(db, sql`delete from groups where account_id = ${ACCOUNT} and group_id = ${groupId}`)
  await run(db, sql`delete from imports where account_id = ${ACCOUNT}`)
  await run(db, sql`delete from mailings where account_id = ${ACCOUNT}`)
  expect(await statusOf(ann)).toBe('opt_out')
})

test('status stands in one place: every other one is a view over it (INV-22)', async () => {
  const columns = await rows(
    core.asOwner.db,
    sql<{ place: string }>`
    select columns.table_name || '.' || column_name as place from information_schema.columns
    join information_schema.tables using (table_schema, table_name)
    where table_schema = 'public' and table_type = 'BASE TABLE' and table_name like 'contact%'
      and column_name ~ 'status|subscribed|opt|unsub|mailable|active'`,
  )
  expect(columns).toEqual([])
  const keys = await rows(
    core.asOwner.db,
    sql`select conname from pg_constraint where contype = 'f' and (conrelid in ('standing_optouts'::regclass, 'optout_ledger'::regclass))`,
  )
  expect(keys).toEqual([])
})
