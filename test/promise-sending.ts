// What the control of sending could do to somebody who opted out while a mailing waited: its winner is chosen, it is
// resumed, its time comes in their zone.
import { expect } from 'vitest'
import { run, sql } from '../src/platform/database.ts'
import type { Writer } from './promise-statements.ts'
import { type Scene, type World, whenSent } from './promise-world.ts'

const waiting = new WeakMap<Scene, string>()
const mailingOf = (scene: Scene) => waiting.get(scene) ?? ''

/** A mailing to both of a scene that has frozen its audience while nothing is sent; its messages are made to wait. */
async function waitsForBoth(world: World, scene: Scene, { split = false, ...send }: Record<string, unknown>) {
  await world.stopSending()
  const { body } = await world.call('POST', '/mailings', {
    name: 'Waits',
    subject: 'News',
    html: '<p>Good day</p>',
    groupIds: [scene.groupId, scene.stays.groupId],
  })
  const id = String(body.id)
  if (split) {
    const plan = { tests: 'subject', share: 50, measure: 'opens', waitMinutes: null, alternatives: [{ subject: 'B' }] }
    expect((await world.call('POST', `/mailings/${id}/split`, plan)).status).toBe(200)
  }
  expect((await world.call('POST', `/mailings/${id}/send`, send)).status).toBe(200)
  await expect
    .poll(async () => (await world.call('GET', `/mailings/${id}`)).body['startedAt'], { interval: 20 })
    .not.toBeNull()
  waiting.set(scene, id)
  return id
}

const change = ({ core, accountId }: World, id: string, table: 'mailings' | 'messages', set: string) =>
  run(
    core.db,
    sql`update ${sql.table(table)} set ${sql.raw(set)} where account_id = ${accountId} and mailing_id = ${id}`,
  )

export const sendingWriters: Writer[] = [
  {
    name: 'choosing the winner of a split test for which they waited',
    covers: ['post /mailings/{id}/split', 'post /mailings/{id}/winner'],
    before: async (w, s) => {
      const id = await waitsForBoth(w, s, { split: true })
      await change(w, id, 'messages', "variant = null, due_at = 'infinity'")
      w.startSending()
    },
    write: async (w, s) => {
      expect((await w.call('POST', `/mailings/${mailingOf(s)}/winner`, { variant: 'B' })).status).toBe(200)
      await whenSent(w, mailingOf(s))
    },
  },
  {
    name: 'a test of a mailing, sent to them by an operator,',
    covers: ['post /mailings/{id}/test'],
    write: async (w, s) => {
      const mailing = { name: 'Tested', subject: 'A', html: '<p>Good day</p>' }
      const { body } = await w.call('POST', '/mailings', mailing)
      const before = w.server.named.length
      const addresses = [s.address, s.address.toUpperCase(), s.stays.address]
      const { status, body: answer } = await w.call('POST', `/mailings/${String(body.id)}/test`, { addresses })
      expect(status).toBe(200)
      expect(answer['results']).toEqual([
        { address: s.address, sent: false, reason: 'This address opted out.' },
        { address: s.stays.address, sent: true, reason: null },
      ])
      expect(w.server.named.slice(before)).toEqual([s.stays.address])
    },
  },
  {
    name: 'setting up a split test and taking it off',
    covers: ['delete /mailings/{id}/split'],
    write: async (w, s) => {
      const { body } = await w.call('POST', '/mailings', { name: 'Tried', subject: 'A', groupIds: [s.groupId] })
      const plan = {
        tests: 'subject',
        share: 50,
        measure: 'opens',
        waitMinutes: null,
        alternatives: [{ subject: 'B' }],
      }
      expect((await w.call('POST', `/mailings/${String(body.id)}/split`, plan)).status).toBe(200)
      expect((await w.call('DELETE', `/mailings/${String(body.id)}/split`)).status).toBe(200)
    },
  },
  {
    name: 'resuming a mailing that stopped by itself',
    before: async (w, s) => {
      const id = await waitsForBoth(w, s, {})
      await change(w, id, 'mailings', "status = 'paused', pause_reason = 'blocks', problem = '6% blocked'")
      w.startSending()
    },
    write: async (w, s) => {
      expect((await w.call('POST', `/mailings/${mailingOf(s)}/resume`, { despite: 'blocks' })).status).toBe(200)
      await whenSent(w, mailingOf(s))
    },
  },
  {
    name: 'the hour at which their own clock shows the time of a mailing',
    before: async (w, s) => {
      const id = await waitsForBoth(w, s, { at: '2020-01-01T09:00', inRecipientZone: true, perHour: 36_000 })
      await change(w, id, 'messages', "due_at = now() + interval '1 hour'")
      w.startSending()
    },
    write: async (w, s) => {
      await change(w, mailingOf(s), 'messages', 'due_at = now()')
      await whenSent(w, mailingOf(s))
    },
  },
]
