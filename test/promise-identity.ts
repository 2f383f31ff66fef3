// What merging, changing addresses and erasing lists of people could do to somebody who opted out.
import { expect } from 'vitest'
import type { Writer } from './promise-statements.ts'
import { addContact, fresh, importFile, leaveByLink, type Scene, type World } from './promise-world.ts'

const ENDS = ['done', 'failed', 'cancelled']

/** Erases everybody of a list and waits for the job, when one of them is here. */
export async function eraseList({ call }: World, addresses: string[]): Promise<void> {
  const { body } = await call('POST', '/contacts/erase/check', { addresses })
  if (Number(body.contacts) === 0) return
  const started = await call('POST', '/contacts/erase', { addresses, count: Number(body.contacts) })
  expect(started.status, JSON.stringify(started.body)).toBe(202)
  await expect
    .poll(async () => ENDS.includes(String((await call('GET', `/jobs/${String(started.body.id)}`)).body.status)), {
      timeout: 20_000,
      interval: 30,
    })
    .toBe(true)
}

const another = (world: World) => addContact(world, `${fresh('another.')}@post.example`)
const merge = ({ call }: World, kept: string, otherId: string) => call('POST', `/contacts/${kept}/merge`, { otherId })
const back = (world: World, { address, groupId }: Scene) =>
  importFile(world, `Email,First name\n${address.toUpperCase()},Back`, { groupIds: [groupId] })

/** That a contact is out and locked, asked of the API. */
async function expectOut({ call }: World, contactId: string): Promise<void> {
  expect((await call('GET', `/contacts/${contactId}`)).body.status).toBe('opt_out')
  const edit = await call('PATCH', `/contacts/${contactId}`, { fields: { first_name: 'Changed' } })
  expect(edit).toMatchObject({ status: 409, body: { code: 'contact.opted_out' } })
}

let second = ''

export const identityWriters: Writer[] = [
  {
    name: 'merging another contact into it',
    covers: ['post /contacts/{id}/merge'],
    write: async (w, s) => {
      expect((await merge(w, s.contactId, await another(w))).status).toBe(200)
      await w.call('POST', `/contacts/${s.contactId}/status`, { status: 'active' })
    },
  },
  {
    name: 'merging it into a contact that did not opt out',
    mayErase: true,
    write: async (w, s) => {
      const kept = await another(w)
      expect((await merge(w, kept, s.contactId)).status).toBe(200)
      await expectOut(w, kept)
      await back(w, s)
      await w.call('POST', '/contacts', { address: s.address, groupIds: [s.groupId] })
      await w.call('PATCH', `/contacts/${kept}`, { address: s.address })
    },
  },
  {
    name: 'the link of a record that was merged into another',
    mayErase: true,
    before: async (w, s) => {
      second = await another(w)
      expect((await merge(w, second, s.contactId)).status).toBe(200)
    },
    write: async (w, s) => {
      await expectOut(w, second)
      await back(w, s)
      await w.call('POST', `/contacts/${second}/status`, { status: 'active' })
      await expectOut(w, second)
    },
  },
  {
    name: 'merging two who both opted out, and both ways of changing the address back',
    mayErase: true,
    write: async (w, s) => {
      const address = `${fresh('twin.')}@post.example`
      const twin = await addContact(w, address)
      await leaveByLink(w, address)
      expect((await merge(w, twin, s.contactId)).status).toBe(200)
      await expectOut(w, twin)
      await w.call('PATCH', `/contacts/${s.stays.contactId}`, { address })
      await w.call('PATCH', `/contacts/${s.stays.contactId}`, { address: s.address })
    },
  },
  {
    name: 'changing the address before the link of the former one is used',
    before: async (w, s) => {
      const moved = await w.call('PATCH', `/contacts/${s.contactId}`, { address: `${fresh('moved.')}@post.example` })
      expect(moved.status).toBe(200)
    },
    write: async (w, s) => {
      await expectOut(w, s.contactId)
      await w.call('PATCH', `/contacts/${s.contactId}`, { address: s.address })
      await w.call('POST', `/contacts/${s.contactId}/status`, { status: 'active' })
      await back(w, s)
    },
  },
  {
    name: 'erasing a list of addresses and importing them again',
    covers: ['post /contacts/erase'],
    mayErase: true,
    write: async (w, s) => {
      await eraseList(w, [s.address.toUpperCase(), `${fresh('nobody.')}@post.example`])
      await back(w, s)
      await w.call('POST', '/contacts', { address: s.address, groupIds: [s.groupId] })
    },
  },
]
