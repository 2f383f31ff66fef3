import { randomBytes } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { startProgram } from '../../test/program.ts'
import {
  insertContacts,
  insertSendingMailing,
  messagesOf,
  type SampleContact,
  statesOf,
  statusOf,
} from '../../test/sending.ts'
import { dkimKeyFile, startMailServer, startScriptedServer } from '../../test/smtp.ts'
import { optOut } from '../optouts/optout.ts'
import type { Config } from '../platform/config.ts'
import { run, sql } from '../platform/database.ts'
import type { Smtp } from '../platform/relay.ts'
import { readReference } from './reference.ts'
import { NotRendered, openRender } from './render.ts'
import { type Sender, type SenderOptions, startSender } from './sender.ts'

const program = await startProgram({ jobs: false })
const { core, accountId } = program

const running: Sender[] = []
const servers: { stop: () => Promise<void> }[] = []
afterEach(async () => {
  for (const sender of running.splice(0)) await sender.stop()
  for (const server of servers.splice(0)) await server.stop()
  // What one test leaves unsent is not the next one's.
  await run(
    core.db,
    sql`update mailings set status = 'cancelled' where account_id = ${accountId} and status = 'sending'`,
  )
})

function start(smtp: Smtp | null, options: SenderOptions = {}, config: Partial<Config> = {}): Sender {
  const sender = startSender({ ...core, config: { ...core.config, ...config, smtp } }, program.process, options)
  running.push(sender)
  return sender
}
function keep<Server extends { stop: () => Promise<void> }>(server: Server): Server {
  servers.push(server)
  return server
}

async function mailingTo(count: number) {
  const contacts = await insertContacts(core, accountId, count, `send-${randomBytes(4).toString('hex')}-`)
  const mailingId = await insertSendingMailing(core, accountId, contacts)
  return {
    mailingId,
    contacts,
    states: () => statesOf(core, accountId, mailingId),
    status: () => statusOf(core, accountId, mailingId),
    messages: () => messagesOf(core, accountId, mailingId),
    sent: () =>
      expect.poll(() => statusOf(core, accountId, mailingId), { timeout: 20_000 }).toMatchObject({ status: 'sent' }),
  }
}
const out = (contact: SampleContact | undefined) =>
  optOut(core.db, accountId, [contact?.addressKey ?? Buffer.alloc(0)], { source: 'one_click' })

test('a mailing reaches everybody once, over a few connections, and is then sent', async () => {
  const server = keep(await startMailServer())
  const { contacts, states, sent } = await mailingTo(250)
  start(server.smtp)
  await sent()
  expect(await states()).toEqual({ accepted: 250 })
  expect(server.messages.map(({ to }) => to).sort()).toEqual(contacts.map(({ address }) => address).sort())
  expect(server.connections()).toBeLessThanOrEqual(4)
  const [message] = server.messages
  const raw = message?.raw.toString() ?? ''
  expect(raw).toContain(`\r\nTo: ${message?.to}\r\n`)
  expect(raw.match(/^List-Unsubscribe: </gm)).toHaveLength(1)
  expect(raw.match(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/gm)).toHaveLength(1)
})

test('an opt-out in the hole between claim and hand-over stops the message before its recipient is named (INV-7)', async () => {
  const server = keep(await startMailServer())
  const { contacts, states, sent } = await mailingTo(4)
  const [ann] = contacts
  start(server.smtp, {
    gate: async (message, check) => {
      // MAIL FROM is on the wire and answered; now the holder opts out and gets the answer.
      if (message.addressKey.equals(ann?.addressKey ?? Buffer.alloc(0))) await out(ann)
      return check()
    },
  })
  await sent()
  expect(await states()).toEqual({ accepted: 3, withheld: 1 })
  expect(server.named).not.toContain(ann?.address)
  expect(server.named).toHaveLength(3)
})

test('an opt-out never waits for a mail server that does not answer', async () => {
  let answer = (_reply: string) => {}
  const held = new Promise<string>((resolve) => {
    answer = resolve
  })
  const server = keep(await startScriptedServer((line) => (line.startsWith('RCPT') ? held : undefined)))
  const { contacts, states } = await mailingTo(1)
  const sender = start(server.smtp)
  await expect.poll(() => server.lines.some((line) => line.startsWith('RCPT'))).toBe(true)
  await out(contacts[0]) // would hang here
  answer('250 OK')
  await expect.poll(states).toEqual({ accepted: 1 })
  await sender.stop()
})

