import { setTimeout as pause } from 'node:timers/promises'
import { beforeEach, expect, test } from 'vitest'
import { startProgram } from '../../test/program.ts'
import { addressKey, isAddress, readAddress } from '../optouts/address.ts'
import { signLink } from '../optouts/link.ts'
import { optOut } from '../optouts/optout.ts'
import { row, rows, run, sql } from '../platform/database.ts'
import { audienceSums, freezeAudience } from './audience.ts'
import type { Finding, Mailing, MailingCheck } from './mailing.contract.ts'

const program = await startProgram()
const { core, api, accountId } = program
const { db } = core
let round = 0

beforeEach(async () => {
  round++
  await run(
    db,
    sql`
    update accounts set sender_name = 'Quiet Herons', sender_address = 'news@herons.example',
      postal_address = '4 Glasshouse Lane, Fernmoor FM1 2GH', contact_url = '' where account_id = ${accountId}`,
  )
})

const keyOf = (address: string) => {
  const read = readAddress(address)
  if (!isAddress(read)) throw new Error('no address')
  return addressKey(core.keys.address, read.optOutForm)
}

async function groupOf(names: string[], of = accountId): Promise<string> {
  const { group_id } = await row(
    db,
    sql<{ group_id: string }>`
    insert into groups (account_id, name) values (${of}, ${`Group ${round} ${Math.random()}`}) returning group_id`,
  )
  for (const name of names) await addTo(group_id, name, of)
  return group_id
}

async function addTo(groupId: string, name: string, of = accountId) {
  const address = `${name}${round}@post.example`
  const { contact_id } = await row(
    db,
    sql<{ contact_id: string }>`
    insert into contacts (account_id, address, canonical, address_key, fields)
    values (${of}, ${address}, ${address}, ${keyOf(address)}, ${JSON.stringify({ first_name: name })}::jsonb)
    on conflict (account_id, canonical) do update set updated_at = now() returning contact_id`,
  )
  await run(
    db,
    sql`insert into group_members (account_id, group_id, contact_id) values (${of}, ${groupId}, ${contact_id})`,
  )
  return contact_id
}

const draft = async (part: Record<string, unknown> = {}) => {
  const { status, body } = await api<Mailing>('POST', '/mailings', {
    name: 'Lanterns',
    subject: 'The glasshouse glows again',
    html: '<p>Dear {{ contact.first_name | default: "friend" }},</p>',
    ...part,
  })
  expect(status).toBe(201)
  return body
}
const get = async (id: string) => (await api<Mailing>('GET', `/mailings/${id}`)).body
const check = async (id: string) => (await api<MailingCheck>('POST', `/mailings/${id}/check`)).body
const stopsOf = ({ findings }: MailingCheck) => findings.filter(({ level }) => level === 'stops')
const send = (id: string, body: unknown = {}) =>
  api<Mailing & { code?: string; message?: string; fields?: Finding[] }>('POST', `/mailings/${id}/send`, body)
const messagesOf = (id: string) =>
  rows(
    db,
    sql<{ state: string; contact_id: string }>`
  select state, contact_id from messages where account_id = ${accountId} and mailing_id = ${id} order by message_id`,
  )

async function until<Value>(look: () => Promise<Value>, isThere: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await look()
    if (isThere(value)) return value
    await pause(20)
  }
}
const started = (id: string) =>
  until(
    () => get(id),
    ({ startedAt }) => startedAt !== null,
  )

test('a draft is made, changed, listed and deleted', async () => {
  const groupId = await groupOf(['ann'])
  const made = await draft({ groupIds: [groupId] })
  expect(made).toMatchObject({ status: 'draft', groupIds: [groupId], text: '', counts: { recipients: 0, optedOut: 0 } })
  const changed = await api<Mailing>('PATCH', `/mailings/${made.id}`, { subject: 'New', groupIds: [] })
  expect(changed.body).toMatchObject({ subject: 'New', name: 'Lanterns', groupIds: [] })
  const listed = await api<{ items: Mailing[]; nextCursor: string | null }>('GET', '/mailings?limit=1&status=draft')
  expect(listed.body.items.map(({ id }) => id)).toEqual([made.id])
  expect((await api('DELETE', `/mailings/${made.id}`)).status).toBe(204)
  expect((await api('GET', `/mailings/${made.id}`)).status).toBe(404)
})

