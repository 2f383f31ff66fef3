import { expect, test } from 'vitest'
import { pageOf, press } from '../../test/preferences.ts'
import { startProgram } from '../../test/program.ts'
import { insertContact, keyOf } from '../../test/sample.ts'
import { row, rows, run, sql } from '../platform/database.ts'
import type { ContactEvent } from './contact.contract.ts'
import type { FullContact } from './contact-full.contract.ts'
import type { Field } from './field.contract.ts'
import type { Topic } from './topic.contract.ts'

const program = await startProgram({ jobs: false })
const { api, core, accountId } = program
await api('PATCH', '/account', {
  name: 'Fernmoor Garden',
  postalAddress: '4 Glasshouse Lane',
  timeZone: 'Europe/Vienna',
})

let made = 0
async function person(fields = {}) {
  const address = `vera.${++made}@post.example`
  const contactId = await insertContact(core, accountId, address, { first_name: 'Vera', ...fields })
  return { address, contactId, page: pageOf(program, address) }
}
type Person = Awaited<ReturnType<typeof person>>
const topic = async (description = '') => {
  const name = `Topic ${++made}`
  const { body } = await api<Topic>('POST', '/topics', { name, description })
  return { id: body.id, name }
}
const look = async (page: string) => (await fetch(page)).text()
const full = async ({ contactId }: Person) => (await api<FullContact>('GET', `/contacts/${contactId}`)).body
const told = async ({ contactId }: Person) =>
  (await api<{ items: ContactEvent[] }>('GET', `/contacts/${contactId}/history`)).body.items.map(({ text }) => text)
const optOut = ({ address }: Person) => api('POST', '/opt-outs', { addresses: [address] })
const chosenOf = async (who: Person) =>
  Object.fromEntries((await full(who)).topics.map(({ id, chosen }) => [id, chosen]))
const stateOf = async ({ address, contactId }: Person) =>
  JSON.stringify(
    await rows(
      core.asOwner.db,
      sql`select contact.*, (select json_agg(choice) from contact_topics choice where choice.contact_id = contact.contact_id) as topics,
            (select json_agg(chosen) from contact_languages chosen where chosen.contact_id = contact.contact_id) as languages,
            (select json_agg(pause) from pauses pause where pause.address_key = ${keyOf(core, address)}) as pauses
          from contacts contact where contact.contact_id = ${contactId}`,
    ),
  )

test('opting out of everything comes first, and a POST that says nothing else does it (LW-3)', async () => {
  const news = await topic('What is in flower')
  for (const form of [new URLSearchParams({ act: 'optout' }), new URLSearchParams(), 'act=something', '']) {
    const vera = await person()
    const page = await look(vera.page)
    expect(page.indexOf('Opt out of everything')).toBeLessThan(page.indexOf(news.name))
    expect(page.match(/<button [^>]*>/)?.[0]).toBe('<button type="submit" name="act" value="optout">')
    const answer = await fetch(vera.page, { method: 'POST', body: form })
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('You are opted out</h1>')])
    expect((await full(vera)).optOut?.source).toBe('preferences')
  }
})

test('one click on this address opts out as well, whatever else the body says (OC-7)', async () => {
  const vera = await person()
  const body = new URLSearchParams({ 'List-Unsubscribe': 'One-Click', act: 'save' })
  expect(await (await fetch(vera.page, { method: 'POST', body })).text()).toBe('You are opted out.\n')
  expect((await full(vera)).optOut?.source).toBe('preferences')
})

test('when topics, fields and pauses cannot be read, the way out is there and works', async () => {
  const vera = await person()
  await run(core.asOwner.db, sql`revoke select on topics, fields, pauses from lastword_app`)
  const page = await look(vera.page)
  expect(page).toContain('Opt out of everything</button>')
  expect(page).not.toContain('Save my choice')
  expect((await press(vera.page, 'optout')).text).toContain('You are opted out</h1>')
  await run(core.asOwner.db, sql`grant select on topics, fields, pauses to lastword_app`)
})

test('when the contact is gone, the page still opts the address out and offers nothing that needs it (INV-12)', async () => {
  const page = pageOf(program, `nobody.${++made}@post.example`)
  const text = await look(page)
  expect(text).toContain('Opt out of everything</button>')
  expect(text.match(/<form/g)).toHaveLength(1)
  for (const act of ['save', 'details', 'copy', 'erase'])
    expect((await press(page, act, { topic: '1', offered: '1', pause: '30' })).text).toContain('Opt out of everything')
  expect((await press(page, 'optout')).text).toContain('You are opted out</h1>')
})

