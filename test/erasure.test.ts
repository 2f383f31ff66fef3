// LW-12 as one life: everything that can happen to a person happens, then they are erased, and nothing of them is left.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import pino from 'pino'
import { afterAll, expect, test } from 'vitest'
import { startConfirmations } from '../src/delivery/confirmation-lane.ts'
import { startSender } from '../src/delivery/sender.ts'
import { optOutUrl, signLink } from '../src/optouts/link.ts'
import { standingOptOut } from '../src/optouts/optout.ts'
import { rows, run, sql } from '../src/platform/database.ts'
import { startProgram } from './program.ts'
import { keyOf } from './sample.ts'
import { fillIn, linkTo, press } from './sign-up.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'last-word-erasure-'))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))
let logged = ''
const log = pino(
  { level: 'debug' },
  new Writable({ write: (text, _encoding, done) => ((logged += String(text)), done()) }),
)
const program = await startProgram({ config: { dataDir }, log })
const { core, accountId, api, url } = program
const sender = startSender(core, program.process)
afterAll(() => sender.stop())
const confirmations = startConfirmations(core, program.process)
afterAll(() => confirmations.stop())

type Body = Record<string, unknown>
const call = async (method: string, path: string, body?: unknown) => {
  const answer = await api<Body>(method, path, body)
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300)
  return answer.body
}
async function until(path: string, status: string): Promise<Body> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
    const body = await call('GET', path)
    if (body['status'] === status) return body
    if (body['status'] === 'failed') throw new Error(JSON.stringify(body))
  }
  throw new Error(`${path} did not come to ${status}`)
}
async function importFile(csv: string) {
  const form = new FormData()
  form.set('file', new Blob([csv]), 'people.csv')
  form.set('options', '{}')
  const { id } = await call('POST', '/imports', form)
  return until(`/imports/${String(id)}`, 'done')
}
const findId = async (search: string) => {
  const { items } = await call('GET', `/contacts?search=${encodeURIComponent(search)}`)
  return Array.isArray(items) ? String(items[0]?.id) : ''
}

