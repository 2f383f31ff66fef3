import { randomBytes } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { startProgram } from '../../test/program.ts'
import { insertContacts, insertSendingMailing, statesOf } from '../../test/sending.ts'
import { startScriptedServer } from '../../test/smtp.ts'
import type { Mailing } from '../mailings/mailing.contract.ts'
import { optOut } from '../optouts/optout.ts'
import { run, sql } from '../platform/database.ts'
import type { TakenMessage } from './message.ts'
import { type Sender, startSender } from './sender.ts'
import type { Outcome } from './smtp.ts'
import { isBlock, judgeComplaints, openWatch } from './watch.ts'

const program = await startProgram({ jobs: false })
const { core, accountId, api } = program

const running: { stop: () => Promise<void> }[] = []
afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop()
  await run(
    core.db,
    sql`update mailings set status = 'cancelled' where account_id = ${accountId} and status <> 'cancelled'`,
  )
})
function keep<One extends { stop: () => Promise<void> }>(one: One): One {
  running.push(one)
  return one
}

async function mailingTo(count: number) {
  const contacts = await insertContacts(core, accountId, count, `watch-${randomBytes(4).toString('hex')}-`)
  const mailingId = await insertSendingMailing(core, accountId, contacts)
  await run(
    core.db,
    sql`update mailings set watched_from = now() where account_id = ${accountId} and mailing_id = ${mailingId}`,
  )
  const get = async () => (await api<Mailing>('GET', `/mailings/${mailingId}`)).body
  return { contacts, mailingId, get, states: () => statesOf(core, accountId, mailingId) }
}

const message: TakenMessage = {
  accountId,
  mailingId: '1',
  messageId: '1',
  contactId: '1',
  addressKey: Buffer.alloc(16),
  address: 'ann@post.example',
  fields: {},
  attempts: 0,
  queuedAt: new Date(),
  variant: null,
  isUntracked: false,
}
const accepted: Outcome = { kind: 'accepted', command: 'DATA', answer: '250 OK' }
const refused = (answer: string): Outcome => ({ kind: 'bounced', command: 'DATA', answer })
const blocked = refused('550 5.7.26 unauthenticated')

test('a block is told from a dead address, a full mailbox and a server that asks to wait (MP-12, BN-8)', () => {
  const blocks = [
    '550 5.7.26 This mail is unauthenticated',
    '550-5.7.1 [192.0.2.1] Our system has detected that this message is likely unsolicited mail',
    '550 5.7.515 Access denied, sending domain does not meet the required authentication level',
    '554 5.7.9 Message not accepted for policy reasons',
    '421-4.7.32 Your email has been rate limited because the From header is not aligned',
    '421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred',
    '554 Service unavailable; Client host blocked using zen.spamhaus.org',
  ]
  const others = [
    '550 5.1.1 no such user',
    '550 5.1.1 blocked mailbox',
    '552 5.2.2 mailbox full',
    '451 4.7.1 greylisted, try again',
    '421 4.3.2 closing',
    '554 no such mailbox here',
  ]
  expect(blocks.filter((answer) => !isBlock(answer))).toEqual([])
  expect(others.filter(isBlock)).toEqual([])
})

test('more than 5% blocked stops a mailing, exactly 5% and a few do not (BN-9)', () => {
  const watch = openWatch(() => new Date())
  for (let n = 0; n < 9; n += 1) expect(watch.note(message, blocked)).toBeNull()
  for (let n = 0; n < 191; n += 1) watch.note(message, accepted)
  expect(watch.note({ ...message, mailingId: '2' }, blocked)).toBeNull()
  expect(watch.note(message, blocked)).toBeNull() // 10 of 201
  expect(watch.note(message, refused('550 5.1.1 no such user'))).toBeNull()
  expect(watch.note(message, blocked)).toMatch(
    /^5\.4% blocked\nMail servers refused 11 of the last 203 messages .*“550 5\.7\.26/,
  )
  expect(watch.note(message, blocked)).toBeNull() // resumed: it begins anew
})

test('blocks of more than an hour ago are no reason any more', () => {
  let now = Date.parse('2027-01-10T12:00:00Z')
  const watch = openWatch(() => new Date(now))
  for (let n = 0; n < 9; n += 1) watch.note(message, blocked)
  now += 61 * 60_000
  expect(watch.note(message, blocked)).toBeNull()
})

test('a provider that blocks everything stops the mailing early, and no contact becomes Error (MP-12)', async () => {
  const server = keep(
    await startScriptedServer((line) => (line === '.' ? '550 5.7.26 unauthenticated sender' : undefined)),
  )
  const { get, states, mailingId } = await mailingTo(200)
  const sender: Sender = startSender({ ...core, config: { ...core.config, smtp: server.smtp } }, program.process)
  keep(sender)
  await expect.poll(get).toMatchObject({ status: 'paused', pauseReason: 'blocks' })
  const { problem } = await get()
  expect(problem).toMatch(/^100% blocked\nMail servers refused 10 of the last 10 messages .*SPF, DKIM and DMARC/)
  await sender.stop()
  expect((await states())['bounced']).toBeLessThan(20)
  const { rows: errors } = await sql`select from contact_errors where account_id = ${accountId}`.execute(core.db)
  expect(errors).toHaveLength(0)

  const resume = (body?: object) =>
    api<{ code?: string; message?: string }>('POST', `/mailings/${mailingId}/resume`, body)
  expect(await resume()).toMatchObject({ status: 409, body: { code: 'mailing.needs_reason' } })
  expect((await resume()).body.message).toContain('100% blocked')
  expect((await resume({ despite: 'complaints' })).status).toBe(409)
  expect(await resume({ despite: 'blocks' })).toMatchObject({
    status: 200,
    body: { status: 'sending', pauseReason: null, problem: null },
  })
})

test('0.3% of complaints stop a mailing, fewer or only a few do not, and those before it was resumed count no more (MP-7)', async () => {
  const { contacts, mailingId, get } = await mailingTo(1000)
  const complain = async (from: number, to: number) => {
    for (const { addressKey } of contacts.slice(from, to))
      await optOut(core.db, accountId, [addressKey], { source: 'complaint', mailingId })
    await judgeComplaints(core)
  }
  await run(
    core.db,
    sql`update messages set state = 'accepted' where account_id = ${accountId} and mailing_id = ${mailingId}`,
  )
  await optOut(core.db, accountId, [contacts[999]?.addressKey ?? Buffer.alloc(0)], { source: 'link', mailingId })
  await complain(0, 2)
  expect((await get()).status).toBe('sending')
  await complain(2, 3)
  const stopped = await get()
  expect(stopped).toMatchObject({ status: 'paused', pauseReason: 'complaints' })
  expect(stopped.problem).toMatch(/^0\.3% complained\n3 of 1,000 people/)
  await api('POST', `/mailings/${mailingId}/resume`, { despite: 'complaints' })
  await complain(3, 5)
  expect((await get()).status).toBe('sending')
  await complain(5, 6)
  expect((await get()).status).toBe('paused')
})

test('three complaints about many more messages do not stop them', async () => {
  const { contacts, mailingId, get } = await mailingTo(1010)
  await run(
    core.db,
    sql`update messages set state = 'accepted' where account_id = ${accountId} and mailing_id = ${mailingId}`,
  )
  for (const { addressKey } of contacts.slice(0, 3))
    await optOut(core.db, accountId, [addressKey], { source: 'complaint', mailingId })
  await judgeComplaints(core)
  expect((await get()).status).toBe('sending')
})
