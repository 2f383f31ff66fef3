import fc from 'fast-check'
import PostalMime from 'postal-mime'
import { expect, test } from 'vitest'
import { readStrictly } from '../../test/mime.ts'
import type { FieldValues } from '../audience/field.contract.ts'
import { signLink } from '../optouts/link.ts'
import { compileMailing, type MailingSource, type SendingAccount } from './compile.ts'
import { fillMessage, type PreparedMailing, readPrepared } from './fill.ts'

const AT = new Date('2026-11-24T08:00:00Z')
const BASE = 'https://mail.fernmoor.example'
const keys = [{ id: 1, key: Buffer.alloc(32, 7) }]
const link = signLink(keys, { accountId: '3', addressKey: Buffer.alloc(16, 9), mailingId: '12' })
const account: SendingAccount = {
  accountId: '3',
  name: 'Fernmoor Garden',
  senderName: 'Fernmoor Garden',
  senderAddress: 'news@fernmoor.example',
  postalAddress: '4 Glasshouse Lane, Fernmoor FM1 2GH',
  contactUrl: 'mailto:hello@fernmoor.example',
  language: 'en',
}
const source: MailingSource = {
  mailingId: '12',
  subject: 'The glasshouse glows again',
  fromName: '',
  fromAddress: '',
  html: '<p>Dear {{ contact.first_name | default: "friend" }},</p><p>from 4 December.</p>',
  text: '',
}

const compile = (part: Partial<MailingSource> = {}, of: Partial<SendingAccount> = {}): PreparedMailing =>
  readPrepared(JSON.parse(JSON.stringify(compileMailing({ ...source, ...part }, { ...account, ...of }, BASE))))
const fill = (mailing: PreparedMailing, fields: FieldValues = {}, address = 'tomasz@post.example') =>
  fillMessage(mailing, { address, fields, link, reference: 'ref123' }, AT)
const headersOf = (raw: Buffer) => readStrictly(raw).headers
const values = (raw: Buffer, name: string) =>
  headersOf(raw).flatMap(([key, value]) => (key.toLowerCase() === name ? [value] : []))

test('a message has its recipient, its words and its way out in both parts', async () => {
  const { raw, to, from, subject } = fill(compile(), { first_name: 'Tomasz' })
  expect({ to, from, subject }).toEqual({
    to: 'tomasz@post.example',
    from: 'news@fernmoor.example',
    subject: 'The glasshouse glows again',
  })
  const mail = await PostalMime.parse(raw)
  expect(mail.subject).toBe('The glasshouse glows again')
  expect(mail.from).toEqual({ name: 'Fernmoor Garden', address: 'news@fernmoor.example' })
  for (const part of [mail.html, mail.text]) {
    expect(part).toContain('Dear Tomasz,')
    expect(part).toContain(`${BASE}/o/${link.token}`)
    expect(part).toContain(`${BASE}/p/${link.token}`)
    expect(part).toContain(`${BASE}/v/${link.token}`)
    expect(part).toContain(`${BASE}/s/3`)
    expect(part).toContain('4 Glasshouse Lane, Fernmoor FM1 2GH')
    expect(part).toContain('t***@p***.example')
  }
})

test('exactly one List-Unsubscribe with one https URI, and the Post header byte for byte (OC-1, OC-2, OC-3, OC-7)', () => {
  const { raw } = fill(compile())
  expect(values(raw, 'list-unsubscribe')).toEqual([`<${BASE}/o/${link.token}>`])
  expect(raw.toString('latin1')).toContain('\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n')
  expect(values(raw, 'list-unsubscribe-post')).toHaveLength(1)
})

test('an opt-out address stands after the link, in the same header (OC-19, OC-20)', () => {
  const recipient = {
    address: 'ann@post.example',
    fields: {},
    link,
    reference: 'ref123',
    mailto: 'u+token@returns.example',
  }
  const { raw } = fillMessage(compile(), recipient, AT)
  expect(values(raw, 'list-unsubscribe')).toEqual([`<${BASE}/o/${link.token}>, <mailto:u+token@returns.example>`])
})

test('the header URI is short, without white space, of safe characters (OC-18, OC-19)', () => {
  const [uri = ''] = values(fill(compile()).raw, 'list-unsubscribe')
  expect(uri).toMatch(/^<https:\/\/[a-z.]+\/o\/[A-Za-z0-9_-]{62}>$/)
  expect(uri.length).toBeLessThanOrEqual(200)
})

test('on a loopback base URL the way out is http, for a start without a domain', () => {
  const local = compileMailing(source, account, 'http://localhost:8080')
  const raw = fill(local).raw
  expect(values(raw, 'list-unsubscribe')).toEqual([`<http://localhost:8080/o/${link.token}>`])
})

