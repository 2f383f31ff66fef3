import { beforeAll, expect, test } from 'vitest'
import { type Program, startProgram } from '../../test/program.ts'
import { makeApiKey } from '../accounts/api-key.ts'
import type { Contact, ContactCounts } from '../audience/contact.contract.ts'
import { enteredAddress } from '../audience/contact-address.ts'
import type { Group } from '../audience/group.contract.ts'
import { optOut } from '../optouts/optout.ts'
import { run, sql } from '../platform/database.ts'

type Page = { items: Contact[]; nextCursor: string | null }
let program: Program
let api: Program['api']

beforeAll(async () => {
  program = await startProgram({ jobs: false })
  api = program.api
})

async function add(address: string, fields: Record<string, string> = {}, groupIds: string[] = []): Promise<Contact> {
  const answer = await api<Contact>('POST', '/contacts', { address, fields, groupIds })
  expect(answer).toMatchObject({ status: 201 })
  return answer.body
}

async function addGroup(name: string): Promise<Group> {
  return (await api<Group>('POST', '/groups', { name })).body
}

async function optOutByLink(address: string) {
  const { key } = enteredAddress(program.core.keys, address)
  await optOut(program.core.db, program.accountId, [key], { source: 'link' })
}

const lockedAnswer = {
  status: 409,
  body: {
    code: 'contact.opted_out',
    message: expect.stringMatching(/^This contact opted out on \d+ \w+ \d{4}\. Details and status are locked\.$/),
  },
}

test('a contact is added with details and groups and can be read again', async () => {
  const group = await addGroup('Members')
  const made = await add('  <Ann.Moor@Post.Example>;', { first_name: 'Ann', last_name: '' }, [group.id])
  expect(made).toEqual({
    id: expect.stringMatching(/^\d+$/),
    address: 'Ann.Moor@Post.Example',
    status: 'active',
    fields: { first_name: 'Ann' },
    groupIds: [group.id],
    createdAt: expect.stringMatching(/Z$/),
    updatedAt: expect.stringMatching(/Z$/),
    archivedAt: null,
    optOut: null,
    error: null,
    held: false,
    source: 'api',
  })
  expect(await api('GET', `/contacts/${made.id}`)).toMatchObject({ status: 200, body: made })
})

test('an address is one contact, however it is written (INV-20)', async () => {
  const first = await add('Foo@Example.com')
  for (const again of ['foo@example.COM', ' foo@EXAMPLE.com. ', 'mailto:FOO@example.com']) {
    expect(await api('POST', '/contacts', { address: again })).toMatchObject({
      status: 409,
      body: { code: 'contact.exists', fields: { contactId: first.id } },
    })
  }
  await add('caf\u00e9@example.com')
  expect(await api('POST', '/contacts', { address: 'cafe\u0301@example.com' })).toMatchObject({ status: 409 })
  await api('POST', `/contacts/${first.id}/archive`)
  expect(await api('POST', '/contacts', { address: 'foo@example.com' })).toMatchObject({
    status: 409,
    body: { code: 'contact.exists', message: 'A contact with this address is in the archive.' },
  })
})

test('a broken address, an unknown field and an unknown group are named, and nothing is added', async () => {
  expect(await api('POST', '/contacts', { address: 'ann@post' })).toMatchObject({
    status: 400,
    body: { code: 'contact.invalid_address', message: expect.stringContaining('name@post.example') },
  })
  expect(await api('POST', '/contacts', { address: 'x@y.example', fields: { shoe: '1' } })).toMatchObject({
    status: 400,
    body: { code: 'field.unknown', message: 'There is no field “shoe”.' },
  })
  expect(await api('POST', '/contacts', { address: 'x@y.example', groupIds: ['987654'] })).toMatchObject({
    status: 404,
    body: { code: 'group.not_found' },
  })
  expect((await api<Page>('GET', '/contacts?search=x@y.example')).body.items).toEqual([])
})

