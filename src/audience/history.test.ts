import { beforeAll, expect, test } from 'vitest'
import { OWNER, type Program, startProgram } from '../../test/program.ts'
import { optOut } from '../optouts/optout.ts'
import { row, run, sql } from '../platform/database.ts'
import { type ContactHistory, contactHistory as historySchema } from './contact.contract.ts'
import { addContact, changeContact } from './contact.ts'
import { enteredAddress } from './contact-address.ts'
import { archiveContact, restoreContact } from './contact-archive.ts'
import { setContactStatus } from './contact-status.ts'
import { createGroup } from './group.ts'
import { addToGroups, leaveGroup } from './group-members.ts'
import { contactHistory } from './history.ts'
import { releaseContact } from './hold.ts'

let program: Program
let core: Program['core']
let accountId: string
let person: { accountId: string; userId: string | null; apiKeyId: string | null }

beforeAll(async () => {
  program = await startProgram({ jobs: false })
  core = program.core
  accountId = program.accountId
  person = { accountId, userId: program.userId, apiKeyId: null }
  await run(core.db, sql`update users set name = 'Hedda Quill' where email = ${OWNER.email}`)
})

let made = 0
const newContact = async () => (await addContact(core, person, { address: `h${made++}@post.example` })).id
const texts = async (id: string) => (await contactHistory(core.db, accountId, id)).items.map(({ text }) => text)
const keyOf = (address: string) => enteredAddress(core.keys, address).key

async function newMailing(name: string): Promise<string> {
  const { mailing_id } = await row(
    core.db,
    sql<{
      mailing_id: string
    }>`insert into mailings (account_id, name) values (${accountId}, ${name}) returning mailing_id`,
  )
  return mailing_id
}

test('what operators did stands in sentences, newest first, with who did it', async () => {
  const group = await createGroup(core.db, person, 'Members')
  const { id } = await addContact(core, person, { address: 'acts@post.example', fields: { last_name: 'Moor' } })
  await changeContact(core, person, id, { fields: { first_name: 'Ann', last_name: 'Moss' } })
  await changeContact(core, person, id, { fields: { first_name: 'Ann', last_name: null } })
  await changeContact(core, person, id, { fields: { first_name: 'Ann' } }) // changes nothing
  await addToGroups(core.db, person, id, [group.id])
  await leaveGroup(core.db, person, id, group.id)
  await setContactStatus(core.db, person, id, 'error')
  await setContactStatus(core.db, person, id, 'active')
  await archiveContact(core.db, person, id)
  await archiveContact(core.db, person, id) // changes nothing
  await restoreContact(core.db, person, id)
  expect(await texts(id)).toEqual([
    'Restored by Hedda Quill',
    'Archived by Hedda Quill',
    'Error to Active by Hedda Quill',
    'Active to Error by Hedda Quill',
    'Removed from the group Members by Hedda Quill',
    'Added to the group Members by Hedda Quill',
    'Last name removed, was Moss by Hedda Quill',
    'Last name changed from Moor to Moss, First name set to Ann by Hedda Quill',
    'Added by Hedda Quill',
  ])
})

test('an Error from a mail server is told in its words, and its end when the address is corrected', async () => {
  const id = await newContact()
  await run(
    core.db,
    sql`insert into contact_errors (account_id, contact_id, reason, detail) values (${accountId}, ${id}, 'delivery', '550 5.1.1 no such user')`,
  )
  expect((await texts(id))[0]).toBe('Active to Error: 550 5.1.1 no such user')
  await changeContact(core, person, id, { address: 'corrected@post.example' })
  expect((await texts(id)).slice(0, 2)).toEqual([
    'Error to Active by Hedda Quill, after the address was corrected',
    expect.stringMatching(/^Address changed from h\d+@post.example to corrected@post.example by Hedda Quill$/),
  ])
})

test('an opt-out names its way, its mailing and its time, also when the mailing was deleted', async () => {
  const mailingId = await newMailing('Autumn bulbs')
  const { id, address } = await addContact(core, person, { address: 'out@post.example' })
  await optOut(core.db, accountId, [keyOf(address)], { source: 'link', mailingId })
  await optOut(core.db, accountId, [keyOf(address)], { source: 'operator', userId: program.userId })
  const { items } = await contactHistory(core.db, accountId, id)
  expect(historySchema.parse({ items })).toEqual({ items })
  expect(items[1]).toEqual({
    at: expect.stringMatching(/Z$/),
    kind: 'opted_out',
    text: 'Opted out with the link in Autumn bulbs',
    source: 'link',
    mailing: { id: mailingId, name: 'Autumn bulbs' },
    operator: null,
  })
  expect(items[0]).toMatchObject({
    text: 'Opted out again by Hedda Quill',
    source: 'operator',
    operator: 'Hedda Quill',
  })
  await run(core.db, sql`delete from mailings where account_id = ${accountId} and mailing_id = ${mailingId}`)
  expect((await contactHistory(core.db, accountId, id)).items[1]).toMatchObject({
    text: 'Opted out with the link in a mailing that was deleted',
    mailing: { id: mailingId, name: null },
  })
})

test.each([
  ['one_click', 'Opted out with one click in the mail program, in Autumn bulbs'],
  ['preferences', 'Opted out on the preferences page, opened from Autumn bulbs'],
  ['mailto', 'Opted out by mail to the opt-out address of Autumn bulbs'],
  ['complaint', 'Opted out by reporting Autumn bulbs as unwanted'],
  ['provider', 'Opted out as a mailbox provider told'],
  ['emma_api', 'Opted out through the Emma-compatible API'],
] as const)('an opt-out by %s is told in its own words', async (source, text) => {
  const mailingId = await newMailing('Autumn bulbs')
  const { id, address } = await addContact(core, person, { address: `by-${source}@post.example` })
  await optOut(core.db, accountId, [keyOf(address)], { source, mailingId })
  expect((await texts(id))[0]).toBe(text)
})

