import { beforeAll, expect, test } from 'vitest'
import { startProgram } from '../../../test/program.ts'
import { insertContacts, insertSendingMailing, type SampleContact, statusOf } from '../../../test/sending.ts'
import { signLink } from '../../optouts/link.ts'
import { signMailToken } from '../../optouts/mail-token.ts'
import { optOut } from '../../optouts/optout.ts'
import type { Core } from '../../platform/core.ts'
import { maybeRow, rows, run, sql } from '../../platform/database.ts'
import { returnAddress, signReference } from '../reference.ts'
import { inboxOf, receiveMail } from './receive.ts'

const DOMAIN = 'returns.fernmoor.example'
let core: Core
let accountId: string
let made = 0
beforeAll(async () => {
  const program = await startProgram({ jobs: false, config: { returnsDomain: DOMAIN } })
  core = program.core
  accountId = program.accountId
})

type Sent = SampleContact & { messageId: string; mailingId: string; reference: string }

/** A mailing that a mail server took, to new contacts. */
async function send(count = 1, contacts?: SampleContact[], daysAgo = 0): Promise<Sent[]> {
  const to = contacts ?? (await insertContacts(core, accountId, count, `back${++made}-`))
  const mailingId = await insertSendingMailing(core, accountId, to)
  const messages = await rows(
    core.db,
    sql<{ message_id: string; contact_id: string }>`
    update messages set state = 'handed_over', handed_over_at = now() - ${daysAgo} * interval '1 day'
    where account_id = ${accountId} and mailing_id = ${mailingId} returning message_id, contact_id`,
  )
  await run(
    core.db,
    sql`update messages set state = 'accepted' where account_id = ${accountId} and mailing_id = ${mailingId}`,
  )
  return to.flatMap((contact) => {
    const messageId = messages.find(({ contact_id }) => contact_id === contact.contactId)?.message_id
    return messageId
      ? { ...contact, mailingId, messageId, reference: signReference(core.keys.link, { accountId, messageId }) }
      : []
  })
}

const sendOne = async (daysAgo = 0, contact?: SampleContact) => {
  const [sent] = await send(1, contact && [contact], daysAgo)
  if (!sent) throw new Error('nothing was sent')
  return sent
}

const bounceOf = (address: string, status: string, words: string) =>
  Buffer.from(
    [
      'Return-Path: <>',
      'From: MAILER-DAEMON@mx.example',
      'Content-Type: multipart/report; report-type=delivery-status; boundary=b1',
      '',
      '--b1',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; mx.example',
      '',
      `Final-Recipient: rfc822; ${address}`,
      'Action: failed',
      `Status: ${status}`,
      `Diagnostic-Code: smtp; ${words}`,
      '--b1--',
      '',
    ].join('\r\n'),
  )

const complaintAbout = (...headers: string[]) =>
  Buffer.from(
    [
      'From: feedback@post.example',
      'Content-Type: multipart/report; report-type=feedback-report; boundary=b1',
      '',
      '--b1',
      'Content-Type: message/feedback-report',
      '',
      'Feedback-Type: abuse',
      'Version: 1',
      '--b1',
      'Content-Type: text/rfc822-headers',
      '',
      ...headers,
      'Subject: Garden news',
      'To: hidden@post.example',
      '--b1--',
      '',
    ].join('\r\n'),
  )

const bounce = (sent: Sent, status: string, words: string) =>
  receiveMail(core, { to: returnAddress(sent.reference, DOMAIN), from: '', raw: bounceOf(sent.address, status, words) })

const contactOf = async ({ contactId }: SampleContact) =>
  maybeRow(
    core.db,
    sql<{ status: string; error_detail: string | null; optout_source: string | null }>`
    select status, error_detail, optout_source from contact_status where account_id = ${accountId} and contact_id = ${contactId}`,
  )

const returnsOf = ({ messageId }: Sent) =>
  rows(
    core.db,
    sql<{ outcome: string }>`select outcome from returns where account_id = ${accountId} and message_id = ${messageId}`,
  )

