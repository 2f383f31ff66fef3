// What tracking writes: a click, an open, and that somebody is not tracked.
import { expect } from 'vitest'
import { signResponseToken } from '../src/delivery/response-token.ts'
import { row, sql } from '../src/platform/database.ts'
import type { Writer } from './promise-statements.ts'
import { type Scene, type World, whenSent } from './promise-world.ts'

const mailings = new WeakMap<Scene, string>()

async function sendTracked(world: World, scene: Scene) {
  const { body } = await world.call('POST', '/mailings', {
    name: 'Tracked',
    subject: 'News',
    html: '<p><a href="https://fernmoor.example/bulbs">Bulbs</a></p>',
    tracking: true,
    groupIds: [scene.groupId, scene.stays.groupId],
  })
  expect((await world.call('POST', `/mailings/${String(body.id)}/send`, {})).status).toBe(200)
  await whenSent(world, String(body.id))
  mailings.set(scene, String(body.id))
}

/** Follows the link or fetches the picture of the mail that somebody got before they opted out, as a browser does. */
async function fetchTracked({ core, accountId, program }: World, scene: Scene, kind: 'c' | 'i') {
  const mailingId = mailings.get(scene) ?? ''
  const { message_id: messageId } = await row(
    core.db,
    sql<{ message_id: string }>`
    select message_id from messages
    where account_id = ${accountId} and mailing_id = ${mailingId} and contact_id = ${scene.contactId}`,
  )
  const token = signResponseToken(core.keys.link, { accountId, mailingId, messageId })
  const answer = await fetch(`${program.url}/${kind}/${token}${kind === 'c' ? 1 : 0}`, {
    redirect: 'manual',
    headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' },
  })
  expect(answer.status).toBe(kind === 'c' ? 302 : 200)
}

export const trackingWriters: Writer[] = [
  { name: 'following a tracked link', before: sendTracked, write: (w, s) => fetchTracked(w, s, 'c') },
  { name: 'loading the open image', before: sendTracked, write: (w, s) => fetchTracked(w, s, 'i') },
  {
    name: 'refusing tracking for them and trying to end it',
    covers: ['post /contacts/{id}/tracking'],
    write: async ({ call }, { contactId }) => {
      expect((await call('POST', `/contacts/${contactId}/tracking`, { refused: true })).status).toBe(200)
      expect((await call('POST', `/contacts/${contactId}/tracking`, { refused: false })).body).toMatchObject({
        code: 'contact.opted_out',
      })
    },
  },
]
