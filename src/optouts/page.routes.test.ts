import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { startProgram } from '../../test/program.ts'
import { insertContact, keyOf } from '../../test/sample.ts'
import { row, rows, run, sql } from '../platform/database.ts'
import { signLink } from './link.ts'

const warnings: Record<string, unknown>[] = []
const silent = () => {}
const program = await startProgram({
  log: { debug: silent, info: silent, error: silent, warn: (entry: unknown) => void warnings.push(Object(entry)) },
})
const { core, url, accountId } = program
await run(
  core.db,
  sql`update accounts set name = 'Fernmoor Garden', postal_address = '4 Glasshouse Lane, Fernmoor FM1 2GH',
      contact_url = 'mailto:hello@fernmoor.example' where account_id = ${accountId}`,
)

let made = 0
async function person({ mailingId = '5' as string | null, contact = true } = {}) {
  const address = `ines.${++made}@post.example`
  const contactId = contact ? await insertContact(core, accountId, address, { first_name: 'Ines <b>' }) : null
  const addressKey = keyOf(core, address)
  const { token } = signLink(core.keys.link, { accountId, addressKey, mailingId })
  return { address, contactId, addressKey, token, link: `${url}/o/${token}` }
}
type Person = Awaited<ReturnType<typeof person>>

const standing = ({ addressKey }: Pick<Person, 'addressKey'>) =>
  rows(
    core.db,
    sql<{ source: string; mailing_id: string; opted_out_at: Date }>`
    select source, mailing_id, opted_out_at from standing_optouts where account_id = ${accountId} and address_key = ${addressKey}`,
  )
const ledger = ({ addressKey }: Person) =>
  rows(
    core.db,
    sql<{ source: string; evidence: Record<string, unknown> }>`
    select source, evidence from optout_ledger where account_id = ${accountId} and address_key = ${addressKey} order by entry_id`,
  )
const oneClick = (link: string, init: RequestInit = {}) =>
  fetch(link, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'List-Unsubscribe=One-Click',
    ...init,
  })
const pressButton = (link: string, headers: Record<string, string> = {}) =>
  fetch(link, { method: 'POST', redirect: 'manual', headers, body: new URLSearchParams() })

/** Everything that the database holds, as one number, to see that nothing changed. */
async function everything(): Promise<string> {
  const tables = await rows(
    core.asOwner.db,
    sql<{
      name: string
    }>`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'
      and table_name not in ('processes', 'sessions', 'api_keys') order by 1`,
  )
  const sums = []
  for (const { name } of tables)
    sums.push(
      await row(
        core.asOwner.db,
        sql<{
          sum: string
        }>`select count(*) || ':' || coalesce(md5(string_agg(entry::text, ',' order by entry::text)), '') as sum from ${sql.table(name)} entry`,
      ),
    )
  return JSON.stringify(sums)
}

test('the link opens a page with the masked address and one button (INV-28, DEC-4)', async () => {
  const ines = await person()
  const response = await fetch(ines.link)
  const page = await response.text()
  expect(response.status).toBe(200)
  expect(page).toContain('<title>Opt out of mail from Fernmoor Garden</title>')
  expect(page).toContain('<h1>Opt out of all mail from Fernmoor Garden?</h1>')
  expect(page).toContain('This link belongs to <span class="address">i***@p***.example</span>.')
  expect(page.match(/<button/g)).toHaveLength(1)
  expect(page).toContain('4 Glasshouse Lane')
  expect(page).toContain('Questions: <a href="mailto:hello@fernmoor.example" dir="ltr">hello@fernmoor.example</a>')
  expect(page.length).toBeLessThan(4000)
})

test('the page tells nothing about the contact but the masked address (UX-13)', async () => {
  const ines = await person()
  for (const link of [ines.link, `${url}/p/${ines.token}`]) {
    const page = await (await fetch(link)).text()
    expect(page).not.toContain(ines.address)
    expect(page).not.toContain('Ines')
  }
})