test('no box is ticked beforehand; what is ticked is chosen, by the contact itself, and told (UX-10)', async () => {
  const [news, sales] = [await topic(), await topic()]
  const vera = await person()
  expect(await look(vera.page)).not.toContain(' checked')
  const saved = await press(vera.page, 'save', { offered: [news.id, sales.id], topic: news.id })
  expect(saved).toMatchObject({
    status: 200,
    text: expect.stringContaining('<p class="mark" role="status">Saved. In effect now.</p>'),
  })
  expect(saved.text).toContain(`name="topic" value="${news.id}" checked`)
  expect((await full(vera)).topics).toMatchObject([{ id: news.id, chosen: true, source: 'preferences' }])
  await press(vera.page, 'save', { offered: [news.id, sales.id], topic: sales.id })
  expect(await chosenOf(vera)).toEqual({ [news.id]: false, [sales.id]: true })
  expect(await told(vera)).toEqual(
    expect.arrayContaining([
      `Chose the topic ${news.name} on the preferences page`,
      `Left the topic ${news.name} on the preferences page`,
    ]),
  )
})

test('a topic that was not on the page yet is not left by saving it; one of another account is not chosen (SE-9)', async () => {
  const [before, later] = [await topic(), await topic()]
  const vera = await person()
  await press(vera.page, 'save', { offered: [before.id, later.id], topic: [before.id, later.id] })
  await press(vera.page, 'save', { offered: before.id, topic: [] })
  expect(await chosenOf(vera)).toEqual({ [before.id]: false, [later.id]: true })
  const { apiKey } = await program.anotherAccount('Other topics')
  const { body: foreign } = await api<Topic>('POST', '/topics', { name: 'Foreign' }, apiKey)
  const asked = { offered: [foreign.id, '0', '-1', 'x'], topic: [foreign.id, '0', '99999999999999999999'] }
  expect((await press(vera.page, 'save', asked)).status).toBe(200)
  expect(Object.keys(await chosenOf(vera))).not.toContain(foreign.id)
})

test('saving the same again changes and tells nothing', async () => {
  const news = await topic()
  const vera = await person()
  const form = { offered: news.id, topic: news.id, language: 'de' }
  await press(vera.page, 'save', form)
  const [state, history] = [await stateOf(vera), await told(vera)]
  await press(vera.page, 'save', form)
  expect([await stateOf(vera), await told(vera)]).toEqual([state, history])
})

test('a pause is chosen, shown, replaced and ended by the person alone', async () => {
  const vera = await person()
  await press(vera.page, 'save', { pause: '30' })
  const days = async () => {
    const { pausedUntil } = await full(vera)
    return pausedUntil === null ? null : Math.round((Date.parse(pausedUntil) - Date.now()) / 86_400_000)
  }
  expect(await days()).toBe(30)
  const page = await look(vera.page)
  expect(page).toMatch(
    /<option value="" selected>Paused until \d+ \w+ \d{4}<\/option><option value="end">As it is sent/,
  )
  await press(vera.page, 'save', { pause: '' })
  expect(await days()).toBe(30)
  await press(vera.page, 'save', { pause: '90' })
  expect(await days()).toBe(90)
  for (const wrong of ['7', '-30', '36500', 'x']) await press(vera.page, 'save', { pause: wrong })
  expect(await days()).toBe(90)
  await press(vera.page, 'save', { pause: 'end' })
  expect(await days()).toBeNull()
  expect(await told(vera)).toEqual([
    'Ended the pause on the preferences page',
    'Paused mail for 90 days on the preferences page',
    'Paused mail for 30 days on the preferences page',
  ])
})

test('a pause ends by itself when its day has come', async () => {
  const vera = await person()
  await press(vera.page, 'save', { pause: '60' })
  await run(
    core.asOwner.db,
    sql`update pauses set ends_at = now() - interval '1 second' where address_key = ${keyOf(core, vera.address)}`,
  )
  expect((await full(vera)).pausedUntil).toBeNull()
  expect(await look(vera.page)).not.toContain('Paused until')
})

