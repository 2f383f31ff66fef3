import { expect, test } from 'vitest'
import { startMailings } from '../../test/mailings.ts'
import { optOut } from '../optouts/optout.ts'
import { row, run, sql } from '../platform/database.ts'

const { accountId, addTo, api, check, core, db, draft, get, groupOf, keyOf, messagesOf, name, send, started, stopsOf } =
  await startMailings()

test('who opted out, is in Error, held back or archived is left out, and counted under one reason', async () => {
  const group = await groupOf(['ann'])
  await optOut(db, accountId, [keyOf(name('out')), keyOf(name('both'))], {
    source: 'api',
  })
  const ids: Record<string, string> = {}
  for (const name of ['bad', 'held', 'old', 'oldbad']) ids[name] = await addTo(group, name)
  for (const who of ['out', 'both']) {
    const address = name(who)
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
  expect(audience).toEqual({
    chosen: 8,
    inSeveral: 1,
    excluded: 0,
    optedOut: 2,
    error: 2,
    held: 1,
    paused: 0,
    leftTopic: 0,
    withoutTopic: 0,
    archived: 1,
    recipients: 1,
  })
  expect(findings).toContainEqual({
    check: 'audience',
    level: 'passed',
    title: 'Audience',
    text: '1 person gets this mailing.',
  })
  await send(mailing.id)
  expect((await started(mailing.id)).counts.recipients).toBe(1)
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
  expect(await because({ groupIds: [] })).toEqual([
    'audience: Choose the groups, segments or topics that get this mailing.',
  ])
  expect(await because({ groupIds: [await groupOf([])] })).toEqual([
    'audience: Nobody is in the chosen groups, segments and topics.',
  ])
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