test('mailings are listed page by page, the newest first', async () => {
  const ids = [(await draft()).id, (await draft()).id, (await draft()).id].reverse()
  const first = (await api<{ items: Mailing[]; nextCursor: string }>('GET', '/mailings?limit=2')).body
  expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 2))
  const second = (await api<{ items: Mailing[] }>('GET', `/mailings?limit=1&cursor=${first.nextCursor}`)).body
  expect(second.items.map(({ id }) => id)).toEqual(ids.slice(2))
  expect((await api('GET', '/mailings?cursor=nonsense')).status).toBe(400)
})

test('a group that is unknown, archived or another account’s cannot be chosen', async () => {
  const archived = await groupOf(['ann'])
  await run(db, sql`update groups set archived_at = now() where account_id = ${accountId} and group_id = ${archived}`)
  const other = await program.anotherAccount()
  const foreign = await groupOf(['eve'], other.accountId)
  for (const groupId of [archived, foreign, '999999'])
    expect(await api('POST', '/mailings', { name: 'x', groupIds: [groupId] })).toMatchObject({
      status: 400,
      body: { code: 'mailing.invalid' },
    })
})

test('control characters and unknown properties are refused with 400 (SE-5)', async () => {
  for (const part of [
    { subject: 'a\r\nBcc: x' },
    { fromName: 'a\u0000' },
    { fromName: 'a\u202e' },
    { headers: {} },
    { replyTo: 'x' },
    { status: 'sent' },
    { name: '' },
  ])
    expect((await api('POST', '/mailings', { name: 'x', ...part })).status).toBe(400)
})

test('a mailing that is right is sent: everybody who may receive is queued, once', async () => {
  const [one, two] = [await groupOf(['ann', 'bob', 'cem']), await groupOf(['ann', 'dora'])]
  const mailing = await draft({ groupIds: [one, two] })
  const sent = await send(mailing.id)
  expect(sent).toMatchObject({ status: 200, body: { status: 'sending' } })
  expect((await started(mailing.id)).counts).toMatchObject({ recipients: 4, queued: 4 })
  expect((await messagesOf(mailing.id)).map(({ state }) => state)).toEqual(['queued', 'queued', 'queued', 'queued'])
})

test('who opted out, is in Error, held back or archived is left out, and counted under one reason', async () => {
  const group = await groupOf(['ann'])
  await optOut(db, accountId, [keyOf(`out${round}@post.example`), keyOf(`both${round}@post.example`)], {
    source: 'api',
  })
  const ids: Record<string, string> = {}
  for (const name of ['bad', 'held', 'old', 'oldbad']) ids[name] = await addTo(group, name)
  for (const name of ['out', 'both']) {
    const address = `${name}${round}@post.example`
    const { contact_id } = await row(
      core.asOwner.db,
      sql<{ contact_id: string }>`
      insert into contacts (account_id, address, canonical, address_key) values (${accountId}, ${address}, ${address}, ${keyOf(address)}) returning contact_id`,
    )
    await core.asOwner.db.transaction().execute(async (trx) => {
      await sql`alter table group_members disable trigger locked`.execute(trx)
      await sql`insert into group_members (account_id, group_id, contact_id) values (${accountId}, ${group}, ${contact_id})`.execute(
        trx,
      )
      await sql`alter table group_members enable trigger locked`.execute(trx)
    })
  }
  await run(
    db,
    sql`insert into contact_errors (account_id, contact_id, reason) values (${accountId}, ${ids.bad ?? ''}, 'manual'), (${accountId}, ${ids.oldbad ?? ''}, 'manual')`,
  )
  await run(
    db,
    sql`insert into contact_holds (account_id, contact_id, because_key) values (${accountId}, ${ids.held ?? ''}, ${keyOf('x@post.example')})`,
  )
  await run(
    db,
    sql`update contacts set archived_at = now() where account_id = ${accountId} and contact_id in (${ids.old ?? ''}, ${ids.oldbad ?? ''})`,
  )
  const second = await groupOf(['ann'])
  const mailing = await draft({ groupIds: [group, second] })
  const { audience, findings } = await check(mailing.id)
  expect(audience).toEqual({ inGroups: 8, inSeveral: 1, optedOut: 2, error: 2, held: 1, archived: 1, recipients: 1 })
  expect(findings).toContainEqual({
    check: 'audience',
    level: 'passed',
    title: 'Audience',
    text: '1 person gets this mailing.',
  })
  await send(mailing.id)
  expect((await started(mailing.id)).counts.recipients).toBe(1)
})

