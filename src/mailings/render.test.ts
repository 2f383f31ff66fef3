import { expect, test } from 'vitest'
import { startMailings } from '../../test/mailings.ts'
import type { Block, Design } from './blocks.contract.ts'
import type { Template } from './kept.contract.ts'
import type { Mailing, MailingCheck } from './mailing.contract.ts'
import { starters } from './starters.ts'

const { api, draft, groupOf } = await startMailings()

const footer: Block = { kind: 'footer', id: 'f', align: 'center', colour: '#777777', ground: '#808080' }
const design = (...blocks: Block[]): Design => ({
  previewText: 'Soon',
  accent: '#1d5b3c',
  ground: '#eef2ef',
  font: 'sans',
  blocks,
})
const words = (text: string): Block => ({ kind: 'text', id: 't', text, align: 'left' })
const preview = async (id: string) => (await api<{ html: string; text: string }>('GET', `/mailings/${id}/preview`)).body
const check = async (id: string) => (await api<MailingCheck>('POST', `/mailings/${id}/check`)).body
const saved = (source: unknown) => api<Mailing>('POST', '/mailings', { name: 'Made', subject: 'Hello', source })

test('blocks become HTML that fills its merge points, and text that says the same', async () => {
  const { body } = await saved({
    kind: 'blocks',
    design: design(
      words('Dear **{{ contact.first_name | default: "friend" }}**, read [this](https://example.org/?a=1&b=2).'),
      footer,
    ),
  })
  const { html, text } = await preview(body.id)
  expect(html).toContain('Dear <strong>Robin</strong>')
  expect(html).toContain('href="https://example.org/?a=1&amp;b=2"')
  expect(text).toContain('Dear Robin, read this https://example.org/?a=1&b=2.')
})

test('HTML in a text block is shown, not obeyed; a block cannot become MJML', async () => {
  const { body } = await saved({
    kind: 'blocks',
    design: design(words('<script>alert(1)</script> </mj-text><mj-include path="/etc/passwd" />'), footer),
  })
  expect(body.html).not.toMatch(/<script>alert|root:/)
  expect(body.html).toContain('&lt;script&gt;')
})

test('the footer block is where it was placed, once, and readable whatever its colours (OC-28)', async () => {
  const groupId = await groupOf(['ada'])
  const { body } = await saved({ kind: 'blocks', design: design(footer, words('After the footer')) })
  await api('PATCH', `/mailings/${body.id}`, { groupIds: [groupId] })
  const { html, text } = await preview(body.id)
  expect(html.indexOf('Opt out')).toBeGreaterThan(0)
  expect(html.indexOf('Opt out')).toBeLessThan(html.indexOf('After the footer'))
  expect(html.match(/>Opt out</g)).toHaveLength(1)
  expect(text.match(/Opt out: /g)).toHaveLength(1)
  expect((await check(body.id)).findings.filter(({ level }) => level === 'stops')).toEqual([])
})

test('the footer comes with text that was written by hand, and with an HTML block that has a link of its own (OC-28)', async () => {
  const own: Block = { kind: 'html', id: 'h', html: '<p><a href="{{ opt_out_url }}">Leave</a></p>' }
  const { body } = await api<Mailing>('POST', '/mailings', {
    name: 'Both',
    subject: 'Hello',
    text: 'By hand',
    source: { kind: 'blocks', design: design(own, footer) },
  })
  const { html, text } = await preview(body.id)
  expect(html).toContain('4 Glasshouse Lane')
  expect(text).toMatch(/By hand[\s\S]*Opt out: http/)
})

test('a mailing has one footer block: neither none nor two is saved', async () => {
  for (const blocks of [[words('Nothing')], [footer, footer]])
    expect((await saved({ kind: 'blocks', design: design(...blocks) })).status).toBe(400)
})

test('giving HTML makes a mailing of blocks one that is written as HTML', async () => {
  const { body } = await saved({ kind: 'blocks', design: design(words('Block'), footer) })
  const changed = await api<Mailing>('PATCH', `/mailings/${body.id}`, { html: '<p>By hand</p>' })
  expect(changed.body).toMatchObject({ html: '<p>By hand</p>', source: { kind: 'html' } })
  const both = { html: '<p>By hand</p>', source: { kind: 'markdown', markdown: 'x' } }
  expect((await api('PATCH', `/mailings/${body.id}`, both)).status).toBe(400)
})

