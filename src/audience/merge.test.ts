import { beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../../test/database.ts'
import { testCore } from '../../test/program.ts'
import { insertContact, keyOf } from '../../test/sample.ts'
import { holdTransaction, whenWaiting } from '../../test/waiting.ts'
import { insertAccount } from '../accounts/owner.ts'
import { optOut, optOutMany, standingOptOut } from '../optouts/optout.ts'
import { maybeRow, row, rows, run, sql, transaction } from '../platform/database.ts'
import { changeContact } from './contact.ts'
import { eraseContact } from './contact-archive.ts'
import { contactDossier } from './contact-dossier.ts'
import { createField } from './field.ts'
import { createGroup } from './group.ts'
import { checkMerge, mergeContacts } from './merge.ts'

const core = testCore(await freshDatabase())
const { db, asOwner } = core
let actor: { accountId: string; userId: null; apiKeyId: null }
let accountId = ''
let made = 0

beforeAll(async () => {
  accountId = (await transaction(db, (trx) => insertAccount(trx, 'Herons'))).accountId
  actor = { accountId, userId: null, apiKeyId: null }
  await createField(db, accountId, { label: 'Town' })
  await createField(db, accountId, { label: 'Name' })
})

async function person(fields: Record<string, string> = {}) {
  const address = `p${++made}@post.example`
  return { address, id: await insertContact(core, accountId, address, fields), key: keyOf(core, address) }
}
const isOut = async (key: Buffer) => (await standingOptOut(db, accountId, key)) !== undefined
const leave = (key: Buffer) => optOut(db, accountId, [key], { source: 'link', mailingId: '7' })
const moveTo = (id: string, address: string) => changeContact(core, actor, id, { address })

test('the kept contact gains details, groups, newer choices, history and mail of the other', async () => {
  const kept = await person({ town: 'Linz' })
  const other = await person({ town: 'Graz', name: 'Ann' })
  const [both, theirs] = [await createGroup(db, actor, 'Both'), await createGroup(db, actor, 'Theirs')]
  for (const [group, id] of [
    [both, kept.id],
    [both, other.id],
    [theirs, other.id],
  ] as const)
    await run(
      db,
      sql`insert into group_members (account_id, group_id, contact_id) values (${accountId}, ${group.id}, ${id})`,
    )
  const topics = await rows(
    db,
    sql<{
      topic_id: string
    }>`insert into topics (account_id, name) values (${accountId}, 'Older'), (${accountId}, 'Newer') returning topic_id`,
  )
  for (const [place, { topic_id }] of topics.entries())
    await run(
      db,
      sql`insert into contact_topics (account_id, contact_id, topic_id, chosen, at) values
        (${accountId}, ${kept.id}, ${topic_id}, true, '2026-05-01'), (${accountId}, ${other.id}, ${topic_id}, false, ${place === 0 ? '2026-04-01' : '2026-06-01'})`,
    )
  for (const [mailing, { id, key }] of [
    ['1', kept],
    ['1', other],
    ['2', other],
  ] as const) {
    await run(
      db,
      sql`insert into messages (account_id, mailing_id, contact_id, address_key) values (${accountId}, ${mailing}, ${id}, ${key})`,
    )
    await run(
      db,
      sql`insert into responses (account_id, mailing_id, contact_id, kind) values (${accountId}, ${mailing}, ${id}, 'opened')`,
    )
  }
  const check = await checkMerge(db, accountId, kept.id, other.id)
  expect(check).toMatchObject({
    gains: [{ name: 'name', label: 'Name', value: 'Ann' }],
    conflicts: [{ name: 'town', kept: 'Linz', other: 'Graz' }],
    groups: [{ name: 'Theirs' }],
    optsOut: false,
  })
  const merged = await mergeContacts(db, actor, kept.id, { otherId: other.id, take: { town: 'other' } })
  expect(merged).toMatchObject({
    address: kept.address,
    fields: { town: 'Graz', name: 'Ann' },
    groupIds: [both.id, theirs.id],
  })
  const record = await contactDossier(db, accountId, kept.id, new Date())
  expect(record.topics.map(({ name, chosen }) => [name, chosen])).toEqual([
    ['Older', true],
    ['Newer', false],
  ])
  expect(record.messages.map(({ mailing }) => mailing.id).sort()).toEqual(['1', '2'])
  expect(record.responses.map(({ mailing, times }) => [mailing.id, times])).toEqual([
    ['1', 2],
    ['2', 1],
  ])
  expect(record.formerAddresses.map(({ address }) => address)).toEqual([other.address])
  expect(record.history.map(({ text }) => text)).toContain(`Merged with the contact ${other.address}`)
  await expect(checkMerge(db, accountId, kept.id, other.id)).rejects.toMatchObject({ code: 'contact.not_found' })
})

test('a contact is not merged with itself, nor a choice taken where the two do not differ', async () => {
  const [kept, other] = [await person({ town: 'Linz' }), await person({ town: 'Linz' })]
  await expect(checkMerge(db, accountId, kept.id, kept.id)).rejects.toMatchObject({ code: 'merge.invalid' })
  await expect(mergeContacts(db, actor, kept.id, { otherId: other.id, take: { town: 'other' } })).rejects.toMatchObject(
    { code: 'merge.invalid' },
  )
})

test.each(['kept', 'other', 'both'])(
  'when %s opted out, both addresses are out and no detail or group changes (INV-1, INV-2, INV-20)',
  async (who) => {
    const [kept, other] = [await person({ town: 'Linz' }), await person({ town: 'Graz', name: 'Ann' })]
    const group = await createGroup(db, actor, `Group ${made}`)
    await run(
      db,
      sql`insert into group_members (account_id, group_id, contact_id) values (${accountId}, ${group.id}, ${other.id})`,
    )
    if (who !== 'other') await leave(kept.key)
    if (who !== 'kept') await leave(other.key)
    const merged = await mergeContacts(db, actor, kept.id, { otherId: other.id, take: {} })
    expect(merged).toMatchObject({ status: 'opt_out', fields: { town: 'Linz' }, groupIds: [] })
    expect([await isOut(kept.key), await isOut(other.key)]).toEqual([true, true])
  },
)

test('an Error of the other address ends with it; one that an operator set, and a hold, are carried', async () => {
  const [kept, other, third] = [await person(), await person(), await person()]
  await run(
    db,
    sql`insert into contact_errors (account_id, contact_id, reason) values (${accountId}, ${other.id}, 'delivery'), (${accountId}, ${third.id}, 'manual')`,
  )
  await run(
    db,
    sql`insert into contact_holds (account_id, contact_id, because_key) values (${accountId}, ${third.id}, ${kept.key})`,
  )
  expect((await mergeContacts(db, actor, kept.id, { otherId: other.id, take: {} })).status).toBe('active')
  expect(await mergeContacts(db, actor, kept.id, { otherId: third.id, take: {} })).toMatchObject({
    status: 'error',
    held: true,
  })
})

test('the link in a mail to a former address opts out that address and the present one (INV-12)', async () => {
  const ann = await person()
  await moveTo(ann.id, 'ann.now@post.example')
  await moveTo(ann.id, 'ann.at.last@post.example')
  const last = keyOf(core, 'ann.at.last@post.example')
  await run(
    db,
    sql`insert into messages (account_id, mailing_id, contact_id, address_key) values (${accountId}, 8, ${ann.id}, ${last})`,
  )
  expect(await leave(ann.key)).toMatchObject({ optedOut: 1, alreadyOptedOut: 0 })
  expect([await isOut(ann.key), await isOut(last), await isOut(keyOf(core, 'ann.now@post.example'))]).toEqual([
    true,
    true,
    false,
  ])
  const { state } = await row(
    db,
    sql<{ state: string }>`select state from messages where account_id = ${accountId} and contact_id = ${ann.id}`,
  )
  expect(state).toBe('withheld')
  const entry = await row(
    db,
    sql<{
      address_key: Buffer
      evidence: object
    }>`select address_key, evidence from optout_ledger where account_id = ${accountId} order by entry_id desc limit 1`,
  )
  expect(entry).toMatchObject({ evidence: { presentAddresses: 1 } })
  expect(entry.address_key.equals(ann.key)).toBe(true) // recorded against the address that the mail was sent to
  const { optOut: evidence } = await contactDossier(db, accountId, ann.id, new Date())
  expect(evidence).toMatchObject({
    optedOut: true,
    after: { handedOver: 0, withheld: 1 },
    entries: [{ channel: 'link' }],
  })
})

test('the link in a mail to the other record opts the kept one out, and after its erasure nobody else (INV-12)', async () => {
  const [kept, other] = [await person(), await person()]
  await mergeContacts(db, actor, kept.id, { otherId: other.id, take: {} })
  await leave(other.key)
  expect(await isOut(kept.key)).toBe(true)
  const moved = await person()
  await moveTo(moved.id, 'moved.away@post.example')
  await eraseContact(db, actor, moved.id)
  expect(
    await maybeRow(
      db,
      sql`select from contact_former_addresses where account_id = ${accountId} and address_key = ${moved.key}`,
    ),
  ).toBeUndefined()
  await leave(moved.key)
  expect(await isOut(keyOf(core, 'moved.away@post.example'))).toBe(false)
})

const manyWays: Record<string, (key: Buffer, address: string) => Promise<unknown>> = {
  'of many by key': (key) =>
    transaction(db, (trx) => optOutMany(trx, accountId, sql`select ${key}::bytea`, { source: 'api' })),
  'by a file': async (key, address) => {
    await run(
      db,
      sql`insert into import_rows (account_id, import_id, line, address, canonical, address_key, opt_out) values (${accountId}, ${made}, 1, ${address}, ${address}, ${key}, true)`,
    )
    await row(db, sql`select * from record_import_optouts(${accountId}, ${made}, null, null, '{}')`)
  },
  'of a group': async (key, address) => {
    const group = await createGroup(db, actor, `Formerly ${made}`)
    const id = await insertContact(core, accountId, address) // somebody has that address again
    await run(
      db,
      sql`insert into group_members (account_id, group_id, contact_id) values (${accountId}, ${group.id}, ${id})`,
    )
    await row(db, sql`select * from record_group_optouts(${accountId}, ${group.id}, null, null, '{}')`)
    expect(await isOut(key)).toBe(true)
  },
}
test.each(Object.entries(manyWays))(
  'an opt-out %s reaches the present address of who had one of them (INV-12)',
  async (_name, act) => {
    const ann = await person()
    const now = `now.${ann.id}@post.example`
    await moveTo(ann.id, now)
    await act(ann.key, ann.address)
    expect(await isOut(keyOf(core, now))).toBe(true)
  },
)

const CHANGE = `update contacts set address = $2, canonical = $2, address_key = $3 where account_id = $1 and contact_id = $4`

test.each(['one', 'many'])(
  'an opt-out of %s that meets a change of its address under way finds the new one (SE-11, INV-12)',
  async (how) => {
    const ann = await person()
    const now = `moving.${ann.id}@post.example`
    const changing = await holdTransaction(core)
    await changing.query(CHANGE, [accountId, now, keyOf(core, now), ann.id])
    const leaving = how === 'one' ? leave(ann.key) : manyWays['of many by key']?.(ann.key, ann.address)
    await whenWaiting(asOwner)
    await changing.end('commit')
    await leaving
    expect([await isOut(ann.key), await isOut(keyOf(core, now))]).toEqual([true, true])
  },
)

test('a change of address that meets an opt-out under way is refused', async () => {
  const ann = await person()
  const leaving = await holdTransaction(core)
  await leaving.query(`select * from record_optouts($1, array[$2::bytea], 'link', null, null, null, '{}')`, [
    accountId,
    ann.key,
  ])
  const moving = expect(moveTo(ann.id, `refused.${ann.id}@post.example`)).rejects.toMatchObject({
    code: 'contact.opted_out',
  })
  await whenWaiting(asOwner)
  await leaving.end('commit')
  await moving
})

test('an opt-out of the other record that meets the merge under way opts the kept one out (SE-11, INV-12)', async () => {
  const [kept, other] = [await person(), await person()]
  const merging = await holdTransaction(core)
  await merging.query(
    'select from contacts where account_id = $1 and contact_id in ($2, $3) order by contact_id for update',
    [accountId, kept.id, other.id],
  )
  await merging.query('select merge_contacts($1, $2, $3)', [accountId, kept.id, other.id])
  const leaving = leave(other.key)
  await whenWaiting(asOwner)
  await merging.end('commit')
  await leaving
  expect(await isOut(kept.key)).toBe(true)
})

test('a merge that meets an opt-out of many under way waits for it and carries it', async () => {
  const [kept, other] = [await person({ town: 'Linz' }), await person({ name: 'Ann' })]
  const leaving = await holdTransaction(core)
  await leaving.query(`select * from record_many_optouts($1, array[$2::bytea], 'bulk', null, null, '{}')`, [
    accountId,
    other.key,
  ])
  const merging = mergeContacts(db, actor, kept.id, { otherId: other.id, take: {} })
  await whenWaiting(asOwner)
  await leaving.end('commit')
  expect(await merging).toMatchObject({ status: 'opt_out', fields: { town: 'Linz' } })
})
