// What the preferences page, requests and the organization's switch could do to somebody who opted out, and what everything
// else could do to what people chose for themselves.
import { expect } from 'vitest'
import { pageOf, press } from './preferences.ts'
import { file } from './promise-imports.ts'
import type { Writer } from './promise-statements.ts'
import { fresh, importFile, type Scene, type World } from './promise-world.ts'

type Form = Record<string, string | string[]>

/** Presses a button of an address's preferences page. */
export async function pressAs({ core, accountId, program }: World, address: string, act: string, form: Form = {}) {
  const { status } = await press(pageOf({ core, accountId, url: program.url }, address), act, form)
  expect(status).toBe(200)
}

export async function makeTopic({ call }: World): Promise<string> {
  const { status, body } = await call('POST', '/topics', { name: fresh('Topic ') })
  expect(status).toBe(201)
  return String(body.id)
}

/** Turns the organization's switch as its owner. */
export async function setOneOptOut({ program }: World, oneOptOut: boolean) {
  const { api } = await program.signIn()
  expect((await api('PATCH', '/organization', { oneOptOut })).status).toBe(200)
}

const openRequest = async ({ call }: World, { contactId }: Scene) => {
  const { body } = await call('GET', `/contacts/${contactId}`)
  return Array.isArray(body.requests) ? String(body.requests[0]?.id) : ''
}

export const preferenceWriters: Writer[] = [
  {
    name: 'choosing a topic on the preferences page',
    write: async (w, s) => {
      const topic = await makeTopic(w)
      await pressAs(w, s.address, 'save', { offered: topic, topic })
    },
  },
  {
    name: 'ending a pause on the preferences page',
    before: (w, s) => pressAs(w, s.address, 'save', { pause: '30' }),
    write: (w, s) => pressAs(w, s.address, 'save', { pause: 'end', language: 'de' }),
  },
  {
    name: 'entering details on the preferences page',
    before: (w) => w.call('POST', '/fields', { label: fresh('Town '), editable: true }),
    write: async (w, s) => {
      const { body } = await w.call('GET', '/fields')
      const names = Array.isArray(body.items) ? body.items.map(({ name }: { name: string }) => `field_${name}`) : []
      expect(names.length).toBeGreaterThan(2)
      await pressAs(w, s.address, 'details', Object.fromEntries(names.map((name) => [name, 'Back'])))
    },
  },
  {
    name: 'asking for a copy of the data, which is then answered',
    covers: ['post /data-requests/{id}/settle'],
    write: async (w, s) => {
      await pressAs(w, s.address, 'copy')
      expect((await w.call('POST', `/data-requests/${await openRequest(w, s)}/settle`)).status).toBe(200)
    },
  },
  {
    name: 'asking for erasure, which is then done, and an import after it',
    mayErase: true,
    write: async (w, s) => {
      await pressAs(w, s.address, 'erase')
      await w.call('DELETE', `/contacts/${s.contactId}`)
      await importFile(w, file(`${s.address},Back,no`), { groupIds: [s.groupId] })
    },
  },
  {
    name: 'turning off the one opt-out of the organization',
    covers: ['patch /organization'],
    before: (w) => setOneOptOut(w, true),
    write: (w) => setOneOptOut(w, false),
  },
]

/** What operators, files and programs do to contacts; none of it is the contact's own choice. */
export const othersActs: { name: string; act: (world: World, scene: Scene) => Promise<unknown> }[] = [
  {
    name: 'imports in every mode, with and without the archive between',
    act: async (w, s) => {
      for (const mode of ['add_and_update', 'add_only', 'update_only'])
        await importFile(w, file(`${s.address},Back,no`), { mode, groupIds: [s.groupId] })
      await w.call('POST', `/contacts/${s.contactId}/archive`)
      await importFile(w, file(`${s.address},Back,no`), { groupIds: [s.groupId] })
      await w.call('POST', `/contacts/${s.contactId}/restore`)
    },
  },
  {
    name: 'edits, statuses and groups',
    act: async (w, s) => {
      await w.call('PATCH', `/contacts/${s.contactId}`, { fields: { first_name: 'Back' } })
      for (const status of ['error', 'active']) await w.call('POST', `/contacts/${s.contactId}/status`, { status })
      await w.call('POST', `/contacts/${s.contactId}/groups`, { groupIds: [s.stays.groupId] })
      await w.call('DELETE', `/contacts/${s.contactId}/groups/${s.stays.groupId}`)
    },
  },
  {
    name: 'merging another record into it',
    act: async (w, s) => {
      const { body } = await w.call('POST', '/contacts', { address: `${fresh('twin.')}@post.example` })
      const merged = await w.call('POST', `/contacts/${s.contactId}/merge`, { otherId: body.id })
      expect(merged.status).toBe(200)
    },
  },
  {
    name: 'erasing it and adding it again',
    act: async (w, s) => {
      await w.call('DELETE', `/contacts/${s.contactId}`)
      await w.call('POST', '/contacts', { address: s.address, groupIds: [s.groupId] })
    },
  },
]