test('a pause stays through a change of address, an erasure with adding again, and SQL as the application', async () => {
  const vera = await person()
  await press(vera.page, 'save', { pause: '30' })
  const moved = { ...vera, address: `moved.${++made}@post.example` }
  expect((await api('PATCH', `/contacts/${vera.contactId}`, { address: moved.address })).status).toBe(200)
  expect((await full(moved)).pausedUntil).not.toBeNull()
  await api('DELETE', `/contacts/${vera.contactId}`)
  const { body } = await api<{ id: string }>('POST', '/contacts', { address: moved.address })
  const again = { ...moved, contactId: body.id }
  expect((await full(again)).pausedUntil).not.toBeNull()
  for (const statement of [
    sql`update pauses set ends_at = now() where account_id = ${accountId}`,
    sql`delete from pauses where account_id = ${accountId}`,
    sql`truncate pauses`,
  ])
    await expect(run(core.db, statement)).rejects.toThrow(/permission denied/)
})

test('merging a paused record into another pauses that one', async () => {
  const [kept, other] = [await person(), await person()]
  await press(other.page, 'save', { pause: '60', language: 'ar' })
  expect((await api('POST', `/contacts/${kept.contactId}/merge`, { otherId: other.contactId })).status).toBe(200)
  expect(await full(kept)).toMatchObject({ language: 'ar', pausedUntil: expect.any(String) })
})

test('the language that a person chose is that of the pages, before what the browser says (UX-11)', async () => {
  const vera = await person()
  const german = { headers: { 'accept-language': 'de' } }
  expect(await (await fetch(vera.page, german)).text()).toContain('<html lang="de">')
  const saved = await press(vera.page, 'save', { language: 'ar' })
  expect(saved.text).toContain('<html lang="ar" dir="rtl">')
  expect(await (await fetch(vera.page, german)).text()).toContain('<html lang="ar" dir="rtl">')
  expect(await (await fetch(vera.page.replace('/p/', '/o/'), german)).text()).toContain('<html lang="ar" dir="rtl">')
  expect(await (await fetch(`${vera.page}?lang=en`, german)).text()).toContain('<html lang="en">')
  await press(vera.page, 'save', { language: 'tlh' })
  expect((await full(vera)).language).toBe('ar')
})

let fields: Record<'town' | 'year' | 'born' | 'kind' | 'likes' | 'member' | 'secret', Field>
async function offeredFields() {
  const add = async (label: string, type: string, more: object = { editable: true }) =>
    (await api<Field>('POST', '/fields', { label, type, ...more })).body
  fields ??= {
    town: await add('Town', 'short'),
    year: await add('Year', 'number'),
    born: await add('Born', 'date'),
    kind: await add('Kind', 'one_of', { options: ['Friend', 'Member <b>'], editable: true }),
    likes: await add('Likes', 'several_of', { options: ['Roses', 'Ferns'], editable: true }),
    member: await add('Is member', 'yes_no'),
    secret: await add('Donor rating', 'short', {}),
  }
  return fields
}

test('the page holds no address, field value, private field or group name (UX-13)', async () => {
  const { secret } = await offeredFields()
  await topic()
  const vera = await person({
    town: 'Bad Ischl',
    kind: 'Friend',
    likes: ['Ferns'],
    member: true,
    donor_rating: 'Platin',
  })
  const group = await api<{ id: string }>('POST', '/groups', { name: 'Lapsed donors' })
  await api('POST', `/contacts/${vera.contactId}/groups`, { groupIds: [group.body.id] })
  const pages = [
    await look(vera.page),
    (await press(vera.page, 'save', { pause: '30' })).text,
    (await press(vera.page, 'details', { field_year: 'x' })).text,
    (await press(vera.page, 'details', { field_town: 'Linz' })).text,
    (await press(vera.page, 'copy')).text,
    (await press(vera.page, 'optout')).text,
  ]
  for (const page of pages) {
    for (const secretText of [vera.address, 'Vera', 'Bad Ischl', 'Platin', secret.label, 'Lapsed donors', ' checked'])
      expect(page).not.toContain(secretText)
    expect(page.replaceAll('field_', '')).not.toMatch(/value="(Friend|Ferns)" (checked|selected)/)
  }
  expect(pages[0]).toContain('v***@p***.example')
})

