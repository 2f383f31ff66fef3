// What acts on many contacts at once, and mailings to segments, could do to somebody who opted out.
import { expect } from 'vitest'
import type { Writer } from './promise-statements.ts'
import { type Answer, fresh, type Scene, type World, whenSent } from './promise-world.ts'

const ENDS = ['done', 'failed', 'cancelled']

/** Does an act on a selection and waits for the job. */
export async function actOnMany({ call }: World, selection: object, act: object): Promise<Answer> {
  const started = await call('POST', '/contacts/bulk', { selection, act })
  if (started.status === 400 || started.status === 404) return started
  expect(started.status, JSON.stringify(started.body)).toBe(202)
  const path = `/jobs/${String(started.body.id)}`
  await expect
    .poll(async () => ENDS.includes(String((await call('GET', path)).body.status)), { timeout: 20_000, interval: 30 })
    .toBe(true)
  return call('GET', path)
}

const all = { type: 'all', of: [] }
/** The contact by id, and then everybody there is but the one who stays. */
const selections = ({ contactId, stays }: Scene) => [
  { ids: [contactId] },
  {
    filter: { condition: { type: 'not', of: { type: 'address', op: 'is', values: [stays.address] } }, archived: false },
  },
]

async function actOnBoth(world: World, scene: Scene, act: object) {
  for (const selection of selections(scene)) await actOnMany(world, selection, act)
}

/** Sends a mailing to a segment of everybody that `condition` finds, and to the one who stays. */
export async function sendToSegment({ call }: World, condition: object, groupIds: string[]): Promise<string | null> {
  const segment = await call('POST', '/segments', { name: fresh('Segment '), condition })
  expect(segment.status, JSON.stringify(segment.body)).toBe(201)
  const mailing = {
    name: fresh('Mailing '),
    subject: 'News',
    html: '<p>Good day</p>',
    segmentIds: [segment.body.id],
    groupIds,
  }
  const made = await call('POST', '/mailings', mailing)
  const id = String(made.body.id)
  const sent = await call('POST', `/mailings/${id}/send`, {})
  return sent.status === 200 ? id : null
}

const covers = ['post /contacts/bulk']
export const bulkWriters: Writer[] = [
  ...['active', 'error'].map(
    (status): Writer => ({
      name: `changing the status of a selection to ${status}`,
      covers,
      write: (w, s) => actOnBoth(w, s, { type: 'set_status', status }),
    }),
  ),
  {
    name: 'changing a selection back after it was opted out as one',
    leave: (w, s) => actOnMany(w, { ids: [s.contactId] }, { type: 'set_status', status: 'opt_out' }),
    write: (w, s) => actOnBoth(w, s, { type: 'set_status', status: 'active' }),
  },
  {
    name: 'adding a selection to a group',
    covers,
    write: (w, s) => actOnBoth(w, s, { type: 'add_to_group', groupId: s.stays.groupId }),
  },
  {
    name: 'removing a selection from the group and adding it again',
    covers,
    write: async (w, s) => {
      await actOnMany(w, { ids: [s.contactId] }, { type: 'remove_from_group', groupId: s.groupId })
      await actOnMany(w, { ids: [s.contactId] }, { type: 'add_to_group', groupId: s.groupId })
    },
  },
  {
    name: 'archiving and restoring a selection',
    covers,
    write: async (w, s) => {
      await actOnMany(w, { ids: [s.contactId] }, { type: 'archive' })
      await actOnMany(w, { ids: [s.contactId] }, { type: 'restore' })
    },
  },
  {
    name: 'erasing a selection and adding it again',
    covers,
    mayErase: true,
    write: async (w, s) => {
      const erased = await actOnMany(w, { ids: [s.contactId] }, { type: 'erase', count: 1 })
      expect(erased.body).toMatchObject({ status: 'done', result: { matched: 1, changed: 1 } })
      await w.call('POST', '/contacts', { address: s.address, groupIds: [s.groupId] })
    },
  },
  {
    name: 'a mailing to a segment of people who opted out (LW-7)',
    write: async (w, s) => {
      const before = w.server.named.length
      for (const condition of [
        { type: 'status', status: 'opt_out' },
        { type: 'address', op: 'is', values: [s.address] },
        all,
      ]) {
        const id = await sendToSegment(w, condition, [s.stays.groupId])
        if (id !== null) await whenSent(w, id)
      }
      expect(w.server.named.slice(before)).toContain(s.stays.address)
      expect(w.server.named.slice(before)).not.toContain(s.address)
    },
  },
]