test('while the last check cannot be made, nothing is sent and everything waits; afterwards it goes on (INV-9)', async () => {
  const server = keep(await startScriptedServer())
  const { states, sent } = await mailingTo(2)
  let isBroken = false
  let failures = 0
  start(server.smtp, {
    gate: async (_message, check) => {
      if (!isBroken) await sql`revoke select on standing_optouts from lastword_app`.execute(core.asOwner.db)
      isBroken = true
      return check().catch((error: unknown) => {
        failures += 1
        throw error
      })
    },
  })
  try {
    await expect.poll(() => failures).toBeGreaterThan(0)
    expect(server.lines.join('\n')).not.toContain('RCPT')
    expect((await states()).handed_over).toBeUndefined()
  } finally {
    await sql`grant select on standing_optouts to lastword_app`.execute(core.asOwner.db)
  }
  await sent()
  expect(await states()).toEqual({ accepted: 2 })
})

test('a paused mailing stops within the messages on the wire and goes on when resumed', async () => {
  const server = keep(await startMailServer())
  const { states, status, sent, mailingId } = await mailingTo(50)
  let seen = 0
  let pausing: Promise<unknown> | undefined
  const sender = start(server.smtp, {
    gate: async (_message, check) => {
      seen += 1
      if (seen === 10)
        pausing = run(
          core.db,
          sql`update mailings set status = 'paused' where account_id = ${accountId} and mailing_id = ${mailingId}`,
        )
      await pausing
      return check()
    },
  })
  await expect.poll(status).toMatchObject({ status: 'paused' })
  await expect.poll(async () => (await states()).handed_over ?? 0).toBe(0)
  const after = await states()
  expect(after.queued).toBeGreaterThan(30)
  expect(after.withheld).toBeUndefined()
  await run(
    core.db,
    sql`update mailings set status = 'sending' where account_id = ${accountId} and mailing_id = ${mailingId}`,
  )
  await run(core.db, sql`select pg_notify('messages', ${accountId})`)
  await sent()
  expect(server.messages).toHaveLength(50)
  await sender.stop()
})

test('a server that says "later" gets the message later, one that says "never" does not', async () => {
  const server = keep(
    await startScriptedServer((line) => {
      if (/^RCPT TO:<send-\w+-1@/.test(line)) return '451 4.7.1 greylisted'
      if (/^RCPT TO:<send-\w+-2@/.test(line)) return '550 5.1.1 no such user'
      return undefined
    }),
  )
  const { states, messages, contacts } = await mailingTo(3)
  start(server.smtp)
  await expect.poll(states).toEqual({ deferred: 1, bounced: 1, accepted: 1 })
  expect(await messages()).toMatchObject([
    { state: 'deferred', answer: '451 4.7.1 greylisted', attempts: 1 },
    { state: 'bounced', answer: '550 5.1.1 no such user' },
    { state: 'accepted', answer: '250 2.0.0 OK' },
  ])
  expect(server.lines.filter((line) => line.startsWith('RCPT'))).toHaveLength(contacts.length)
})

test('a server that refuses the sender pauses the mailing and bounces nobody (MP-12)', async () => {
  const server = keep(
    await startScriptedServer((line) => (line.startsWith('MAIL') ? '550 5.7.1 sender not allowed' : undefined)),
  )
  const { states, status } = await mailingTo(3)
  start(server.smtp)
  await expect.poll(status).toMatchObject({
    status: 'paused',
    problem: 'The mail server refuses the sender: 550 5.7.1 sender not allowed',
  })
  await expect.poll(states).toEqual({ queued: 3 })
})

test('one message that cannot be rendered does not hold up the others', async () => {
  const server = keep(await startMailServer())
  const { states, messages, sent } = await mailingTo(3)
  const render = openRender(core)
  let first = true
  start(server.smtp, {
    render: async (message) => {
      if (!first) return render(message)
      first = false
      throw new NotRendered(new Error('no way out'))
    },
  })
  await sent()
  expect(await states()).toEqual({ accepted: 2, bounced: 1 })
  expect((await messages()).find(({ state }) => state === 'bounced')?.answer).toBe('could not be rendered: no way out')
})

