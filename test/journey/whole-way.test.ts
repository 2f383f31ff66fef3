// From a file to an opt-out that holds: the program, a real Postfix, a real browser and everything in between.
import { createPublicKey } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { env } from 'node:process'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { type Browser, chromium } from 'playwright-core'
import PostalMime, { type Email } from 'postal-mime'
import { expect, onTestFinished, test } from 'vitest'
import type { Contact, ContactEvent } from '../../src/audience/contact.contract.ts'
import { mayRunPostfix, type Postfix, startPostfix } from '../postfix.ts'
import { dkimKeyFile } from '../smtp.ts'
import {
  addGroup,
  contactAt,
  countContacts,
  csvFile,
  endOfMailing,
  groupNamed,
  importFile,
  type Journey,
  OWNER,
  sendTo,
  startJourney,
} from './journey.ts'

const ROWS = 50_000
/** How many of them get the mailings; all of them when it is as many as the file has rows. */
const RECIPIENTS = Number(env['JOURNEY_RECIPIENTS'] ?? 30)
const CHROMIUM = env['CHROMIUM'] ?? '/usr/bin/chromium'
const TIMEOUT = RECIPIENTS > 1000 ? 3_600_000 : 400_000

const isBuilt = existsSync(new URL('../../dist/web/index.html', import.meta.url))

test.skipIf(!mayRunPostfix || !existsSync(CHROMIUM))(
  'imported, mailed, opted out through the mail: from then on nothing reaches them and nobody brings them back',
  { timeout: TIMEOUT },
  async () => {
    const postfix = await startPostfix()
    onTestFinished(() => postfix.stop())
    const journey = await startJourney({
      SMTP_URL: `smtp://127.0.0.1:${postfix.smtp.port}?tls=none`,
      DKIM_DOMAIN: 'fernmoor.example',
      DKIM_SELECTOR: 'lw1',
      DKIM_KEY_FILE: dkimKeyFile,
    })
    const browser = await openBrowser()
    onTestFinished(() => browser.close())

    const file = csvFile({
      rows: ROWS,
      seed: 7,
      bom: true,
      semicolons: true,
      quotedNewlines: true,
      duplicates: true,
      invalid: true,
    })
    await expectImported(journey, file)
    const { groupId, contacts } = await recipients(journey)
    const [ines, jonas, rosa] = contacts
    if (!ines || !jonas || !rosa) throw new Error('three contacts are needed')

    const first = await sendTo(journey, groupId, 'The garden opens')
    const sent = await endOfMailing(journey, first, TIMEOUT)
    expect(sent.counts).toMatchObject({
      recipients: contacts.length,
      accepted: contacts.length,
      bounced: 0,
      unknown: 0,
    })
    await expect.poll(() => postfix.count(), { timeout: TIMEOUT, interval: 200 }).toBe(contacts.length)

    await optOutInBrowser(browser, await mailTo(postfix, ines.address))
    await optOutWithOneClick(await mailTo(postfix, jonas.address))
    await expectRecorded(journey, ines, { source: 'link', mailingId: first })
    await expectRecorded(journey, jonas, { source: 'one_click', mailingId: first })
    for (const contact of [ines, jonas]) {
      await expectLockedOverApi(journey, contact)
      await expectLockedInSql(journey, contact)
    }
    if (isBuilt) await expectLockedInBrowser(journey, browser, ines)

    expect(await journey.api('POST', `/contacts/${ines.id}/archive`)).toMatchObject({ status: 200 })
    const again = await importFile(journey, file.text, { newGroups: ['Everybody again'] })
    const { added, duplicates, invalid } = file.counts
    expect(again.counts).toMatchObject({ rows: ROWS, added: 0, duplicates, invalid, optedOut: 2, held: 0 })
    expect(again.counts.updated + again.counts.unchanged).toBe(added - 2)
    expect((await groupNamed(journey, 'Everybody again')).counts.optOut).toBe(0)
    await expectRecorded(journey, ines, { source: 'link', mailingId: first })
    expect((await contactAt(journey, ines.address)).archivedAt).not.toBeNull()

    const second = await endOfMailing(journey, await sendTo(journey, groupId, 'The garden closes'), TIMEOUT)
    expect(second.counts).toMatchObject({ recipients: contacts.length - 2, accepted: contacts.length - 2 })
    const both = contacts.length * 2 - 2
    await expect.poll(() => postfix.count(), { timeout: TIMEOUT, interval: 200 }).toBe(both)
    expect(postfix.messagesTo(rosa.address)).toHaveLength(2)
    for (const { address } of [ines, jonas]) expect(postfix.messagesTo(address)).toHaveLength(1)
    for (const { address } of [ines, jonas]) expect(timesNamed(postfix.log(), address)).toBe(1)
    await journey.stop()
  },
)

