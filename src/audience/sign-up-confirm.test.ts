import { createHash } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { startProgram } from '../../test/program.ts'
import { insertContact, keyOf } from '../../test/sample.ts'
import { BROWSER, fillIn, forgetLimits, handAllOver, linkTo, press } from '../../test/sign-up.ts'
import { optOut } from '../optouts/optout.ts'
import { rows, run, sql } from '../platform/database.ts'
import type { ContactHistory } from './contact.contract.ts'
import type { FullContact } from './contact-full.contract.ts'
import type { ContactRecord } from './evidence.contract.ts'
import type { Form } from './form.contract.ts'
import { purgeSignUps } from './sign-up.ts'
import { readToken, remakeToken } from './sign-up-token.ts'

const program = await startProgram({ config: { trustProxy: 'loopback' }, jobs: false })
const { core, accountId, api } = program
let form: Form
let path = ''
let groupId = ''
let topicId = ''
let made = 0
const fresh = () => `ines.${++made}@post.example`

beforeAll(async () => {
  groupId = (await api<{ id: string }>('POST', '/groups', { name: 'Members' })).body.id
  topicId = (await api<{ id: string }>('POST', '/topics', { name: 'Garden news' })).body.id
  await api('POST', '/fields', { label: 'Town' })
  const asked = {
    name: 'Garden form',
    heading: 'Get Garden news',
    consent: 'Yes, send me Garden news.',
    fields: ['first_name', 'town'].map((name) => ({ name, required: false })),
    topicIds: [topicId],
    groupIds: [groupId],
  }
  form = (await api<Form>('POST', '/forms', asked)).body
  path = form.url.split('/s/')[1] ?? ''
})

async function asked(address: string, given: Record<string, string> = {}, where = path): Promise<string> {
  await forgetLimits(core, accountId)
  expect((await fillIn(core, where, address, { given, ip: '192.0.2.7' })).status).toBe(200)
  await handAllOver(core)
  return (await linkTo(core, accountId, address)) ?? ''
}
async function comeBack(address: string, given: Record<string, string> = {}): Promise<FullContact> {
  expect((await press(await asked(address, given))).status).toBe(200)
  return contactOf(address)
}
async function contactOf(address: string): Promise<FullContact> {
  const [found] = await rows(
    core.db,
    sql<{ contact_id: string }>`
    select contact_id from contacts where account_id = ${accountId} and address_key = ${keyOf(core, address)} order by contact_id`,
  )
  return (await api<FullContact>('GET', `/contacts/${found?.contact_id ?? '0'}`)).body
}
const leave = (address: string) => optOut(core.db, accountId, [keyOf(core, address)], { source: 'one_click' })
const standing = (address: string) =>
  rows(
    core.db,
    sql`select from standing_optouts where account_id = ${accountId} and address_key = ${keyOf(core, address)}`,
  )
const ledger = (address: string) =>
  rows(
    core.db,
    sql<{ source: string; evidence: Record<string, unknown>; opted_out: string }>`
    select source, evidence, opted_out from optout_ledger
    where account_id = ${accountId} and address_key = ${keyOf(core, address)} order by entry_id`,
  )
const history = async ({ id }: { id: string }) =>
  (await api<ContactHistory>('GET', `/contacts/${id}/history`)).body.items.map(({ text }) => text)

test('who confirms becomes a contact with fields, group, topic and a provable consent (LW-8)', async () => {
  const address = fresh()
  const contact = await comeBack(address, { 'field.first_name': 'Ines', 'field.town': 'Linz' })
  expect(contact).toMatchObject({
    address,
    status: 'active',
    source: 'form',
    fields: { first_name: 'Ines', town: 'Linz' },
    groupIds: [groupId],
    topics: [{ id: topicId, chosen: true }],
  })
  expect(contact.consents).toMatchObject([
    {
      form: { id: form.id, name: 'Garden form' },
      wording: 'Yes, send me Garden news.',
      version: 1,
      topics: ['Garden news'],
      askedIp: '192.0.2.7',
      askedUserAgent: BROWSER,
      confirmedUserAgent: BROWSER,
      messageId: '<test@sender.example>',
      endedOptOut: false,
    },
  ])
  expect(await history(contact)).toContain('Signed up on the form Garden form for Garden news, and confirmed it')
  expect(await ledger(address)).toEqual([])
})

test('what a form asks fills and changes, and nothing else of a contact does', async () => {
  const address = fresh()
  await insertContact(core, accountId, address, { first_name: 'Ines', last_name: 'Halvorsen', town: 'Graz' })
  const contact = await comeBack(address, { 'field.first_name': '', 'field.town': 'Linz' })
  expect(contact.fields).toEqual({ first_name: 'Ines', last_name: 'Halvorsen', town: 'Linz' })
  expect(contact.address).toBe(address)
})