test('freezing twice adds nobody twice, as after a kill in between', async () => {
  const mailing = await draft({ groupIds: [await groupOf(['ann', 'bob'])] })
  expect(await freezeAudience(db, accountId, mailing.id)).toBe(2)
  expect(await freezeAudience(db, accountId, mailing.id)).toBe(0)
  await send(mailing.id)
  expect((await started(mailing.id)).counts.recipients).toBe(2)
})

test('a mailing without a sound sender, subject, audience or postal address is not sent, and says why (LW-4)', async () => {
  const groupIds = [await groupOf(['ann'])]
  const because = async (part: Record<string, unknown>) => {
    const { id } = await draft({ groupIds, ...part })
    const { status, body } = await send(id)
    expect([status, body.code]).toEqual([409, 'mailing.not_sendable'])
    expect((await get(id)).status).toBe('draft')
    expect(await messagesOf(id)).toEqual([])
    return (body.fields ?? [])
      .filter(({ level }) => level === 'stops')
      .map((finding) => `${finding.check}: ${finding.text}`)
  }
  expect(await because({ subject: ' ' })).toEqual(['subject: Enter a subject.'])
  expect(await because({ subject: '{{ contact.first_name }}' })).toEqual([
    expect.stringMatching(/^subject: .*the subject is empty/),
  ])
  expect(await because({ groupIds: [] })).toEqual(['audience: Choose the groups that get this mailing.'])
  expect(await because({ groupIds: [await groupOf([])] })).toEqual(['audience: Nobody is in the chosen groups.'])
  expect(await because({ html: '' })).toEqual([expect.stringContaining('nothing in this mailing yet')])
  expect(await because({ fromAddress: 'nobody' })).toEqual([
    expect.stringMatching(/^sender: The sender’s address cannot be used|^sender: The sender's address cannot be used/),
  ])
  expect(await because({ html: '<p>{{ contact.firstname }}</p>' })).toEqual([
    'merge_points: There is no merge point “contact.firstname”. The fields are contact.first_name, contact.last_name.',
  ])
  expect(await because({ html: '<p>{% include "x" %}</p>' })).toEqual([
    expect.stringContaining('the tag include is not possible'),
  ])
  expect(await because({ html: '<a href="javascript:alert(1)">x</a>' })).toEqual([
    expect.stringMatching(/^links: “javascript:alert\(1\)”/),
  ])
  expect(await because({ html: '<p onclick="x()">x</p>' })).toEqual([
    expect.stringMatching(/^content: There is a script/),
  ])
  await run(db, sql`update accounts set postal_address = '' where account_id = ${accountId}`)
  expect(await because({})).toEqual([
    'postal_address: The account has no postal address. Enter it in Settings, Sender.',
  ])
})

const OWN =
  '<a href="{{ opt_out_url }}">Opt out</a> <a href="{{ preferences_url }}">Preferences</a> {{ sender.postal_address }}'
const OWN_TEXT = 'Opt out: {{ opt_out_url }}\nPreferences: {{ preferences_url }}\n{{ sender.postal_address }}'

test.each([
  ['in a comment', `<p>Hi</p><!-- ${OWN} -->`, ''],
  ['with display none', `<p>Hi</p><div style="display:none">${OWN}</div>`, OWN_TEXT],
  ['hidden by a class', `<style>.x{display:none}</style><p>Hi</p><div class="x">${OWN}</div>`, OWN_TEXT],
  ['of zero size', `<p>Hi</p><div style="font-size:0">${OWN}</div>`, OWN_TEXT],
  [
    'white on white',
    `<p>Hi</p><a style="color:#fff" href="{{ opt_out_url }}">Opt out</a>${OWN.replace('opt_out_url', 'view_url')}`,
    OWN_TEXT,
  ],
  ['only in the HTML part', `<p>Hi</p>${OWN}`, 'Hi'],
  ['only in the text part', '<p>Hi</p>', OWN_TEXT],
  ['without words', `<p>Hi</p><a href="{{ opt_out_url }}"></a>`, OWN_TEXT],
  ['on another host', `<p>Hi</p><a href="https://evil.example/{{ opt_out_url }}">Opt out</a>`, OWN_TEXT],
  ['for some alone', `<p>Hi</p>{% if contact.first_name == "zoe" %}${OWN}{% endif %}`, OWN_TEXT],
])('a mailing whose way out is %s is not sent (OC-28)', async (_, html, text) => {
  const { id } = await draft({ html, text, groupIds: [await groupOf(['ann'])] })
  const { status, body } = await send(id)
  expect([status, body.code]).toEqual([409, 'mailing.not_sendable'])
  expect(body.message).toContain('no visible way out')
})

test('a mailing with a whole footer of its own gets no second one; an incomplete one gets the account’s (OC-28)', async () => {
  const groupIds = [await groupOf(['ann'])]
  const preview = async (html: string) => {
    const { id } = await draft({ html, groupIds })
    expect(stopsOf(await check(id))).toEqual([])
    return (await api<{ html: string; text: string }>('GET', `/mailings/${id}/preview`)).body
  }
  const links = (html: string) => html.match(/\/o\/[\w-]{62}/g)?.length
  const whole = await preview(`<p>Hi</p>${OWN}`)
  expect([links(whole.html), whole.html.includes('This mail was sent to')]).toEqual([1, false])
  const part = await preview('<p>Hi</p><a href="{{ opt_out_url }}">Opt out</a>')
  expect([links(part.html), part.html.includes('This mail was sent to r***@p***.example.')]).toEqual([2, false])
  expect(part.html).toContain('r***@p***.example')
  expect(links((await preview('<p>Hi</p>')).html)).toBe(1)
})

test('marks that nobody filled in stop a mailing (OC-29)', async () => {
  const groupIds = [await groupOf(['ann'])]
  for (const mark of [
    '*|FNAME|*',
    '%%first_name%%',
    '[% first_name %]',
    '{{ "{{" }} x',
    '[link:unsubscribe]',
    '[[name]]',
  ]) {
    const { id } = await draft({ html: `<p>Hi ${mark}</p>`, groupIds })
    expect(stopsOf(await check(id)).map((finding) => finding.check)).toContain('merge_points')
  }
  const fine = await draft({ html: '<p>100% of [it], 5 %% 6, a | b * c</p>', groupIds })
  expect(stopsOf(await check(fine.id))).toEqual([])
})

test('the check says what to look at: missing details, images, no-reply, answers, free mail, size (MP-3, MP-5, MP-11, MF-14)', async () => {
  const group = await groupOf(['ann'])
  const nameless = await addTo(group, 'nameless')
  await run(db, sql`update contacts set fields = '{}' where account_id = ${accountId} and contact_id = ${nameless}`)
  const { id } = await draft({
    groupIds: [group],
    subject: 'Re: lanterns',
    fromName: 'news@herons.example',
    fromAddress: 'no-reply@gmail.com',
    html: `<p>Dear {{ contact.first_name | default: "friend" }} {{ contact.last_name }}</p><img src="https://x.example/a.png"><a href="/plan">plan</a><form></form><!-- ${'x'.repeat(110_000)} -->`,
  })
  const { sendable, findings } = await check(id)
  expect(sendable).toBe(true)
  const looks = findings
    .filter(({ level }) => level === 'look')
    .map(({ check: what, title, text }) => `${what} | ${title} | ${text}`)
  expect(looks).toEqual(
    expect.arrayContaining([
      'merge_points | 1 person has no first name | They read “friend”, as you set it.',
      expect.stringMatching(/^merge_points \| 2 people have no last name \| They read nothing there/),
      'images | Images | 1 image has no alternative text.',
      expect.stringMatching(/^sender .*gmail\.com/),
      expect.stringMatching(/no-reply/),
      expect.stringMatching(/plain name/),
      expect.stringMatching(/^subject .*like an answer/),
      expect.stringMatching(/^size .*102 KB/),
      expect.stringMatching(/^links .*“\/plan”/),
      expect.stringMatching(/^content .*form/),
    ]),
  )
  core.config.smtp = {
    host: '127.0.0.1',
    port: 25,
    implicitTls: false,
    plain: true,
    user: '',
    password: '',
    connections: 1,
  }
  const bySmtp = await check(id)
  core.config.smtp = null
  expect(stopsOf(bySmtp).map((finding) => finding.check)).toEqual(['sender'])
  expect(bySmtp.findings).toContainEqual(expect.objectContaining({ check: 'authentication', level: 'look' }))
})

test('a clean mailing passes every check in the product’s words', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann'])] })
  const { sendable, findings } = await check(id)
  expect(sendable).toBe(true)
  expect(findings.filter(({ level }) => level !== 'passed')).toEqual([])
  expect(findings).toContainEqual({
    check: 'way_out',
    level: 'passed',
    title: 'Way out',
    text: 'Opt out and Manage your preferences are visible in both parts.',
  })
  expect(findings).toContainEqual({
    check: 'sender',
    level: 'passed',
    title: 'Sender',
    text: 'Quiet Herons <news@herons.example>, and replies reach it.',
  })
})

