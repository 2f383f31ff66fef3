import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import PostalMime from 'postal-mime'
import { afterEach, expect, test } from 'vitest'
import { readStrictly } from '../../test/mime.ts'
import { startProgram } from '../../test/program.ts'
import { keyOf } from '../../test/sample.ts'
import { fillIn, linkTo, press } from '../../test/sign-up.ts'
import { dkimKeyFile, startMailServer, startScriptedServer } from '../../test/smtp.ts'
import type { Form } from '../audience/form.contract.ts'
import { optOut } from '../optouts/optout.ts'
import type { Config } from '../platform/config.ts'
import { row, rows, run, sql } from '../platform/database.ts'
import type { Smtp } from '../platform/relay.ts'
import { startConfirmations } from './confirmation-lane.ts'
import { claimConfirmations, inheritConfirmations } from './confirmation-queue.ts'
import type { Sender } from './sender.ts'

const program = await startProgram({ config: { trustProxy: 'loopback' }, jobs: false })
const { core, accountId, api } = program
await run(
  core.db,
  sql`update accounts set name = 'Fernmoor Garden', sender_address = 'news@fernmoor.example',
      postal_address = '4 Glasshouse Lane' where account_id = ${accountId}`,
)
const topic = await api<{ id: string }>('POST', '/topics', { name: 'Garden news' })
const form = (
  await api<Form>('POST', '/forms', { name: 'Form', heading: 'News', consent: 'Yes', topicIds: [topic.body.id] })
).body
const path = form.url.split('/s/')[1] ?? ''

const running: { stop: () => Promise<void> }[] = []
afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.stop()
  await run(core.asOwner.db, sql`delete from sign_ups where confirmed_at is null`)
})
function keep<One extends { stop: () => Promise<void> }>(one: One): One {
  running.push(one)
  return one
}
const start = (smtp: Smtp | null, config: Partial<Config> = {}): Sender =>
  keep(startConfirmations({ ...core, config: { ...core.config, ...config, smtp } }, program.process))

const publicKey = createPublicKey(readFileSync(dkimKeyFile)).export({ type: 'spki', format: 'der' }).toString('base64')
let made = 0
const fresh = () => `ines.${++made}@post.example`
const ask = async (address: string) => expect((await fillIn(core, path, address, { ip: '192.0.2.7' })).status).toBe(200)
const mailOf = (address: string) =>
  row(
    core.db,
    sql<{ state: string; answer: string | null; attempts: number; due_in: number; message_id: string | null }>`
    select mail.state, mail.answer, mail.attempts, extract(epoch from mail.due_at - now())::int as due_in, mail.message_id
    from confirmation_mails mail join sign_ups asked using (account_id, sign_up_id)
    where account_id = ${accountId} and asked.address_key = ${keyOf(core, address)}`,
  )
const until = (address: string, state: string) =>
  expect.poll(async () => (await mailOf(address)).state, { timeout: 15_000, interval: 20 }).toBe(state)
const letters = (address: string) =>
  rows(core.db, sql<{ raw: Buffer }>`select raw from mailbox_messages where address_key = ${keyOf(core, address)}`)

test('a confirmation mail says who asked, from where and when, has one link and advertises nothing (AB-5, MF-13)', async () => {
  const address = fresh()
  start(null)
  await ask(address)
  await until(address, 'accepted')
  const [letter] = await letters(address)
  const raw = letter?.raw ?? Buffer.alloc(0)
  const { headers, parts } = readStrictly(raw)
  expect(Object.fromEntries(headers)).toMatchObject({
    From: 'Fernmoor Garden <news@fernmoor.example>',
    To: address,
    Subject: 'Confirm your sign-up at Fernmoor Garden',
    'Auto-Submitted': 'auto-generated',
  })
  expect(headers.map(([name]) => name)).not.toContain('List-Unsubscribe')
  expect((await mailOf(address)).message_id).toBe(Object.fromEntries(headers)['Message-ID'])
  const link = (await linkTo(core, accountId, address)) ?? ''
  for (const part of parts) {
    expect(part.body).toContain(`entered this address at ${form.url} on `)
    expect(part.body).toContain('from 192.0.2.7.')
    expect(part.body).toContain('To get Garden news, open this page and press Confirm:')
    expect(part.body.match(/https?:\/\/\S+confirm\/[A-Za-z0-9_-]{43}/g)).toEqual([link])
    expect(part.body).not.toMatch(/opted out|<img|Opt out/)
  }
  expect((await press(link)).status).toBe(200)
})

test('who opted out reads that confirming ends it, in the language of the sign-up', async () => {
  const address = fresh()
  await optOut(core.db, accountId, [keyOf(core, address)], { source: 'link' })
  start(null)
  await fillIn(core, path, address, { language: 'ar' })
  await until(address, 'accepted')
  const { html, text } = await PostalMime.parse((await letters(address))[0]?.raw ?? Buffer.alloc(0))
  expect(html).toContain('<html lang="ar" dir="rtl">')
  expect(text).toContain('التأكيد ينهي ذلك الإلغاء')
})