test('list headers name the account, offer help and forbid posting (OC-25, OC-26, MP-8, MF-11, MF-12)', () => {
  const { raw } = fill(compile())
  expect(values(raw, 'list-id')).toEqual(['Fernmoor Garden <3.list.mail.fernmoor.example>'])
  expect(values(raw, 'list-help')).toEqual(['<mailto:hello@fernmoor.example>'])
  expect(values(raw, 'list-post')).toEqual(['NO'])
  expect(values(raw, 'precedence')).toEqual(['bulk'])
  expect(values(raw, 'x-auto-response-suppress')).toEqual(['OOF, AutoReply'])
  expect(values(raw, 'x-msg-ref')).toEqual(['ref123'])
  expect(values(raw, 'feedback-id')[0]).toMatch(/^m12:a3:mailing:lw[0-9a-f]{10}$/)
  expect(values(fill(compile({ mailingId: '13' })).raw, 'list-id')).toEqual(values(raw, 'list-id'))
})

test('one Date with numeric zone, one From, one To, one Message-ID of the sender’s domain (MF-2, MP-4)', () => {
  const { raw } = fill(compile())
  expect(values(raw, 'date')).toEqual(['Tue, 24 Nov 2026 08:00:00 +0000'])
  expect(values(raw, 'to')).toEqual(['tomasz@post.example'])
  expect(values(raw, 'message-id')).toEqual(['<ref123@fernmoor.example>'])
  const names = headersOf(raw).map(([name]) => name.toLowerCase())
  expect(new Set(names).size).toBe(names.length)
})

test('text comes first, HTML last, both quoted-printable UTF-8 (MF-5, MF-6)', () => {
  const { type, boundary, parts } = readStrictly(fill(compile()).raw)
  expect(type).toBe('multipart/alternative')
  expect(boundary.length).toBeLessThanOrEqual(70)
  expect(parts.map((part) => part.type)).toEqual(['text/plain', 'text/html'])
  for (const part of parts) expect(part.body.trim()).not.toBe('')
})

test('an empty text part is made from the HTML and says the same (MF-5)', () => {
  const html =
    '<h1>Lanterns</h1><table><tr><td>one</td><td>two</td></tr></table><p>See <a href="https://fernmoor.example/l">the plan</a></p>'
  const [text] = readStrictly(fill(compile({ html })).raw).parts
  expect(text?.body).toMatch(/^Lanterns\n\none\s+two\s+See the plan https:\/\/fernmoor\.example\/l\n/)
})

test('names and subjects of any kind arrive as they were written (MF-3)', async () => {
  const hard = [
    'Zoë',
    '“Quoted”, with comma',
    'a <b@c.example>',
    '👩‍👩‍👧‍👦 family',
    'حديقة فيرنمور',
    'x'.repeat(300),
    'ü'.repeat(300),
    '=?UTF-8?B?eA==?=',
    '  two  blanks  ',
    'back\\slash "and" quote',
  ]
  for (const name of hard) {
    const { raw } = fill(compile({ fromName: name.slice(0, 200), subject: name }, { name }))
    const mail = await PostalMime.parse(raw)
    expect(mail.subject).toBe(name.trim())
    expect(mail.from?.name).toBe(name.slice(0, 200).trim())
    const head = raw.toString('latin1').split('\r\n\r\n')[0] ?? ''
    for (const line of head.split('\r\n')) {
      if (line.includes('=?UTF-8?')) expect(line.length).toBeLessThanOrEqual(76)
      expect(line.length).toBeLessThanOrEqual(998)
    }
    for (const [word] of head.matchAll(/=\?UTF-8\?B\?([^?]*)\?=/g)) {
      expect(word.length).toBeLessThanOrEqual(75)
      expect(Buffer.from(word.slice(10, -2), 'base64').toString()).not.toContain('\ufffd')
    }
  }
})

test('line breaks and other control characters in names and subjects are removed (MF-4, SE-5)', async () => {
  const bad = 'Ann\r\nBcc: all@post.example\u0000\u202e\u0007\u0085!'
  const { raw, subject } = fill(compile({ subject: `Hi {{ contact.name }} ${bad}`, fromName: bad }, { name: bad }), {
    name: bad,
  })
  expect(subject).toBe('Hi AnnBcc: all@post.example! AnnBcc: all@post.example!')
  expect(headersOf(raw).map(([name]) => name)).not.toContain('Bcc')
  expect((await PostalMime.parse(raw)).from?.name).toBe('AnnBcc: all@post.example!')
})

