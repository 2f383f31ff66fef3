// Schedules that decide who comes first, instead of luck: one side is held open on a connection of its own (SE-11).
import { expect, test } from 'vitest'
import { freshDatabase } from '../../test/database.ts'
import { testCore } from '../../test/program.ts'
import { insertContact, keyOf } from '../../test/sample.ts'
import { holdTransaction, isDoneSoon, whenWaiting } from '../../test/waiting.ts'
import { row, rows, run, sql } from '../platform/database.ts'
import { optOut, standingOptOut } from './optout.ts'

const core = testCore(await freshDatabase())
const { db, asOwner } = core
const ACCOUNT = '1'
let made = 0

async function person(inGroup?: string) {
  const address = `ann.${++made}@post.example`
  const contactId = await insertContact(core, ACCOUNT, address)
  if (inGroup) await join(inGroup, contactId)
  return { contactId, key: keyOf(core, address) }
}
type Person = Awaited<ReturnType<typeof person>>
const newGroup = async () =>
  (
    await row(
      db,
      sql<{
        group_id: string
      }>`insert into groups (account_id, name) values (${ACCOUNT}, ${`Group ${++made}`}) returning group_id`,
    )
  ).group_id
const join = (groupId: string, contactId: string) =>
  run(
    db,
    sql`insert into group_members (account_id, group_id, contact_id) values (${ACCOUNT}, ${groupId}, ${contactId})`,
  )
const edit = ({ contactId }: Person, town = 'Linz') =>
  run(
    db,
    sql`update contacts set fields = jsonb_build_object('town', ${town}::text) where account_id = ${ACCOUNT} and contact_id = ${contactId}`,
  )
const EDIT = `update contacts set fields = '{"town": "Linz"}' where account_id = 1 and contact_id = $1`
const OPT_OUT = `select * from record_optouts(1, array[$1::bytea], 'link', null, null, null, '{}')`
const OPT_OUT_GROUP = `select * from record_group_optouts(1, $1, null, null, '{}')`
const optOutGroup = (groupId: string) =>
  row(
    db,
    sql<{ opted_out: string }>`select opted_out from record_group_optouts(${ACCOUNT}, ${groupId}, null, null, '{}')`,
  )
const townOf = async ({ contactId }: Person) =>
  (
    await row(
      db,
      sql<{
        town: string | null
      }>`select fields->>'town' as town from contacts where account_id = ${ACCOUNT} and contact_id = ${contactId}`,
    )
  ).town

test('an edit that waits for an opt-out is refused when that is recorded', async () => {
  const ann = await person()
  const optingOut = await holdTransaction(core)
  await optingOut.query(OPT_OUT, [ann.key])
  const editing = edit(ann)
  const refused = expect(editing).rejects.toMatchObject({ code: 'LW001' })
  await whenWaiting(asOwner)
  await optingOut.end('commit')
  await refused
  expect(await townOf(ann)).toBeNull()
})

test('an edit that waits for an opt-out which fails is made', async () => {
  const ann = await person()
  const optingOut = await holdTransaction(core)
  await optingOut.query(OPT_OUT, [ann.key])
  const editing = edit(ann)
  await whenWaiting(asOwner)
  await optingOut.end('rollback')
  expect(await editing).toBe(1)
})

test('an opt-out that finds an edit under way is answered after it', async () => {
  const ann = await person()
  const editing = await holdTransaction(core)
  await editing.query(EDIT, [ann.contactId])
  const optingOut = optOut(db, ACCOUNT, [ann.key], { source: 'link' })
  await whenWaiting(asOwner)
  expect(await standingOptOut(db, ACCOUNT, ann.key)).toBeUndefined()
  await editing.end('commit')
  const { since } = await optingOut
  expect(await townOf(ann)).toBe('Linz')
  expect(since.getTime()).toBeLessThanOrEqual(Date.now())
  await expect(edit(ann, 'Graz')).rejects.toMatchObject({ code: 'LW001' })
})

test('two opt-outs of one address that was never a contact: the second waits and keeps the first date (OC-14)', async () => {
  const key = keyOf(core, `stranger.${++made}@post.example`)
  const first = await holdTransaction(core)
  const { rows: answers } = await first.query(OPT_OUT, [key])
  const second = optOut(db, ACCOUNT, [key], { source: 'link' })
  await whenWaiting(asOwner)
  await first.end('commit')
  expect(await second).toEqual({ optedOut: 0, alreadyOptedOut: 1, since: answers[0].opted_out_at })
})

test('an edit of a member that waits for the opt-out of the group is refused', async () => {
  const groupId = await newGroup()
  const ann = await person(groupId)
  const optingOut = await holdTransaction(core)
  await optingOut.query(OPT_OUT_GROUP, [groupId])
  const refused = expect(edit(ann)).rejects.toMatchObject({ code: 'LW001' })
  await whenWaiting(asOwner)
  await optingOut.end('commit')
  await refused
})

test('the opt-out of a group is answered after the edits of members that were under way', async () => {
  const groupId = await newGroup()
  const ann = await person(groupId)
  const editing = await holdTransaction(core)
  await editing.query(EDIT, [ann.contactId])
  const optingOut = optOutGroup(groupId)
  await whenWaiting(asOwner)
  await editing.end('commit')
  expect(await optingOut).toEqual({ opted_out: '1' })
  expect(await townOf(ann)).toBe('Linz')
})