test('an opt-out of a whole group, of a file and through the API is found for each contact', async () => {
  const group = await createGroup(core.db, person, 'Old shop')
  const grouped = await addContact(core, person, { address: 'grouped@post.example', groupIds: [group.id] })
  await sql`select record_group_optouts(${accountId}, ${group.id}, ${program.userId}, null, '{}')`.execute(core.db)
  expect((await texts(grouped.id))[0]).toBe('Opted out with everybody in the group Old shop by Hedda Quill')
  const filed = await addContact(core, person, { address: 'filed@post.example' })
  await run(
    core.db,
    sql`
    with file as (
      insert into imports (account_id, file_name, started_by) values (${accountId}, 'gone.csv', ${program.userId}) returning import_id
    )
    insert into import_rows (account_id, import_id, line, address, address_key, opt_out)
    select ${accountId}, import_id, 2, 'filed@post.example', ${keyOf('filed@post.example')}, true from file`,
  )
  await sql`
    select record_import_optouts(${accountId}, import_id, ${program.userId}, null, '{}') from imports where account_id = ${accountId}`.execute(
    core.db,
  )
  expect((await texts(filed.id))[0]).toBe('Opted out by the import gone.csv, started by Hedda Quill')
  const { body } = await program.api<{ id: string }>('POST', '/contacts', { address: 'keyed@post.example' })
  await program.api('POST', `/contacts/${body.id}/status`, { status: 'opt_out' })
  const { items } = (await program.api<ContactHistory>('GET', `/contacts/${body.id}/history`)).body
  expect(items.map(({ text, operator }) => [text, operator])).toEqual([
    ['Opted out through the API with the key Tests', 'Tests'],
    ['Added with the API key Tests', 'Tests'],
  ])
})

test('a contact that came with a file names it and its line', async () => {
  await run(
    core.db,
    sql`
    with file as (insert into imports (account_id, file_name) values (${accountId}, 'members-2021.csv') returning import_id)
    insert into contacts (account_id, address, canonical, address_key, import_id, import_line)
    select ${accountId}, 'file@post.example', 'file@post.example', ${keyOf('file@post.example')}, import_id, 214 from file`,
  )
  const { contact_id } = await row(
    core.db,
    sql<{
      contact_id: string
    }>`select contact_id from contacts where account_id = ${accountId} and address = 'file@post.example'`,
  )
  expect(await texts(contact_id)).toEqual(['Added by the import members-2021.csv, line 214'])
})

test('mail and responses stand between the acts', async () => {
  const mailingId = await newMailing('Frost warning')
  const id = await newContact()
  await run(
    core.db,
    sql`
    insert into messages (account_id, mailing_id, contact_id, address_key, state, answered_at, answer)
    values (${accountId}, ${mailingId}, ${id}, ${keyOf('x@post.example')}, 'accepted', now(), '250 ok')`,
  )
  await run(
    core.db,
    sql`
    insert into responses (account_id, mailing_id, contact_id, kind, first_at)
    values (${accountId}, ${mailingId}, ${id}, 'opened', now() + interval '1 minute'),
           (${accountId}, ${mailingId}, ${id}, 'clicked', now() + interval '2 minutes')`,
  )
  expect(await texts(id)).toEqual([
    'Clicked in Frost warning',
    'Opened Frost warning',
    'Frost warning was accepted',
    'Added by Hedda Quill',
  ])
  for (const [state, text] of [
    ['queued', 'Frost warning is waiting to be sent'],
    ['handed_over', 'Frost warning is being handed over'],
    ['deferred', 'Frost warning is delayed: 450 later'],
    ['bounced', 'Frost warning came back: 450 later'],
    ['withheld', 'Frost warning was held back: 450 later'],
    ['unknown', 'Frost warning was handed over; whether it was accepted is not known, and it is not sent again'],
    ['cancelled', 'Frost warning was cancelled before it was sent'],
  ]) {
    await run(core.db, sql`update messages set state = ${state}, answer = '450 later' where contact_id = ${id}`)
    expect(await texts(id)).toContain(text)
  }
})

test('mail that was held back for an opt-out says so', async () => {
  const mailingId = await newMailing('Seed swap')
  const { id, address } = await addContact(core, person, { address: 'held-back@post.example' })
  await run(
    core.db,
    sql`insert into messages (account_id, mailing_id, contact_id, address_key) values (${accountId}, ${mailingId}, ${id}, ${keyOf(address)})`,
  )
  await setContactStatus(core.db, person, id, 'opt_out')
  expect((await texts(id)).slice(0, 2).sort()).toEqual([
    'Opted out by Hedda Quill',
    'Seed swap was held back, because the address had opted out',
  ])
})

test('a hold and its end are told', async () => {
  await optOut(core.db, accountId, [keyOf('pat@club.example')], { source: 'link' })
  const { id } = await addContact(core, person, { address: 'pat+x@club.example' })
  await releaseContact(core.db, person, id)
  expect(await texts(id)).toEqual([
    'Mail allowed by Hedda Quill: not the person who opted out',
    'Held without mail: possibly the same person as somebody who opted out',
    'Added by Hedda Quill',
  ])
})

test('acts that are written down cannot be changed or removed by the program (INV-25)', async () => {
  await newContact()
  await expect(run(core.db, sql`update contact_events set kind = 'edited'`)).rejects.toThrow(/permission denied/)
  await expect(run(core.db, sql`delete from contact_events`)).rejects.toThrow(/permission denied/)
})
