import { randomBytes } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { startProgram } from '../../test/program.ts'
import { insertContacts, insertSendingMailing, messagesOf, statesOf, statusOf } from '../../test/sending.ts'
import { startMailServer, startScriptedServer } from '../../test/smtp.ts'
import { run, sql } from '../platform/database.ts'
import type { Relay } from '../platform/relay.ts'
import { type Sender, startSender } from './sender.ts'

const program = await startProgram({ jobs: false })
const { core, accountId } = program

const running: Sender[] = []
const servers: { stop: () => Promise<void> }[] = []
afterEach(async () => {
  for (const sender of running.splice(0)) await sender.stop()
  for (const server of servers.splice(0)) await server.stop()
  await run(
    core.db,
    sql`update mailings set status = 'cancelled' where account_id = ${accountId} and status = 'sending'`,
  )
})

function start(relays: Relay[], id = program.process.id) {
  const [smtp = null, ...moreRelays] = relays
  running.push(startSender({ ...core, config: { ...core.config, smtp, moreRelays } }, { id }))
}
function keep<Server extends { stop: () => Promise<void> }>(server: Server): Server {
  servers.push(server)
  return server
}
async function mailingTo(count: number) {
  const contacts = await insertContacts(core, accountId, count, `relay-${randomBytes(4).toString('hex')}-`)
  const mailingId = await insertSendingMailing(core, accountId, contacts)
  return {
    states: () => statesOf(core, accountId, mailingId),
    status: () => statusOf(core, accountId, mailingId),
    messages: () => messagesOf(core, accountId, mailingId),
    sent: () =>
      expect.poll(() => statusOf(core, accountId, mailingId), { timeout: 20_000 }).toMatchObject({ status: 'sent' }),
  }
}
const away: Relay = {
  host: '127.0.0.1',
  port: 1,
  implicitTls: false,
  plain: true,
  user: '',
  password: '',
  connections: 3,
}

test('two relays share a mailing by weight, nobody gets it twice, and it is kept who took what', async () => {
  const [large, small] = [keep(await startMailServer()), keep(await startMailServer())]
  const { sent, messages } = await mailingTo(400)
  start([
    { ...large.smtp, connections: 6, weight: 3 },
    { ...small.smtp, connections: 2, weight: 1 },
  ])
  await sent()
  const all = [...large.messages, ...small.messages].map(({ to }) => to)
  expect([all.length, new Set(all).size]).toEqual([400, 400])
  expect(small.messages.length).toBeGreaterThan(40)
  expect(small.messages.length).toBeLessThan(180)
  const through = (await messages()).filter(({ answer }) => answer?.endsWith(`(through 127.0.0.1:${small.port})`))
  expect(through).toHaveLength(small.messages.length)
})

test('a relay that cannot be reached leaves its messages to the other at once', async () => {
  const server = keep(await startMailServer())
  const { sent, states, status } = await mailingTo(60)
  start([away, server.smtp])
  await sent()
  expect(await states()).toEqual({ accepted: 60 })
  expect(await status()).toMatchObject({ problem: null })
})

test('a relay that takes nothing now leaves its messages to the other, and nobody is put off', async () => {
  const busy = keep(await startScriptedServer((line) => (line.startsWith('MAIL') ? '451 4.3.2 busy' : undefined)))
  const server = keep(await startMailServer())
  const { sent, states } = await mailingTo(60)
  start([busy.smtp, server.smtp])
  await sent()
  expect(await states()).toEqual({ accepted: 60 })
  expect(busy.lines.some((line) => line.startsWith('MAIL'))).toBe(true)
  expect(busy.lines.some((line) => line.startsWith('RCPT'))).toBe(false)
})

test('a relay that comes back is used again', async () => {
  let isClosing = true
  const flaky = keep(
    await startScriptedServer((line) => (line.startsWith('MAIL') && isClosing ? '421 4.3.2 closing' : undefined)),
  )
  const server = keep(await startMailServer())
  const first = await mailingTo(40)
  start([flaky.smtp, { ...server.smtp, connections: 1 }])
  await first.sent()
  expect(flaky.lines.some((line) => line.startsWith('RCPT'))).toBe(false)
  isClosing = false
  await expect
    .poll(
      async () => {
        await (await mailingTo(10)).sent()
        return flaky.lines.some((line) => line.startsWith('RCPT'))
      },
      { timeout: 15_000 },
    )
    .toBe(true)
})

test('when all relays are away the mailing says so', async () => {
  const { status, states } = await mailingTo(2)
  start([away, { ...away, port: 2 }])
  await expect
    .poll(status)
    .toMatchObject({ status: 'sending', problem: expect.stringMatching(/^None of the 2 mail servers can be used: /) })
  await running.pop()?.stop()
  expect(await states()).toEqual({ queued: 2 })
})

test('two programs together keep to the limit of a relay', async () => {
  const server = keep(await startMailServer())
  const { sent } = await mailingTo(4)
  const relay: Relay = { ...server.smtp, limit: { most: 60, seconds: 60 } }
  start([relay])
  start([relay], 990_002)
  await sent()
  const times = server.messages.map(({ mailAt }) => mailAt).sort((one, other) => one - other)
  const apart = times.slice(1).map((time, index) => time - (times[index] ?? 0))
  expect(times).toHaveLength(4)
  expect((times[3] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(2500) // one a second, give or take a look
  expect(Math.min(...apart)).toBeGreaterThan(300)
})

test('a relay at its limit leaves the others to go on', async () => {
  const [slow, fast] = [keep(await startMailServer()), keep(await startMailServer())]
  const { sent } = await mailingTo(100)
  start([{ ...slow.smtp, limit: { most: 60, seconds: 60 } }, fast.smtp])
  const began = performance.now()
  await sent()
  expect(performance.now() - began).toBeLessThan(15_000)
  expect(fast.messages.length).toBeGreaterThan(80)
})
