import { beforeAll, expect, test } from 'vitest'
import { type Program, startProgram } from '../../test/program.ts'
import type { Field } from '../audience/field.contract.ts'
import { fieldName } from '../audience/field.ts'

let program: Program
beforeAll(async () => {
  program = await startProgram({ jobs: false })
})

const add = (label: unknown) => program.api<Field>('POST', '/fields', { label })

test('a new field stands at the end, with a name for merge points made from its label', async () => {
  expect(await add('  Member since  ')).toMatchObject({
    status: 201,
    body: { name: 'member_since', label: 'Member since' },
  })
  const { body } = await program.api<{ items: Field[] }>('GET', '/fields')
  expect(body.items.map(({ name }) => name)).toEqual(['first_name', 'last_name', 'member_since'])
})

test.each([
  ['Straße', 'strasse'],
  ['Téléphone n° 2', 'telephone_n_2'],
  ['2nd name', 'nd_name'],
  ['Город', ''],
  ['__proto__', 'proto'],
  ['x'.repeat(63), 'x'.repeat(60)],
])('%s is named %s', (label, name) => {
  expect(fieldName(label)).toBe(name)
})

test('labels without a Latin letter get a number each', async () => {
  const names = [(await add('Город')).body.name, (await add('Страна')).body.name]
  expect(names).toEqual([expect.stringMatching(/^field_\d+$/), expect.stringMatching(/^field_\d+$/)])
  expect(new Set(names).size).toBe(2)
})

test('two fields of one name, and names that mean something else, are refused', async () => {
  for (const label of ['first name', 'Address', 'Opt-out', 'ID', 'Status'])
    expect(await add(label)).toMatchObject({ status: 409, body: { code: 'field.exists' } })
})

test.each([[''], ['   '], ['a\u0000'], ['a\nb'], ['x'.repeat(64)], [7], [null]])(
  'a label that cannot be shown is refused (SE-5): %j',
  async (label) => {
    expect(await add(label)).toMatchObject({ status: 400 })
  },
)

test('fields belong to one account', async () => {
  const { apiKey } = await program.anotherAccount('Other fields')
  const { status } = await program.api('POST', '/fields', { label: 'Shoe size' }, apiKey)
  expect(status).toBe(201)
  const { body } = await program.api<{ items: Field[] }>('GET', '/fields')
  expect(body.items.map(({ name }) => name)).not.toContain('shoe_size')
})

test('a field says what it holds, and its type never changes', async () => {
  const made = await program.api<Field>('POST', '/fields', {
    label: 'Colour',
    type: 'one_of',
    options: ['Red', ' Green '],
    required: false,
  })
  expect(made).toMatchObject({
    status: 201,
    body: { type: 'one_of', options: ['Red', 'Green'], mergePoint: 'contact.colour', archivedAt: null },
  })
  expect(await program.api('PATCH', `/fields/${made.body.id}`, { type: 'short' })).toMatchObject({ status: 400 })
})

test.each([
  [{ label: 'Size 1', type: 'one_of' }, 'options'],
  [{ label: 'Size 2', type: 'one_of', options: ['S', 's'] }, 'options'],
  [{ label: 'Size 3', type: 'number', options: ['S'] }, 'options'],
  [{ label: 'Size 4', type: 'several_of', options: ['S;M'] }, undefined],
  [{ label: 'Size 5', type: 'colour' }, undefined],
])('options that make no sense are refused: %j', async (body, path) => {
  const { status, body: answer } = await program.api('POST', '/fields', body)
  expect(status).toBe(400)
  if (path) expect(answer).toMatchObject({ code: 'field.invalid', fields: [{ path: `/${path}` }] })
})

test('a field gets another label and other options, and keeps its name', async () => {
  const { body: made } = await program.api<Field>('POST', '/fields', {
    label: 'Rank',
    type: 'one_of',
    options: ['Low', 'High'],
  })
  const change = (body: object) => program.api<Field>('PATCH', `/fields/${made.id}`, body)
  expect((await change({ label: 'Level', options: ['High', 'Highest'], required: true })).body).toMatchObject({
    name: 'rank',
    label: 'Level',
    options: ['High', 'Highest'],
    required: true,
  })
  expect(await change({ label: 'FIRST name' })).toMatchObject({ status: 409, body: { code: 'field.exists' } })
  expect(await change({ label: 'LEVEL', required: false })).toMatchObject({ status: 200, body: { label: 'LEVEL' } })
  expect(await program.api('PATCH', '/fields/999999', { label: 'Nobody' })).toMatchObject({ status: 404 })
})

test('a name stays taken while its field is in the archive', async () => {
  const { body: made } = await add('Shelf')
  expect((await program.api<Field>('POST', `/fields/${made.id}/archive`)).body.archivedAt).not.toBeNull()
  const again = await program.api('POST', '/fields', { label: 'shelf' })
  expect(again).toMatchObject({ status: 409, body: { code: 'field.exists' } })
  expect(JSON.stringify(again.body)).toContain('Restore it')
  const { body: archived } = await program.api<{ items: Field[] }>('GET', '/fields?archived=true')
  expect(archived.items.map(({ name }) => name)).toEqual(['shelf'])
  await program.api('POST', `/fields/${made.id}/restore`)
  const { body: open } = await program.api<{ items: Field[] }>('GET', '/fields')
  expect(open.items.map(({ name }) => name)).toContain('shelf')
})

test('fields stand in the order that is asked for, the others after them', async () => {
  const { body: before } = await program.api<{ items: Field[] }>('GET', '/fields')
  const [first, second, ...rest] = before.items.map(({ id }) => id)
  const { body } = await program.api<{ items: Field[] }>('POST', '/fields/order', { ids: [second, first] })
  expect(body.items.map(({ id }) => id)).toEqual([second, first, ...rest])
})