test('MJML is rendered; what is wrong in it is told with its line, and the mailing stays as it was', async () => {
  const mjml = (inside: string) =>
    `<mjml>\n<mj-body>\n<mj-section><mj-column>${inside}</mj-column></mj-section></mj-body></mjml>`
  const { body } = await saved({
    kind: 'mjml',
    mjml: mjml('<mj-text>Dear {{ contact.first_name | default: "friend" }}</mj-text>'),
  })
  expect((await preview(body.id)).html).toContain('Dear Robin')
  expect(body.html).not.toMatch(/fonts\.googleapis|mailjet/)
  const wrong = await api<{ code: string; message: string }>('PATCH', `/mailings/${body.id}`, {
    source: { kind: 'mjml', mjml: mjml('<mj-bogus />') },
  })
  expect(wrong).toMatchObject({ status: 400, body: { code: 'mailing.invalid' } })
  expect(wrong.body.message).toContain('line 3, mj-bogus')
  for (const inside of [
    '<mj-include path="/etc/passwd" />',
    '<mj-social><mj-social-element name="github" href="https://x.example">x</mj-social-element></mj-social>',
  ])
    expect((await saved({ kind: 'mjml', mjml: mjml(inside) })).status).toBe(400)
  expect((await api<Mailing>('GET', `/mailings/${body.id}`)).body.html).toBe(body.html)
})

test('Markdown becomes a mail with the footer', async () => {
  const { body } = await saved({
    kind: 'markdown',
    markdown: '# Hello\n\n- one\n- two\n\n[Opt me out]({{ opt_out_url }})',
  })
  const { html } = await preview(body.id)
  expect(html).toMatch(/<h1[^>]*>Hello<\/h1>/)
  expect(html).toMatch(/<a href="http[^"]+\/o\/[^"]+">Opt me out<\/a>/)
  expect(html).toContain('Manage your preferences')
})

test.each(starters)(
  'the template $name stands up to the check, with words for whoever has no name',
  async ({ source, subject }) => {
    const groupId = await groupOf(['ben'])
    const { body } = await saved(source)
    await api('PATCH', `/mailings/${body.id}`, { groupIds: [groupId], subject })
    const { findings } = await check(body.id)
    expect(findings.filter(({ check: about, level }) => level !== 'passed' && about !== 'authentication')).toEqual([])
    expect(body.html).toMatch(/<html lang="en"/)
    expect(body.html).not.toMatch(/lw[0-9a-f]{12}m\d+e|fonts\.googleapis/)
  },
)

test('templates and blocks are kept by name, listed and forgotten; the footer is no saved block', async () => {
  const source = { kind: 'blocks', design: design(words('Kept'), footer) }
  const made = await api<Template>('POST', '/templates', { name: 'Ours', source })
  expect(made.status).toBe(201)
  expect((await api('POST', '/templates', { name: 'ours', source })).status).toBe(409)
  const { body } = await api<{ items: Template[]; starters: unknown[] }>('GET', '/templates')
  expect(body.items).toMatchObject([{ name: 'Ours', source }])
  expect(body.starters).toHaveLength(6)
  expect((await api<{ html: string }>('POST', '/templates/preview', { source })).body.html).toContain('Kept')
  expect((await api('DELETE', `/saved-blocks/${made.body.id}`)).status).toBe(404)
  expect((await api('DELETE', `/templates/${made.body.id}`)).status).toBe(204)
  const block = await api<{ id: string }>('POST', '/saved-blocks', { name: 'Greeting', block: words('Hello') })
  expect((await api('GET', '/saved-blocks')).body).toMatchObject({
    items: [{ name: 'Greeting', block: words('Hello') }],
  })
  expect((await api('DELETE', `/saved-blocks/${block.body.id}`)).status).toBe(204)
  expect((await api('POST', '/saved-blocks', { name: 'Footer', block: footer })).status).toBe(400)
  expect((await draft()).source).toEqual({ kind: 'html' })
})
