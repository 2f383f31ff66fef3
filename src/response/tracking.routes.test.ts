import { afterAll, expect, test } from 'vitest'
import { startMailings } from '../../test/mailings.ts'
import { signResponseToken } from '../delivery/response-token.ts'
import { startSender } from '../delivery/sender.ts'
import { optOut } from '../optouts/optout.ts'
import { row, rows, run, sql } from '../platform/database.ts'

const { accountId, api, core, db, draft, get, groupOf, keyOf, name, program, send, until } = await startMailings()
const sender = startSender(core, program.process)
afterAll(() => sender.stop())

const HTML =
  '<p><a href="https://fernmoor.example/bulbs">Bulbs</a> <a href="https://fernmoor.example/visit">Visit</a> <a href="https://fernmoor.example/members">Members</a></p>'
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

type Sent = { messageId: string; contactId: string; address: string; body: string }

/** Sends a tracked mailing to these people, long enough ago that nothing is too soon. */
async function sendTracked(people: string[], tracking: boolean | null = true, groups: string[] = []) {
  const { id } = await draft({ html: HTML, tracking, groupIds: people.length > 0 ? [await groupOf(people)] : groups })
  expect((await send(id)).status).toBe(200)
  sender.wake()
  await until(
    () => get(id),
    ({ status }) => status === 'sent',
  )
  await run(
    db,
    sql`update messages set answered_at = now() - interval '1 hour' where account_id = ${accountId} and mailing_id = ${id}`,
  )
  const letters = await rows(
    db,
    sql<Sent>`
    select letter.message_id as "messageId", message.contact_id as "contactId", letter.recipient as address,
      replace(convert_from(letter.raw, 'UTF8'), E'=\r\n', '') as body
    from mailbox_messages letter
    join messages message on message.account_id = letter.account_id and message.message_id = letter.message_id
    where letter.account_id = ${accountId} and letter.mailing_id = ${id} order by letter.message_id`,
  )
  return { id, letters, of: (who: string) => found(letters, name(who)) }
}

function found(letters: Sent[], address: string): Sent {
  const letter = letters.find((one) => one.address === address)
  if (!letter) throw new Error(`no letter to ${address}`)
  return letter
}