test('GET, HEAD and OPTIONS change nothing, whoever sends them and how often (OC-12, AB-1)', async () => {
  const ines = await person()
  const before = await everything()
  for (const agent of ['Mozilla/5.0', 'Barracuda Sentinel', 'Google-Safety', 'curl/8', ''])
    for (const path of ['o', 'p'])
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE'])
        await (
          await fetch(`${url}/${path}/${ines.token}?List-Unsubscribe=One-Click`, {
            method,
            headers: { 'user-agent': agent },
          })
        ).text()
  for (const path of ['/o', '/o/', '/o/forged', '/p/forged', `/s/${accountId}`, '/s/0'])
    for (const method of ['GET', 'HEAD', 'OPTIONS']) await (await fetch(url + path, { method })).text()
  expect(await everything()).toBe(before)
})

test('HEAD answers as GET without a body, OPTIONS says what is possible', async () => {
  const ines = await person()
  const head = await fetch(ines.link, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  const options = await fetch(ines.link, { method: 'OPTIONS' })
  expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS, POST'])
  expect((await fetch(ines.link, { method: 'PUT' })).status).toBe(405)
})

test('one click opts out: 200, a tiny body, no cookie, no redirect, never stored (OC-10, OC-13)', async () => {
  const ines = await person()
  const response = await oneClick(ines.link)
  expect(response.status).toBe(200)
  expect((await response.text()).length).toBeLessThan(100)
  expect(response.headers.get('set-cookie')).toBeNull()
  expect(response.headers.get('location')).toBeNull()
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(await standing(ines)).toMatchObject([{ source: 'one_click', mailing_id: '5' }])
})

test('pressing the button opts out and says exactly what happened (UX-12)', async () => {
  const ines = await person()
  const response = await pressButton(ines.link)
  const page = await response.text()
  expect(response.status).toBe(200)
  expect(page).toContain('<title>You are opted out of mail from Fernmoor Garden</title>')
  expect(page).toMatch(/<p class="mark" role="status">In effect since \d+ \w+ 2\d{3}, \d\d:\d\d UTC<\/p>/)
  expect(page).toContain('<h1 tabindex="-1" autofocus>You are opted out</h1>')
  expect(page).toContain('Fernmoor Garden sends no more mail to <span class="address">i***@p***.example</span>.')
  expect(page).toContain(`<a href="/s/${accountId}">Sign up again</a>`)
  expect(page).toContain(`<a href="/p/${ines.token}">your preferences</a>`)
  expect(page).not.toContain('<form')
  expect(await standing(ines)).toMatchObject([{ source: 'link', mailing_id: '5' }])
})

test('the second, the third and the hundredth time it is the same page with the first date (INV-13)', async () => {
  const ines = await person()
  await run(
    core.asOwner.db,
    sql`insert into standing_optouts values (${accountId}, ${ines.addressKey}, 1, 'link', null, '2019-03-04 05:06:07Z')`,
  )
  for (let time = 1; time <= 100; time++) {
    const page = await (time % 2 ? pressButton(ines.link) : fetch(ines.link)).then((response) => response.text())
    expect(page).toContain('In effect since 4 March 2019, 05:06 UTC')
  }
  expect(await standing(ines)).toHaveLength(1)
})

const raw = (link: string, request: string, { halfClosed = false } = {}) =>
  new Promise<string>((resolve, reject) => {
    const { hostname, port, pathname } = new URL(link)
    const socket = connect({ host: hostname, port: Number(port) })
    let answer = ''
    socket
      .on('data', (data) => (answer += data))
      .on('end', () => resolve(answer))
      .on('error', reject)
    const [head = '', ...body] = request.replaceAll('PATH', pathname).replaceAll('\n', '\r\n').split('\r\n\r\n')
    const sent = body.join('\r\n\r\n')
    const text = `${head.replace('LENGTH', String(sent.length))}\r\n\r\n${sent}`
    if (halfClosed) socket.end(text)
    else socket.write(text)
  })

test('a client that closes its sending side after the request gets its answer (OC-9)', async () => {
  const ines = await person()
  const request =
    'POST PATH HTTP/1.1\nHost: example.com\nContent-Type: application/x-www-form-urlencoded\nContent-Length: LENGTH\n\nList-Unsubscribe=One-Click'
  expect(await raw(ines.link, request, { halfClosed: true })).toMatch(/^HTTP\/1\.1 200 /)
  expect(await standing(ines)).toMatchObject([{ source: 'one_click' }])
})

test.each([
  // RFC 8058 §8.1 and §8.2: the header fields that the examples show, and nothing else
  [
    'form',
    'POST PATH HTTP/1.1\nHost: example.com\nContent-Type: application/x-www-form-urlencoded\nContent-Length: LENGTH\nConnection: close\n\nList-Unsubscribe=One-Click',
  ],
  [
    'multipart',
    'POST PATH HTTP/1.1\nHost: example.com\nContent-Type: multipart/form-data; boundary=---FormBoundaryjWmhtjORrn\nContent-Length: LENGTH\nConnection: close\n\n-----FormBoundaryjWmhtjORrn\nContent-Disposition: form-data; name="List-Unsubscribe"\n\nOne-Click\n-----FormBoundaryjWmhtjORrn--\n\n',
  ],
  [
    'form in capitals',
    'POST PATH HTTP/1.1\nHOST: example.com\nCONTENT-TYPE: APPLICATION/X-WWW-FORM-URLENCODED; charset=utf-8\nContent-Length: LENGTH\nConnection: close\n\nList-Unsubscribe=One-Click',
  ],
  [
    'no content type',
    'POST PATH HTTP/1.1\nHost: example.com\nContent-Length: LENGTH\nConnection: close\n\nList-Unsubscribe=One-Click',
  ],
  [
    'broken content type',
    'POST PATH HTTP/1.1\nHost: example.com\nContent-Type: garbage;;\nContent-Length: LENGTH\nConnection: close\n\nList-Unsubscribe=One-Click',
  ],
  [
    'empty content type',
    'POST PATH HTTP/1.1\nHost: example.com\nContent-Type:\nContent-Length: LENGTH\nConnection: close\n\nList-Unsubscribe=One-Click',
  ],
  [
    'JSON content type',
    'POST PATH HTTP/1.1\nHost: example.com\nContent-Type: application/json\nContent-Length: LENGTH\nConnection: close\n\nList-Unsubscribe=One-Click',
  ],
  [
    'chunked',
    'POST PATH HTTP/1.1\nHost: example.com\nContent-Type: application/x-www-form-urlencoded\nTransfer-Encoding: chunked\nConnection: close\n\n1a\nList-Unsubscribe=One-Click\n0\n\n',
  ],
  [
    'given twice',
    'POST PATH?List-Unsubscribe=No HTTP/1.1\nHost: example.com\nContent-Type: application/x-www-form-urlencoded\nContent-Length: LENGTH\nConnection: close\n\nList-Unsubscribe=No&List-Unsubscribe=One-Click',
  ],
])('a one-click POST on a bare socket opts out: %s (OC-8, OC-9, SE-17)', async (_name, request) => {
  const ines = await person()
  const answer = await raw(ines.link, request)
  expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  expect(answer).not.toMatch(/^(location|set-cookie):/im)
  expect(await standing(ines)).toMatchObject([{ source: 'one_click' }])
})

test('a POST without a body opts out too: the link alone says it all (OC-7)', async () => {
  const ines = await person()
  expect((await fetch(ines.link, { method: 'POST' })).status).toBe(200)
  expect(await standing(ines)).toHaveLength(1)
})

test('cookies, a foreign origin or a signed-in operator make no difference, and are not kept (SE-2, LW-9)', async () => {
  const ines = await person()
  const { cookie } = await program.signIn()
  const headers = {
    origin: 'https://evil.example',
    cookie,
    authorization: `Bearer ${program.apiKey}`,
    'x-seen': 'ann@post.example',
  }
  expect((await oneClick(ines.link, { headers })).status).toBe(200)
  const [entry] = await ledger(ines)
  const kept = JSON.stringify(entry?.evidence)
  expect(entry?.evidence).toMatchObject({ method: 'POST', keyId: 1 })
  expect(kept).toContain('"origin","https://evil.example"')
  expect(kept).toContain('["x-seen","left out"]')
  for (const secret of [cookie, program.apiKey, '@', ines.token]) expect(kept).not.toContain(secret)
})

test('a hostile Host header changes nothing on the page (SE-12)', async () => {
  const ines = await person()
  const answer = await raw(
    ines.link,
    'GET PATH HTTP/1.1\nHost: evil.example\nX-Forwarded-Host: evil.example\nConnection: close\n\n',
  )
  expect(answer).not.toContain('evil')
})

test('200 POSTs at once: one opt-out, all answered with 200 (OC-14)', async () => {
  const ines = await person()
  const answers = await Promise.all(Array.from({ length: 200 }, () => oneClick(ines.link)))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  const entries = await rows(
    core.db,
    sql<{ opted_out: string }>`
    select opted_out from optout_ledger where account_id = ${accountId} and address_key = ${ines.addressKey}`,
  )
  expect(entries.filter(({ opted_out }) => opted_out === '1')).toHaveLength(1)
  expect(await standing(ines)).toHaveLength(1)
})

test('who has a valid link is never limited, however many come from one place (OC-15)', async () => {
  const ines = await person()
  for (let round = 0; round < 10; round++) {
    const answers = await Promise.all(Array.from({ length: 50 }, () => oneClick(ines.link)))
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
  }
})

test('a link works for a contact that was archived, erased, changed or never there (INV-12, INV-15, LW-13)', async () => {
  const archived = await person()
  await run(
    core.db,
    sql`update contacts set archived_at = now() where account_id = ${accountId} and contact_id = ${archived.contactId}`,
  )
  const erased = await person()
  await row(core.db, sql`select erase_contact(${accountId}, ${erased.contactId})`)
  const unknown = await person({ contact: false, mailingId: null })
  expect(await (await fetch(archived.link)).text()).toContain('i***@p***.example')
  for (const gone of [erased, unknown]) {
    const page = await (await fetch(gone.link)).text()
    expect(page).toContain('no more mail is sent to this address')
    expect(page).not.toContain('***')
  }
  for (const each of [archived, erased, unknown]) {
    expect((await pressButton(each.link)).status).toBe(200)
    expect(await standing(each)).toHaveLength(1)
  }
  expect(await (await fetch(erased.link)).text()).toContain('Fernmoor Garden sends no more mail to this address.')
  const profiles = await rows(
    core.db,
    sql`select from contacts where account_id = ${accountId} and address_key = ${erased.addressKey}`,
  )
  expect(profiles).toEqual([])
})

test('a link of an account that is gone works and names nobody (INV-12)', async () => {
  const addressKey = keyOf(core, 'gone@post.example')
  const { token } = signLink(core.keys.link, { accountId: '999', addressKey, mailingId: '1' })
  expect(await (await fetch(`${url}/o/${token}`)).text()).toContain('from the sender of that mail?')
  expect(await (await pressButton(`${url}/o/${token}`)).text()).toContain('No more mail is sent to this address.')
  expect(await rows(core.db, sql`select from standing_optouts where account_id = 999`)).toHaveLength(1)
})

test('of two spellings of one Gmail mailbox the page shows the one that got the mailing (AB-22)', async () => {
  await insertContact(core, accountId, 'otto.x@gmail.com')
  const got = await insertContact(core, accountId, 'Pottox@googlemail.com')
  const addressKey = keyOf(core, 'ottox@gmail.com')
  await run(
    core.db,
    sql`update contacts set address_key = ${addressKey} where account_id = ${accountId} and contact_id = ${got}`,
  )
  await run(
    core.db,
    sql`insert into messages (account_id, mailing_id, contact_id, address_key) values (${accountId}, 77, ${got}, ${addressKey})`,
  )
  const { token } = signLink(core.keys.link, { accountId, addressKey, mailingId: '77' })
  expect(await (await fetch(`${url}/o/${token}`)).text()).toContain('P***@g***.com')
})

test('what a mail program adds to the end of a link does not break it', async () => {
  for (const ending of ['/', '.', '>', ').', '%3E', '%20']) {
    const ines = await person()
    expect((await oneClick(ines.link + ending)).status).toBe(200)
    expect(await standing(ines)).toHaveLength(1)
  }
})

test('a forged link: 404, counted, logged without the token, nothing changed (OC-17, DEC-5, SE-7)', async () => {
  const ines = await person()
  const forged = ines.token.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'))
  const count = async () =>
    (await rows(core.db, sql<{ count: string }>`select count from link_failures where what = 'opt_out'`)).reduce(
      (sum, each) => sum + Number(each.count),
      0,
    )
  const before = await count()
  warnings.length = 0
  const response = await oneClick(`${url}/o/${forged}`)
  expect(response.status).toBe(404)
  expect(await response.text()).toContain('This link is not complete</h1>')
  expect(await count()).toBe(before + 1)
  expect(warnings).toContainEqual(expect.objectContaining({ event: 'link.invalid', kind: 'opt_out' }))
  expect(JSON.stringify(warnings)).not.toContain(forged)
  expect(await standing(ines)).toEqual([])
})

test('the page of an incomplete link takes the address itself (OC-17)', async () => {
  const ines = await person()
  const page = await (await fetch(ines.link.slice(0, -5))).text()
  expect(page).toContain('<label for="address">Email address</label>')
  expect(page).toContain('action="/o?lang=en"')
  const answer = await fetch(`${url}/o?lang=en`, {
    method: 'POST',
    body: new URLSearchParams({ address: ` ${ines.address.toUpperCase()} ` }),
  })
  const done = await answer.text()
  expect(answer.status).toBe(200)
  expect(done).toContain('No more mail is sent to <span class="address">I***@P***.EXAMPLE</span>.')
  expect(done).toContain('role="status"')
  expect(await standing(ines)).toMatchObject([{ source: 'link' }])
})

test('a typed address that nobody knows gets the same answer, and is out all the same (INV-15, UX-13)', async () => {
  const known = await person()
  const unknown = await person({ contact: false })
  const answers = []
  for (const { address } of [known, unknown]) {
    const answer = await fetch(`${url}/o`, { method: 'POST', body: new URLSearchParams({ address }) })
    answers.push([answer.status, (await answer.text()).replace(/In effect since [^<]+/, '')])
  }
  expect(answers[0]).toEqual(answers[1])
  expect(await standing(unknown)).toHaveLength(1)
})

test('a typed address with a mistake is answered beside the field, and stays in it (UX-5)', async () => {
  const answer = await fetch(`${url}/o`, { method: 'POST', body: new URLSearchParams({ address: '"><script>x@y' }) })
  const page = await answer.text()
  expect(answer.status).toBe(400)
  expect(page).toContain('aria-invalid="true" aria-describedby="address-error"')
  expect(page).toContain('value="&quot;&gt;&lt;script&gt;x@y"')
  expect(page).not.toContain('<script')
})

test('the preferences page offers the way out first, and it works (LW-3)', async () => {
  const ines = await person()
  const page = await (await fetch(`${url}/p/${ines.token}`)).text()
  expect(page).toContain('<h1>Your mail from Fernmoor Garden</h1>')
  expect(page.match(/<button[^>]*>([^<]*)</)?.[1]).toBe('Opt out of everything')
  const done = await fetch(`${url}/p/${ines.token}`, { method: 'POST', body: new URLSearchParams({ act: 'optout' }) })
  expect(await done.text()).toContain('You are opted out</h1>')
  expect(await standing(ines)).toMatchObject([{ source: 'preferences' }])
  expect(await (await fetch(`${url}/p/${ines.token}`)).text()).toContain('You are opted out</h1>')
})

test('every answer carries strict headers and no cookie (SE-7, SE-8, UX-9)', async () => {
  const ines = await person()
  const links = [ines.link, `${url}/o/forged`, `${url}/p/${ines.token}`, `${url}/s/${accountId}`, `${url}/o`]
  for (const link of links) {
    const { headers } = await fetch(link)
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    )
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-robots-tag')).toBe('noindex')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('set-cookie')).toBeNull()
  }
})