function openBrowser() {
  const switches = ['--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update']
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-sync', ...switches],
  })
}

async function expectImported(journey: Journey, { text, counts }: ReturnType<typeof csvFile>) {
  const done = await importFile(journey, text, { newGroups: ['Everybody'] })
  expect(done).toMatchObject({ status: 'done', problem: null })
  expect(done.counts).toEqual({ updated: 0, unchanged: 0, optedOut: 0, held: 0, ...counts })
  const { rows, ...others } = done.counts
  expect(Object.values(others).reduce((sum, count) => sum + count, 0)).toBe(rows)
  expect(await countContacts(journey)).toBe(counts.added)
  expect((await groupNamed(journey, 'Everybody')).counts).toEqual({ active: counts.added, error: 0, optOut: 0 })
}

/** Some of the people of the import, in a group of their own. */
async function recipients(journey: Journey): Promise<{ groupId: string; contacts: Contact[] }> {
  const everybody = await groupNamed(journey, 'Everybody')
  const contacts: Contact[] = []
  let cursor: string | null = ''
  while (contacts.length < RECIPIENTS && cursor !== null) {
    const limit = Math.min(500, RECIPIENTS - contacts.length)
    const query: string = `groupId=${everybody.id}&limit=${limit}${cursor && `&cursor=${cursor}`}`
    const { body } = await journey.api<{ items: Contact[]; nextCursor: string | null }>('GET', `/contacts?${query}`)
    contacts.push(...body.items)
    cursor = body.nextCursor
  }
  if (cursor === null) return { groupId: everybody.id, contacts }
  const groupId = await addGroup(journey, 'Friends')
  const contactIds = contacts.map(({ id }) => id)
  const joined = await journey.api('POST', `/groups/${groupId}/members`, { contactIds })
  expect(joined.body).toEqual({ changed: contacts.length, optedOut: 0 })
  return { groupId, contacts }
}

/** The one message that lies in the mailbox file of an address; its signature is that of the sender. */
async function mailTo(postfix: Postfix, address: string): Promise<Email> {
  const [raw = Buffer.alloc(0), ...more] = postfix.messagesTo(address)
  expect(more).toEqual([])
  const key = createPublicKey(readFileSync(dkimKeyFile)).export({ type: 'spki', format: 'der' }).toString('base64')
  const { results } = await dkimVerify(raw, { resolver: async () => [[`v=DKIM1; k=rsa; p=${key}`]] })
  expect(results.map(({ status, signingDomain }) => [status.result, signingDomain])).toEqual([
    ['pass', 'fernmoor.example'],
  ])
  return PostalMime.parse(raw)
}

const headerLink = (mail: Email) =>
  /<(https?:[^>]+)>/.exec(mail.headers.find(({ key }) => key === 'list-unsubscribe')?.value ?? '')?.[1] ?? ''
