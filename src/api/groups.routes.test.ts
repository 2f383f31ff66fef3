import { beforeAll, expect, test } from 'vitest'
import { OWNER, type Program, startProgram } from '../../test/program.ts'
import type { Contact } from '../audience/contact.contract.ts'
import type { Group, PastedResult } from '../audience/group.contract.ts'
import { run, sql } from '../platform/database.ts'
import type { Job } from '../platform/job.contract.ts'

type Page = { items: Group[]; nextCursor: string | null }
type Members = { changed: number; optedOut: number }
let program: Program
let api: Program['api']

beforeAll(async () => {
  program = await startProgram()
  api = program.api
})

let made = 0
async function addContact(groupIds: string[] = [], status?: 'error' | 'opt_out'): Promise<string> {
  const { body } = await api<Contact>('POST', '/contacts', { address: `c${made++}@post.example`, groupIds })
  if (status) expect((await api('POST', `/contacts/${body.id}/status`, { status })).status).toBe(200)
  return body.id
}

async function addGroup(name: string): Promise<Group> {
  const answer = await api<Group>('POST', '/groups', { name })
  expect(answer.status).toBe(201)
  return answer.body
}

const statusOf = async (id: string) => (await api<Contact>('GET', `/contacts/${id}`)).body.status
const countsOf = async ({ id }: Group) => (await api<Group>('GET', `/groups/${id}`)).body.counts

async function finished({ id }: Job): Promise<Job> {
  return expect
    .poll(async () => (await api<Job>('GET', `/jobs/${id}`)).body, { timeout: 20_000 })
    .toSatisfy(({ status }: Job) => ['done', 'failed', 'cancelled'].includes(status))
    .then(async () => (await api<Job>('GET', `/jobs/${id}`)).body)
}

test('a group is made, renamed, archived and brought back', async () => {
  const group = await addGroup('  Friends  ')
  expect(group).toEqual({
    id: expect.stringMatching(/^\d+$/),
    name: 'Friends',
    kind: 'regular',
    counts: { active: 0, error: 0, optOut: 0 },
    archivedMembers: 0,
    createdAt: expect.stringMatching(/Z$/),
    archivedAt: null,
    job: null,
  })
  expect(await api('POST', '/groups', { name: 'FRIENDS' })).toMatchObject({
    status: 409,
    body: { code: 'group.exists', message: 'There is a group with the name “FRIENDS” already.' },
  })
  expect(await api('PATCH', `/groups/${group.id}`, { name: 'Old friends' })).toMatchObject({
    status: 200,
    body: { name: 'Old friends' },
  })
  expect(await api('PATCH', `/groups/${group.id}`, {})).toMatchObject({ status: 200, body: { name: 'Old friends' } })
  const other = await addGroup('Friends')
  expect(await api('PATCH', `/groups/${group.id}`, { name: 'friends' })).toMatchObject({ status: 409 })
  const archived = await api<Group>('POST', `/groups/${other.id}/archive`)
  expect(archived.body.archivedAt).toMatch(/Z$/)
  await addGroup('Friends')
  expect(await api('POST', `/groups/${other.id}/restore`)).toMatchObject({
    status: 409,
    body: { code: 'group.exists' },
  })
  const { body } = await api<Page>('GET', '/groups?archived=true')
  expect(body.items.map(({ id }) => id)).toEqual([other.id])
})

test.each(['', '   ', 'a\u0000b', 'a\r\nList-Id: x', '\u202eevil', 'x'.repeat(201)])(
  'a name that cannot stand in a header is refused (SE-5): %j',
  async (name) => {
    expect(await api('POST', '/groups', { name })).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
  },
)

test('the list turns its pages by name, each with its own counts', async () => {
  const { accountId, apiKey } = await program.anotherAccount('Lists')
  const asOther: Program['api'] = (method, path, body) => api(method, path, body, apiKey)
  for (const name of ['delta', 'Alpha', 'charlie', 'Bravo', 'éclair']) await asOther('POST', '/groups', { name })
  const seen: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page: { body: Page } = await asOther<Page>('GET', `/groups?limit=2${cursor && `&cursor=${cursor}`}`)
    seen.push(...page.body.items.map(({ name }) => name))
    cursor = page.body.nextCursor
  }
  expect(seen).toEqual(['Alpha', 'Bravo', 'charlie', 'delta', 'éclair'])
  for (const broken of ['x', 'W10', Buffer.from('["a","1;drop"]').toString('base64url')])
    expect(await asOther('GET', `/groups?cursor=${broken}`)).toMatchObject({
      status: 400,
      body: { code: 'request.invalid_cursor' },
    })
  expect(accountId).not.toBe(program.accountId)
})

