import { expect, test } from 'vitest'
import { startProgram } from '../../test/program.ts'
import { insertContact, keyOf } from '../../test/sample.ts'
import { fillIn, forgetLimits, handAllOver, linkTo, press } from '../../test/sign-up.ts'
import { optOut } from '../optouts/optout.ts'
import { row, rows, run, sql } from '../platform/database.ts'
import type { Form, NewForm } from './form.contract.ts'
import { makeStamp } from './sign-up-token.ts'

const program = await startProgram({ config: { trustProxy: 'loopback' }, jobs: false })
const { core, url, accountId, api } = program
await run(
  core.db,
  sql`update accounts set name = 'Fernmoor Garden', sender_address = 'news@fernmoor.example' where account_id = ${accountId}`,
)

let made = 0
const fresh = (prefix = 'ines.') => `${prefix}${++made}@post.example`

async function makeForm(parts: Partial<NewForm> = {}): Promise<Form & { path: string }> {
  const body = { name: `Form ${++made}`, heading: 'Get Garden news', consent: 'Yes, send me Garden news.', ...parts }
  const answer = await api<Form>('POST', '/forms', body)
  expect(answer.status, JSON.stringify(answer.body)).toBe(201)
  return { ...answer.body, path: answer.body.url.split('/s/')[1] ?? '' }
}
const pathOf = (link: string) => link.slice(core.config.baseUrl.length)
const signUps = (address: string) =>
  rows(
    core.db,
    sql<{ ip: string; language: string; consent: string; version: number | null; fields: object; token_hash: Buffer }>`
    select ip, language, consent, version, fields, token_hash from sign_ups
    where account_id = ${accountId} and address_key = ${keyOf(core, address)}`,
  )
const standing = (address: string) =>
  rows(
    core.db,
    sql`select from standing_optouts where account_id = ${accountId} and address_key = ${keyOf(core, address)}`,
  )
const leave = (address: string) => optOut(core.db, accountId, [keyOf(core, address)], { source: 'link' })

/** Everything there is but for sign-ups that wait, their mail and their limits. */
async function allElse(): Promise<string> {
  const { sum } = await row(
    core.asOwner.db,
    sql<{ sum: string }>`
    select md5(concat((select string_agg(c::text, '' order by c::text) from contacts c),
      (select string_agg(g::text, '' order by g::text) from group_members g), (select string_agg(s::text, '' order by s::text) from standing_optouts s),
      (select string_agg(l::text, '' order by l::text) from optout_ledger l), (select string_agg(e::text, '' order by e::text) from contact_events e),
      (select string_agg(o::text, '' order by o::text) from consents o), (select string_agg(f::text, '' order by f::text) from contact_errors f))) as sum`,
  )
  return sum
}

test('without a form the sign-up address asks for the address alone, and tells nothing private', async () => {
  const other = await program.anotherAccount('Quiet Club')
  const page = await (await fetch(`${url}/s/${other.accountId}`)).text()
  expect(page).toContain('<h1>Get mail from Quiet Club</h1>')
  expect(page.match(/<input/g)).toHaveLength(4) // stamp, address, trap, consent
  expect(page).not.toContain('<script')
  expect(page.length).toBeLessThan(6000)
  const address = fresh()
  expect((await fillIn(core, other.accountId, address)).status).toBe(200)
  const [asked] = await rows(
    core.db,
    sql<{ consent: string }>`select consent from sign_ups where account_id = ${other.accountId}`,
  )
  expect(asked?.consent).toContain('Yes, Quiet Club may send me mail.')
})

test('the first form is the default, and stands at the sign-up address of the account', async () => {
  const third = await program.anotherAccount('Third')
  const first = await program.api<Form>(
    'POST',
    '/forms',
    { name: 'First', heading: 'First heading', consent: 'Yes' },
    third.apiKey,
  )
  await program.api('POST', '/forms', { name: 'Second', heading: 'Second heading', consent: 'Yes' }, third.apiKey)
  expect(first.body.isDefault).toBe(true)
  const heading = async () => /<h1>(.*)<\/h1>/.exec(await (await fetch(`${url}/s/${third.accountId}`)).text())?.[1]
  expect(await heading()).toBe('First heading')
  await program.api('POST', `/forms/${first.body.id}/archive`, undefined, third.apiKey)
  expect(await heading()).toBe('Get mail from Third')
  expect((await fetch(`${url}${pathOf(first.body.url)}`)).status).toBe(404)
})