test('an opt-out ends by the confirmation of its own holder, with an entry of its own in the ledger (DEC-2, LW-16)', async () => {
  const address = fresh()
  await insertContact(core, accountId, address)
  await leave(address)
  const link = await asked(address)
  expect(await standing(address)).toHaveLength(1)
  expect((await press(link)).status).toBe(200)
  const contact = await contactOf(address)
  expect(contact).toMatchObject({ status: 'active', optOut: null, groupIds: [groupId] })
  expect(contact.consents[0]?.endedOptOut).toBe(true)
  const entries = await ledger(address)
  expect(entries.map(({ source }) => source)).toEqual(['one_click', 're_consent'])
  expect(entries[1]?.evidence).toMatchObject({
    wording: 'Yes, send me Garden news.',
    form: { id: form.id, version: 1 },
    asked: { ip: '192.0.2.7' },
    mail: '<test@sender.example>',
  })
  expect(JSON.stringify(entries)).not.toContain(address)
  const told = await history(contact)
  const back = told.indexOf('Came back: confirmed a sign-up on the form Garden form, which ended the opt-out')
  expect(back).toBeGreaterThan(-1)
  expect(told.findIndex((text) => text.startsWith('Opted out with one click'))).toBeGreaterThan(back)
})

test('the evidence of a contact holds leaving, coming back and the consent (LW-8, LW-16)', async () => {
  const address = fresh()
  await insertContact(core, accountId, address)
  await leave(address)
  const { id } = await comeBack(address)
  const { body } = await api<ContactRecord>('GET', `/contacts/${id}/record.json`)
  expect(body.optOut).toMatchObject({ optedOut: false, since: null })
  expect(body.optOut.entries.map(({ channel }) => channel)).toEqual(['one_click', 're_consent'])
  expect(body.consents).toMatchObject([
    { wording: 'Yes, send me Garden news.', endedOptOut: true, askedIp: '192.0.2.7' },
  ])
  const page = await api<string>('GET', `/contacts/${id}/evidence.html`)
  expect(page.body).toContain('re_consent')
  expect(page.body).toContain('Yes, send me Garden news.')
})

test('who came back can opt out again with the link of an old mailing, and come back again', async () => {
  const address = fresh()
  await insertContact(core, accountId, address)
  for (let round = 0; round < 2; round++) {
    await optOut(core.db, accountId, [keyOf(core, address)], { source: 'link', mailingId: '5' })
    expect((await contactOf(address)).status).toBe('opt_out')
    expect((await comeBack(address)).status).toBe('active')
  }
  expect((await ledger(address)).map(({ source, opted_out }) => `${source} ${opted_out}`)).toEqual([
    'link 1',
    're_consent 0',
    'link 1',
    're_consent 0',
  ])
})

test.each(['delivery', 'format', 'manual'])(
  'an Error for the reason %s ends, because the mail arrived',
  async (reason) => {
    const address = fresh()
    const contactId = await insertContact(core, accountId, address)
    await run(
      core.db,
      sql`insert into contact_errors (account_id, contact_id, reason) values (${accountId}, ${contactId}, ${reason})`,
    )
    const contact = await comeBack(address)
    expect(contact.status).toBe('active')
    expect(await history(contact)).toContain('Error to Active, because the confirmation mail arrived')
  },
)

test('who was archived is restored, who was held gets mail, and who was in Error under an opt-out is Active', async () => {
  const address = fresh()
  const contactId = await insertContact(core, accountId, address)
  await api('POST', `/contacts/${contactId}/archive`)
  await run(
    core.db,
    sql`insert into contact_holds (account_id, contact_id, because_key) values (${accountId}, ${contactId}, ${keyOf(core, fresh())})`,
  )
  await leave(address)
  await run(
    core.db,
    sql`insert into contact_errors (account_id, contact_id, reason) values (${accountId}, ${contactId}, 'delivery')`,
  )
  const contact = await comeBack(address)
  expect(contact).toMatchObject({ id: contactId, status: 'active', archivedAt: null, held: false })
  const mailable = await rows(
    core.db,
    sql`select from mailable_contacts where account_id = ${accountId} and contact_id = ${contactId}`,
  )
  expect(mailable).toHaveLength(1)
})

test('who was erased after an opt-out comes back as a new contact', async () => {
  const address = fresh()
  const contactId = await insertContact(core, accountId, address, { first_name: 'Ines' })
  await leave(address)
  await api('DELETE', `/contacts/${contactId}`)
  const contact = await comeBack(address)
  expect(contact).toMatchObject({ status: 'active', fields: {} })
  expect(contact.id).not.toBe(contactId)
  expect((await ledger(address)).at(-1)?.source).toBe('re_consent')
})

