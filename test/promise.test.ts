// The promise, writer by writer: opt out, try to bring the person back, send, and look at the wire (INV-1).
import { beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { row, sql } from '../src/platform/database.ts'
import { makeTopic, othersActs, pressAs } from './promise-preferences.ts'
import {
  detailsOf,
  expectGone,
  leaveByLink,
  makeScene,
  sendToAll,
  startWorld,
  type World,
  whenSent,
} from './promise-world.ts'
import { harmless, writers } from './promise-writers.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})

for (const writer of writers)
  test(`${writer.name} does not bring back who opted out (INV-1)`, async () => {
    const scene = await makeScene(world, writer.address?.())
    await writer.before?.(world, scene)
    await (writer.leave ? writer.leave(world, scene) : leaveByLink(world, scene.address))
    const before = await detailsOf(world, scene.contactId)
    await writer.write(world, scene)
    if (!writer.mayErase) expect(await detailsOf(world, scene.contactId)).toEqual(before)
    await expectGone(world, scene)
  })

test('every operation of the API that writes has a row, or a reason why it needs none', async () => {
  const shape = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
  const document = shape.parse(await (await fetch(`${world.program.url}/api/openapi.json`)).json())
  const writing = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations)
      .filter((method) => ['post', 'put', 'patch', 'delete'].includes(method))
      .map((method) => `${method} ${path.replace('/api/v1', '')}`),
  )
  const covered = new Set([...writers.flatMap(({ covers }) => covers ?? []), ...harmless])
  expect(writing.filter((operation) => !covered.has(operation))).toEqual([])
  expect([...covered].filter((operation) => !writing.includes(operation))).toEqual([])
})

for (const { name, act } of othersActs)
  test(`${name}: a topic left stays left, and a pause goes on`, async () => {
    const scene = await makeScene(world)
    const topic = await makeTopic(world)
    await pressAs(world, scene.address, 'save', { offered: topic, topic })
    await pressAs(world, scene.stays.address, 'save', { offered: topic, topic })
    await pressAs(world, scene.address, 'save', { offered: topic })
    const mailing = { subject: 'News', html: '<p>Good day</p>', groupIds: [scene.groupId, scene.stays.groupId] }
    const named = async (more: object) => {
      const { body } = await world.call('POST', '/mailings', { name: 'About a topic', ...mailing, ...more })
      return namedFrom(async () => {
        expect((await world.call('POST', `/mailings/${String(body.id)}/send`, {})).status).toBe(200)
        await whenSent(world, String(body.id))
      })
    }
    await act(world, scene)
    expect(await named({ topicIds: [topic] })).toEqual([scene.stays.address])
    expect((await named({})).sort()).toEqual([scene.address, scene.stays.address].sort())
    await pressAs(world, scene.address, 'save', { pause: '30' })
    await act(world, { ...scene, contactId: await contactOf(scene.address) })
    expect(await named({})).toEqual([scene.stays.address])
  })

async function contactOf(address: string): Promise<string> {
  const { body } = await world.call('GET', `/contacts?search=${address}`)
  return Array.isArray(body.items) ? String(body.items[0]?.id) : ''
}

/** A mailing whose messages wait: its audience is frozen, nothing has left. */
async function queueMailing(): Promise<string> {
  await world.stopSending()
  const mailingId = await sendToAll(world)
  const deadline = Date.now() + 20_000
  for (;;) {
    const { started } = await row(
      world.core.db,
      sql<{ started: boolean }>`
      select started_at is not null as started from mailings where account_id = ${world.accountId} and mailing_id = ${mailingId}`,
    )
    if (started) return mailingId
    if (Date.now() > deadline) throw new Error('the mailing did not start')
  }
}

async function namedFrom(act: () => Promise<unknown>): Promise<string[]> {
  const before = world.server.named.length
  await act()
  return world.server.named.slice(before)
}

test('a message that was queued before the opt-out is not sent, nor after pausing and resuming (INV-7)', async () => {
  const scene = await makeScene(world)
  const mailingId = await queueMailing()
  await world.call('POST', `/mailings/${mailingId}/pause`)
  await leaveByLink(world, scene.address, mailingId)
  await world.call('POST', `/mailings/${mailingId}/resume`)
  const named = await namedFrom(async () => {
    world.startSending()
    await whenSent(world, mailingId)
  })
  expect(named).toContain(scene.stays.address)
  expect(named).not.toContain(scene.address)
  await expectGone(world, scene)
})

test('a contact whose address was changed to one that then opted out gets nothing that was queued before (INV-7, INV-12)', async () => {
  const scene = await makeScene(world)
  const moved = `moved.${scene.contactId}@post.example`
  const mailingId = await queueMailing()
  expect((await world.call('PATCH', `/contacts/${scene.contactId}`, { address: moved })).status).toBe(200)
  await leaveByLink(world, moved)
  const named = await namedFrom(async () => {
    world.startSending()
    await whenSent(world, mailingId)
  })
  expect(named).toContain(scene.stays.address)
  expect(named).not.toContain(moved)
  expect(named).not.toContain(scene.address)
  await expectGone(world, { ...scene, address: moved })
})

test('who opted out while the mailing was a draft or waited for its time gets nothing', async () => {
  const scene = await makeScene(world)
  const { body } = await world.call('POST', '/mailings', {
    name: 'Later',
    subject: 'News',
    html: '<p>Good day</p>',
    groupIds: [scene.groupId, scene.stays.groupId],
  })
  await world.call('POST', `/mailings/${String(body.id)}/send`, { at: new Date(Date.now() + 1500).toISOString() })
  await leaveByLink(world, scene.address)
  const named = await namedFrom(() => whenSent(world, String(body.id)))
  expect(named).toEqual([scene.stays.address])
})