test('a form shows its words, fields and topics, and no script or cookie', async () => {
  const town = await api<{ name: string }>('POST', '/fields', {
    label: 'Town',
    type: 'one_of',
    options: ['Linz', 'Graz'],
  })
  const topics = [
    await api<{ id: string }>('POST', '/topics', { name: 'News' }),
    await api<{ id: string }>('POST', '/topics', { name: 'Talks' }),
  ]
  const form = await makeForm({
    intro: 'About <twice> a month.',
    fields: [
      { name: 'first_name', required: true },
      { name: town.body.name, required: false },
    ],
    topicIds: topics.map(({ body }) => body.id),
  })
  const response = await fetch(form.url)
  const page = await response.text()
  expect(response.status).toBe(200)
  expect(response.headers.get('set-cookie')).toBeNull()
  expect(page).toContain('About &lt;twice&gt; a month.')
  expect(page).toContain('autocomplete="given-name"')
  expect(page).toContain('<option value="Linz">Linz</option>')
  expect(page).toContain('(if you like)')
  expect(page.match(/name="topic"/g)).toHaveLength(2)
  expect(page).not.toMatch(/<script|checked/)
  const wrong = await fillIn(core, form.path, 'ines@post', { given: { 'field.town': 'Wien', consent: [] } })
  const again = await wrong.text()
  expect(wrong.status).toBe(400)
  expect(again.match(/class="error" id="/g)).toHaveLength(5)
  expect(again).toContain('value="ines@post"')
  expect(again.match(/autofocus/g)).toHaveLength(1)
})

test('a sign-up is kept with what was shown, and nothing else changes before it is confirmed (AB-4)', async () => {
  const form = await makeForm({ fields: [{ name: 'first_name', required: false }], language: 'de' })
  const address = fresh()
  const before = await allElse()
  const answer = await fillIn(core, form.path, ` <${address.toUpperCase()}> `, {
    given: { 'field.first_name': 'Ines' },
    ip: '192.0.2.7',
  })
  expect(await answer.text()).toContain('<h1 tabindex="-1" autofocus>Sehen Sie in Ihr Postfach</h1>')
  expect(await allElse()).toBe(before)
  expect(await signUps(address)).toMatchObject([
    {
      ip: '192.0.2.7',
      language: 'de',
      consent: 'Yes, send me Garden news.',
      version: 1,
      fields: { first_name: 'Ines' },
    },
  ])
  expect((await api<Form>('GET', `/forms/${form.id}`)).body.counts).toEqual({ waiting: 1, confirmed: 0 })
})

test('the answer is the same for everybody, and takes the same time (AB-6)', async () => {
  const form = await makeForm()
  const addresses = {
    new: fresh(),
    active: fresh(),
    error: fresh(),
    out: fresh(),
    limited: fresh(),
    ruled: 'ann@ruled.example',
  }
  for (const one of [addresses.active, addresses.error, addresses.out]) await insertContact(core, accountId, one)
  await run(
    core.db,
    sql`insert into contact_errors (account_id, contact_id, reason)
        select account_id, contact_id, 'delivery' from contacts where account_id = ${accountId} and address = ${addresses.error}`,
  )
  await leave(addresses.out)
  await api('POST', '/opt-outs/domains', { domain: 'ruled.example' })
  await fillIn(core, form.path, addresses.limited)
  const pages = new Set<string>()
  const fastest = new Map<string, number>()
  for (let round = 0; round < 3; round++)
    for (const [who, address] of Object.entries(addresses)) {
      const from = performance.now()
      const answer = await fillIn(core, form.path, address)
      pages.add(`${answer.status} ${await answer.text()} ${[...answer.headers.keys()].join()}`)
      fastest.set(who, Math.min(fastest.get(who) ?? Infinity, performance.now() - from))
    }
  expect(pages.size).toBe(1)
  const times = [...fastest.values()]
  expect(Math.min(...times)).toBeGreaterThan(245)
  expect(Math.max(...times) - Math.min(...times)).toBeLessThan(50)
  for (const address of [addresses.new, addresses.active, addresses.error, addresses.out, addresses.limited])
    expect(await signUps(address)).toHaveLength(1)
  expect(await signUps(addresses.ruled)).toEqual([])
})

test('1,000 sign-ups over 5 forms for an opted-out address give 1 mail and change nothing (AB-7, INV-23)', async () => {
  const forms = await Promise.all(Array.from({ length: 5 }, () => makeForm()))
  const address = fresh('victim.')
  await insertContact(core, accountId, address)
  await leave(address)
  const before = await allElse()
  const spellings = [address, address.toUpperCase(), address.replace('@', '+a@'), address.replace('@', '+b@')]
  const statuses = new Set<number>()
  for (let round = 0; round < 10; round++)
    await Promise.all(
      Array.from({ length: 100 }, async (_, place) => {
        const answer = await fillIn(core, forms[place % 5]?.path ?? '', spellings[place % 4] ?? '')
        await answer.text()
        statuses.add(answer.status)
      }),
    )
  expect([...statuses]).toEqual([200])
  expect(await allElse()).toBe(before)
  const { mails } = await row(
    core.db,
    sql<{ mails: number }>`
    select count(*)::int as mails from confirmation_mails mail join sign_ups asked using (account_id, sign_up_id)
    where account_id = ${accountId} and asked.canonical like 'victim.%'`,
  )
  expect(mails).toBe(1)
}, 60_000)

test('the limit of an address ends after 24 hours', async () => {
  const form = await makeForm()
  const address = fresh()
  await fillIn(core, form.path, address)
  const age = (hours: number) =>
    run(
      core.asOwner.db,
      sql`update confirmation_limits set mailed_at = now() - make_interval(hours => ${hours}) where address_key = ${keyOf(core, address)}`,
    )
  await age(23)
  await fillIn(core, form.path, address)
  expect(await signUps(address)).toHaveLength(1)
  await age(24)
  await fillIn(core, form.path, address)
  expect(await signUps(address)).toHaveLength(2)
})

test('a connection, its network and the account have limits by the hour, with the same answer (AB-5)', async () => {
  const form = await makeForm()
  const count = (scope: string, n: number) =>
    run(
      core.asOwner.db,
      sql`insert into sign_up_counts values (${accountId}, ${scope}, date_trunc('hour', now()), ${n})
          on conflict (account_id, scope, hour) do update set count = ${n}`,
    )
  const ask = async (ip: string) => {
    const address = fresh()
    const answer = await fillIn(core, form.path, address, { ip })
    expect(await answer.text()).toContain('Look in your mailbox')
    return (await signUps(address)).length
  }
  await count('ip 198.51.100.1', 59)
  expect([await ask('198.51.100.1'), await ask('198.51.100.1'), await ask('198.51.100.2')]).toEqual([1, 0, 1])
  await count('net 198 51 100', 300)
  expect(await ask('198.51.100.3')).toBe(0)
  await count('ip 2001:db8:0:1', 60)
  expect([await ask('2001:db8:0:1::5'), await ask('2001:db8:0:2::5')]).toEqual([0, 1])
  const { count: mails } = await row(
    core.db,
    sql<{ count: number }>`select count from sign_up_counts where scope = 'mails' and account_id = ${accountId}`,
  )
  await count('mails', 2000)
  expect(await ask('203.0.113.1')).toBe(0)
  await count('mails', mails)
})

test('a program that fills in the hidden field gets the answer and nothing else (AB-5)', async () => {
  const form = await makeForm()
  const address = fresh()
  const answer = await fillIn(core, form.path, address, { given: { url: 'https://spam.example' } })
  expect(await answer.text()).toContain('Look in your mailbox')
  expect(await signUps(address)).toEqual([])
})

test('a form sent too fast, too late, with another stamp or from another site is shown again, filled in (AB-5)', async () => {
  const form = await makeForm({ fields: [{ name: 'first_name', required: false }] })
  const address = fresh()
  const stamp = (path: string, ageSeconds: number) =>
    makeStamp(core.keys.link, path, new Date(Date.now() - ageSeconds * 1000))
  for (const at of [stamp(form.path, 0), stamp(form.path, 90_000), stamp(accountId, 5), 'x', '']) {
    const answer = await fillIn(core, form.path, address, { given: { at, 'field.first_name': 'Ines' } })
    const page = await answer.text()
    expect(answer.status).toBe(200)
    expect(page).toContain('Look at what you entered, then press Sign up.')
    expect(page).toContain(`value="${address}"`)
    expect(page).toContain('value="Ines"')
    expect(page).toContain('value="yes" required checked')
  }
  expect(await signUps(address)).toEqual([])
})

test('an address of a function is refused and said to be, in the three languages (AB-10)', async () => {
  const form = await makeForm()
  for (const { language, words } of [
    { language: 'en', words: 'belongs to a function' },
    { language: 'de', words: 'gehört zu einer Funktion' },
    { language: 'ar', words: 'يخص وظيفة' },
  ]) {
    const answer = await fillIn(core, form.path, 'postmaster@post.example', { language })
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain(words)
  }
  expect(await signUps('postmaster@post.example')).toEqual([])
})

test('GET, HEAD and OPTIONS of a form and of a confirmation link change nothing (AB-1)', async () => {
  const form = await makeForm()
  const address = fresh()
  await insertContact(core, accountId, address)
  await leave(address)
  await fillIn(core, form.path, address)
  await handAllOver(core)
  const link = (await linkTo(core, accountId, address)) ?? ''
  const before = await allElse()
  for (const method of ['GET', 'HEAD', 'OPTIONS'])
    for (const target of [form.url, link]) expect((await fetch(target, { method })).status).toBeLessThan(300)
  for (const method of ['PUT', 'PATCH', 'DELETE']) expect((await fetch(link, { method })).status).toBe(405)
  const page = await (await fetch(link)).text()
  expect(page).toContain('<h1>Confirm your sign-up</h1>')
  expect(page).toContain('<span class="address">i***@p***.example</span>')
  expect(page).toContain('Confirming ends that opt-out.')
  expect(page).not.toContain(address)
  expect(await allElse()).toBe(before)
  expect(await standing(address)).toHaveLength(1)
})

test('a wrong token, one of another account and one that ran out change nothing, and look the same (AB-4)', async () => {
  const form = await makeForm()
  const other = await program.anotherAccount()
  const address = fresh()
  await insertContact(core, accountId, address)
  await leave(address)
  await fillIn(core, form.path, address)
  await handAllOver(core)
  const link = (await linkTo(core, accountId, address)) ?? ''
  const before = await allElse()
  const wrong = [
    `${form.url}/confirm/${'A'.repeat(43)}`,
    `${form.url}/confirm/short`,
    link.replace(/.{2}$/, (end) => (end === 'AA' ? 'BB' : 'AA')),
    `${url}/s/${other.accountId}/confirm/${link.split('/').at(-1) ?? ''}`,
  ]
  for (const target of wrong)
    for (const method of ['GET', 'POST']) expect((await fetch(target, { method })).status).toBe(410)
  await run(core.asOwner.db, sql`update sign_ups set ends_at = now() where address_key = ${keyOf(core, address)}`)
  for (const method of ['GET', 'POST']) {
    const answer = await fetch(link, { method })
    expect(answer.status).toBe(410)
    expect(await answer.text()).toContain('This link has run out')
  }
  expect(await allElse()).toBe(before)
  expect(await standing(address)).toHaveLength(1)
})

test('the button makes the contact, opened again it says so, and the page leads back to the site', async () => {
  const topic = await api<{ id: string }>('POST', '/topics', { name: 'Garden news' })
  const form = await makeForm({
    thanks: 'See you <soon>.',
    returnUrl: 'https://fernmoor.example/hello',
    topicIds: [topic.body.id],
  })
  const address = fresh()
  await fillIn(core, form.path, address)
  await handAllOver(core)
  const link = (await linkTo(core, accountId, address)) ?? ''
  expect(await (await fetch(link)).text()).toContain('Fernmoor Garden sends <bdi>Garden news</bdi> to')
  const done = await press(link)
  const page = await done.text()
  expect(done.status).toBe(200)
  expect(page).toContain('<h1 tabindex="-1" autofocus>You are signed up</h1>')
  expect(page).toContain('See you &lt;soon&gt;.')
  expect(page).toContain('<a href="https://fernmoor.example/hello">Back to fernmoor.example</a>')
  const before = await allElse()
  for (const again of [await press(link), await fetch(link)]) {
    expect(again.status).toBe(200)
    expect(await again.text()).toContain('You are signed up')
  }
  expect(await allElse()).toBe(before)
  expect((await api<Form>('GET', `/forms/${form.id}`)).body.counts).toEqual({ waiting: 0, confirmed: 1 })
})

test('a link that was used does not bring back who opted out after it', async () => {
  const form = await makeForm()
  const address = fresh()
  await fillIn(core, form.path, address)
  await handAllOver(core)
  const link = (await linkTo(core, accountId, address)) ?? ''
  expect((await press(link)).status).toBe(200)
  await leave(address)
  const again = await press(link)
  expect(again.status).toBe(410)
  expect(await again.text()).toContain('and it works once')
  expect(await standing(address)).toHaveLength(1)
  await forgetLimits(core, accountId)
  await fillIn(core, form.path, address)
  await handAllOver(core)
  expect((await press((await linkTo(core, accountId, address)) ?? '')).status).toBe(200)
  expect(await standing(address)).toEqual([])
})

test('the code for another site has no script or style, and leads to the hosted page', async () => {
  const form = await makeForm({ fields: [{ name: 'first_name', required: true }] })
  const { body } = await api<{ html: string }>('GET', `/forms/${form.id}/embed`)
  expect(body.html).not.toMatch(/<script|style=|class="trap"/)
  expect(body.html).toContain(`action="${core.config.baseUrl}/s/${form.path}?lang=en"`)
  const names = [...body.html.matchAll(/name="([^"]+)"/g)].map(([, name]) => name)
  expect(names).toEqual(['address', 'field.first_name', 'url', 'consent'])
})