test('the footer speaks the account’s language and direction', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann'])] })
  for (const [language, word, dir] of [
    ['de', 'Abmelden', 'ltr'],
    ['ar', 'إلغاء الاشتراك', 'rtl'],
    ['en', 'Opt out', 'ltr'],
  ]) {
    await run(db, sql`update accounts set language = ${language} where account_id = ${accountId}`)
    const { html, text } = (await api<{ html: string; text: string }>('GET', `/mailings/${id}/preview`)).body
    expect(html).toContain(`<html lang="${language}" dir="${dir}">`)
    expect(html).toContain(`>${word}</a>`)
    expect(text).toContain(`${word}: http`)
    expect(stopsOf(await check(id))).toEqual([])
  }
})

test('a preview shows one contact, or an invented one, and its links opt nobody out', async () => {
  const group = await groupOf(['ann'])
  const contactId = await addTo(group, 'zoe')
  const { id } = await draft({ subject: 'Hi {{ contact.first_name }}', groupIds: [group] })
  expect((await api<{ subject: string }>('GET', `/mailings/${id}/preview`)).body.subject).toBe('Hi Robin')
  const shown = (await api<{ subject: string; html: string }>('GET', `/mailings/${id}/preview?contactId=${contactId}`))
    .body
  expect(shown.subject).toBe('Hi zoe')
  expect((await api('GET', `/mailings/${id}/preview?contactId=999999`)).status).toBe(404)
  const url = /http[^"]*\/o\/[\w-]{62}/.exec(shown.html)?.[0] ?? ''
  await fetch(url, { method: 'POST', body: 'List-Unsubscribe=One-Click' })
  expect((await check(id)).audience.recipients).toBe(2)
})

test('a mailing that is being sent, was sent or cancelled cannot be changed or sent again', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann'])] })
  await send(id)
  await started(id)
  const refused = { status: 409, body: { code: 'mailing.not_possible' } }
  expect(await api('PATCH', `/mailings/${id}`, { subject: 'x' })).toMatchObject(refused)
  expect(await send(id)).toMatchObject(refused)
  expect(await api('DELETE', `/mailings/${id}`)).toMatchObject(refused)
  expect(await api('POST', `/mailings/${id}/resume`)).toMatchObject(refused)
  await api('POST', `/mailings/${id}/cancel`)
  for (const act of ['pause', 'resume', 'cancel', 'send'])
    expect(await api('POST', `/mailings/${id}/${act}`)).toMatchObject(refused)
})