test('no header comes from what people write (OC-27)', () => {
  const names = [
    'List-Post',
    'DKIM-Signature',
    'Return-Path',
    'Received',
    'Bcc',
    'Sender',
    'Auto-Submitted',
    'feedback-id',
  ]
  for (const name of names) {
    const line = `\r\n${name}: evil\r\n`
    const { raw } = fill(
      compile(
        { subject: `a${line}`, fromName: `b${line}`, html: `<p>c${line}</p>`, text: `d${line}` },
        { name: `e${line}` },
      ),
      { x: line },
    )
    expect(headersOf(raw).filter(([, value]) => value === 'evil')).toEqual([])
  }
})

test('a name that looks like a template stays text (SE-4)', async () => {
  for (const name of [
    '{{7*7}}',
    '{{ constructor.constructor("return 1")() }}',
    '{% include "x" %}',
    '{{ sender.name }}',
  ]) {
    const mail = await PostalMime.parse(
      fill(compile({ subject: 'Hi {{ contact.first_name }}' }), { first_name: name }).raw,
    )
    expect(mail.subject).toBe(`Hi ${name}`)
    expect(mail.text).toContain(`Dear ${name},`)
  }
})

test('values are escaped in HTML and left as they are in the text part (SE-3)', async () => {
  const mail = await PostalMime.parse(fill(compile(), { first_name: '<img src=x onerror=alert(1)> & "Co"' }).raw)
  expect(mail.html).toContain('Dear &lt;img src=x onerror=alert(1)&gt; &amp; &#34;Co&#34;,')
  expect(mail.text).toContain('Dear <img src=x onerror=alert(1)> & "Co",')
})

test('an international domain is sent in its ASCII form, the local part as it is (MF-8, MF-9)', () => {
  const { to, raw } = fill(compile(), {}, 'jörg@münchen.example')
  expect(to).toBe('jörg@xn--mnchen-3ya.example')
  expect(raw.toString('utf8')).toContain('\r\nTo: jörg@xn--mnchen-3ya.example\r\n')
})

test('something that is no address or no reference is never rendered', () => {
  const mailing = compile()
  for (const address of [
    'a b@post.example',
    'a@post.example\r\nBcc: x@y.example',
    'a@b@c.example',
    '<a@post.example>',
    'nobody',
  ])
    expect(() => fill(mailing, {}, address)).toThrow('not an address')
  expect(() =>
    fillMessage(mailing, { address: 'a@post.example', fields: {}, link, reference: 'a>\r\nX: y' }, AT),
  ).toThrow()
})

test('hostile HTML is compiled or refused in time, never with a failure of ours (SE-13)', () => {
  for (const part of [
    '<',
    '{{',
    '<!--',
    '<style',
    ' href="',
    '<p>',
    '<li>',
    '<a>',
    '{{ contact.a }}',
    '{% if contact.a %}x{% endif %}',
    '&amp;',
    '*|',
  ]) {
    const began = performance.now()
    try {
      compile({ html: part.repeat(400_000 / part.length) })
    } catch (error) {
      expect(error).toMatchObject({ code: 'mailing.invalid' })
    }
    expect(performance.now() - began).toBeLessThan(10_000)
  }
})

test('a mailing that is written as text alone gets an HTML part that says the same (MF-5)', () => {
  const [, html] = readStrictly(
    fill(compile({ html: '', text: 'Dear {{ contact.first_name }},\n5 < 6 & more\n\nBye' }), { first_name: '<Ann>' })
      .raw,
  ).parts
  expect(html?.body).toContain('<p>Dear &lt;Ann&gt;,<br>\n5 &lt; 6 &amp; more</p>\n<p>Bye</p>')
  expect(html?.body).toContain('>Opt out</a>')
})

test('a megabyte of HTML on one line keeps every line short (MF-1)', () => {
  const { raw } = fill(compile({ html: `<p>${'wörd '.repeat(200_000)}</p>` }))
  checkBytes(raw)
})