const htmlLink = (mail: Email) => /href="(http[^"]+\/o\/[^"]+)"/.exec(mail.html ?? '')?.[1] ?? ''
const textLink = (mail: Email) => /http\S+\/o\/[\w-]+/.exec(mail.text ?? '')?.[0] ?? ''

/** The link in the body, without JavaScript: looking changes nothing, the button does. */
async function optOutInBrowser(browser: Browser, mail: Email) {
  expect(textLink(mail)).toBe(htmlLink(mail))
  expect(headerLink(mail)).toBe(htmlLink(mail))
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto(htmlLink(mail))
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Opt out of all mail from Fernmoor Garden?')
  await page.getByRole('button').click()
  await page.getByRole('heading', { level: 1, name: 'You are opted out' }).waitFor()
  expect(await page.getByRole('status').textContent()).toMatch(/^In effect since \d+ \w+ \d{4}, \d\d:\d\d/)
  await page.reload()
  await page.getByRole('heading', { level: 1, name: 'You are opted out' }).waitFor()
  await context.close()
}

/** What a mailbox provider sends (RFC 8058), byte by byte. */
async function optOutWithOneClick(mail: Email) {
  const { hostname, port, pathname } = new URL(headerLink(mail))
  const body = 'List-Unsubscribe=One-Click'
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.on('data', (part) => (text += part.toString()))
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
    socket.write(
      `POST ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    )
  })
  expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  expect(answer).not.toMatch(/\r\n(set-cookie|location):/i)
}

async function expectRecorded(journey: Journey, { id, address }: Contact, by: { source: string; mailingId: string }) {
  const { body: contact } = await journey.api<Contact>('GET', `/contacts/${id}`)
  expect(contact).toMatchObject({ address, status: 'opt_out', optOut: by })
  const minutes = (Date.now() - Date.parse(contact.optOut?.at ?? '')) / 60_000
  expect(minutes).toBeGreaterThanOrEqual(0)
  expect(minutes).toBeLessThan(TIMEOUT / 60_000)
  const { body } = await journey.api<{ items: ContactEvent[] }>('GET', `/contacts/${id}/history`)
  expect(body.items).toContainEqual(
    expect.objectContaining({ source: by.source, mailing: { id: by.mailingId, name: 'The garden opens' } }),
  )
  const standing = await journey.api<{ items: unknown[] }>('GET', `/opt-outs?search=${encodeURIComponent(address)}`)
  expect(standing.body.items).toEqual([{ address, ...by, at: contact.optOut?.at }])
}

async function expectLockedOverApi(journey: Journey, { id }: Contact) {
  const groupId = (await groupNamed(journey, 'Everybody')).id
  const attempts: [string, string, unknown][] = [
    ['PATCH', `/contacts/${id}`, { address: 'somebody.else@post.example' }],
    ['PATCH', `/contacts/${id}`, { fields: { first_name: 'Somebody' } }],
    ['POST', `/contacts/${id}/status`, { status: 'active' }],
    ['POST', `/contacts/${id}/status`, { status: 'error' }],
    ['POST', `/contacts/${id}/groups`, { groupIds: [groupId] }],
  ]
  for (const [method, path, body] of attempts)
    expect(await journey.api(method, path, body), `${method} ${path}`).toMatchObject({
      status: 409,
      body: { code: 'contact.opted_out' },
    })
}

/** Somebody with the program's own rights in the database gets no further (INV-9). */
async function expectLockedInSql(journey: Journey, { id }: Contact) {
  const database = await journey.database()
  await database.query('set role lastword_app')
  const contact = `where account_id = 1 and contact_id = ${id}`
  const key = `(select address_key from contacts ${contact})`
  for (const [statement, state] of [
    [`update contacts set address = 'x@post.example', canonical = 'x@post.example' ${contact}`, 'LW001'],
    [`update contacts set address_key = '\\x00112233445566778899aabbccddeeff' ${contact}`, 'LW001'],
    [`update contacts set fields = '{}' ${contact}`, 'LW001'],
    [`delete from standing_optouts where account_id = 1 and address_key = ${key}`, '42501'],
    [`update standing_optouts set source = 'api' where account_id = 1 and address_key = ${key}`, '42501'],
    [`delete from optout_ledger where account_id = 1 and address_key = ${key}`, '42501'],
    [`update optout_ledger set address_key = null where account_id = 1 and address_key = ${key}`, '42501'],
    ['truncate standing_optouts', '42501'],
    ['alter table contacts disable trigger all', '42501'],
  ])
    await expect(database.query(statement ?? ''), statement).rejects.toMatchObject({ code: state })
  await database.end()
}

async function expectLockedInBrowser({ url }: Journey, browser: Browser, { id, address }: Contact) {
  const page = await browser.newPage()
  await page.goto(url)
  await page.getByLabel('Email address').fill(OWNER.email)
  await page.getByLabel('Password', { exact: true }).fill(OWNER.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation', { name: 'Main' }).waitFor()
  await page.goto(`${url}/audience/contacts/${id}`)
  await page.getByRole('heading', { level: 1, name: address }).waitFor()
  await page.getByRole('heading', { name: /opted out on \d+ \w+ \d{4} at \d\d:\d\d$/ }).waitFor()
  await page.getByText('The garden opens').first().waitFor()
  expect(await page.getByRole('combobox', { name: 'Status' }).count()).toBe(0)
  expect(await page.getByRole('button', { name: 'Save' }).count()).toBe(0)
  const status = await page.evaluate(async (path) => {
    const headers = { 'content-type': 'application/json' }
    return (await fetch(path, { method: 'PATCH', headers, body: '{"fields":{"first_name":"Somebody"}}' })).status
  }, `/api/v1/contacts/${id}`)
  expect(status).toBe(409)
  await page.close()
}

/** How many messages to an address Postfix has on record, delivered or not. */
const timesNamed = (log: string, address: string) =>
  log.split('\n').filter((line) => line.toLowerCase().includes(`to=<${address.toLowerCase()}>`)).length
