import PostalMime from 'postal-mime'
import { expect, test } from 'vitest'
import { optOutUrl, preferencesUrl, signLink } from '../optouts/link.ts'
import { compileMailing } from './compile.ts'
import { fillMessage, readPrepared } from './fill.ts'

const BASE = 'https://mail.fernmoor.example'
const link = signLink([{ id: 1, key: Buffer.alloc(32, 7) }], {
  accountId: '3',
  addressKey: Buffer.alloc(16, 9),
  mailingId: '12',
})
const TOKEN = 'A'.repeat(42) + '_'

function compile(html: string, tracking: boolean | null = true, text = '') {
  const account = {
    accountId: '3',
    name: 'Fernmoor Garden',
    senderName: 'Fernmoor Garden',
    senderAddress: 'news@fernmoor.example',
    postalAddress: '4 Glasshouse Lane, Fernmoor FM1 2GH',
    contactUrl: '',
    language: 'en',
    tracking: false,
  }
  const source = { mailingId: '12', subject: 'Bulbs', fromName: '', fromAddress: '', html, text, tracking }
  return JSON.parse(JSON.stringify(compileMailing(source, account, BASE))) as Record<string, unknown>
}

async function read(compiled: unknown, responseToken?: string) {
  const recipient = { address: 'ann@post.example', fields: { first_name: 'Ann' }, link, reference: 'ref1' }
  const given = responseToken === undefined ? recipient : { ...recipient, responseToken }
  const { raw } = fillMessage(readPrepared(compiled), given, new Date(0))
  const mail = await PostalMime.parse(raw)
  return { html: mail.html ?? '', text: mail.text ?? '', raw: raw.toString() }
}

const hrefs = (html: string) => [...html.matchAll(/href=["']?([^"'\s>]+)/g)].map(([, href]) => href)

test('links to elsewhere lead through the click address and where they lead is listed once each (AB-8)', async () => {
  const compiled = compile(
    '<a class="x" href="https://fernmoor.example/bulbs?a=1&amp;b=2">Bulbs</a>\r\n<A HREF=\'http://fernmoor.example/visit\'>Visit</A> <a href=https://fernmoor.example/bulbs?a=1&b=2>Again</a>',
  )
  expect(compiled['links']).toEqual(['https://fernmoor.example/bulbs?a=1&b=2', 'http://fernmoor.example/visit'])
  const { html } = await read(compiled, TOKEN)
  expect(hrefs(html).filter((href) => href?.includes('/c/'))).toEqual([1, 2, 1].map((n) => `${BASE}/c/${TOKEN}${n}`))
  expect(html).toContain(`<img src="${BASE}/i/${TOKEN}0" width="1" height="1" alt="">`)
  expect(html).toContain('class="x"')
})

test('the way out, preferences, view, own pages, mailto and links with merge points are never rewritten (OC-11, AB-9)', async () => {
  const own = [
    '<a href="{{ opt_out_url }}">Opt out</a>',
    '<a href="{{ preferences_url }}">Manage your preferences</a>',
    '<a href="{{ view_url }}">View</a>',
    '<a href="mailto:hello@fernmoor.example">Write</a>',
    '<a href="#top">Top</a>',
    `<a href="${BASE}/s/3">Sign up</a>`,
    '<a href="https://{{ contact.host }}/a">Host</a>',
    '<a href="https://fernmoor.example/{{ contact.first_name }}">Path</a>',
    '{{ sender.postal_address }}',
  ]
  const compiled = compile(own.join('\n'))
  expect(compiled['links']).toEqual([])
  const { html, raw } = await read(compiled, TOKEN)
  expect(hrefs(html)).toContain(optOutUrl(BASE, link))
  expect(hrefs(html)).toContain(preferencesUrl(BASE, link))
  expect(hrefs(html)).toContain('https://fernmoor.example/Ann')
  expect(html).not.toContain('/c/')
  expect(raw).toContain(`List-Unsubscribe: <${optOutUrl(BASE, link)}>`)
})

test('links inside conditions are tracked, and no token of ours is left over (OC-29)', async () => {
  const compiled = compile(
    '{% if contact.first_name %}<p><a href="https://fernmoor.example/members">Members</a></p>{% endif %}<p>Hello</p>',
  )
  const { html } = await read(compiled, TOKEN)
  expect(hrefs(html)).toContain(`${BASE}/c/${TOKEN}1`)
  expect(html).not.toMatch(/\{\{|\{%|lw[0-9a-f]{24}/)
})

test('without tracking, and for a recipient without a token, nothing is rewritten (LW-15)', async () => {
  const source = '<a href="https://fernmoor.example/bulbs">Bulbs</a>'
  for (const { html } of [await read(compile(source, false), TOKEN), await read(compile(source))]) {
    expect(hrefs(html)).toContain('https://fernmoor.example/bulbs')
    expect(html).not.toContain('/c/')
    expect(html).not.toContain('/i/')
  }
  expect(compile(source, null)['links']).toEqual([])
})

test('the text part keeps its addresses as they are', async () => {
  const { text } = await read(compile('<a href="https://fernmoor.example/bulbs">Bulbs</a>'), TOKEN)
  expect(text).toContain('https://fernmoor.example/bulbs')
  expect(text).not.toContain('/c/')
})

test('a mailing that was prepared before tracking existed still sends', async () => {
  const { tracked: _tracked, links: _links, ...before } = compile('<p>Hello {{ contact.first_name }}</p>', false)
  const { html } = await read({ ...before, version: 1 }, TOKEN)
  expect(html).toContain('Hello Ann')
})
