import { expect, test } from 'vitest'
import { startMailings } from '../../test/mailings.ts'
import { pageOf, press } from '../../test/preferences.ts'
import { optOut } from '../optouts/optout.ts'
import { rows, sql } from '../platform/database.ts'
import type { ContactEvent } from './contact.contract.ts'
import type { FullContact } from './contact-full.contract.ts'

const { accountId, addTo, api, core, db, groupOf, keyOf, name, program } = await startMailings()

const made = async (who: string) => addTo(await groupOf([]), who)
const set = (id: string, refused: boolean) =>
  api<{ status?: string; code?: string }>('POST', `/contacts/${id}/tracking`, { refused })
const refusedBy = async (id: string) => (await api<FullContact>('GET', `/contacts/${id}`)).body.trackingRefusedBy
const told = async (id: string) =>
  (await api<{ items: ContactEvent[] }>('GET', `/contacts/${id}/history`)).body.items
    .map(({ text }) => text)
    .filter((text) => /opens and clicks/i.test(text))
const chooseAs = (who: string, form: Record<string, string>) =>
  press(pageOf({ core, accountId, url: program.url }, name(who)), 'save', { 'asked-tracking': 'yes', ...form })

test('an operator says that a contact is not tracked, and ends it; the history tells both, once each (LW-15)', async () => {
  const ann = await made('ann')
  expect((await set(ann, true)).body.status).toBe('active')
  expect((await set(ann, true)).status).toBe(200)
  expect(await refusedBy(ann)).toBe('operator')
  expect((await set(ann, false)).status).toBe(200)
  expect(await refusedBy(ann)).toBeNull()
  expect(await told(ann)).toEqual([
    expect.stringMatching(/^Opens and clicks may be recorded again, as chosen with the API key/),
    expect.stringMatching(/^No opens and clicks are recorded any more, as chosen with the API key/),
  ])
})

test('what the holder refused, no operator can end; the holder can, also what an operator said (LW-15)', async () => {
  const bob = await made('bob')
  await set(bob, true)
  await chooseAs('bob', { untracked: 'yes' })
  expect(await refusedBy(bob)).toBe('holder')
  const answer = await set(bob, false)
  expect([answer.status, answer.body.code]).toEqual([409, 'contact.tracking_refused'])
  await set(bob, true)
  expect(await refusedBy(bob)).toBe('holder')
  await chooseAs('bob', {})
  expect(await refusedBy(bob)).toBeNull()
  expect(await told(bob)).toEqual([
    'Opens and clicks may be recorded again, as chosen by the contact, on the preferences page',
    'No opens and clicks are recorded any more, as chosen by the contact, on the preferences page',
    expect.stringMatching(/^No opens and clicks/),
  ])
})

test('who opted out may still be left untracked, and nothing but that changes (INV-1, LW-15)', async () => {
  const cem = await made('cem')
  await optOut(db, accountId, [keyOf(name('cem'))], { source: 'one_click' })
  const before = await rows(db, sql`select * from contacts where account_id = ${accountId} and contact_id = ${cem}`)
  expect((await set(cem, true)).body.status).toBe('opt_out')
  expect((await set(cem, false)).body.code).toBe('contact.opted_out')
  expect(await refusedBy(cem)).toBe('operator')
  expect(await rows(db, sql`select * from contacts where account_id = ${accountId} and contact_id = ${cem}`)).toEqual(
    before,
  )
})

test('the contact of another account is not there', async () => {
  const dee = await made('dee')
  const other = await program.anotherAccount()
  const { status } = await program.api('POST', `/contacts/${dee}/tracking`, { refused: true }, other.apiKey)
  expect(status).toBe(404)
})
