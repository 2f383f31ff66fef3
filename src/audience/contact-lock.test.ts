import { expect, test } from 'vitest'
import { freshDatabase } from '../../test/database.ts'
import { freshKeys } from '../../test/program.ts'
import { optOut } from '../optouts/optout.ts'
import { maybeRow, row, rows, sql, transaction } from '../platform/database.ts'
import { addContact, changeContact } from './contact.ts'
import { enteredAddress } from './contact-address.ts'
import { eraseContact } from './contact-archive.ts'
import { changeContactRow } from './contact-lock.ts'
import { findContact } from './contact-record.ts'
import { setContactStatus } from './contact-status.ts'
import { createField } from './field.ts'
import { createGroup } from './group.ts'
import { addMembers } from './group-members.ts'

const database = await freshDatabase()
const { db, pool, asOwner } = database
const keys = freshKeys()
const core = { db, keys }

const { account_id: accountId } = await row(
  db,
  sql<{ account_id: string }>`
  with organization as (insert into organizations (name) values ('Herons') returning organization_id)
  insert into accounts (organization_id, name) select organization_id, 'Herons' from organization returning account_id`,
)
const actor = { accountId, userId: null, apiKeyId: null }
await createField(db, accountId, { label: 'First name' })

const keyOf = (address: string) => enteredAddress(keys, address).key
const optOutAll = (groupId: string) =>
  sql`select record_group_optouts(${accountId}, ${groupId}, null, null, '{}')`.execute(db)

/** Waits until as many statements as that stand at a lock. */
async function untilWaiting(statements: number) {
  await expect
    .poll(
      async () =>
        (
          await rows(
            asOwner.db,
            sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          )
        ).length,
      { timeout: 20_000, interval: 10 },
    )
    .toBe(statements)
}

test('an opt-out waits for an edit that began before, and the edit is there when it is answered (SE-11)', async () => {
  const { id } = await addContact(core, actor, { address: 'first@post.example' })
  const order: string[] = []
  const edit = changeContactRow(db, accountId, id, async (trx) => {
    const out = optOut(db, accountId, [keyOf('first@post.example')], { source: 'link' }).then(() => order.push('out'))
    await untilWaiting(1)
    await sql`update contacts set fields = '{"first_name": "Edna"}' where account_id = ${accountId} and contact_id = ${id}`.execute(
      trx,
    )
    order.push('edited')
    return { out }
  })
  await (await edit).out
  expect(order).toEqual(['edited', 'out'])
  expect(await findContact(db, accountId, id)).toMatchObject({ status: 'opt_out', fields: { first_name: 'Edna' } })
})

test('an edit waits for an opt-out that began before, and is refused with its day', async () => {
  const { id } = await addContact(core, actor, { address: 'second@post.example' })
  const { edit } = await transaction(db, async (trx) => {
    await optOut(trx, accountId, [keyOf('second@post.example')], { source: 'one_click' })
    const asked = Promise.allSettled([
      changeContact(core, actor, id, { fields: { first_name: 'Edna' } }),
      setContactStatus(db, actor, id, 'error'),
    ])
    await untilWaiting(2)
    return { edit: asked }
  })
  for (const refused of await edit)
    expect(refused).toMatchObject({
      status: 'rejected',
      reason: {
        code: 'contact.opted_out',
        message: expect.stringMatching(/^This contact opted out on \d+ \w+ \d{4}\./),
      },
    })
  expect(await findContact(db, accountId, id)).toMatchObject({ status: 'opt_out', fields: {}, error: null })
})

test('an edit that passed its own check while a whole group was opted out is refused by the database (D3)', async () => {
  const group = await createGroup(db, actor, 'All out')
  const { id } = await addContact(core, actor, { address: 'third@post.example', groupIds: [group.id] })
  const edit = changeContactRow(db, accountId, id, async (trx) => {
    await optOutAll(group.id)
    await sql`update contacts set fields = '{"first_name": "Edna"}' where account_id = ${accountId} and contact_id = ${id}`.execute(
      trx,
    )
  })
  await expect(edit).rejects.toMatchObject({
    code: 'contact.opted_out',
    message: expect.stringMatching(/^This contact opted out on \d+ \w+ \d{4}\./),
  })
  expect((await findContact(db, accountId, id)).fields).toEqual({})
})

test('a contact that is added while its address opts out is locked from the moment that this is answered', async () => {
  const group = await createGroup(db, actor, 'Racing')
  const { adding } = await transaction(db, async (trx) => {
    await optOut(trx, accountId, [keyOf('racing@post.example')], { source: 'link' })
    const added = addContact(core, actor, { address: 'racing@post.example', groupIds: [group.id] }).catch(
      (error: unknown) => error,
    )
    // It does not wait: the opt-out is not answered yet, so the contact comes first.
    return { adding: await added }
  })
  expect(adding).toMatchObject({ address: 'racing@post.example' })
  const contact = await maybeRow(
    db,
    sql<{ status: string }>`
    select status from contact_status where account_id = ${accountId} and address = 'racing@post.example'`,
  )
  expect(contact).toEqual({ status: 'opt_out' })
})

test('members that are opted out while they are added to another group are left alone', async () => {
  const [from, into] = [await createGroup(db, actor, 'From'), await createGroup(db, actor, 'Into')]
  const one = await addContact(core, actor, { address: 'm1@post.example', groupIds: [from.id] })
  const two = await addContact(core, actor, { address: 'm2@post.example' })
  const blocker = await pool.connect()
  await blocker.query('begin')
  await blocker.query('insert into group_members (account_id, group_id, contact_id) values ($1, $2, $3)', [
    accountId,
    into.id,
    two.id,
  ])
  const out = optOutAll(from.id) // waits for the one that joins
  await untilWaiting(1)
  const added = addMembers(db, actor, into.id, [one.id, two.id])
  await untilWaiting(2)
  await blocker.query('commit')
  blocker.release()
  await out
  expect(await added).toEqual({ changed: 0, optedOut: 1 })
})

test('two requests for one new address make one contact (INV-20)', async () => {
  const both = await Promise.allSettled(
    ['Both@post.example', 'both@POST.example'].map((address) => addContact(core, actor, { address })),
  )
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'contact.exists' } })
})

test('two contacts cannot move to one address at the same moment', async () => {
  const one = await addContact(core, actor, { address: 'move1@post.example' })
  const two = await addContact(core, actor, { address: 'move2@post.example' })
  const both = await Promise.allSettled(
    [one.id, two.id].map((id) => changeContact(core, actor, id, { address: 'same@post.example' })),
  )
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'contact.exists' } })
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
})

test('erasing removes the person from the history of operators’ acts and notes only the act (INV-16)', async () => {
  const { id } = await addContact(core, actor, { address: 'erase@post.example', fields: { first_name: 'Erna' } })
  await changeContact(core, actor, id, { fields: { first_name: 'Ernestine' } })
  await setContactStatus(db, actor, id, 'opt_out')
  await eraseContact(db, actor, id)
  await expect(eraseContact(db, actor, id)).rejects.toMatchObject({ code: 'contact.not_found' })
  expect(
    await rows(db, sql`select from contact_events where account_id = ${accountId} and contact_id = ${id}`),
  ).toEqual([])
  expect(
    await rows(
      db,
      sql`select act, subject from audit_events where account_id = ${accountId} and act = 'contact.erased'`,
    ),
  ).toEqual([{ act: 'contact.erased', subject: { contactIds: [id], count: 1 } }])
  await expect(addContact(core, actor, { address: 'erase@post.example' })).rejects.toMatchObject({
    code: 'contact.opted_out',
  })
})