const url = (letter: Sent, pattern: RegExp) => pattern.exec(letter.body)?.[0] ?? ''
const click = (letter: Sent, number = 1) => url(letter, new RegExp(`http://[^"]*/c/[A-Za-z0-9_-]{43}${number}(?=")`))
const image = (letter: Sent) => url(letter, /http:\/\/[^"]*\/i\/[A-Za-z0-9_-]+/)
const visit = (to: string, agent: string | null = BROWSER, method = 'GET') =>
  fetch(to, { method, redirect: 'manual', headers: { 'user-agent': agent ?? '' } })

const sumsOf = (id: string) =>
  row(
    db,
    sql<Record<string, number>>`
    select coalesce(sum(opened), 0)::int as opened, coalesce(sum(clicked), 0)::int as clicked, coalesce(sum(opens), 0)::int as opens,
      coalesce(sum(clicks), 0)::int as clicks, coalesce(sum(machine_opens), 0)::int as machine_opens,
      coalesce(sum(machine_clicks), 0)::int as machine_clicks
    from response_hours where account_id = ${accountId} and mailing_id = ${id}`,
  )
const NONE = { opened: 0, clicked: 0, opens: 0, clicks: 0, machine_opens: 0, machine_clicks: 0 }
const recorded = (id: string, sums: Partial<typeof NONE>) =>
  expect.poll(() => sumsOf(id), { timeout: 10_000 }).toEqual({ ...NONE, ...sums })

test('a click leads to where the link led when it was sent, an open gives a picture, and both are counted once a person', async () => {
  const { id, of } = await sendTracked(['ann', 'bob'])
  const clicked = await visit(click(of('ann'), 2))
  expect([clicked.status, clicked.headers.get('location')]).toEqual([302, 'https://fernmoor.example/visit'])
  expect(clicked.headers.get('cache-control')).toBe('no-store')
  expect(clicked.headers.get('referrer-policy')).toBe('no-referrer')
  expect(clicked.headers.get('set-cookie')).toBeNull()
  await visit(click(of('ann'), 2))
  const opened = await visit(image(of('bob')))
  expect([opened.status, opened.headers.get('content-type')]).toEqual([200, 'image/gif'])
  expect((await opened.arrayBuffer()).byteLength).toBe(42)
  await recorded(id, { clicked: 1, clicks: 2, opened: 1, opens: 1 })
  expect((await get(id)).counts).toMatchObject({ opened: 1, clicked: 1 })
  const links = await rows(
    db,
    sql`select number, people::int, clicks::int from mailing_links where account_id = ${accountId} and mailing_id = ${id} order by number`,
  )
  expect(links).toEqual([
    { number: 1, people: 0, clicks: 0 },
    { number: 2, people: 1, clicks: 2 },
    { number: 3, people: 0, clicks: 0 },
  ])
})

test('a click address that is not ours, that was tampered with or that names another link leads nowhere (AB-8)', async () => {
  const { of } = await sendTracked(['ann'])
  const good = click(of('ann'))
  const token = good.split('/c/')[1] ?? ''
  const foreign = signResponseToken([{ id: 1, key: Buffer.alloc(32, 1) }], {
    accountId,
    mailingId: '1',
    messageId: '1',
  })
  const tampered = `${token.slice(0, 20)}${token[20] === 'A' ? 'B' : 'A'}${token.slice(21)}`
  const bad = [
    tampered,
    `${foreign}1`,
    `${token.slice(0, -1)}9`,
    `${token.slice(0, -1)}0`,
    token.slice(0, -1),
    'https://evil.example/',
    '?url=https://evil.example',
  ]
  for (const path of bad) {
    const answer = await visit(`${core.config.baseUrl}/c/${path}`)
    expect([path, answer.status, answer.headers.get('location')]).toEqual([path, 404, null])
    expect(await answer.text()).toContain('Opt out')
  }
})

test('where a link leads cannot be changed once the mailing is sent (AB-8)', async () => {
  const { id } = await sendTracked(['ann'])
  await expect(
    run(
      db,
      sql`update mailing_links set url = 'https://evil.example/' where account_id = ${accountId} and mailing_id = ${id}`,
    ),
  ).rejects.toThrow(/permission denied/)
  await expect(
    run(db, sql`delete from mailing_links where account_id = ${accountId} and mailing_id = ${id}`),
  ).rejects.toThrow(/permission denied/)
})

test('a mailing that writes the token of links itself is refused', async () => {
  const html = '<p><a href="https://fernmoor.example/{{ response_token }}">x</a></p>'
  const { id } = await draft({ html, tracking: true, groupIds: [await groupOf(['ann'])] })
  expect((await send(id)).status).toBe(409)
})

test('machines are counted apart: proxies, scanners, HEAD, no name, haste and many links at once (AB-2)', async () => {
  const { id, of } = await sendTracked(['ann', 'bob', 'cem', 'dee'])
  await visit(image(of('ann')), 'Mozilla/5.0')
  await visit(
    image(of('ann')),
    'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)',
  )
  await visit(click(of('ann')), 'python-requests/2.32')
  await visit(click(of('ann')), BROWSER, 'HEAD')
  for (const number of [1, 2, 3]) await visit(click(of('bob'), number))
  await run(
    db,
    sql`update messages set answered_at = now() where account_id = ${accountId} and message_id = ${of('cem').messageId}`,
  )
  await visit(click(of('cem')))
  await visit(click(of('dee')))
  await recorded(id, { machine_opens: 2, machine_clicks: 6, clicked: 1, clicks: 1 })
  const people = await rows(
    db,
    sql`select contact_id from responses where account_id = ${accountId} and mailing_id = ${id}`,
  )
  expect(people).toEqual([{ contact_id: of('dee').contactId }])
})

test('links work when contact and mailing are gone, and nothing is recorded of who was erased', async () => {
  const { id, of } = await sendTracked(['ann', 'bob'])
  expect((await api('DELETE', `/contacts/${of('ann').contactId}`)).status).toBeLessThan(300)
  expect((await api('DELETE', `/mailings/${id}`)).status).toBe(204)
  expect((await visit(click(of('ann')))).status).toBe(302)
  expect((await visit(image(of('ann')))).status).toBe(200)
  await visit(click(of('bob')))
  await recorded(id, { clicked: 1, clicks: 1 })
})

test('nothing is recorded of who opted out (LW-11)', async () => {
  const { id, of } = await sendTracked(['ann', 'bob'])
  await optOut(db, accountId, [keyOf(name('ann'))], { source: 'one_click', mailingId: id })
  expect((await visit(click(of('ann')))).status).toBe(302)
  await visit(image(of('ann')))
  await visit(image(of('bob')))
  await recorded(id, { opened: 1, opens: 1 })
})

test('tracking is off until the account or the mailing says otherwise (LW-15)', async () => {
  const byDefault = await sendTracked(['ann'], null)
  expect(byDefault.of('ann').body).not.toMatch(/\/c\/|\/i\//)
  await api('PATCH', '/account', { tracking: true })
  const byAccount = await sendTracked(['bob'], null)
  expect(image(byAccount.of('bob'))).not.toBe('')
  const byMailing = await sendTracked(['cem'], false)
  expect(byMailing.of('cem').body).not.toMatch(/\/c\/|\/i\//)
  await api('PATCH', '/account', { tracking: false })
})

test('a person who refuses tracking on the preferences page gets links as they are, and nothing more is recorded (LW-15)', async () => {
  const first = await sendTracked(['ann', 'bob'])
  const preferences = url(first.of('ann'), /http:\/\/[^"\s]*\/p\/[A-Za-z0-9_-]+/)
  const choose = (form: Record<string, string>) =>
    fetch(preferences, { method: 'POST', body: new URLSearchParams({ act: 'save', 'asked-tracking': 'yes', ...form }) })
  expect(await (await choose({ untracked: 'yes' })).text()).toMatch(/name="untracked" value="yes" checked/)
  await visit(click(first.of('ann')))
  await visit(click(first.of('bob')))
  await recorded(first.id, { clicked: 1, clicks: 1 })
  const group = await groupOf(['ann', 'bob'])
  const second = await sendTracked([], true, [group])
  expect(second.of('ann').body).not.toMatch(/\/c\/|\/i\//)
  expect(second.of('ann').body).toContain('/o/')
  expect(click(second.of('bob'))).not.toBe('')
  expect(await (await choose({})).text()).not.toMatch(/name="untracked" value="yes" checked/)
  const third = await sendTracked([], true, [group])
  expect(click(third.of('ann'))).not.toBe('')
})

test('opening and following every link of a mail changes nobody (AB-1)', async () => {
  const { of } = await sendTracked(['ann'])
  const state = () =>
    rows(
      db,
      sql`
      select status.status, status.fields, status.updated_at::text,
        (select count(*)::int from contact_topics topic where topic.account_id = ${accountId}) as topics,
        (select count(*)::int from optout_ledger where account_id = ${accountId}) as entries,
        (select count(*)::int from contact_events event where event.account_id = ${accountId}) as events
      from contact_status status where status.account_id = ${accountId} and status.contact_id = ${of('ann').contactId}`,
    )
  const before = await state()
  const links = [...new Set([...of('ann').body.matchAll(/https?:\/\/[^\s"<>]+/g)].map(([link]) => link))].filter(
    (link) => link.startsWith(core.config.baseUrl),
  )
  expect(links.filter((link) => /\/[copvsi]\//.test(link)).length).toBeGreaterThanOrEqual(8)
  const noted = () =>
    row(
      db,
      sql<{ events: number }>`
      select coalesce(sum(opens + clicks + machine_opens + machine_clicks), 0)::int as events
      from response_hours where account_id = ${accountId}`,
    )
  const eventsBefore = (await noted()).events
  for (const link of links) for (const method of ['GET', 'HEAD', 'OPTIONS']) await visit(link, BROWSER, method)
  await expect.poll(async () => (await noted()).events, { timeout: 10_000 }).toBeGreaterThan(eventsBefore)
  expect(await state()).toEqual(before)
})