test('a group counts its Active, Error and Opt-Out members, those in the archive too', async () => {
  const [group, empty] = [await addGroup('Counted'), await addGroup('Empty')]
  await addContact([group.id])
  await addContact([group.id])
  await addContact([group.id], 'error')
  const archived = await addContact([group.id], 'opt_out')
  await api('POST', `/contacts/${archived}/archive`)
  const page = (await api<Page>('GET', '/groups?limit=500')).body.items
  expect(page.find(({ id }) => id === group.id)).toMatchObject({
    counts: { active: 2, error: 1, optOut: 1 },
    archivedMembers: 1,
  })
  expect(page.find(({ id }) => id === empty.id)).toMatchObject({ counts: { active: 0, error: 0, optOut: 0 } })
})

test('names of groups are compared without regard to case in any script', async () => {
  await addGroup('Ärzte')
  expect(await api('POST', '/groups', { name: 'ÄRZTE' })).toMatchObject({ status: 409, body: { code: 'group.exists' } })
})

test('adding to a group leaves opted-out contacts alone and counts them (INV-6)', async () => {
  const group = await addGroup('Filled')
  const [free, error, out] = [await addContact(), await addContact([], 'error'), await addContact([], 'opt_out')]
  const ask = () => api<Members>('POST', `/groups/${group.id}/members`, { contactIds: [free, error, out, free] })
  expect(await ask()).toMatchObject({ status: 200, body: { changed: 2, optedOut: 1 } })
  expect(await ask()).toMatchObject({ body: { changed: 0, optedOut: 1 } })
  expect(await countsOf(group)).toEqual({ active: 1, error: 1, optOut: 0 })
  expect(await api('POST', `/groups/${group.id}/members`, { contactIds: [free, '99999999'] })).toMatchObject({
    status: 404,
    body: { code: 'contact.not_found' },
  })
})

test('removing from a group, some or all, leaves opted-out members in it for the record', async () => {
  const group = await addGroup('Emptied')
  const [one, two, three] = [await addContact([group.id]), await addContact([group.id]), await addContact([group.id])]
  const out = await addContact([group.id], 'opt_out')
  const removed = await api('DELETE', `/groups/${group.id}/members`, { contactIds: [one, out, '99999999'] })
  expect(removed).toMatchObject({ status: 200, body: { changed: 1, optedOut: 1 } })
  expect(await countsOf(group)).toEqual({ active: 2, error: 0, optOut: 1 })
  const emptied = await api<Job>('POST', `/groups/${group.id}/members/all/remove`)
  expect(emptied).toMatchObject({ status: 202, body: { kind: 'group_empty', subject: `group:${group.id}` } })
  expect(await finished(emptied.body)).toMatchObject({
    status: 'done',
    progress: { done: 3, total: 3 },
    result: { changed: 2, optedOut: 1 },
  })
  expect(await countsOf(group)).toEqual({ active: 0, error: 0, optOut: 1 })
  expect([await statusOf(two), await statusOf(three)]).toEqual(['active', 'active'])
})

test('changing the status of all to Opt-Out takes Error and archived members along (INV-17)', async () => {
  const group = await addGroup('Opt-outs from the old shop')
  const everybody = [await addContact([group.id]), await addContact([group.id], 'error')]
  const archived = await addContact([group.id])
  const before = await addContact([group.id], 'opt_out')
  const apart = await addContact()
  await api('POST', `/contacts/${archived}/archive`)
  const started = await api<Job>('POST', `/groups/${group.id}/status`, { status: 'opt_out' })
  expect(started).toMatchObject({ status: 202, body: { kind: 'group_status', subject: `group:${group.id}` } })
  expect(await finished(started.body)).toMatchObject({
    status: 'done',
    progress: { done: 4, total: 4 },
    result: { optedOut: 3, alreadyOptedOut: 1 },
  })
  for (const id of [...everybody, archived, before]) expect(await statusOf(id)).toBe('opt_out')
  expect(await statusOf(apart)).toBe('active')
  expect(await countsOf(group)).toEqual({ active: 0, error: 0, optOut: 4 })
})