test.each([
  [{ address: 'n@post.example', fields: { first_name: 'Ann\u0000' } }],
  [{ address: 'n@post.example', fields: { first_name: 'Ann\r\nBcc: all@post.example' } }],
  [{ address: 'n@post.example', fields: { first_name: '\u202egnp.exe' } }],
  [{ address: 'n@post.example', fields: { first_name: '\ud800' } }],
  [{ address: 'n@post.example', fields: { first_name: 7 } }],
  [{ address: 'n@post.example', fields: { constructor: 'x' } }],
  [{ address: 'n@post.example', status: 'active' }],
  [{ address: 'n@post.example', accountId: '1' }],
  [{ address: 'n@post.example', groupIds: ['1 or 1=1'] }],
  [{ address: 'n\u0000@post.example' }],
  [{ address: '\ud800@post.example' }],
  [{ address: 'a@b\r\nRCPT TO:<x@y.example>' }],
  [{ address: ['n@post.example'] }],
  [{}],
])('hostile input is refused with 400 (SE-5, SE-9): %j', async (body) => {
  const before = await api<ContactCounts>('GET', '/contacts/counts')
  expect(await api('POST', '/contacts', body)).toMatchObject({
    status: 400,
    body: { code: expect.any(String), message: expect.any(String) },
  })
  expect(await api('GET', '/contacts/counts')).toMatchObject({ body: before.body })
})

test('markup in details is kept as the text it is (SE-3)', async () => {
  const hostile = `<script>alert(1)</script>"'><img src=x onerror=alert(2)> {{ 7*7 }} '; drop table contacts; --`
  const { id } = await add('markup@post.example', { first_name: hostile })
  expect((await api<Contact>('GET', `/contacts/${id}`)).body.fields).toEqual({ first_name: hostile })
})

test('adding an address that opted out is refused with the day and changes nothing', async () => {
  await optOutByLink('gone@post.example')
  const before = await api<ContactCounts>('GET', '/contacts/counts')
  expect(await api('POST', '/contacts', { address: 'Gone@post.example' })).toMatchObject({
    status: 409,
    body: { code: 'contact.opted_out', message: expect.stringMatching(/^This address opted out on \d+ \w+ \d{4}\./) },
  })
  expect(await api('GET', '/contacts/counts')).toMatchObject({ body: before.body })
})

test('an address like an opted-out one but for its tag is held until an operator decides (AB-22)', async () => {
  await optOutByLink('pat@club.example')
  const held = await add('pat+news@club.example')
  expect(held).toMatchObject({ held: true, status: 'active', address: 'pat+news@club.example' })
  expect(await isMailable(held.id)).toBe(false)
  expect(await api('POST', `/contacts/${held.id}/release`)).toMatchObject({ status: 200, body: { held: false } })
  expect(await isMailable(held.id)).toBe(true)
  const other = await add('sam@club.example')
  const moved = await api<Contact>('PATCH', `/contacts/${other.id}`, { address: 'pat+shop@club.example' })
  expect(moved.body).toMatchObject({ held: true })
  const back = await api<Contact>('PATCH', `/contacts/${other.id}`, { address: 'sam@club.example' })
  expect(back.body).toMatchObject({ held: false })
})

test('details change field by field; null takes a value away', async () => {
  const { id } = await add('edit@post.example', { first_name: 'Edda', last_name: 'Moor' })
  const changed = await api<Contact>('PATCH', `/contacts/${id}`, { fields: { first_name: 'Eda', last_name: null } })
  expect(changed).toMatchObject({ status: 200, body: { fields: { first_name: 'Eda' } } })
  expect(changed.body.fields).not.toHaveProperty('last_name')
  expect(await api('PATCH', `/contacts/${id}`, { fields: { shoe: '1' } })).toMatchObject({ status: 400 })
  expect(await api('PATCH', `/contacts/${id}`, { status: 'opt_out' })).toMatchObject({ status: 400 })
  expect(await api('PATCH', `/contacts/${id}`, { address: 'nobody' })).toMatchObject({ status: 400 })
})

test('an address moves only to a free one', async () => {
  const one = await add('one@move.example')
  await add('two@move.example')
  expect(await api('PATCH', `/contacts/${one.id}`, { address: 'TWO@move.example' })).toMatchObject({
    status: 409,
    body: { code: 'contact.exists' },
  })
  await optOutByLink('three@move.example')
  expect(await api('PATCH', `/contacts/${one.id}`, { address: 'three@move.example' })).toMatchObject({
    status: 409,
    body: { code: 'contact.opted_out', message: expect.stringMatching(/^This address opted out on/) },
  })
  expect(await api('PATCH', `/contacts/${one.id}`, { address: 'ONE@move.example' })).toMatchObject({
    status: 200,
    body: { address: 'ONE@move.example' },
  })
})

