import { beforeAll, expect, test } from 'vitest'
import { type Program, startProgram } from '../../test/program.ts'
import type { Field } from '../audience/contact.contract.ts'
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