test('changing the status of all to Error or Active leaves Opt-Out members alone and counts them (INV-18)', async () => {
  const group = await addGroup('Mixed')
  const active = await addContact([group.id])
  const error = await addContact([group.id], 'error')
  const out = await addContact([group.id], 'opt_out')
  const toError = await api<Job>('POST', `/groups/${group.id}/status`, { status: 'error' })
  expect(await finished(toError.body)).toMatchObject({ status: 'done', result: { changed: 1, optedOut: 1 } })
  expect([await statusOf(active), await statusOf(error), await statusOf(out)]).toEqual(['error', 'error', 'opt_out'])
  const toActive = await api<Job>('POST', `/groups/${group.id}/status`, { status: 'active' })
  expect(await finished(toActive.body)).toMatchObject({ status: 'done', result: { changed: 2, optedOut: 1 } })
  expect([await statusOf(active), await statusOf(error), await statusOf(out)]).toEqual(['active', 'active', 'opt_out'])
})

test('a group that is being changed shows the work, and a second change waits for it', async () => {
  const group = await addGroup('Busy')
  await run(
    program.core.db,
    sql`insert into jobs (account_id, kind, subject, started_by) values (${program.accountId}, 'group_status', ${`group:${group.id}`}, ${program.userId})`,
  )
  const shown = await api<Group>('GET', `/groups/${group.id}`)
  expect(shown.body.job).toMatchObject({ status: 'queued', startedBy: OWNER.email })
  expect(await api('POST', `/groups/${group.id}/status`, { status: 'opt_out' })).toMatchObject({
    status: 409,
    body: { code: 'group.busy' },
  })
  await run(program.core.db, sql`update jobs set status = 'done' where subject = ${`group:${group.id}`}`)
  expect((await api<Group>('GET', `/groups/${group.id}`)).body.job).toBeNull()
})

test('a status change of a group that is not there is refused', async () => {
  expect(await api('POST', '/groups/999999/status', { status: 'opt_out' })).toMatchObject({ status: 404 })
  const group = await addGroup('Nonsense')
  expect(await api('POST', `/groups/${group.id}/status`, { status: 'unsubscribed' })).toMatchObject({ status: 400 })
})

const copy = async (group: Group, body: object) => {
  const started = await api<Job>('POST', `/groups/${group.id}/copy`, body)
  expect(started.status, JSON.stringify(started.body)).toBe(202)
  return finished(started.body)
}

test('members with a status are copied into a new group; opted-out ones join no group and are counted (INV-6)', async () => {
  const group = await addGroup('Copied')
  const active = await addContact([group.id])
  const error = await addContact([group.id], 'error')
  await addContact([group.id], 'opt_out')
  const done = await copy(group, { to: { newGroup: 'The copy' }, statuses: ['active'] })
  const to = { id: expect.stringMatching(/^\d+$/), name: 'The copy' }
  expect(done).toMatchObject({
    kind: 'group_copy',
    status: 'done',
    subject: `group:${group.id}`,
    result: { copied: 1, already: 0, optedOut: 1, to },
  })
  const { items } = (await api<Page>('GET', '/groups?limit=500')).body
  const made = items.find(({ name }) => name === 'The copy')
  expect(made?.counts).toEqual({ active: 1, error: 0, optOut: 0 })
  const again = await copy(group, { to: { groupId: made?.id } })
  expect(again.result).toEqual({ copied: 1, already: 1, optedOut: 1, to: { id: made?.id, name: 'The copy' } })
  for (const id of [active, error])
    expect((await api<Contact>('GET', `/contacts/${id}`)).body.groupIds).toContain(made?.id)
  expect(await api('POST', `/groups/${group.id}/copy`, { to: { newGroup: 'THE COPY' } })).toMatchObject({ status: 409 })
  expect(await api('POST', `/groups/${group.id}/copy`, { to: { groupId: '999999' } })).toMatchObject({ status: 404 })
  expect(await api('POST', `/groups/${group.id}/copy`, { to: {}, statuses: ['opt_out'] })).toMatchObject({
    status: 400,
  })
})

