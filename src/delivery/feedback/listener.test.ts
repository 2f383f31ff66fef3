import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startProgram } from '../../../test/program.ts'
import { insertContacts, insertSendingMailing } from '../../../test/sending.ts'
import { signMailToken } from '../../optouts/mail-token.ts'
import type { Core } from '../../platform/core.ts'
import { openDatabase, row, sql } from '../../platform/database.ts'
import { optOutAddress, returnAddress, signReference } from '../reference.ts'
import { type ReturnsListener, startReturnsListener } from './listener.ts'

const DOMAIN = 'returns.fernmoor.example'
let core: Core
let accountId: string
let listener: ReturnsListener
beforeAll(async () => {
  const program = await startProgram({ jobs: false, config: { returnsDomain: DOMAIN } })
  core = program.core
  accountId = program.accountId
  listener = await startReturnsListener(core, { host: '127.0.0.1', port: 0, lmtp: false })
  afterAll(() => listener.stop())
})

/** Speaks to a server line by line; gives its answers, the greeting first. */
async function say(port: number, lines: string[]): Promise<string[]> {
  const socket = connect(port, '127.0.0.1')
  const answers: string[] = []
  let at = 0
  for await (const line of createInterface(socket)) {
    if (/^\d{3}-/.test(line)) continue
    answers.push(line)
    const next = lines[at++]
    if (next === undefined) socket.destroy()
    else socket.write(`${next}\r\n`)
    if (next === undefined) break
  }
  return answers
}

async function sentMessage() {
  const [contact] = await insertContacts(core, accountId, 1, `l${Math.random().toString(36).slice(2, 8)}-`)
  if (!contact) throw new Error('no contact')
  const mailingId = await insertSendingMailing(core, accountId, [contact])
  const { message_id: messageId } = await row(
    core.db,
    sql<{
      message_id: string
    }>`select message_id from messages where account_id = ${accountId} and mailing_id = ${mailingId}`,
  )
  return { ...contact, reference: signReference(core.keys.link, { accountId, messageId }) }
}

const statusOf = async (contactId: string) =>
  (
    await row(
      core.db,
      sql<{
        status: string
      }>`select status from contact_status where account_id = ${accountId} and contact_id = ${contactId}`,
    )
  ).status

const bounce = [
  'From: MAILER-DAEMON@mx.example',
  'Subject: failure notice',
  '',
  'Hi. This is the qmail-send program at mx.example.',
  '',
  '<ann@post.example>:',
  'Sorry, no mailbox here by that name. (#5.1.1)',
  '.',
].join('\r\n')

test('a bounce and an opt-out arrive by SMTP and have their effect before the answer', async () => {
  const [bounced, leaving] = [await sentMessage(), await sentMessage()]
  const mailto = optOutAddress(signMailToken(core.keys.link, { accountId, addressKey: leaving.addressKey }), DOMAIN)
  const answers = await say(listener.port, [
    'EHLO mx.example',
    'MAIL FROM:<>',
    `RCPT TO:<${returnAddress(bounced.reference, DOMAIN)}>`,
    'DATA',
    bounce,
    'MAIL FROM:<somebody@else.example>',
    `RCPT TO:<${mailto}>`,
    'DATA',
    'Subject: \r\n\r\n.',
  ])
  expect(answers.map((answer) => answer.slice(0, 3))).toEqual([
    '220',
    '250',
    '250',
    '250',
    '354',
    '250',
    '250',
    '250',
    '354',
    '250',
  ])
  expect(await statusOf(bounced.contactId)).toBe('error')
  expect(await statusOf(leaving.contactId)).toBe('opt_out')
})

test('addresses that are not ours are refused with 550: nothing is relayed, no token can be tried out', async () => {
  const { reference } = await sentMessage()
  for (const address of [
    'ann@post.example',
    `info@${DOMAIN}`,
    returnAddress(`${reference.slice(0, -2)}aa`, DOMAIN),
    `u+abc@${DOMAIN}`,
  ]) {
    const answers = await say(listener.port, ['EHLO mx.example', 'MAIL FROM:<>', `RCPT TO:<${address}>`, 'DATA'])
    expect(answers[3]).toMatch(/^550 /)
    expect(answers[4]).toMatch(/^503 /)
  }
})

test('while the database is away the answer is 451, so that the mail comes again (INV-10)', async () => {
  const { reference, contactId } = await sentMessage()
  const gone = openDatabase('postgres://nobody@127.0.0.1:9/none')
  const lost = await startReturnsListener({ ...core, ...gone }, { host: '127.0.0.1', port: 0, lmtp: false })
  const answers = await say(lost.port, [
    'EHLO mx.example',
    'MAIL FROM:<>',
    `RCPT TO:<${returnAddress(reference, DOMAIN)}>`,
    'DATA',
    bounce,
  ])
  await lost.stop()
  await gone.close()
  expect(answers[5]).toMatch(/^451 /)
  expect(await statusOf(contactId)).toBe('active')
})

test('LMTP is spoken too, and answers for each recipient', async () => {
  const [one, two] = [await sentMessage(), await sentMessage()]
  const lmtp = await startReturnsListener(core, { host: '127.0.0.1', port: 0, lmtp: true })
  const answers = await say(lmtp.port, [
    'LHLO mx.example',
    'MAIL FROM:<>',
    `RCPT TO:<${returnAddress(one.reference, DOMAIN)}>`,
    `RCPT TO:<${returnAddress(two.reference, DOMAIN)}>`,
    'DATA',
    bounce,
  ])
  await lmtp.stop()
  expect(answers.at(-1)).toMatch(/^250 /)
  expect([await statusOf(one.contactId), await statusOf(two.contactId)]).toEqual(['error', 'error'])
})

test('a message beyond 10 MB is refused and the next one is taken (BN-15)', async () => {
  const { reference, contactId } = await sentMessage()
  const to = `RCPT TO:<${returnAddress(reference, DOMAIN)}>`
  const bomb = `Subject: x\r\n\r\n${`${'x'.repeat(900)}\r\n`.repeat(12_500)}.`
  const answers = await say(listener.port, [
    'EHLO mx.example',
    'MAIL FROM:<>',
    to,
    'DATA',
    bomb,
    'MAIL FROM:<>',
    to,
    'DATA',
    bounce,
  ])
  expect(answers[5]).toMatch(/^552 /)
  expect(answers.at(-1)).toMatch(/^250 /)
  expect(await statusOf(contactId)).toBe('error')
})