test('details are written where people may, checked as everywhere, and an empty one stays', async () => {
  await offeredFields()
  const vera = await person({ town: 'Graz' })
  const entered = {
    field_town: ' Linz ',
    field_year: '2.5',
    field_born: '',
    field_kind: 'Member <b>',
    field_likes: ['Ferns', 'Roses'],
    field_is_member: 'yes',
    field_donor_rating: 'Platin',
    field_first_name: 'Mallory',
    field___proto__: 'x',
  }
  expect((await press(vera.page, 'details', entered)).text).toContain('Saved. In effect now.')
  expect((await full(vera)).fields).toEqual({
    first_name: 'Vera',
    town: 'Linz',
    year: 2.5,
    kind: 'Member <b>',
    likes: ['Roses', 'Ferns'],
    is_member: true,
  })
  await press(vera.page, 'details', { field_town: 'wrong' })
  expect((await full(vera)).fields).toMatchObject({ town: 'wrong' })
  await press(vera.page, 'details', { field_town: 'Linz' })
  await press(vera.page, 'details', { field_town: '', field_likes: 'Ferns' })
  expect((await full(vera)).fields).toMatchObject({ town: 'Linz', likes: ['Ferns'] })
  expect((await told(vera)).join('\n')).toContain('Town changed from Graz to Linz, ')
  expect((await told(vera))[0]).toMatch(
    /^Likes changed from Roses, Ferns to Ferns by the contact, on the preferences page$/,
  )
})

test('a detail that is not possible is said beside its field, and then nothing is saved (UX-5)', async () => {
  await offeredFields()
  const vera = await person()
  for (const [name, value] of [
    ['year', 'many'],
    ['born', '3.4.24'],
    ['kind', 'Owner'],
    ['town', 'x'.repeat(256)],
    ['town', 'a\u0000b'],
  ] as const) {
    const answer = await press(vera.page, 'details', { [`field_${name}`]: value, field_is_member: 'yes' })
    expect(answer.status).toBe(400)
    expect(answer.text).toContain(`id="field_${name}-error"`)
    expect(answer.text).toMatch(new RegExp(`name="field_${name}"[^>]* aria-invalid="true" autofocus`))
    expect((await full(vera)).fields).toEqual({ first_name: 'Vera' })
  }
  const wrong = await press(vera.page, 'details', { field_town: '"><script>', field_year: 'x' })
  expect(wrong.text).toContain('value="&quot;&gt;&lt;script&gt;"')
})

test('a field may have any name, and a lost option tells nothing about what stands there (UX-13)', async () => {
  const { body: odd } = await api<Field>('POST', '/fields', { label: 'Constructor', editable: true })
  const { body: kind } = await api<Field>('POST', '/fields', {
    label: 'Rank',
    type: 'one_of',
    options: ['Old', 'New'],
    editable: true,
  })
  const vera = await person({ rank: 'Old' })
  await api('PATCH', `/fields/${kind.id}`, { options: ['New'] })
  expect((await press(vera.page, 'details', { field_rank: 'Old' })).status).toBe(400)
  expect((await press(vera.page, 'details', {})).status).toBe(200)
  expect((await press(vera.page, 'details', { [`field_${odd.name}`]: 'Ada' })).status).toBe(200)
  expect((await full(vera)).fields).toEqual({ first_name: 'Vera', rank: 'Old', constructor: 'Ada' })
})

test('long texts in any script fit, line breaks and all', async () => {
  const long = async (label: string) =>
    (await api<Field>('POST', '/fields', { label, type: 'long', editable: true })).body.name
  const [one, two] = [await long('About you'), await long('Wishes')]
  const vera = await person()
  const text = `${'حديقة'.repeat(490)}\r\nالسطر`
  const entered = { [`field_${one}`]: text, [`field_${two}`]: text }
  expect((await press(vera.page, 'details', entered)).status).toBe(200)
  expect((await full(vera)).fields).toMatchObject({ [one]: text.replace('\r\n', '\n'), [two]: expect.any(String) })
})

test('a field is offered only while the account lets people change it', async () => {
  const { town } = await offeredFields()
  const vera = await person()
  await api('PATCH', `/fields/${town.id}`, { editable: false })
  expect(await look(vera.page)).not.toContain('field_town')
  await press(vera.page, 'details', { field_town: 'Linz' })
  expect((await full(vera)).fields).not.toHaveProperty('town')
  await api('PATCH', `/fields/${town.id}`, { editable: true })
  expect(await look(vera.page)).toContain('field_town')
})