test("a dead address becomes Error with the server's words; the same report again counts once (BN-9, BN-16)", async () => {
  const sent = await sendOne()
  expect(await bounce(sent, '5.1.1', '550 5.1.1 User unknown')).toBe('hard')
  expect(await bounce(sent, '5.1.1', '550 5.1.1 User unknown')).toBe('hard')
  expect(await contactOf(sent)).toMatchObject({ status: 'error', error_detail: '550 5.1.1 User unknown' })
  expect(await returnsOf(sent)).toEqual([{ outcome: 'hard' }])
})

test('a bounce of who opted out is noted, and Opt-Out stays (BN-10)', async () => {
  const sent = await sendOne()
  await optOut(core.db, accountId, [sent.addressKey], { source: 'link' })
  await bounce(sent, '5.1.1', '550 5.1.1 User unknown')
  expect(await contactOf(sent)).toMatchObject({ status: 'opt_out' })
})

test('a contact whose address was changed since does not become Error for the former one', async () => {
  const sent = await sendOne()
  await run(
    core.db,
    sql`update contacts set address_key = decode(md5(${sent.contactId}), 'hex') where account_id = ${accountId} and contact_id = ${sent.contactId}`,
  )
  await bounce(sent, '5.1.1', '550 5.1.1 User unknown')
  expect(await contactOf(sent)).toMatchObject({ status: 'active' })
})

test('a full mailbox counts; the fifth mailing in a row over 14 days makes Error, a delivery between them does not (BN-9)', async () => {
  const [first, second] = await insertContacts(core, accountId, 2, 'soft')
  if (!first || !second) throw new Error('no contacts')
  for (const daysAgo of [20, 15, 10, 5, 0]) {
    expect(await contactOf(first)).toMatchObject({ status: 'active' })
    expect(await bounce(await sendOne(daysAgo, first), '5.2.2', '552 5.2.2 Mailbox full')).toBe('soft')
    const sent = await sendOne(daysAgo, second)
    if (daysAgo !== 10) await bounce(sent, '5.2.2', '552 5.2.2 Mailbox full')
  }
  expect(await contactOf(first)).toMatchObject({ status: 'error', error_detail: '552 5.2.2 Mailbox full' })
  expect(await contactOf(second)).toMatchObject({ status: 'active' })
})

test('five full mailboxes within 14 days, or with an opening since, make no Error (BN-9)', async () => {
  const [soon, opens] = await insertContacts(core, accountId, 2, 'opens')
  if (!soon || !opens) throw new Error('no contacts')
  for (const daysAgo of [20, 15, 10, 5, 0]) {
    await bounce(await sendOne(daysAgo / 2, soon), '5.2.2', '552 5.2.2 Mailbox full')
    const sent = await sendOne(daysAgo, opens)
    if (daysAgo === 10)
      await run(
        core.db,
        sql`insert into responses (account_id, mailing_id, contact_id, kind) values (${accountId}, ${sent.mailingId}, ${opens.contactId}, 'opened')`,
      )
    await bounce(sent, '5.2.2', '552 5.2.2 Mailbox full')
  }
  expect(await contactOf(soon)).toMatchObject({ status: 'active' })
  expect(await contactOf(opens)).toMatchObject({ status: 'active' })
})

test('a refusal by policy touches no contact and pauses the mailing with a reason that says what to do (BN-9)', async () => {
  const all = await send(100)
  for (const sent of all.slice(0, 19))
    expect(await bounce(sent, '5.7.26', '550 5.7.26 Unauthenticated email, DMARC policy')).toBe('block')
  const [first] = all
  if (!first) throw new Error('nothing was sent')
  expect(await statusOf(core, accountId, first.mailingId)).toMatchObject({ status: 'sending' })
  for (const sent of all.slice(19)) await bounce(sent, '5.7.26', '550 5.7.26 Unauthenticated email, DMARC policy')
  const mailing = await statusOf(core, accountId, first.mailingId)
  expect(mailing).toMatchObject({ status: 'paused' })
  expect(mailing.problem).toMatch(
    /refused 20 messages.*DNS of your sender domain needs SPF, DKIM and DMARC.*No contact was changed/,
  )
  for (const sent of all) expect(await contactOf(sent)).toMatchObject({ status: 'active' })
})

