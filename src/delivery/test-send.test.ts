import PostalMime from 'postal-mime'
import { expect, test } from 'vitest'
import { readStrictly } from '../../test/mime.ts'
import { startProgram } from '../../test/program.ts'
import { keyOf } from '../../test/sample.ts'
import { startMailServer, startScriptedServer } from '../../test/smtp.ts'
import { getMailing } from '../mailings/mailing.ts'
import type { TestResult, TestSent } from '../mailings/test-send.contract.ts'
import { optOut } from '../optouts/optout.ts'
import { row, rows, run, sql } from '../platform/database.ts'
import { sendTest } from './test-send.ts'

const program = await startProgram({ jobs: false })
const { core, accountId, api } = program
const { db } = core
const caller = { accountId, userId: null, apiKeyId: null, scope: 'full' as const }
await api('PATCH', '/account', {
  senderName: 'Quiet Herons',
  senderAddress: 'news@herons.example',
  postalAddress: '4 Glasshouse Lane',
  tracking: true,
})
await api('POST', '/fields', { name: 'first_name', label: 'First name' })

async function draft(part: Record<string, unknown> = {}): Promise<string> {
  const { status, body } = await api<{ id: string }>('POST', '/mailings', {
    name: 'Lanterns',
    subject: 'For {{ contact.first_name }}',
    html: '<p>Dear {{ contact.first_name }}, <a href="https://herons.example/a">read</a></p>',
    ...part,
  })
  expect(status).toBe(201)
  return body.id
}

let made = 0
const fresh = (who: string) => `${who}.${++made}@post.example`
async function contactAt(address: string, fields = { first_name: 'Ines' }): Promise<string> {
  const { status, body } = await api<{ id: string }>('POST', '/contacts', { address, fields })
  expect(status).toBe(201)
  return body.id
}
const fill = () => run(core.asOwner.db, sql`delete from sending_rates where account_id = ${accountId}`)
async function send(id: string, addresses: string[]): Promise<TestResult[]> {
  await fill()
  const { status, body } = await api<TestSent>('POST', `/mailings/${id}/test`, { addresses })
  expect(status, JSON.stringify(body)).toBe(200)
  return body.results
}
const lettersOf = (address: string) =>
  rows(
    db,
    sql<{ raw: Buffer; mailing_id: string | null }>`
    select raw, mailing_id from mailbox_messages where account_id = ${accountId} and address_key = ${keyOf(core, address)}`,
  )

test('a test says [TEST], is filled with the details of the contact, is not tracked, and its way out opts out', async () => {
  const [known, stranger] = [fresh('known'), fresh('stranger')]
  await contactAt(known)
  const id = await draft()
  expect(await send(id, [known, ` ${stranger} `, known.toUpperCase()])).toEqual([
    { address: known, sent: true, reason: null },
    { address: stranger, sent: true, reason: null },
  ])
  const [letter, ...more] = await lettersOf(known)
  expect(more).toEqual([])
  const raw = letter?.raw ?? Buffer.alloc(0)
  const { subject, html } = await PostalMime.parse(raw)
  expect(subject).toBe('[TEST] For Ines')
  expect(html).toContain('href="https://herons.example/a"')
  expect(html).not.toContain('/t/')
  const [other] = await lettersOf(stranger)
  expect((await PostalMime.parse(other?.raw ?? Buffer.alloc(0))).subject).toBe('[TEST] For Robin')

  const way = Object.fromEntries(readStrictly(other?.raw ?? Buffer.alloc(0)).headers)['List-Unsubscribe'] ?? ''
  const pressed = await fetch(way.slice(1, -1).replace(core.config.baseUrl, program.url), {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'List-Unsubscribe=One-Click',
  })
  expect(pressed.status).toBe(200)
  expect(await send(id, [stranger])).toEqual([{ address: stranger, sent: false, reason: 'This address opted out.' }])
  expect(await lettersOf(stranger)).toHaveLength(1)
})

test('nothing of a test is counted in the mailing', async () => {
  const id = await draft()
  await send(id, [fresh('a')])
  const { body } = await api<{ status: string; counts: Record<string, number> }>('GET', `/mailings/${id}`)
  expect(body.status).toBe('draft')
  expect(Object.values(body.counts).every((count) => count === 0)).toBe(true)
  expect(
    await row(
      db,
      sql<{
        n: number
      }>`select count(*)::int as n from messages where account_id = ${accountId} and mailing_id = ${id}`,
    ),
  ).toEqual({ n: 0 })
})