test('status goes from Active to Error and back by hand, and a corrected address ends an Error (BN-10)', async () => {
  const { id } = await add('status@post.example')
  const error = await api<Contact>('POST', `/contacts/${id}/status`, { status: 'error' })
  expect(error).toMatchObject({ status: 200, body: { status: 'error', error: { reason: 'manual' } } })
  const twice = await api<Contact>('POST', `/contacts/${id}/status`, { status: 'error' })
  expect(twice.body.error).toEqual(error.body.error)
  expect(await api('POST', `/contacts/${id}/status`, { status: 'active' })).toMatchObject({
    body: { status: 'active', error: null },
  })
  await run(
    program.core.db,
    sql`insert into contact_errors (account_id, contact_id, reason, detail) values (${program.accountId}, ${id}, 'delivery', '550 no such user')`,
  )
  expect(await api('PATCH', `/contacts/${id}`, { address: 'right@post.example' })).toMatchObject({
    body: { status: 'active', error: null },
  })
  expect(await api('POST', `/contacts/${id}/status`, { status: 'gone' })).toMatchObject({ status: 400 })
})

test('an opted-out contact is locked for every edit, but can be archived, restored and erased (INV-1, INV-2, INV-16)', async () => {
  const group = await addGroup('Locked in')
  const other = await addGroup('Never joined')
  const { id } = await add('locked@post.example', { first_name: 'Lo' }, [group.id])
  const out = await api<Contact>('POST', `/contacts/${id}/status`, { status: 'opt_out' })
  expect(out).toMatchObject({ status: 200, body: { status: 'opt_out', optOut: { source: 'api', mailingId: null } } })
  const edits: [string, string, unknown][] = [
    ['PATCH', `/contacts/${id}`, { fields: { first_name: 'Li' } }],
    ['PATCH', `/contacts/${id}`, { address: 'free@post.example' }],
    ['POST', `/contacts/${id}/status`, { status: 'active' }],
    ['POST', `/contacts/${id}/status`, { status: 'error' }],
    ['POST', `/contacts/${id}/status`, { status: 'opt_out' }],
    ['POST', `/contacts/${id}/groups`, { groupIds: [other.id] }],
    ['DELETE', `/contacts/${id}/groups/${group.id}`, undefined],
    ['POST', `/contacts/${id}/release`, undefined],
  ]
  for (const [method, path, body] of edits) expect(await api(method, path, body), path).toMatchObject(lockedAnswer)
  expect(await api('GET', `/contacts/${id}`)).toMatchObject({ body: out.body })
  for (const act of ['archive', 'restore', 'archive'])
    expect(await api('POST', `/contacts/${id}/${act}`)).toMatchObject({ status: 200, body: { status: 'opt_out' } })
  expect(await api('DELETE', `/contacts/${id}`)).toMatchObject({ status: 204 })
  expect(await api('GET', `/contacts/${id}`)).toMatchObject({ status: 404 })
  expect(await api('POST', '/contacts', { address: 'locked@post.example' })).toMatchObject({ status: 409 })
})

test('opting out by hand does not weaken the holder’s own opt-out (INV-21)', async () => {
  const { id } = await add('own@post.example')
  await optOutByLink('own@post.example')
  expect(await api('POST', `/contacts/${id}/status`, { status: 'opt_out' })).toMatchObject(lockedAnswer)
  expect((await api<Contact>('GET', `/contacts/${id}`)).body.optOut).toMatchObject({ source: 'link' })
})

test('the day of an opt-out is the day where the sender is', async () => {
  const { id } = await add('zone@post.example')
  await run(
    program.core.asOwner.db,
    sql`insert into standing_optouts (account_id, address_key, entry_id, source, opted_out_at)
        select account_id, address_key, 999999, 'link', '2026-11-13T23:30:00Z' from contacts where contact_id = ${id}`,
  )
  await run(program.core.db, sql`update accounts set time_zone = 'Asia/Tokyo' where account_id = ${program.accountId}`)
  expect(await api('PATCH', `/contacts/${id}`, { fields: {} })).toMatchObject({
    body: { message: 'This contact opted out on 14 November 2026. Details and status are locked.' },
  })
})

