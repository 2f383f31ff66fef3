import { afterEach, beforeAll, expect, test } from 'vitest'
import { type Program, startProgram } from '../../../test/program.ts'
import { insertContacts, insertSendingMailing, statesOf, statusOf } from '../../../test/sending.ts'
import { type MailServer, startMailServer } from '../../../test/smtp.ts'
import { type Config, readConfig } from '../../platform/config.ts'
import { row, sql } from '../../platform/database.ts'
import { type Sender, startSender } from '../sender.ts'
import { inboxOf } from './receive.ts'

let program: Program
let sender: Sender | null = null
let server: MailServer | null = null
beforeAll(async () => {
  program = await startProgram({ jobs: false })
})
afterEach(async () => {
  await sender?.stop()
  await server?.stop()
})

function send(config: Partial<Config>) {
  const core = { ...program.core, config: { ...program.core.config, ...config } }
  sender = startSender(core, program.process)
  return core
}

const refuse = (words: string) => Object.assign(new Error(words.slice(4)), { responseCode: Number(words.slice(0, 3)) })

test('a relay that refuses 1,000 recipients for want of authentication touches no contact; the mailing pauses and says what to put into the DNS', async () => {
  server = await startMailServer({
    onData(stream, _session, done) {
      stream.on('end', () =>
        done(refuse('550 5.7.26 Unauthenticated email from fernmoor.example is not accepted, DMARC policy')),
      )
      stream.resume()
    },
  })
  const { core, accountId } = program
  const mailingId = await insertSendingMailing(core, accountId, await insertContacts(core, accountId, 1000, 'policy'))
  send({ smtp: server.smtp })
  await expect
    .poll(() => statusOf(core, accountId, mailingId), { timeout: 20_000 })
    .toMatchObject({
      status: 'paused',
      problem: expect.stringMatching(/Mail servers refused \d+ of .*DNS.*SPF, DKIM and DMARC.*5\.7\.26/),
    })
  await sender?.stop()
  const { errors } = await row(
    core.db,
    sql<{ errors: number }>`select count(*)::int as errors from contact_errors where account_id = ${accountId}`,
  )
  expect(errors).toBe(0)
  const { queued = 0, bounced = 0 } = await statesOf(core, accountId, mailingId)
  expect(queued + bounced).toBe(1000)
  expect(bounced).toBeLessThan(100)
})

test('a full mailbox and a dead address at RCPT TO are counted, and only the dead one is Error (BN-14)', async () => {
  const [dead, full] = ['550 5.1.1 no such user', '552 5.2.2 mailbox full']
  server = await startMailServer({
    onRcptTo({ address }, _session, done) {
      done(refuse((address.startsWith('rcpt1') ? dead : full) ?? ''))
    },
  })
  const { core, accountId } = program
  const mailingId = await insertSendingMailing(core, accountId, await insertContacts(core, accountId, 2, 'rcpt'))
  send({ smtp: server.smtp })
  await expect.poll(() => statusOf(core, accountId, mailingId), { timeout: 20_000 }).toMatchObject({ status: 'sent' })
  const found = await row(
    core.db,
    sql<{ outcomes: string[]; failed: string[] }>`
    select array(select outcome from returns where account_id = ${accountId} and mailing_id = ${mailingId} order by outcome) as outcomes,
      array(select address from contact_status where account_id = ${accountId} and status = 'error') as failed`,
  )
  expect(found).toEqual({ outcomes: ['hard', 'soft'], failed: ['rcpt1@post.example'] })
})

test('with a listener a message carries addresses for returns and opt-outs that the listener takes; without one none (OC-20, OC-23)', async () => {
  server = await startMailServer()
  const { core, accountId } = program
  const mailingTo = async (prefix: string, config: Partial<Config>) => {
    await insertSendingMailing(core, accountId, await insertContacts(core, accountId, 1, prefix))
    const sending = send({ smtp: server?.smtp ?? null, ...config })
    await expect.poll(() => server?.messages.at(-1)?.to, { timeout: 20_000 }).toBe(`${prefix}1@post.example`)
    await sender?.stop()
    const message = server?.messages.at(-1)
    return {
      sending,
      from: message?.from ?? '',
      header: /^List-Unsubscribe: (.*)$/m.exec(message?.raw.toString('latin1') ?? '')?.[1] ?? '',
    }
  }
  const domain = 'returns.fernmoor.example'
  const { sending, from, header } = await mailingTo('ways', {
    returnsDomain: domain,
    returns: { host: '127.0.0.1', port: 0, lmtp: false },
  })
  const [, mailto = ''] = /^<https?:[^>]+>, <mailto:([^>]+)>\r?$/.exec(header) ?? []
  expect(inboxOf(sending, mailto)).toMatchObject({ kind: 'opt_out' })
  expect(inboxOf(sending, from)).toMatchObject({ kind: 'bounce' })
  expect(mailto.lastIndexOf('@')).toBeLessThanOrEqual(64)
  expect((await mailingTo('none', { returnsDomain: domain })).header).not.toContain('mailto')
})

test('a listener is set by its URL, and needs the domain that it takes mail for', () => {
  const read = (RETURNS_LISTEN: string, RETURNS_DOMAIN = 'returns.example') =>
    readConfig({ RETURNS_LISTEN, RETURNS_DOMAIN }).returns
  expect(read('smtp://0.0.0.0:2525')).toEqual({ host: '0.0.0.0', port: 2525, lmtp: false })
  expect(read('lmtp://127.0.0.1:24')).toEqual({ host: '127.0.0.1', port: 24, lmtp: true })
  expect(() => read('smtp://0.0.0.0:2525', '')).toThrow('RETURNS_DOMAIN')
  expect(() => read('http://0.0.0.0:2525')).toThrow('RETURNS_LISTEN')
})