test('a complaint opts out at once, found by the envelope, the reference header or the opt-out link (CP-3, CP-4)', async () => {
  const [one, two, three] = await send(3)
  if (!one || !two || !three) throw new Error('nothing was sent')
  const link = signLink(core.keys.link, { accountId, addressKey: three.addressKey, mailingId: three.mailingId })
  const mails: [Sent, string, Buffer][] = [
    [one, returnAddress(one.reference, DOMAIN), complaintAbout()],
    [two, `complaints@${DOMAIN}`, complaintAbout(`X-Msg-Ref: ${two.reference.toUpperCase()}`)],
    [three, `complaints@${DOMAIN}`, complaintAbout(`List-Unsubscribe: <https://mail.example/o/${link.token}>`)],
  ]
  for (const [sent, to, raw] of mails) {
    expect(await receiveMail(core, { to, from: 'feedback@post.example', raw })).toBe('complaint')
    expect(await contactOf(sent)).toMatchObject({ status: 'opt_out', optout_source: 'complaint' })
  }
})

test('without a valid token nothing changes anybody: forged bounces and complaints (BN-5, CP-5)', async () => {
  const sent = await sendOne()
  const forged = `${sent.reference.slice(0, -2)}aa`
  const to = `bounces@${DOMAIN}`
  expect(
    await receiveMail(core, { to, from: '', raw: bounceOf(sent.address, '5.1.1', '550 5.1.1 User unknown') }),
  ).toBe('ignored')
  expect(await receiveMail(core, { to, from: 'x@post.example', raw: complaintAbout(`X-Msg-Ref: ${forged}`) })).toBe(
    'ignored',
  )
  expect(inboxOf(core, returnAddress(forged, DOMAIN))).toBeNull()
  expect(inboxOf(core, returnAddress(sent.reference, 'other.example'))).toBeNull()
  expect(await contactOf(sent)).toMatchObject({ status: 'active' })
})

test('mail to the opt-out address opts out whom its token names, whoever writes and whatever (OC-21 to OC-23)', async () => {
  const shapes = [
    'From: other@elsewhere.example\r\nSubject: \r\n\r\nThis message was automatically generated by Mail.\r\n',
    'From: x@outlook.example\r\nSubject: unsubscribe\r\nAuto-Submitted: auto-generated\r\n\r\n',
  ]
  for (const shape of shapes) {
    const sent = await sendOne()
    const to = `U+${signMailToken(core.keys.link, { accountId, addressKey: sent.addressKey }).toUpperCase()}@${DOMAIN}`
    expect(to.lastIndexOf('@')).toBeLessThanOrEqual(64)
    expect(await receiveMail(core, { to, from: 'other@elsewhere.example', raw: Buffer.from(shape) })).toBe('opt_out')
    expect(await contactOf(sent)).toMatchObject({ status: 'opt_out', optout_source: 'mailto' })
  }
})

test('bounces and vacation replies to the opt-out address, and vacation replies to a return address, opt nobody out (OC-23, BN-11)', async () => {
  const sent = await sendOne()
  const to = `u+${signMailToken(core.keys.link, { accountId, addressKey: sent.addressKey })}@${DOMAIN}`
  const vacation = Buffer.from(
    'Subject: Automatic reply: News\r\nAuto-Submitted: auto-replied\r\n\r\nI unsubscribe from work.\r\n',
  )
  const arrived = [
    { to, from: '', raw: bounceOf(sent.address, '5.1.1', '550 5.1.1 User unknown') },
    { to, from: 'postmaster@mx.example', raw: bounceOf(sent.address, '5.1.1', '550 5.1.1 User unknown') },
    { to, from: sent.address, raw: vacation },
    { to: returnAddress(sent.reference, DOMAIN), from: '', raw: vacation },
  ]
  for (const mail of arrived) expect(await receiveMail(core, mail)).toBe('ignored')
  expect(await contactOf(sent)).toMatchObject({ status: 'active' })
})

test('what came back about a person goes when the person is erased (INV-16)', async () => {
  const sent = await sendOne()
  await bounce(sent, '5.1.1', `550 5.1.1 ${sent.address} unknown user`)
  await run(core.db, sql`select erase_contact(${accountId}, ${sent.contactId})`)
  expect(await returnsOf(sent)).toEqual([])
})