test('a mailing is paused, resumed and cancelled; who has it keeps it, the others do not get it', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann', 'bob', 'cem', 'dora'])] })
  await send(id)
  await started(id)
  expect((await api<Mailing>('POST', `/mailings/${id}/pause`)).body.status).toBe('paused')
  expect((await api<Mailing>('POST', `/mailings/${id}/resume`)).body.status).toBe('sending')
  const [first, second, third] = await messagesOf(id)
  await run(
    db,
    sql`update messages set state = 'accepted' where account_id = ${accountId} and mailing_id = ${id} and contact_id = ${first?.contact_id ?? ''}`,
  )
  await run(
    db,
    sql`update messages set state = 'claimed', claimed_by = 1 where account_id = ${accountId} and mailing_id = ${id} and contact_id = ${second?.contact_id ?? ''}`,
  )
  await run(
    db,
    sql`update messages set state = 'deferred' where account_id = ${accountId} and mailing_id = ${id} and contact_id = ${third?.contact_id ?? ''}`,
  )
  const cancelled = (await api<Mailing>('POST', `/mailings/${id}/cancel`)).body
  expect(cancelled).toMatchObject({
    status: 'cancelled',
    counts: { recipients: 4, accepted: 1, queued: 0, deferred: 0 },
  })
  expect((await messagesOf(id)).map(({ state }) => state)).toEqual(['accepted', 'cancelled', 'cancelled', 'cancelled'])
  const acts = await rows(
    db,
    sql<{
      act: string
    }>`select act from audit_events where account_id = ${accountId} and subject ->> 'mailingId' = ${id} order by event_id`,
  )
  expect(acts.map(({ act }) => act)).toEqual(['mailing.sent', 'mailing.paused', 'mailing.resumed', 'mailing.cancelled'])
})

