import { expect, test } from 'vitest'
import { startProgram } from '../../test/program.ts'
import type { Form } from '../audience/form.contract.ts'

const { api, url, anotherAccount } = await startProgram({ jobs: false })
const failed = { code: '', message: '', fields: [{ path: '', message: '' }] }
let made = 0
const body = (parts: object = {}) => ({
  name: `Form ${++made}`,
  heading: 'Get news',
  consent: 'Yes, send me news.',
  ...parts,
})
const make = async (parts: object = {}) => (await api<Form>('POST', '/forms', body(parts))).body

test('a form is made, read, changed, archived and restored', async () => {
  const form = await make({ thanks: 'Well', returnUrl: 'https://fernmoor.example/' })
  expect(form).toMatchObject({ isDefault: true, version: 1, counts: { waiting: 0, confirmed: 0 }, archivedAt: null })
  expect(form.url).toMatch(new RegExp(`^${url}/s/\\d+-[a-z0-9]{12}$`))
  expect((await api<Form>('GET', `/forms/${form.id}`)).body).toEqual(form)
  const changed = await api<Form>('PATCH', `/forms/${form.id}`, { heading: 'Other' })
  expect(changed.body).toMatchObject({ heading: 'Other', version: 2, thanks: 'Well' })
  expect((await api<Form>('POST', `/forms/${form.id}/archive`)).body).toMatchObject({ isDefault: false })
  const list = async (query = '') =>
    (await api<{ items: Form[] }>('GET', `/forms${query}`)).body.items.map(({ id }) => id)
  expect(await list()).not.toContain(form.id)
  expect(await list('?archived=true')).toContain(form.id)
  expect((await api<Form>('POST', `/forms/${form.id}/restore`)).body.archivedAt).toBeNull()
  expect(await list()).toContain(form.id)
})

test('forms come by name, page by page', async () => {
  for (const name of ['Zeta', 'ähre', 'Beta']) await make({ name })
  const names: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { items: Form[]; nextCursor: string | null } = (
      await api<{ items: Form[]; nextCursor: string | null }>(
        'GET',
        `/forms?limit=2${cursor ? `&cursor=${cursor}` : ''}`,
      )
    ).body
    names.push(...page.items.map(({ name }) => name))
    cursor = page.nextCursor
  }
  expect(names).toEqual([...names].sort((one, other) => one.localeCompare(other, 'en')))
  expect(names).toContain('ähre')
})

test('one form at a time is the default', async () => {
  const [one, other] = [await make(), await make()]
  expect((await api<Form>('POST', `/forms/${other.id}/default`)).body.isDefault).toBe(true)
  expect((await api<Form>('POST', `/forms/${one.id}/default`)).body.isDefault).toBe(true)
  expect((await api<Form>('GET', `/forms/${other.id}`)).body.isDefault).toBe(false)
  await api('POST', `/forms/${other.id}/archive`)
  const refused = await api<typeof failed>('POST', `/forms/${other.id}/default`)
  expect(refused).toMatchObject({ status: 400, body: { code: 'form.invalid' } })
})

test('what a form cannot ask for, offer or join is said by its place', async () => {
  const test = await api<{ id: string }>('POST', '/groups', { name: 'Testers', kind: 'test' })
  const other = await anotherAccount()
  const theirs = await api<{ id: string }>('POST', '/groups', { name: 'Theirs' }, other.apiKey)
  for (const [parts, path] of [
    [{ fields: [{ name: 'gone', required: false }] }, '/fields'],
    [{ fields: ['first_name', 'first_name'].map((name) => ({ name, required: false })) }, '/fields'],
    [{ topicIds: ['999'] }, '/topicIds'],
    [{ groupIds: [test.body.id] }, '/groupIds'],
    [{ groupIds: [theirs.body.id] }, '/groupIds'],
  ] as const) {
    const refused = await api<typeof failed>('POST', '/forms', body(parts))
    expect(refused).toMatchObject({ status: 400, body: { code: 'form.invalid', fields: [{ path }] } })
  }
  for (const parts of [
    { heading: ' ' },
    { consent: '' },
    { returnUrl: 'http://x.example' },
    { returnUrl: 'javascript:alert(1)' },
    { more: 1 },
  ])
    expect((await api<typeof failed>('POST', '/forms', body(parts))).body.code).toBe('request.invalid')
})

test('a field that was archived may stay on a form, and is asked for no more', async () => {
  const field = await api<{ id: string; name: string }>('POST', '/fields', { label: 'Shoe size' })
  const form = await make({ fields: [{ name: field.body.name, required: true }] })
  expect(await (await fetch(form.url)).text()).toContain('Shoe size')
  await api('POST', `/fields/${field.body.id}/archive`)
  expect(await (await fetch(form.url)).text()).not.toContain('Shoe size')
  expect((await api<Form>('PATCH', `/forms/${form.id}`, { name: `Form ${++made}`, fields: form.fields })).status).toBe(
    200,
  )
})

test('two open forms have no one name, and a form of another account is not there', async () => {
  const form = await make({ name: 'Same name' })
  expect(await api<typeof failed>('POST', '/forms', body({ name: 'SAME name' }))).toMatchObject({
    status: 409,
    body: { code: 'form.exists' },
  })
  const other = await anotherAccount()
  for (const [method, path] of [
    ['GET', ''],
    ['PATCH', ''],
    ['GET', '/embed'],
    ['POST', '/archive'],
    ['POST', '/default'],
  ] as const) {
    const answer = await api<typeof failed>(
      method,
      `/forms/${form.id}${path}`,
      method === 'PATCH' ? { name: 'x' } : undefined,
      other.apiKey,
    )
    expect(answer).toMatchObject({ status: 404, body: { code: 'form.not_found' } })
  }
})

test('the preview is the page of a form that is not saved, and saves nothing', async () => {
  const before = (await api<{ items: Form[] }>('GET', '/forms?limit=500')).body.items.length
  const { body: preview } = await api<{ html: string }>(
    'POST',
    '/forms/preview',
    body({ heading: 'Not <saved>', language: 'de' }),
  )
  expect(preview.html).toContain('<html lang="de">')
  expect(preview.html).toContain('<h1>Not &lt;saved&gt;</h1>')
  expect((await api<{ items: Form[] }>('GET', '/forms?limit=500')).body.items).toHaveLength(before)
})