test('a mailing whose prepared form is damaged is paused with the reason', async () => {
  const server = keep(await startMailServer())
  const { states, status, mailingId } = await mailingTo(1)
  await run(
    core.db,
    sql`update mailings set compiled = '{}' where account_id = ${accountId} and mailing_id = ${mailingId}`,
  )
  start(server.smtp)
  await expect.poll(status).toMatchObject({ status: 'paused', problem: expect.stringContaining('cannot be read') })
  await expect.poll(states).toEqual({ queued: 1 })
})

test('while the mail server is away the mailing says so, and goes on when it is back', async () => {
  const server = keep(await startMailServer())
  const { status, states, sent } = await mailingTo(2)
  const away: Smtp = { ...server.smtp, port: 1, connections: 1 }
  const sender = start(away)
  await expect
    .poll(status)
    .toMatchObject({ status: 'sending', problem: expect.stringMatching(/cannot be used: .*ECONNREFUSED/) })
  await sender.stop()
  expect(await states()).toEqual({ queued: 2 })
  start(server.smtp)
  await sent()
  expect(await status()).toMatchObject({ problem: null })
})

test('stopping finishes what is on the wire, puts back the rest and breaks off a server that is silent', async () => {
  const server = keep(await startScriptedServer((line) => (line === '.' ? new Promise(() => {}) : undefined)))
  const { states } = await mailingTo(5)
  const sender = start(server.smtp, { stopWithinMs: 200 })
  await expect.poll(() => server.lines).toContain('.')
  await sender.stop()
  expect(await states()).toEqual({ unknown: 1, queued: 4 })
})

test('every message carries its reference, signed, in the envelope sender, a header and the Message-ID (MF-10, MF-11)', async () => {
  const server = keep(await startMailServer())
  const { sent, messages } = await mailingTo(1)
  start(server.smtp, {}, { returnsDomain: 'returns.fernmoor.example' })
  await sent()
  const [received] = server.messages
  const [, reference = ''] = /^b\+([a-z2-7]+)@returns\.fernmoor\.example$/.exec(received?.from ?? '') ?? []
  const [message] = await messages()
  expect(readReference(core.keys.link, reference)).toEqual({ accountId, messageId: message?.message_id })
  expect(received?.raw.toString()).toContain(`\r\nX-Msg-Ref: ${reference}\r\n`)
  expect(received?.raw.toString()).toContain(`\r\nMessage-ID: <${reference}@fernmoor.example>\r\n`)
  expect(received?.raw.toString()).not.toMatch(/^Return-Path:/m)
})

test('messages are signed when a DKIM key is set', async () => {
  const server = keep(await startMailServer())
  const { sent } = await mailingTo(1)
  start(server.smtp, {}, { dkim: { domain: 'fernmoor.example', selector: 'lw1', keyFile: dkimKeyFile } })
  await sent()
  expect(server.messages[0]?.raw.toString()).toMatch(/^DKIM-Signature: v=1; a=rsa-sha256; c=relaxed\/relaxed;/)
  expect(server.messages[0]?.from).toBe('news@fernmoor.example')
})

test('two programs share the work and nobody gets a message twice', async () => {
  const server = keep(await startMailServer())
  const { sent } = await mailingTo(300)
  const other = startSender({ ...core, config: { ...core.config, smtp: server.smtp } }, { id: 990_001 }, { batch: 7 })
  running.push(other)
  start(server.smtp, { batch: 7 })
  await sent()
  expect(new Set(server.messages.map(({ to }) => to)).size).toBe(300)
  expect(server.messages).toHaveLength(300)
})

test('an opt-out between claim and delivery keeps a letter out of the built-in mailbox', async () => {
  const { contacts, states, sent } = await mailingTo(20)
  const render = openRender(core)
  let isOut = false
  start(null, {
    render: async (message) => {
      if (!isOut) {
        isOut = true
        await out(contacts[7])
      }
      return render(message)
    },
  })
  await sent()
  expect(await states()).toEqual({ accepted: 19, withheld: 1 })
  const { rows: letters } =
    await sql`select from mailbox_messages where account_id = ${accountId} and recipient = ${contacts[7]?.address}`.execute(
      core.db,
    )
  expect(letters).toHaveLength(0)
})