test('pasted addresses join a group, and every line is accounted for', async () => {
  const group = await addGroup('Pasted')
  const { body: known } = await api<Contact>('POST', '/contacts', { address: 'Known.Paste@post.example' })
  const { body: gone } = await api<Contact>('POST', '/contacts', { address: 'gone.paste@post.example' })
  await api('POST', '/opt-outs', {
    addresses: ['gone.paste@post.example', 'never.paste@post.example', 'like.paste@post.example'],
  })
  const addresses = [
    'Known <known.paste@POST.example>',
    'KNOWN.PASTE@post.example',
    '',
    'gone.paste@post.example',
    'never.paste@post.example',
    'new.paste@post.example',
    'like.paste+tag@post.example',
    'no address',
  ]
  const paste = (addUnknown: boolean) =>
    api<PastedResult>('POST', `/groups/${group.id}/addresses`, { addresses, addUnknown })
  expect((await paste(false)).body).toEqual({
    added: 1,
    already: 0,
    optedOut: 2,
    duplicate: 1,
    made: 0,
    held: 0,
    optedOutAddresses: ['gone.paste@post.example', 'never.paste@post.example'],
    unknown: ['new.paste@post.example', 'like.paste+tag@post.example'],
    invalid: [{ line: 8, text: 'no address', problem: expect.stringContaining('There is no @.') }],
  })
  expect((await paste(true)).body).toMatchObject({ added: 2, already: 1, optedOut: 2, made: 2, held: 1, unknown: [] })
  expect(await countsOf(group)).toEqual({ active: 3, error: 0, optOut: 0 })
  expect((await api<Contact>('GET', `/contacts/${known.id}`)).body.groupIds).toEqual([group.id])
  expect((await api<Contact>('GET', `/contacts/${gone.id}`)).body.groupIds).toEqual([])
  const search = await api<{ items: Contact[] }>('GET', '/contacts?search=paste@post.example&limit=50')
  expect(search.body.items.map(({ address }) => address).toSorted()).toEqual([
    'Known.Paste@post.example',
    'gone.paste@post.example',
    'new.paste@post.example',
  ])
})

test('an address of a domain that opted out does not become a contact by pasting', async () => {
  const group = await addGroup('Ruled')
  await api('POST', '/opt-outs/domains', { domain: 'ruled-paste.example' })
  const { body } = await api<PastedResult>('POST', `/groups/${group.id}/addresses`, {
    addresses: ['one@ruled-paste.example'],
    addUnknown: true,
  })
  expect(body).toMatchObject({ added: 0, made: 0, optedOut: 1, unknown: [] })
})

test('a test group holds at most 10 contacts, whoever adds them', async () => {
  const { body: small } = await api<Group>('POST', '/groups', { name: 'Proofs', kind: 'test' })
  expect(small.kind).toBe('test')
  const ten = Array.from({ length: 10 }, (_, n) => `proof${n}@post.example`)
  const filled = await api('POST', `/groups/${small.id}/addresses`, { addresses: ten, addUnknown: true })
  expect(filled).toMatchObject({ status: 200, body: { added: 10 } })
  const full = {
    status: 409,
    body: {
      code: 'group.full',
      message:
        'The test group “Proofs” holds at most 10 contacts. Nobody was added. Remove some of them first, or choose a regular group.',
    },
  }
  const other = await addGroup('More than ten')
  const [one, two] = [await addContact([other.id]), await addContact([other.id])]
  expect(await api('POST', `/groups/${small.id}/members`, { contactIds: [one, two] })).toMatchObject(full)
  expect(await api('POST', `/contacts/${one}/groups`, { groupIds: [small.id] })).toMatchObject(full)
  expect(await api('POST', '/contacts', { address: 'eleven@post.example', groupIds: [small.id] })).toMatchObject(full)
  const pasted = { addresses: ['twelve@post.example'], addUnknown: true }
  expect(await api('POST', `/groups/${small.id}/addresses`, pasted)).toMatchObject(full)
  expect(await copy(other, { to: { groupId: small.id } })).toMatchObject({
    status: 'failed',
    problem: full.body.message,
  })
  const bulk = { selection: { ids: [one] }, act: { type: 'add_to_group', groupId: small.id } }
  expect(await finished((await api<Job>('POST', '/contacts/bulk', bulk)).body)).toMatchObject({
    status: 'failed',
    problem: full.body.message,
  })
  const form = new FormData()
  form.set('options', JSON.stringify({ groupIds: [small.id] }))
  form.set('file', new Blob(['Email\neleven.import@post.example\n']), 'eleven.csv')
  const started = await api<{ id: string }>('POST', '/imports', form)
  await expect
    .poll(async () => (await api('GET', `/imports/${started.body.id}`)).body, { timeout: 20_000 })
    .toMatchObject({ status: 'failed', problem: { code: 'group.full', message: full.body.message } })
  expect((await api<{ items: Contact[] }>('GET', '/contacts?search=eleven')).body.items).toEqual([])
  expect(await countsOf(small)).toEqual({ active: 10, error: 0, optOut: 0 })
  expect(await api('POST', `/groups/${small.id}/members`, { contactIds: [one] })).toMatchObject(full)
})