test('erasing somebody takes their sign-up and their consent along, and the ledger keeps its entries (LW-12)', async () => {
  const address = fresh()
  await insertContact(core, accountId, address)
  await leave(address)
  const { id } = await comeBack(address)
  const waiting = await asked(address)
  await api('DELETE', `/contacts/${id}`)
  expect((await press(waiting)).status).toBe(410)
  const left = await rows(
    core.db,
    sql`select from sign_ups where account_id = ${accountId} and address_key = ${keyOf(core, address)}
        union all select from consents where account_id = ${accountId} and contact_id = ${id}`,
  )
  expect(left).toEqual([])
  expect(await ledger(address)).toHaveLength(2)
})

test('merging keeps what both agreed to', async () => {
  const [one, other] = [await comeBack(fresh()), await comeBack(fresh())]
  const merged = await api<FullContact>('POST', `/contacts/${one.id}/merge`, { otherId: other.id })
  expect(merged.status).toBe(200)
  expect((await api<FullContact>('GET', `/contacts/${one.id}`)).body.consents).toHaveLength(2)
})

test('a hashed list holds no more for an address whose holder confirmed, until a later list has it again', async () => {
  const address = fresh()
  const hashes = [createHash('sha256').update(address).digest('hex'), createHash('md5').update(address).digest('hex')]
  await api('POST', '/opt-outs/hashes', { hashes })
  const contact = await comeBack(address)
  expect(contact.status).toBe('active')
  expect((await ledger(address)).map(({ source }) => source)).toEqual(['re_consent'])
  await api('DELETE', `/contacts/${contact.id}`)
  expect((await api('POST', '/contacts', { address })).status).toBe(201)
  await api('DELETE', `/contacts/${(await contactOf(address)).id}`)
  await api('POST', '/opt-outs/hashes', { hashes })
  expect((await api('POST', '/contacts', { address })).status).toBe(409)
})

test('a domain that is opted out cannot be signed up for, before or after the sign-up', async () => {
  const before = 'ann@before.example'
  await api('POST', '/opt-outs/domains', { domain: 'before.example' })
  await fillIn(core, path, before)
  expect(await rows(core.db, sql`select from sign_ups where canonical = ${before}`)).toEqual([])
  const after = 'ann@after.example'
  const link = await asked(after)
  await api('POST', '/opt-outs/domains', { domain: 'after.example' })
  const answer = await press(link)
  expect(answer.status).toBe(409)
  expect(await answer.text()).toContain('This address cannot be signed up')
  expect(await rows(core.db, sql`select from contacts where canonical = ${after}`)).toEqual([])
})

test('an opt-out of one account or address is not ended by a sign-up for another', async () => {
  const other = await program.anotherAccount()
  const [address, friend] = [fresh(), fresh()]
  for (const one of [address, friend]) await leave(one)
  await optOut(core.db, other.accountId, [keyOf(core, address)], { source: 'link' })
  await comeBack(address)
  expect(await standing(address)).toEqual([])
  expect(await standing(friend)).toHaveLength(1)
  const there = await rows(core.db, sql`select from standing_optouts where account_id = ${other.accountId}`)
  expect(there).toHaveLength(1)
})

test('another spelling of a Gmail mailbox comes back as the contact that it is', async () => {
  const contactId = await insertContact(core, accountId, 'ines.halvorsen@gmail.com')
  await leave('inesHalvorsen@googlemail.com')
  const contact = await comeBack('Ines.Halvorsen+news@gmail.com')
  expect(contact).toMatchObject({ id: contactId, address: 'ines.halvorsen@gmail.com', status: 'active' })
})

test('a wording that changes is a new version, and who waits keeps the one that they saw', async () => {
  const body = { name: 'Worded', heading: 'News', consent: 'First words' }
  const worded = (await api<Form>('POST', '/forms', body)).body
  const address = fresh()
  const link = await asked(address, {}, worded.url.split('/s/')[1] ?? '')
  const changed = await api<Form>('PATCH', `/forms/${worded.id}`, { consent: 'Second words' })
  expect(changed.body.version).toBe(2)
  expect((await api<Form>('PATCH', `/forms/${worded.id}`, { name: 'Renamed', thanks: 'Well' })).body.version).toBe(2)
  await press(link)
  expect((await contactOf(address)).consents).toMatchObject([{ wording: 'First words', version: 1 }])
  const kept = await rows(
    core.db,
    sql<{ consent: string }>`select consent from form_wordings where form_id = ${worded.id} order by version`,
  )
  expect(kept.map(({ consent }) => consent)).toEqual(['First words', 'Second words'])
})