test('no value of a contact changes the structure of a message (MF-16, MF-1)', async () => {
  const mailing = compile({
    subject: 'Hi {{ contact.first_name }} {{ contact.note | upcase }}',
    html: '<p title="{{ contact.note }}">Dear {{ contact.first_name }}</p><p>{{ contact.note }}</p>{% if contact.first_name %}<b>{{ contact.note | truncate: 20 }}</b>{% endif %}',
    text: 'Dear {{ contact.first_name }},\n{{ contact.note }}\n{{ contact.note }}{{ contact.first_name }} \n.\n',
  })
  const fragments = [
    '\r\n',
    '\n',
    '\r',
    '\u0000',
    '--',
    `--${mailing.boundary}`,
    `--${mailing.boundary}--`,
    '=',
    '=0D=0A',
    '.\r\n',
    '\r\n.\r\n',
    'Content-Type: text/html',
    'From: x@y.example',
    '</html>',
    '<!--',
    '-->',
    '{{',
    '}}',
    '{%',
    ' ',
    '\t',
    'ß',
    '👩‍👧',
    '\ud800',
    '=?UTF-8?Q?=0A?=',
    'x'.repeat(990),
    '\u2028',
    '"',
    '\\',
  ]
  const hostile = fc
    .array(fc.oneof(fc.constantFrom(...fragments), fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 8 })
    .map((parts) => parts.join(''))
  await fc.assert(
    fc.asyncProperty(hostile, hostile, async (first_name, note) => {
      const { raw } = fill(mailing, { first_name, note })
      checkBytes(raw)
      const strict = readStrictly(raw)
      expect(strict.parts.map((part) => part.type)).toEqual(['text/plain', 'text/html'])
      expect(strict.headers.map(([name]) => name)).toEqual(HEADERS)
      const mail = await PostalMime.parse(raw)
      expect(mail.attachments).toEqual([])
      expect(mail.headers.length).toBe(HEADERS.length)
      expect(mail.text).toContain(`${BASE}/o/${link.token}`)
      expect(mail.html).toContain(`${BASE}/o/${link.token}`)
    }),
    { numRuns: 500 },
  )
})

test('numbers, days, lists and yes or no are filled in, and conditions compare them as what they are', async () => {
  const html = `<p>{{ contact.age }} / {{ contact.born | date: "%d %m %Y" }} / {{ contact.likes }} / {{ contact.none | default: "nothing" }}</p>
    {% if contact.age > 9 %}<p>old</p>{% endif %}{% if contact.member %}<p>member</p>{% else %}<p>guest</p>{% endif %}
    {% if contact.likes contains "Roses" %}<p>roses</p>{% endif %}`
  const mailing = compile({ html, text: '' })
  const bodyOf = async (fields: FieldValues) => (await PostalMime.parse(fill(mailing, fields).raw)).html ?? ''
  const one = await bodyOf({ age: 10, born: '1983-02-28', likes: ['Roses', 'Tulips'], member: true })
  for (const words of ['10 / 28 02 1983 / Roses, Tulips / nothing', 'old', 'member', 'roses'])
    expect(one).toContain(words)
  const other = await bodyOf({ age: 8.5, likes: ['Tulips'], member: false })
  expect(other).toContain('8.5 /  / Tulips / nothing')
  expect(other).toContain('guest')
  for (const words of ['old', 'member', 'roses']) expect(other).not.toContain(`<p>${words}</p>`)
})

test('Liquid that hides the way out for one recipient stops that message alone (OC-28)', () => {
  const html =
    '{% if contact.vip %}<!--{% endif %}<p>Hi</p><a href="{{ opt_out_url }}">Opt out</a> <a href="{{ preferences_url }}">Preferences</a> {{ sender.postal_address }}<!-- -->'
  const text = 'Hi\n{{ opt_out_url }}\n{{ preferences_url }}\n{{ sender.postal_address }}'
  const mailing = compile({ html, text })
  expect(fill(mailing).to).toBe('tomasz@post.example')
  expect(() => fill(mailing, { vip: 'yes' })).toThrow('no visible way out')
  const styled = compile({
    text,
    html: html.replace('{% if contact.vip %}<!--{% endif %}', '<div style="{{ contact.look }}">'),
  })
  expect(fill(styled, { look: 'color:red' }).to).toBe('tomasz@post.example')
  expect(() => fill(styled, { look: 'display:none' })).toThrow('no visible way out')
})

const HEADERS = [
  'Date',
  'To',
  'Subject',
  'Message-ID',
  'List-Unsubscribe',
  'X-Msg-Ref',
  'From',
  'List-Unsubscribe-Post',
  'List-Id',
  'List-Help',
  'List-Post',
  'Precedence',
  'X-Auto-Response-Suppress',
  'Feedback-ID',
  'MIME-Version',
  'Content-Type',
]

function checkBytes(raw: Buffer) {
  const text = raw.toString('latin1')
  expect(/[^\r]\n|\r[^\n]/.test(text)).toBe(false)
  expect(text).not.toContain('\u0000')
  const longest = Math.max(...text.split('\r\n').map((line) => line.length))
  expect(longest).toBeLessThanOrEqual(120)
  const body = text.slice(text.indexOf('\r\n\r\n'))
  expect(Math.max(...body.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(78)
}