test('who joins the group while it is opted out is in it before, or is not in it (INV-17)', async () => {
  const groupId = await newGroup()
  const [ann, bob] = [await person(), await person(groupId)]
  const joining = await holdTransaction(core)
  await joining.query('insert into group_members (account_id, group_id, contact_id) values (1, $1, $2)', [
    groupId,
    ann.contactId,
  ])
  const optingOut = optOutGroup(groupId)
  await whenWaiting(asOwner)
  await joining.end('commit')
  expect(await optingOut).toEqual({ opted_out: '2' })
  for (const { key } of [ann, bob]) expect(await standingOptOut(db, ACCOUNT, key)).toBeDefined()
})

test('an opt-out waits for no edit of another contact, nor for a bulk opt-out of others', async () => {
  const groupId = await newGroup()
  // Cleo is there before: a new contact waits for a bulk opt-out, which may be making a rule (0008).
  const [ann, bob, cleo] = [await person(groupId), await person(), await person()]
  const editing = await holdTransaction(core)
  await editing.query(EDIT, [ann.contactId])
  expect(await isDoneSoon(asOwner, optOut(db, ACCOUNT, [bob.key], { source: 'link' }))).toBe(true)
  await editing.end('commit')
  const optingOut = await holdTransaction(core)
  await optingOut.query(OPT_OUT_GROUP, [groupId])
  expect(await isDoneSoon(asOwner, optOut(db, ACCOUNT, [cleo.key], { source: 'link' }))).toBe(true)
  await optingOut.end('commit')
})

test('an opt-out waits for a hand-over of its message that passed the check, and stops one that did not (INV-7, D4)', async () => {
  const [ann, bob] = [await person(), await person()]
  const messages = []
  for (const { contactId, key } of [ann, bob])
    messages.push(
      await row(
        db,
        sql<{ message_id: string }>`
      insert into messages (account_id, mailing_id, contact_id, address_key, state) values (${ACCOUNT}, ${++made}, ${contactId}, ${key}, 'queued') returning message_id`,
      ),
    )
  const HAND_OVER = `update messages set state = 'handed_over' where account_id = 1 and message_id = $1 and state = 'queued'`
  const handing = await holdTransaction(core)
  await handing.query(HAND_OVER, [messages[0]?.message_id])
  const late = optOut(db, ACCOUNT, [ann.key], { source: 'link' })
  await whenWaiting(asOwner)
  await handing.end('commit')
  await late
  const optingOut = await holdTransaction(core)
  await optingOut.query(OPT_OUT, [bob.key])
  const handed = run(
    db,
    sql`update messages set state = 'handed_over' where account_id = ${ACCOUNT} and message_id = ${messages[1]?.message_id} and state = 'queued'`,
  )
  await whenWaiting(asOwner)
  await optingOut.end('commit')
  expect(await handed).toBe(0)
  const states = await rows(
    db,
    sql`select state from messages where account_id = ${ACCOUNT} and message_id = any(${messages.map(({ message_id }) => message_id)}::bigint[]) order by message_id`,
  )
  expect(states).toEqual([{ state: 'handed_over' }, { state: 'withheld' }])
})

test('opt-outs of many addresses and of groups in any order all finish', async () => {
  const groupId = await newGroup()
  const people = []
  for (let count = 0; count < 60; count++) people.push(await person(groupId))
  const keys = people.map(({ key }) => key)
  const rounds = Array.from({ length: 12 }, (_, round) =>
    round % 3 === 0
      ? optOutGroup(groupId)
      : optOut(db, ACCOUNT, round % 2 ? keys : keys.toReversed(), { source: 'api' }),
  )
  await Promise.all(rounds)
  const entries = await rows(
    db,
    sql<{ opted_out: string }>`select opted_out from optout_ledger where account_id = ${ACCOUNT} and opted_out > 1`,
  )
  expect(entries.map(({ opted_out }) => opted_out)).toContain('60')
  expect(entries.filter(({ opted_out }) => opted_out === '60')).toHaveLength(1)
})

test('an opt-out of several addresses stands in line behind a bulk opt-out, so that neither deadlocks', async () => {
  const groupId = await newGroup()
  const [ann, bob] = [await person(), await person()]
  const bulk = await holdTransaction(core)
  await bulk.query(OPT_OUT_GROUP, [groupId])
  const several = optOut(db, ACCOUNT, [ann.key, bob.key], { source: 'api' })
  await whenWaiting(asOwner)
  await bulk.end('commit')
  expect(await several).toMatchObject({ optedOut: 2 })
})

test('an opt-out whose connection breaks while it waits is tried again and recorded', async () => {
  const ann = await person()
  const editing = await holdTransaction(core)
  await editing.query(EDIT, [ann.contactId])
  const optingOut = optOut(db, ACCOUNT, [ann.key], { source: 'link' })
  const [waiting] = await whenWaiting(asOwner)
  await asOwner.pool.query('select pg_terminate_backend($1)', [waiting])
  await editing.end('commit')
  expect(await optingOut).toMatchObject({ optedOut: 1 })
})

test('200 opt-outs of one contact at once: one is the first, all are answered (OC-14)', async () => {
  const ann = await person()
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, number) =>
      optOut(db, ACCOUNT, [ann.key], { source: number % 2 ? 'link' : 'one_click' }),
    ),
  )
  expect(answers.filter(({ optedOut }) => optedOut === 1)).toHaveLength(1)
  expect(new Set(answers.map(({ since }) => since.getTime())).size).toBe(1)
})