test('who opted out sees the done page, and no POST changes their contact (INV-2, DEC-2)', async () => {
  await offeredFields()
  const news = await topic()
  const vera = await person()
  await press(vera.page, 'save', { offered: news.id, topic: news.id, pause: '30', language: 'de' })
  await optOut(vera)
  const before = await stateOf(vera)
  for (const [act, form] of [
    ['save', { offered: news.id, pause: 'end', language: 'en' }],
    ['save', { pause: '90' }],
    ['details', { field_town: 'Linz' }],
    ['copy', {}],
    ['erase', {}],
  ] as const) {
    const answer = await press(`${vera.page}?lang=en`, act, form)
    expect(answer.status).toBe(200)
    expect(answer.text).toContain('You are opted out</h1>')
    expect(answer.text).not.toContain('Saved.')
  }
  expect(await stateOf(vera)).toBe(before)
  expect(await look(`${vera.page}?lang=en`)).toContain('Ask for my data</button>')
})

test('SQL as the application chooses nothing for who opted out, and takes no choice away from anybody', async () => {
  const news = await topic()
  const [vera, out] = [await person(), await person()]
  for (const who of [vera, out]) await press(who.page, 'save', { offered: news.id, topic: news.id, language: 'de' })
  await optOut(out)
  for (const statement of [
    sql`update contact_topics set chosen = false where account_id = ${accountId} and contact_id = ${out.contactId}`,
    sql`update contact_languages set language = 'en' where account_id = ${accountId} and contact_id = ${out.contactId}`,
    sql`select record_pause(${accountId}, ${keyOf(core, out.address)}, 30)`,
  ])
    await expect(run(core.db, statement)).rejects.toMatchObject({ code: 'LW001' })
  for (const table of ['contact_topics', 'contact_languages', 'data_requests'])
    await expect(run(core.db, sql`delete from ${sql.table(table)} where account_id = ${accountId}`)).rejects.toThrow(
      /permission denied/,
    )
})

test('a choice that cannot be written down is answered with 503, and with the way out (INV-10)', async () => {
  const vera = await person()
  await run(core.asOwner.db, sql`revoke insert, update on contact_languages from lastword_app`)
  const answer = await press(vera.page, 'save', { language: 'de', pause: '30' })
  expect(answer).toMatchObject({ status: 503, text: expect.stringContaining('Nothing is saved yet</h1>') })
  expect(answer.text).toContain('Opt out of everything</button>')
  expect((await full(vera)).pausedUntil).toBeNull()
  await run(core.asOwner.db, sql`grant insert, update on contact_languages to lastword_app`)
})

test('of two spellings of one Gmail mailbox choosing is for one, leaving and pausing for both (AB-22)', async () => {
  const news = await topic()
  const plain = `vera${++made}`
  const [one, two] = [`${plain}@gmail.com`, `${plain}+news@gmail.com`]
  const ids = [await insertContact(core, accountId, one), await insertContact(core, accountId, two)]
  const page = pageOf(program, one)
  await press(page, 'save', { offered: news.id, topic: news.id })
  const chosen = async () =>
    Promise.all(ids.map(async (id) => (await chosenOf({ address: one, contactId: id, page }))[news.id]))
  expect(await chosen()).toEqual([true, undefined])
  await run(
    core.db,
    sql`insert into contact_topics (account_id, contact_id, topic_id, chosen) values (${accountId}, ${ids[1]}, ${news.id}, true)`,
  )
  await press(page, 'save', { offered: news.id, pause: '30' })
  expect(await chosen()).toEqual([false, false])
  for (const id of ids) expect((await full({ address: one, contactId: id, page })).pausedUntil).not.toBeNull()
})

test('the stylesheet is the only thing that the page loads, and it stays small (UX-9)', async () => {
  await offeredFields()
  for (let n = 0; n < 10; n++)
    await topic('About twice a month, with what is in flower and when the glasshouse is open.')
  const { page } = await person()
  const text = await look(page)
  expect(text.length).toBeLessThan(30_000)
  expect(text).not.toMatch(/<script|style=|src=|@import/)
  expect((await row(core.db, sql<{ n: number }>`select count(*)::int as n from sessions`)).n).toBe(0)
})
