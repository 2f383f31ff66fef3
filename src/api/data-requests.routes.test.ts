import { expect, test } from 'vitest'
import { pageOf, press } from '../../test/preferences.ts'
import { startProgram } from '../../test/program.ts'
import { insertContact, keyOf } from '../../test/sample.ts'
import type { ContactEvent } from '../audience/contact.contract.ts'
import type { FullContact } from '../audience/contact-full.contract.ts'
import type { DataRequest } from '../audience/data-request.contract.ts'
import { rows, sql } from '../platform/database.ts'

const program = await startProgram({ jobs: false })
const { api, core, accountId } = program

let made = 0
async function person() {
  const address = `nils.${++made}@post.example`
  const contactId = await insertContact(core, accountId, address)
  return { address, contactId, page: pageOf(program, address) }
}
const list = async (settled = false) =>
  (await api<{ items: DataRequest[] }>('GET', `/data-requests?settled=${settled}`)).body.items
const openOf = async (contactId: string) => (await list()).filter(({ contact }) => contact?.id === contactId)
const open = async () => (await api<{ open: number }>('GET', '/data-requests/counts')).body.open
const full = async (contactId: string) => (await api<FullContact>('GET', `/contacts/${contactId}`)).body

test('asking for one’s data makes a task with the day by which it is to be answered, and shows no data', async () => {
  const nils = await person()
  const before = await open()
  const answer = await press(nils.page, 'copy')
  expect(answer.status).toBe(200)
  expect(answer.text).toContain('<p class="mark" role="status">You asked for your data. You get an answer by ')
  expect(answer.text).not.toContain(nils.address)
  const [request] = await openOf(nils.contactId)
  expect(request).toMatchObject({ kind: 'copy', contact: { id: nils.contactId, address: nils.address }, settled: null })
  const asked = new Date(request?.askedAt ?? '')
  const days = (Date.parse(request?.dueOn ?? '') - asked.getTime()) / 86_400_000
  expect(days).toBeGreaterThan(26)
  expect(days).toBeLessThanOrEqual(31)
  expect(await open()).toBe(before + 1)
  expect((await full(nils.contactId)).requests).toEqual([request])
  const { body } = await api<{ items: ContactEvent[] }>('GET', `/contacts/${nils.contactId}/history`)
  expect(body.items[0]?.text).toBe(
    `Asked to get their data on the preferences page; to be answered by ${request?.dueOn}`,
  )
})

test('asking again is the same request; the other kind is another one', async () => {
  const nils = await person()
  await Promise.all([press(nils.page, 'copy'), press(nils.page, 'copy'), press(nils.page, 'copy')])
  await press(nils.page, 'erase')
  expect((await openOf(nils.contactId)).map(({ kind }) => kind).sort()).toEqual(['copy', 'erase'])
})

test('looking at the page asks for nothing (OC-12)', async () => {
  const nils = await person()
  for (const method of ['GET', 'HEAD', 'OPTIONS']) await (await fetch(`${nils.page}?act=erase`, { method })).text()
  expect(await openOf(nils.contactId)).toEqual([])
})

test('an operator marks a request as answered, once, and it is told', async () => {
  const nils = await person()
  await press(nils.page, 'copy')
  const id = (await openOf(nils.contactId))[0]?.id ?? ''
  expect((await api('GET', `/contacts/${nils.contactId}/record.json`)).status).toBe(200)
  expect(await openOf(nils.contactId)).toHaveLength(1)
  const first = await api<DataRequest>('POST', `/data-requests/${id}/settle`)
  expect(first).toMatchObject({ status: 200, body: { settled: { outcome: 'answered', by: 'Tests' } } })
  expect((await api<DataRequest>('POST', `/data-requests/${id}/settle`)).body).toEqual(first.body)
  expect(await openOf(nils.contactId)).toEqual([])
  expect((await list(true)).map((request) => request.id)).toContain(id)
  const { body } = await api<{ items: ContactEvent[] }>('GET', `/contacts/${nils.contactId}/history`)
  expect(body.items[0]?.text).toBe('Request for their data marked as answered with the API key Tests')
})

test('erasing the contact settles its requests, leaves no address in them, and the opt-out stands (LW-12)', async () => {
  const nils = await person()
  await press(nils.page, 'copy')
  await press(nils.page, 'erase')
  await press(nils.page, 'optout')
  await api('DELETE', `/contacts/${nils.contactId}`)
  const settled = (await list(true)).filter(({ contact }) => contact === null)
  expect(settled).toMatchObject([
    { settled: { outcome: 'erased', by: null } },
    { settled: { outcome: 'erased', by: null } },
  ])
  const kept = await rows(
    core.db,
    sql`select * from data_requests where account_id = ${accountId} and contact_id is null`,
  )
  expect(JSON.stringify(kept)).not.toContain('nils')
  expect(
    await rows(core.db, sql`select from standing_optouts where address_key = ${keyOf(core, nils.address)}`),
  ).toHaveLength(1)
})

test('an opted-out person may still ask, and stays opted out (DEC-8)', async () => {
  const nils = await person()
  await press(nils.page, 'optout')
  const answer = await press(nils.page, 'erase')
  expect(answer.text).toContain('You asked to have your data erased.')
  expect(answer.text).toContain('You are opted out</h1>')
  expect(await openOf(nils.contactId)).toMatchObject([{ kind: 'erase' }])
  expect((await full(nils.contactId)).status).toBe('opt_out')
})

test('requests go with a record that is merged, and stay open', async () => {
  const [kept, other] = [await person(), await person()]
  await press(other.page, 'erase')
  await api('POST', `/contacts/${kept.contactId}/merge`, { otherId: other.contactId })
  expect(await openOf(kept.contactId)).toMatchObject([{ kind: 'erase', contact: { address: kept.address } }])
})

test('requests belong to one account (SE-9)', async () => {
  const nils = await person()
  await press(nils.page, 'copy')
  const id = (await openOf(nils.contactId))[0]?.id ?? ''
  const { apiKey } = await program.anotherAccount()
  expect((await api<{ items: [] }>('GET', '/data-requests', undefined, apiKey)).body.items).toEqual([])
  expect((await api('POST', `/data-requests/${id}/settle`, undefined, apiKey)).status).toBe(404)
  expect(await openOf(nils.contactId)).toHaveLength(1)
})

test('the record of a person holds what they chose and asked for', async () => {
  const nils = await person()
  await press(nils.page, 'save', { pause: '30', language: 'de' })
  await press(nils.page, 'copy')
  const { body } = await api('GET', `/contacts/${nils.contactId}/record.json`)
  expect(body).toMatchObject({
    language: 'de',
    pausedUntil: expect.any(String),
    requests: [{ kind: 'copy', settledAt: null }],
  })
})
