import { beforeAll, expect, test } from 'vitest'
import { type Program, startProgram } from '../../test/program.ts'
import type { Contact } from '../audience/contact.contract.ts'
import type { FullContact } from '../audience/contact-full.contract.ts'
import type { Topic } from '../audience/topic.contract.ts'
import { run, sql } from '../platform/database.ts'

let program: Program
beforeAll(async () => {
  program = await startProgram({ jobs: false })
})

let n = 0
async function add(): Promise<string> {
  const { body } = await program.api<Contact>('POST', '/contacts', { address: `person${n++}@post.example` })
  return body.id
}
const full = async (id: string) => (await program.api<FullContact>('GET', `/contacts/${id}`)).body
const status = (id: string, to: string) => program.api('POST', `/contacts/${id}/status`, { status: to })
const write = (statement: Parameters<typeof run>[1]) => run(program.core.db, statement)

test('the record tells where a contact came from, and has the page on which its holder signs up', async () => {
  const one = await full(await add())
  expect(one).toMatchObject({ source: 'api', import: null, topics: [], error: null, optOut: null })
  expect(one.addedBy).not.toBeNull()
  expect(one.signUpLink).toBe(`${program.core.config.baseUrl}/s/${program.accountId}`)
  const page = await fetch(one.signUpLink)
  expect(page.status).toBe(200)
})

test('a contact that an import added names the file, the line and the basis', async () => {
  const id = await add()
  await write(sql`
    with file as (
      insert into imports (account_id, file_name, options)
      values (${program.accountId}, 'members.csv', '{"basis": {"kind": "customers", "note": "shop"}}') returning import_id)
    update contacts set source = 'import', import_id = (select import_id from file), import_line = 14
    where account_id = ${program.accountId} and contact_id = ${id}`)
  expect(await full(id)).toMatchObject({
    source: 'import',
    import: { fileName: 'members.csv', line: 14, basis: { kind: 'customers', note: 'shop' } },
  })
})

test('an Error says whether the format, the mail server or somebody made it, and ends with a corrected address', async () => {
  for (const [reason, detail] of [
    ['delivery', '550 5.1.1 no such user'],
    ['format', 'The domain does not exist.'],
  ]) {
    const id = await add()
    await write(
      sql`insert into contact_errors (account_id, contact_id, reason, detail) values (${program.accountId}, ${id}, ${reason}, ${detail})`,
    )
    expect((await full(id)).error).toMatchObject({ reason, detail, by: null })
    await program.api('PATCH', `/contacts/${id}`, { address: `corrected${n++}@post.example` })
    expect(await full(id)).toMatchObject({ status: 'active', error: null })
  }
  const byHand = await add()
  await status(byHand, 'error')
  const { error } = await full(byHand)
  expect(error).toMatchObject({ reason: 'manual', detail: '' })
  expect(error?.by).toBe((await full(byHand)).addedBy) // the same API key
  await status(byHand, 'active')
  expect((await full(byHand)).error).toBeNull()
})

test('an opt-out is told in one sentence with who recorded it', async () => {
  const id = await add()
  await status(id, 'opt_out')
  const { optOut } = await full(id)
  expect(optOut).toMatchObject({ source: 'api', mailing: null })
  expect(optOut?.operator).not.toBeNull()
  expect(optOut?.text).toBe(`Opted out through the API with the key ${optOut?.operator}.`)
})

test('topics are told as the contact chose them, in their order, without those in the archive', async () => {
  const id = await add()
  const ids: string[] = []
  for (const name of ['News', 'Courses', 'Old']) {
    const { body } = await program.api<Topic>('POST', '/topics', { name })
    ids.push(body.id)
    await write(
      sql`insert into contact_topics (account_id, contact_id, topic_id, chosen) values (${program.accountId}, ${id}, ${body.id}, ${name !== 'Courses'})`,
    )
  }
  await program.api('POST', `/topics/${ids[2]}/archive`)
  expect((await full(id)).topics).toMatchObject([
    { name: 'News', chosen: true },
    { name: 'Courses', chosen: false },
  ])
})

test('mail is told with the last mailing, how many were accepted and the last opening', async () => {
  const id = await add()
  await write(sql`
    with mailing as (insert into mailings (account_id, name) values (${program.accountId}, 'Autumn bulbs') returning mailing_id),
    sent as (
      insert into messages (account_id, mailing_id, contact_id, address_key, state, handed_over_at)
      select ${program.accountId}, mailing_id, ${id}, substr(sha256('x'), 1, 16), 'accepted', '2026-11-13T09:00:00Z' from mailing)
    insert into responses (account_id, mailing_id, contact_id, kind, first_at, times)
    select ${program.accountId}, mailing_id, ${id}, 'opened', '2026-11-14T18:21:00Z', 1 from mailing`)
  expect((await full(id)).mail).toMatchObject({
    lastMailing: { name: 'Autumn bulbs', at: '2026-11-13T09:00:00.000Z' },
    accepted: 1,
    handedOver: 1,
    lastOpenedAt: '2026-11-14T18:21:00.000Z',
  })
  expect((await program.api('GET', '/contacts/999999')).status).toBe(404)
})