test('a mailing for later freezes what is written now and who gets it then', async () => {
  const group = await groupOf(['ann', 'bob'])
  const { id } = await draft({ groupIds: [group] })
  const at = new Date(Date.now() + 1500).toISOString()
  expect((await send(id, { at })).body).toMatchObject({ status: 'scheduled', sendAt: at, startedAt: null })
  expect(await api('PATCH', `/mailings/${id}`, { subject: 'x' })).toMatchObject({ status: 409 })
  await addTo(group, 'cem')
  await optOut(db, accountId, [keyOf(`ann${round}@post.example`)], { source: 'api' })
  const { counts, status } = await started(id)
  expect([status, counts.recipients]).toEqual(['sending', 2])
})

test('a scheduled mailing that is cancelled never starts', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann'])] })
  const later = await draft({ groupIds: [await groupOf(['bob'])] })
  const at = new Date(Date.now() + 800)
  await send(id, { at: at.toISOString() })
  await send(later.id, { at: new Date(at.getTime() + 300).toISOString() })
  expect((await api<Mailing>('POST', `/mailings/${id}/cancel`)).body.status).toBe('cancelled')
  await started(later.id)
  expect(await messagesOf(id)).toEqual([])
})

test('a draft that changes while it is checked is not sent', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann'])] })
  const holding = core.asOwner.db.transaction().execute(async (trx) => {
    await sql`update mailings set updated_at = clock_timestamp() where account_id = ${accountId} and mailing_id = ${id}`.execute(
      trx,
    )
    const sending = send(id)
    await until(
      () =>
        row(
          core.asOwner.db,
          sql<{
            waits: string
          }>`select count(*) as waits from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
        ),
      ({ waits }) => waits !== '0',
    )
    return { sending }
  })
  const { sending } = await holding
  expect(await sending).toMatchObject({ status: 409, body: { code: 'mailing.not_possible' } })
})

test('an opt-out from a mailing is counted for it, complaints and responses too, also after the contact is gone', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann', 'bob', 'cem'])] })
  await send(id)
  await started(id)
  const [ann] = await messagesOf(id)
  await optOut(db, accountId, [keyOf(`ann${round}@post.example`)], { source: 'one_click', mailingId: id })
  await optOut(db, accountId, [keyOf(`bob${round}@post.example`)], { source: 'complaint', mailingId: id })
  await run(
    db,
    sql`insert into responses (account_id, mailing_id, contact_id, kind) values (${accountId}, ${id}, ${ann?.contact_id ?? ''}, 'opened')`,
  )
  expect((await get(id)).counts).toMatchObject({
    recipients: 3,
    queued: 1,
    withheld: 2,
    optedOut: 2,
    complained: 1,
    opened: 1,
    clicked: 0,
  })
})

test('links of a deleted mailing keep working (INV-12)', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann'])] })
  await send(id)
  await started(id)
  const key = keyOf(`ann${round}@post.example`)
  const { token } = signLink(core.keys.link, { accountId, addressKey: key, mailingId: id })
  const before = await fetch(`${program.url}/v/${token}`)
  expect(before.status).toBe(200)
  expect(await before.text()).toContain('Dear ann,')
  expect(before.headers.get('content-security-policy')).toContain('sandbox')
  await api('POST', `/mailings/${id}/cancel`)
  expect((await api('DELETE', `/mailings/${id}`)).status).toBe(204)
  const after = await fetch(`${program.url}/v/${token}`)
  expect(after.status).toBe(404)
  expect(await after.text()).toContain(`/o/${token}">Opt out</a>`)
  const out = await fetch(`${program.url}/o/${token}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'List-Unsubscribe=One-Click',
  })
  expect(out.status).toBe(200)
  expect(
    await row(
      db,
      sql`select source, mailing_id from standing_optouts where account_id = ${accountId} and address_key = ${key}`,
    ),
  ).toEqual({ source: 'one_click', mailing_id: id })
})

test('a view link that is not ours shows no mail and changes nothing (SE-7)', async () => {
  for (const token of ['x', 'A'.repeat(62), '%00', '..%2f..'])
    expect((await fetch(`${program.url}/v/${token}`)).status).toBe(404)
  expect((await fetch(`${program.url}/v/x`, { method: 'POST' })).status).toBe(404)
  const german = await fetch(`${program.url}/v/x`, { headers: { 'accept-language': 'de' } })
  expect(await german.text()).toContain('<html lang="de" dir="ltr">')
})

test('no account sees, changes or sends another’s mailing (SE-9)', async () => {
  const { id } = await draft({ groupIds: [await groupOf(['ann'])] })
  const { apiKey } = await program.anotherAccount()
  for (const [method, path] of [
    ['GET', ''],
    ['PATCH', ''],
    ['DELETE', ''],
    ['POST', '/check'],
    ['POST', '/send'],
    ['POST', '/pause'],
    ['POST', '/resume'],
    ['POST', '/cancel'],
    ['GET', '/preview'],
  ] as const)
    expect(
      (await api(method, `/mailings/${id}${path}`, method === 'PATCH' ? { subject: 'x' } : undefined, apiKey)).status,
    ).toBe(404)
  expect((await api<{ items: Mailing[] }>('GET', '/mailings', undefined, apiKey)).body.items).toEqual([])
  expect(await audienceSums(db, '999', id)).toMatchObject({ inGroups: 0, recipients: 0 })
})