test('it takes the first of several relays that can be reached', async () => {
  const server = keep(await startMailServer())
  const address = fresh()
  start({ ...server.smtp, port: 1 }, { moreRelays: [server.smtp] })
  await ask(address)
  await until(address, 'accepted')
  expect(server.messages.map(({ to }) => to)).toEqual([address])
})

test('over SMTP it goes once, signed with DKIM, to the address alone', async () => {
  const server = keep(await startMailServer())
  const address = fresh()
  const dkim = { domain: 'fernmoor.example', selector: 's1', keyFile: dkimKeyFile }
  start(server.smtp, { dkim })
  await ask(address)
  await until(address, 'accepted')
  expect(server.named).toEqual([address])
  const [message] = server.messages
  expect(message?.from).toBe('news@fernmoor.example')
  const { results } = await dkimVerify(message?.raw ?? Buffer.alloc(0), {
    resolver: async () => [[`v=DKIM1; k=rsa; p=${publicKey}`]],
  })
  expect(results.map(({ status, signingDomain }) => [status.result, signingDomain])).toEqual([
    ['pass', 'fernmoor.example'],
  ])
})

test('a temporary refusal is tried again as other messages are, a lasting one is not (MP-9)', async () => {
  let answer = '451 4.7.1 later'
  const server = keep(await startScriptedServer((line) => (/^RCPT/i.test(line) ? answer : undefined)))
  const address = fresh()
  start(server.smtp)
  await ask(address)
  await until(address, 'deferred')
  const first = await mailOf(address)
  expect(first).toMatchObject({ attempts: 1, answer: '451 4.7.1 later' })
  expect(first.due_in).toBeGreaterThan(29 * 60)
  answer = '550 5.1.1 nobody'
  await run(
    core.db,
    sql`update confirmation_mails set due_at = now() where account_id = ${accountId} and state = 'deferred'`,
  )
  await until(address, 'bounced')
  expect(await mailOf(address)).toMatchObject({ attempts: 2, answer: '550 5.1.1 nobody' })
})

test('while the mail server is away it waits, and leaves afterwards', async () => {
  const gone = await startMailServer()
  await gone.stop()
  const address = fresh()
  let warnings = 0
  const log = { ...core.log, warn: () => void (warnings += 1) }
  const first = startConfirmations({ ...core, log, config: { ...core.config, smtp: gone.smtp } }, program.process)
  await ask(address)
  await expect.poll(() => warnings, { timeout: 10_000 }).toBeGreaterThan(0)
  await first.stop()
  expect((await mailOf(address)).state).toBe('waiting')
  const server = keep(await startMailServer())
  start(server.smtp)
  await until(address, 'accepted')
})

test('an account without a sender address sends none, and says why', async () => {
  const address = fresh()
  await run(core.db, sql`update accounts set sender_address = '' where account_id = ${accountId}`)
  start(null)
  await ask(address)
  await until(address, 'deferred')
  expect((await mailOf(address)).answer).toBe('The account has no sender address.')
  await run(core.db, sql`update accounts set sender_address = 'news@fernmoor.example' where account_id = ${accountId}`)
})

test('two senders never take the same mail, and both together send each once', async () => {
  const addresses = Array.from({ length: 12 }, fresh)
  for (const address of addresses) await ask(address)
  const claimed = await Promise.all([1, 2, 3].map((id) => claimConfirmations(core.db, accountId, 9000 + id, 5)))
  expect(new Set(claimed.flat().map(({ signUpId }) => signUpId)).size).toBe(12)
  expect(claimed.flat()).toHaveLength(12)
  await run(core.db, sql`update confirmation_mails set state = 'waiting', claimed_by = null where state = 'claimed'`)
  const server = keep(await startMailServer())
  start(server.smtp)
  keep(
    startConfirmations({ ...core, config: { ...core.config, smtp: server.smtp } }, { id: program.process.id + 1000 }),
  )
  for (const address of addresses) await until(address, 'accepted')
  expect([...server.named].sort()).toEqual([...addresses].sort())
})

test('of a program that died, what was claimed is sent by another and what was handed over is not (MP-9)', async () => {
  const [claimed, handed] = [fresh(), fresh()]
  for (const address of [claimed, handed]) await ask(address)
  const mails = await claimConfirmations(core.db, accountId, 777, 10)
  const second = mails.find(({ address }) => address === handed)
  await run(
    core.db,
    sql`update confirmation_mails set state = 'handed_over', handed_over_at = now() where account_id = ${accountId} and sign_up_id = ${second?.signUpId ?? '0'}`,
  )
  await core.db.transaction().execute((trx) => inheritConfirmations(trx, [777]))
  start(null)
  await until(claimed, 'accepted')
  expect((await mailOf(handed)).state).toBe('unknown')
  await expect(
    run(
      core.db,
      sql`update confirmation_mails set state = 'waiting' where account_id = ${accountId} and sign_up_id = ${second?.signUpId ?? '0'}`,
    ),
  ).rejects.toMatchObject({ code: 'LW003' })
})

test('a domain that opts out while the mail waits gets none', async () => {
  const address = 'ann@late.example'
  await ask(address)
  await api('POST', '/opt-outs/domains', { domain: 'late.example' })
  const server = keep(await startMailServer())
  start(server.smtp)
  await until(address, 'withheld')
  expect(server.named).toEqual([])
})
