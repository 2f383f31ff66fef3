// What forms and confirmation links could do to somebody who opted out, short of their own confirmation.
import { expect } from 'vitest'
import { run, sql } from '../src/platform/database.ts'
import type { Writer } from './promise-statements.ts'
import { fresh, leaveByLink, type Scene, signUp, type World } from './promise-world.ts'
import { keyOf } from './sample.ts'
import { fillIn, press } from './sign-up.ts'

async function makeForm({ call }: World, { groupId }: Scene): Promise<{ id: string; path: string }> {
  const { status, body } = await call('POST', '/forms', {
    name: fresh('Form '),
    heading: 'News',
    consent: 'Yes',
    fields: [{ name: 'first_name', required: false }],
    groupIds: [groupId],
  })
  expect(status, JSON.stringify(body)).toBe(201)
  return { id: String(body.id), path: String(body.url).split('/s/')[1] ?? '' }
}

export const formWriters: Writer[] = [
  {
    name: 'filling in a form, and the built-in one',
    write: async (w, s) => {
      const { path } = await makeForm(w, s)
      for (const where of [path, w.accountId])
        for (const address of [s.address, s.address.toUpperCase()])
          await fillIn(w.core, where, address, { given: { 'field.first_name': 'Back' } })
    },
  },
  {
    name: 'reading the page of the confirmation link',
    write: async (w, s) => {
      const link = (await signUp(w, s.address, (await makeForm(w, s)).path)) ?? ''
      for (const method of ['GET', 'HEAD', 'OPTIONS']) expect((await fetch(link, { method })).ok).toBe(true)
      for (const method of ['PUT', 'PATCH', 'DELETE']) expect((await fetch(link, { method })).status).toBe(405)
    },
  },
  {
    name: 'confirming with a wrong token, and with that of somebody else',
    write: async (w, s) => {
      const { path } = await makeForm(w, s)
      const link = (await signUp(w, s.address, path)) ?? ''
      expect((await press(link.replace(/.{4}$/, 'AAAA'))).status).toBe(410)
      const other = (await signUp(w, `${fresh('other.')}@post.example`, path)) ?? ''
      expect((await press(other)).status).toBe(200)
    },
  },
  {
    name: 'confirming when the 7 days are over',
    write: async (w, s) => {
      const link = (await signUp(w, s.address)) ?? ''
      const key = keyOf(w.core, s.address)
      await run(w.core.asOwner.db, sql`update sign_ups set ends_at = now() where address_key = ${key}`)
      expect((await press(link)).status).toBe(410)
    },
  },
  {
    name: 'confirming again after an opt-out that came later',
    before: async (w, s) => {
      const link = (await signUp(w, s.address)) ?? ''
      expect((await press(link)).status).toBe(200)
      used.set(s.contactId, link)
    },
    write: async (w, s) => {
      expect((await press(used.get(s.contactId) ?? '')).status).toBe(410)
      await leaveByLink(w, s.address)
    },
  },
  {
    name: 'confirming after the domain opted out as well',
    address: () => `leaves@${fresh('forms')}.example`,
    write: async (w, s) => {
      const link = (await signUp(w, s.address)) ?? ''
      await w.call('POST', '/opt-outs/domains', { domain: s.address.slice(s.address.indexOf('@') + 1) })
      expect((await press(link)).status).toBe(409)
    },
  },
  {
    name: 'archiving and restoring the form while a sign-up waits',
    covers: ['post /forms/{id}/archive', 'post /forms/{id}/restore'],
    write: async (w, s) => {
      const { id, path } = await makeForm(w, s)
      await signUp(w, s.address, path)
      await w.call('POST', `/forms/${id}/archive`)
      await w.call('POST', `/forms/${id}/restore`)
    },
  },
]

const used = new Map<string, string>()