test('a form that was archived takes no sign-ups, and links that are out still work', async () => {
  const closing = (await api<Form>('POST', '/forms', { name: 'Closing', heading: 'News', consent: 'Yes' })).body
  const where = closing.url.split('/s/')[1] ?? ''
  const address = fresh()
  const link = await asked(address, {}, where)
  await api('POST', `/forms/${closing.id}/archive`)
  expect((await fillIn(core, where, fresh())).status).toBe(404)
  expect((await press(link)).status).toBe(200)
  expect((await contactOf(address)).status).toBe('active')
})

test('sign-ups are purged after 7 days, confirmed or not (AB-4)', async () => {
  const address = fresh()
  await asked(address)
  await purgeSignUps(core.db)
  const count = () => rows(core.db, sql`select from sign_ups where address_key = ${keyOf(core, address)}`)
  expect(await count()).toHaveLength(1)
  await run(
    core.asOwner.db,
    sql`update sign_ups set ends_at = now() - interval '1 second' where address_key = ${keyOf(core, address)}`,
  )
  await purgeSignUps(core.db)
  expect(await count()).toEqual([])
})

test('no token is kept, and the database alone cannot make one (AB-4)', async () => {
  const address = fresh()
  const token = (await asked(address)).split('/').at(-1) ?? ''
  const bytes = readToken(token)
  expect(bytes).toHaveLength(32)
  const [kept] = await rows(
    core.db,
    sql<{ all: string }>`select asked::text as all from sign_ups asked where address_key = ${keyOf(core, address)}`,
  )
  expect(kept?.all).not.toContain(bytes?.toString('hex'))
})

const AS_APPLICATION: [string, (key: Buffer) => ReturnType<typeof sql>][] = [
  ['insert a sign-up', (key) => sql`insert into sign_ups (account_id, address_key) values (${accountId}, ${key})`],
  [
    'confirm a sign-up by hand',
    (key) => sql`update sign_ups set confirmed_in = pg_current_xact_id() where address_key = ${key}`,
  ],
  ['give a sign-up another address', (key) => sql`update sign_ups set address_key = ${key}`],
  ['delete the standing opt-out', (key) => sql`delete from standing_optouts where address_key = ${key}`],
  [
    'write a re-consent',
    (key) =>
      sql`insert into optout_ledger (account_id, source, address_key, opted_out, already) values (${accountId}, 're_consent', ${key}, 0, 0)`,
  ],
  [
    'queue a confirmation mail',
    () => sql`insert into confirmation_mails (account_id, sign_up_id) values (${accountId}, 1)`,
  ],
  ['forget a limit', () => sql`delete from confirmation_limits`],
  ['change a consent', () => sql`update consents set wording = 'More'`],
  ['change a wording', () => sql`update form_wordings set consent = 'More'`],
]

test.each(AS_APPLICATION)('the program itself cannot %s', async (_what, statement) => {
  const address = fresh()
  await leave(address)
  await expect(run(core.db, statement(keyOf(core, address)))).rejects.toMatchObject({ code: '42501' })
  expect(await standing(address)).toHaveLength(1)
})

test('not even the owner of the schema removes an opt-out that nobody comes back from', async () => {
  const address = fresh()
  await leave(address)
  const key = keyOf(core, address)
  await expect(
    run(core.asOwner.db, sql`delete from standing_optouts where address_key = ${key}`),
  ).rejects.toMatchObject({ code: 'LW003' })
  await comeBack(address)
  await leave(address)
  await expect(
    run(core.asOwner.db, sql`delete from standing_optouts where address_key = ${key}`),
  ).rejects.toMatchObject({ code: 'LW003' })
})

test('a sign-up whose mail was never handed over cannot be confirmed', async () => {
  const address = fresh()
  await leave(address)
  await fillIn(core, path, address)
  const { salt, token_hash: hash } = (
    await rows(
      core.db,
      sql<{
        salt: Buffer
        token_hash: Buffer
      }>`select salt, token_hash from sign_ups where address_key = ${keyOf(core, address)}`,
    )
  )[0] ?? { salt: Buffer.alloc(0), token_hash: Buffer.alloc(0) }
  const token = remakeToken(core.keys.link, accountId, salt, hash)
  const outcome = await rows(core.db, sql`select outcome from confirm_sign_up(${accountId}, ${token}, '{}')`)
  expect(outcome).toEqual([{ outcome: 'ended' }])
  expect(await standing(address)).toHaveLength(1)
})