test('who opted out, by domain too, is in Error, held, archived or paused gets none, and the answer says why (INV-8)', async () => {
  const who = { out: fresh('out'), error: fresh('error'), held: fresh('held'), old: fresh('old'), paused: fresh('p') }
  const ids = Object.fromEntries(
    await Promise.all(Object.entries(who).map(async ([name, address]) => [name, await contactAt(address)] as const)),
  )
  await optOut(db, accountId, [keyOf(core, who.out)], { source: 'link' })
  await api('POST', '/opt-outs/domains', { domain: 'gone.example' })
  await run(
    db,
    sql`insert into contact_errors (account_id, contact_id, reason) values (${accountId}, ${ids['error']}, 'manual')`,
  )
  await run(
    db,
    sql`insert into contact_holds (account_id, contact_id, because_key) values (${accountId}, ${ids['held']}, ${keyOf(core, 'x@post.example')})`,
  )
  await run(
    db,
    sql`update contacts set archived_at = now() where account_id = ${accountId} and contact_id = ${ids['old']}`,
  )
  await run(db, sql`select record_pause(${accountId}, ${keyOf(core, who.paused)}, 30)`)
  const tagged = who.out.replace('@', '+tag@')
  const asked = [...Object.values(who), 'anybody@gone.example', tagged, 'no address']
  const results = await send(await draft(), asked)
  expect(results.map(({ reason }) => reason)).toEqual([
    'This address opted out.',
    'The contact has the status Error.',
    'The contact waits for your decision.',
    'The contact is archived.',
    'The contact paused its mail.',
    'This address opted out.',
    'This address opted out.',
    'There is no @. An address looks like name@post.example.',
  ])
  expect(results.some(({ sent }) => sent)).toBe(false)
  for (const address of asked.slice(0, -1)) expect(await lettersOf(address)).toEqual([])
})

test('over SMTP the opt-out that comes after MAIL FROM still holds (INV-8)', async () => {
  const address = fresh('late')
  const server = await startScriptedServer(async (line) => {
    if (/^MAIL/i.test(line)) await optOut(db, accountId, [keyOf(core, address)], { source: 'link' })
    return undefined
  })
  const mailing = await getMailing(db, accountId, await draft())
  await fill()
  const overSmtp = { ...core, config: { ...core.config, smtp: server.smtp } }
  try {
    expect(await sendTest(overSmtp, caller, mailing, [address])).toEqual([
      { address, sent: false, reason: 'This address opted out.' },
    ])
  } finally {
    await server.stop()
  }
})

test('over SMTP each address gets its own; one that is refused says so in the words of the server', async () => {
  const server = await startMailServer()
  const mailing = await getMailing(db, accountId, await draft())
  await fill()
  const [one, two] = [fresh('one'), fresh('two')]
  const overSmtp = { ...core, config: { ...core.config, smtp: server.smtp } }
  try {
    const results = await sendTest(overSmtp, caller, mailing, [one, two])
    expect(results.map(({ sent }) => sent)).toEqual([true, true])
    expect(server.named).toEqual([one, two])
  } finally {
    await server.stop()
  }
  await expect(sendTest(overSmtp, caller, mailing, [])).rejects.toMatchObject({ code: 'mailing.no_server' })
  const refusing = await startScriptedServer((line) => (/^RCPT/i.test(line) ? '550 5.1.1 nobody' : undefined))
  await fill()
  try {
    const core550 = { ...core, config: { ...core.config, smtp: refusing.smtp } }
    expect(await sendTest(core550, caller, mailing, [one])).toEqual([
      { address: one, sent: false, reason: 'The mail server did not take it: 550 5.1.1 nobody' },
    ])
  } finally {
    await refusing.stop()
  }
})

test('an account sends ten tests at once and no more until time has passed', async () => {
  const id = await draft()
  await send(
    id,
    Array.from({ length: 10 }, () => fresh('many')),
  )
  const address = fresh('eleventh')
  const { status, body } = await api<{ code: string }>('POST', `/mailings/${id}/test`, { addresses: [address] })
  expect([status, body.code]).toEqual([429, 'mailing.too_many_tests'])
  expect(await lettersOf(address)).toEqual([])
  const many = Array.from({ length: 11 }, () => fresh('toomany'))
  expect((await api('POST', `/mailings/${id}/test`, { addresses: many })).status).toBe(400)
})

test('without a postal address, and without a visible way out, no test leaves (OC-28)', async () => {
  await fill()
  const hidden = await draft({
    html: '<p>Hello</p><p style="display:none">{{ opt_out_url }} {{ preferences_url }}</p>',
  })
  const [result] = await send(hidden, [fresh('hidden')])
  expect(result).toMatchObject({ sent: false, reason: expect.stringContaining('no visible way out') })
  await run(db, sql`update accounts set postal_address = '' where account_id = ${accountId}`)
  const { status, body } = await api<{ message: string }>('POST', `/mailings/${await draft()}/test`, {
    addresses: [fresh('none')],
  })
  expect([status, body.message]).toEqual([400, 'The account has no postal address. Enter it in Settings, Sender.'])
})