test('page and stylesheet come from us alone, below 50 KB, without script (UX-9)', async () => {
  const ines = await person()
  const page = await (await fetch(ines.link)).text()
  const style = await fetch(url + (page.match(/<link rel="stylesheet" href="([^"]+)">/)?.[1] ?? ''))
  const css = await style.text()
  expect(style.headers.get('content-type')).toContain('text/css')
  expect(style.headers.get('cache-control')).toContain('immutable')
  expect(page.length + css.length).toBeLessThan(50_000)
  expect(page + css).not.toMatch(/<script|<img|<iframe|style=|@import|url\(|https?:\/\/(?!localhost|127)/i)
})

test('a body that is too large is answered with 413, other broken requests with 4xx', async () => {
  const ines = await person()
  expect((await oneClick(ines.link, { body: 'x'.repeat(100_000) })).status).toBe(413)
  expect((await fetch(`${url}/o/%zz`)).status).toBe(404)
  expect((await fetch(`${url}/o/${'A'.repeat(5000)}`)).status).toBe(404)
  expect((await fetch(`${url}/o/a/b/c`, { method: 'POST' })).status).toBe(404)
  expect(await standing(ines)).toEqual([])
})

test('hostile text of an account is shown as text (SE-3)', async () => {
  const { accountId: other } = await program.anotherAccount('<img src=x onerror=alert(1)> & "Co"')
  await run(
    core.db,
    sql`update accounts set contact_url = 'javascript:alert(1)', postal_address = '</p><script>', language = 'x"><b>', time_zone = 'No/Where' where account_id = ${other}`,
  )
  const { token } = signLink(core.keys.link, {
    accountId: other,
    addressKey: keyOf(core, 'a@b.example'),
    mailingId: null,
  })
  for (const page of [
    await (await fetch(`${url}/o/${token}`)).text(),
    await (await pressButton(`${url}/o/${token}`)).text(),
  ]) {
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt; &amp; &quot;Co&quot;')
    expect(page).not.toMatch(/<img|<script|<b>|javascript:/)
  }
})

test('with two accounts a typed address leaves those that know it (OC-17)', async () => {
  const { accountId: other } = await program.anotherAccount()
  const address = 'both@post.example'
  await insertContact(core, other, address)
  const before = await row(core.db, sql<{ count: string }>`select count(*) from standing_optouts`)
  expect((await fetch(`${url}/o`, { method: 'POST', body: new URLSearchParams({ address }) })).status).toBe(200)
  const out = await rows(
    core.db,
    sql`select account_id from standing_optouts where address_key = ${keyOf(core, address)}`,
  )
  expect(out).toEqual([{ account_id: other }])
  const nobody = await fetch(`${url}/o`, {
    method: 'POST',
    body: new URLSearchParams({ address: 'nobody@post.example' }),
  })
  expect(nobody.status).toBe(200)
  expect(Number((await row(core.db, sql<{ count: string }>`select count(*) from standing_optouts`)).count)).toBe(
    Number(before.count) + 1,
  )
})

test('who tries many incomplete links or addresses has to wait; who has a link has not (SE-7, OC-15)', async () => {
  const statuses = []
  for (let attempt = 0; attempt < 70; attempt++) statuses.push((await fetch(`${url}/o/forged${attempt}`)).status)
  expect(statuses.at(-1)).toBe(429)
  expect(statuses).toContain(404)
  const typed = []
  for (let attempt = 0; attempt < 25; attempt++)
    typed.push(
      (await fetch(`${url}/o`, { method: 'POST', body: new URLSearchParams({ address: 'a@b.example' }) })).status,
    )
  expect(typed.at(-1)).toBe(429)
  const ines = await person()
  expect((await oneClick(ines.link)).status).toBe(200)
})