test('groups are joined and left, and archived groups are no longer shown', async () => {
  const [one, two] = [await addGroup('Joined one'), await addGroup('Joined two')]
  const { id } = await add('joins@post.example')
  const joined = await api<Contact>('POST', `/contacts/${id}/groups`, { groupIds: [one.id, two.id, one.id] })
  expect(joined.body.groupIds).toEqual([one.id, two.id])
  const left = await api<Contact>('DELETE', `/contacts/${id}/groups/${one.id}`)
  expect(left.body.groupIds).toEqual([two.id])
  await api('POST', `/groups/${two.id}/archive`)
  expect((await api<Contact>('GET', `/contacts/${id}`)).body.groupIds).toEqual([])
  expect(await api('POST', `/contacts/${id}/groups`, { groupIds: [two.id] })).toMatchObject({ status: 404 })
})

test('one account never sees or touches another one’s contacts and groups (SE-9)', async () => {
  const mine = await add('mine@post.example', { first_name: 'Mine' })
  const group = await addGroup('Mine')
  const other = await program.anotherAccount('Other')
  const asOther: Program['api'] = (method, path, body) => api(method, path, body, other.apiKey)
  const own = await asOther<Contact>('POST', '/contacts', { address: 'mine@post.example' })
  const ownGroup = await asOther<Group>('POST', '/groups', { name: 'Mine' })
  expect([own.status, ownGroup.status]).toEqual([201, 201])
  const foreign: [string, string, unknown?][] = [
    ['GET', `/contacts/${mine.id}`],
    ['PATCH', `/contacts/${mine.id}`, { fields: {} }],
    ['DELETE', `/contacts/${mine.id}`],
    ['POST', `/contacts/${mine.id}/status`, { status: 'opt_out' }],
    ['POST', `/contacts/${mine.id}/archive`],
    ['POST', `/contacts/${mine.id}/restore`],
    ['POST', `/contacts/${mine.id}/release`],
    ['POST', `/contacts/${mine.id}/groups`, { groupIds: [ownGroup.body.id] }],
    ['POST', `/contacts/${own.body.id}/groups`, { groupIds: [group.id] }],
    ['DELETE', `/contacts/${mine.id}/groups/${group.id}`],
    ['DELETE', `/contacts/${own.body.id}/groups/${group.id}`],
    ['GET', `/contacts/${mine.id}/history`],
    ['GET', `/groups/${group.id}`],
    ['PATCH', `/groups/${group.id}`, { name: 'Yours' }],
    ['POST', `/groups/${group.id}/archive`],
    ['POST', `/groups/${group.id}/restore`],
    ['POST', `/groups/${group.id}/members`, { contactIds: [own.body.id] }],
    ['POST', `/groups/${ownGroup.body.id}/members`, { contactIds: [mine.id] }],
    ['DELETE', `/groups/${group.id}/members`, { contactIds: [own.body.id] }],
    ['POST', `/groups/${group.id}/members/all/remove`],
    ['POST', `/groups/${group.id}/status`, { status: 'opt_out' }],
  ]
  for (const [method, path, body] of foreign)
    expect((await asOther(method, path, body)).status, `${method} ${path}`).toBe(404)
  expect((await asOther<Page>('GET', `/contacts?search=mine@`)).body.items.map(({ id }) => id)).toEqual([own.body.id])
  expect((await asOther<Page>('GET', `/contacts?groupId=${group.id}`)).body.items).toEqual([])
  expect(await api('GET', `/contacts/${mine.id}`)).toMatchObject({ body: mine })
})

test('a key that may only read changes nothing', async () => {
  const { id } = await add('readonly@post.example')
  const key = await readOnlyKey()
  expect((await api('GET', `/contacts/${id}`, undefined, key)).status).toBe(200)
  expect((await api('POST', `/contacts/${id}/status`, { status: 'opt_out' }, key)).status).toBe(403)
})

async function readOnlyKey(): Promise<string> {
  return (await makeApiKey(program.core.db, program.accountId, { name: 'Look', scope: 'read' }, null)).token
}

async function isMailable(contactId: string): Promise<boolean> {
  const found = await sql`
    select from mailable_contacts where account_id = ${program.accountId} and contact_id = ${contactId}`.execute(
    program.core.db,
  )
  return found.rows.length === 1
}
