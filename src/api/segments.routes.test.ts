import { beforeAll, expect, test } from 'vitest'
import { type Program, startProgram } from '../../test/program.ts'
import type { Contact, ContactCounts } from '../audience/contact.contract.ts'
import type { Segment, SegmentPreview } from '../audience/segment.contract.ts'

type Page<Item> = { items: Item[]; nextCursor: string | null }
type Failure = { code: string; message: string; fields: { path: string; message: string }[] }
let program: Program
let api: Program['api']

beforeAll(async () => {
  program = await startProgram()
  api = program.api
})

let made = 0
const at = (domain: string) => ({ type: 'address', op: 'domain_is', values: [domain] })
async function addContact(domain: string, status?: 'error' | 'opt_out'): Promise<Contact> {
  const { body } = await api<Contact>('POST', '/contacts', { address: `c${made++}@${domain}` })
  if (status) expect((await api('POST', `/contacts/${body.id}/status`, { status })).status).toBe(200)
  return body
}

test('a segment is saved, listed, changed, archived and restored', async () => {
  const saved = await api<Segment>('POST', '/segments', { name: 'Herons', condition: at('heron.example') })
  expect(saved.status).toBe(201)
  expect(saved.body).toMatchObject({ name: 'Herons', condition: at('heron.example'), archivedAt: null })
  const { id } = saved.body
  const changed = await api<Segment>('PATCH', `/segments/${id}`, { name: 'Grey herons' })
  expect(changed.body).toMatchObject({ name: 'Grey herons', condition: at('heron.example') })
  const condition = { type: 'not', of: at('heron.example') }
  expect((await api<Segment>('PATCH', `/segments/${id}`, { condition })).body.condition).toEqual(condition)
  const names = async (query = '') =>
    (await api<Page<Segment>>('GET', `/segments${query}`)).body.items.map(({ name }) => name)
  expect(await names()).toContain('Grey herons')
  expect((await api<Segment>('POST', `/segments/${id}/archive`)).body.archivedAt).not.toBeNull()
  expect(await names()).not.toContain('Grey herons')
  expect(await names('?archived=true')).toContain('Grey herons')
  await api('POST', '/segments', { name: 'GREY herons', condition })
  expect((await api<Failure>('POST', `/segments/${id}/restore`)).body.code).toBe('segment.exists')
  expect((await api<Failure>('GET', '/segments/999999')).body.code).toBe('segment.not_found')
})

test('two segments do not have the same name, whatever its case', async () => {
  await api('POST', '/segments', { name: 'Élan', condition: at('a.example') })
  const again = await api<Failure>('POST', '/segments', { name: 'éLAN', condition: at('a.example') })
  expect(again).toMatchObject({ status: 409, body: { code: 'segment.exists' } })
  const other = await api<Segment>('POST', '/segments', { name: 'Other name', condition: at('a.example') })
  expect((await api('PATCH', `/segments/${other.body.id}`, { name: 'ÉLAN' })).status).toBe(409)
})

test('lists of segments go on where they stopped', async () => {
  for (const name of ['Page a', 'page B', 'Page c'])
    await api('POST', '/segments', { name, condition: at('a.example') })
  const found: string[] = []
  let cursor = ''
  do {
    const { body } = await api<Page<Segment>>('GET', `/segments?limit=2${cursor}`)
    found.push(...body.items.map(({ name }) => name))
    cursor = body.nextCursor ? `&cursor=${body.nextCursor}` : ''
  } while (cursor)
  expect(found.filter((name) => /^page/i.test(name))).toEqual(['Page a', 'page B', 'Page c'])
})

test('a preview counts everybody by status and shows the newest five', async () => {
  const people = []
  for (let n = 0; n < 6; n++) people.push(await addContact('preview.example'))
  people.push(await addContact('preview.example', 'error'), await addContact('preview.example', 'opt_out'))
  const counts: ContactCounts = { active: 6, error: 1, optOut: 1, total: 8 }
  const { body } = await api<SegmentPreview>('POST', '/segments/preview', { condition: at('preview.example') })
  expect(body.counts).toEqual(counts)
  expect(body.sample.map(({ id }) => id)).toEqual(
    people
      .map(({ id }) => id)
      .reverse()
      .slice(0, 5),
  )
  const segment = await api<Segment>('POST', '/segments', { name: 'Preview', condition: at('preview.example') })
  const { id } = segment.body
  expect((await api('GET', `/segments/${id}/counts`)).body).toEqual(counts)
  expect((await api('GET', `/contacts/counts?segmentId=${id}`)).body).toEqual(counts)
  const listed = await api<Page<Contact>>('GET', `/contacts?segmentId=${id}&status=error&sort=address`)
  expect(listed.body.items.map(({ status }) => status)).toEqual(['error'])
})

test('a condition that names what the account does not have is refused with its place', async () => {
  const condition = { type: 'any', of: [{ type: 'not', of: { type: 'group', groupId: '999' } }, at('no domain')] }
  const refused = await api<Failure>('POST', '/segments/preview', { condition })
  expect(refused).toMatchObject({ status: 400, body: { code: 'condition.invalid' } })
  expect(refused.body.fields).toEqual([
    { path: '/condition/of/1/values', message: 'Enter a domain, such as post.example.' },
    { path: '/condition/of/0/of/groupId', message: 'Choose a group.' },
  ])
})

test('a hand-made condition of any depth or size is refused, and the program answers the next request', async () => {
  const deep = (levels: number) => `${'{"type":"not","of":'.repeat(levels)}{"type":"all","of":[]}${'}'.repeat(levels)}`
  for (const condition of [
    deep(10),
    deep(40_000),
    `{"type":"all","of":[${Array<string>(201).fill(deep(0)).join()}]}`,
  ]) {
    const answer = await fetch(`${program.url}/api/v1/segments/preview`, {
      method: 'POST',
      headers: { authorization: `Bearer ${program.apiKey}`, 'content-type': 'application/json' },
      body: `{"condition":${condition}}`,
    })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ code: 'request.invalid' })
  }
  const nine: unknown = JSON.parse(deep(9))
  expect((await api('POST', '/segments/preview', { condition: nine })).status).toBe(200)
})