/** Every word of every table, of the files in the data directory and of the log that holds one of `words`. */
async function tracesOf(words: string[]): Promise<string[]> {
  const tables = await rows(
    core.asOwner.db,
    sql<{ name: string }>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'graphile_worker')`,
  )
  const traces: string[] = []
  const has = (text: string) => words.some((word) => text.toLowerCase().includes(word.toLowerCase()))
  for (const { name } of tables) {
    const found = await rows(core.asOwner.db, sql<{ text: string }>`select t::text as text from ${sql.raw(name)} t`)
    for (const { text } of found) {
      const bytes = [...text.matchAll(/\\x([0-9a-f]{16,})/g)].map((match) =>
        Buffer.from(match[1] ?? '', 'hex').toString('utf8'),
      )
      if (has(text) || bytes.some(has)) traces.push(`${name}: ${text}`)
    }
  }
  for (const entry of readdirSync(dataDir, { recursive: true, encoding: 'utf8' })) {
    const path = join(dataDir, entry)
    if (statSync(path).isFile() && has(readFileSync(path, 'latin1'))) traces.push(path)
  }
  for (const line of logged.split('\n')) if (has(line)) traces.push(`log: ${line}`)
  return traces
}

const FIRST = 'Quirin.Zweig@Former-Post.example'
const ADDRESS = 'quirin.zweig@later-post.example'
const WORDS = ['quirin', 'zweig', 'former-post', 'later-post', 'Wolkersdorf']

test('after a life full of events, erasing many leaves nothing of the person but the opt-out (LW-12, LW-13, INV-16)', {
  timeout: 90_000,
}, async () => {
  await call('PATCH', '/account', {
    name: 'Fernmoor Garden',
    senderName: 'Fernmoor Garden',
    senderAddress: 'news@fernmoor.example',
    postalAddress: '4 Glasshouse Lane',
  })
  await call('POST', '/fields', { label: 'Town' })
  await importFile(
    `Email,First name,Town\n${FIRST},Quirin,Wolkersdorf\n"${FIRST}, somebody@else.example",Quirin,Both\nstays@else.example,Ines,Linz\n`,
  )
  const id = await findId('quirin')
  const { id: groupId } = await call('POST', '/groups', { name: 'Readers' })
  await call('PATCH', `/contacts/${id}`, { address: ADDRESS, fields: { first_name: 'Quirin Z.' } })
  await call('POST', `/groups/${String(groupId)}/members`, { contactIds: [id] })
  const other = await call('POST', '/contacts', {
    address: 'quirin.z@later-post.example',
    fields: { town: 'Wolkersdorf Nord' },
  })
  await call('POST', `/contacts/${id}/merge`, { otherId: other['id'], take: { town: 'other' } })
  const mailing = await call('POST', '/mailings', {
    name: 'News',
    subject: 'For {{ contact.first_name }}',
    html: '<p>Dear {{ contact.first_name }}</p>',
    groupIds: [groupId],
  })
  await call('POST', `/mailings/${String(mailing['id'])}/send`, {})
  await until(`/mailings/${String(mailing['id'])}`, 'sent')
  await run(
    core.db,
    sql`update messages set answer = ${`550 no mailbox ${ADDRESS}`} where account_id = ${accountId} and contact_id = ${id}`,
  )
  await run(
    core.db,
    sql`insert into contact_errors (account_id, contact_id, reason, detail) values (${accountId}, ${id}, 'delivery', ${`550 ${ADDRESS}`})`,
  )
  await run(
    core.db,
    sql`insert into responses (account_id, mailing_id, contact_id, kind) values (${accountId}, ${String(mailing['id'])}, ${id}, 'opened')`,
  )
  await fillIn(core, accountId, ADDRESS)
  await expect.poll(() => linkTo(core, accountId, ADDRESS), { timeout: 10_000 }).not.toBeNull()
  expect((await press((await linkTo(core, accountId, ADDRESS)) ?? '')).status).toBe(200)
  await fillIn(core, accountId, FIRST)
  const exported = await call('POST', '/exports', {
    selection: { filter: { search: 'quirin' } },
    columns: ['address', 'fields.first_name'],
  })
  await until(`/exports/${String(exported['id'])}`, 'done')
  const link = optOutUrl(
    url,
    signLink(core.keys.link, { accountId, addressKey: keyOf(core, ADDRESS), mailingId: String(mailing['id']) }),
  )
  expect((await fetch(link, { method: 'POST' })).status).toBe(200)
  expect((await tracesOf(WORDS)).length).toBeGreaterThan(8)

  const addresses = [ADDRESS.toUpperCase(), 'nobody@here.example', 'no address']
  expect(await call('POST', '/contacts/erase/check', { addresses })).toEqual({ contacts: 1, optedOut: 1, notFound: 2 })
  expect((await api('POST', '/contacts/erase', { addresses, count: 2 })).status).toBe(409)
  const job = await call('POST', '/contacts/erase', { addresses, count: 1 })
  await until(`/jobs/${String(job['id'])}`, 'done')
  for (const deadline = Date.now() + 10_000; readdirSync(join(dataDir, 'exports')).length > 0; )
    if (Date.now() > deadline) throw new Error('the file of the export stays')
    else await call('GET', '/exports')

  expect(await tracesOf(WORDS)).toEqual([])
  expect(await standingOptOut(core.db, accountId, keyOf(core, ADDRESS))).toMatchObject({ source: 'link' })
  expect(await (await fetch(link)).text()).toMatch(/opted out/i)
  await (await fetch(link, { method: 'POST' })).text()
  expect(await findId('quirin')).toBe('undefined') // the old link makes no profile (LW-13)
  await importFile(`Email,First name\n${ADDRESS},Quirin\n`)
  expect((await api('POST', '/contacts', { address: ADDRESS })).status).toBe(409)
  const [again] = await rows(
    core.db,
    sql<{
      n: number
    }>`select count(*)::int as n from mailable_contacts where account_id = ${accountId} and address_key = ${keyOf(core, ADDRESS)}`,
  )
  expect(again?.n).toBe(0)
})
