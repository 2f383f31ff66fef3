import { beforeAll, expect, test } from 'vitest'
import { type Program, startProgram } from '../../test/program.ts'
import type { Contact, ContactHistory } from '../audience/contact.contract.ts'
import type { Field, FieldUse } from '../audience/field.contract.ts'

let program: Program
const ids: Record<string, string> = {}

beforeAll(async () => {
  program = await startProgram({ jobs: false })
  const fields = [
    { label: 'Age', type: 'number' },
    { label: 'Born', type: 'date' },
    { label: 'Colour', type: 'one_of', options: ['Red', 'Dark blue'] },
    { label: 'Likes', type: 'several_of', options: ['Roses', 'Tulips', 'Herbs, dried'] },
    { label: 'Member', type: 'yes_no' },
    { label: 'Note', type: 'long' },
  ]
  for (const field of fields) {
    const { body } = await program.api<Field>('POST', '/fields', field)
    ids[body.name] = body.id
  }
})

let n = 0
const add = (fields: unknown, apiKey?: string) =>
  program.api<Contact>('POST', '/contacts', { address: `person${n++}@post.example`, fields }, apiKey)
const edit = (id: string, fields: unknown) => program.api<Contact>('PATCH', `/contacts/${id}`, { fields })

test('each field keeps its own kind of value', async () => {
  const fields = {
    age: 41,
    born: '1983-02-28',
    colour: 'Red',
    likes: ['Roses', 'Herbs, dried'],
    member: false,
    note: 'a\nb',
  }
  const { status, body } = await add(fields)
  expect(status).toBe(201)
  expect((await program.api<Contact>('GET', `/contacts/${body.id}`)).body.fields).toEqual(fields)
})

test('text is read as in a file, and options take the spelling of the field', async () => {
  const { body } = await add({
    age: '1 041,5',
    born: '28.02.1983',
    colour: 'dark BLUE',
    likes: 'tulips; roses',
    member: 'ja',
  })
  expect(body.fields).toEqual({
    age: 1041.5,
    born: '1983-02-28',
    colour: 'Dark blue',
    likes: ['Roses', 'Tulips'],
    member: true,
  })
})

test('every value that does not fit is named at once with what to enter, and nothing is saved', async () => {
  const before = await program.api<{ total: number }>('GET', '/contacts/counts')
  const { status, body } = await add({ age: 'old', born: '6/5/1983', colour: 'Pink', likes: [1], member: 'Red' })
  expect(status).toBe(400)
  expect(body).toMatchObject({ code: 'request.invalid' })
  const refused = await add({ age: 'old', born: '6/5/1983', colour: 'Pink', likes: ['Weeds'], member: 7, note: 'fine' })
  expect(refused).toMatchObject({
    status: 400,
    body: {
      code: 'field.invalid_value',
      fields: [
        { path: '/fields/age', message: expect.stringContaining('Enter a number for “Age”') },
        { path: '/fields/born', message: expect.stringContaining('1983-06-05 or 1983-05-06') },
        { path: '/fields/colour', message: expect.stringContaining('Red, Dark blue') },
        { path: '/fields/likes', message: expect.stringContaining('“Weeds” is no option') },
        { path: '/fields/member', message: 'Enter yes or no for “Member”.' },
      ],
    },
  })
  expect((await program.api('GET', '/contacts/counts')).body).toEqual(before.body)
})

test('null, an empty text and an empty list take a value away; the rest stays', async () => {
  const { body } = await add({ age: 3, likes: ['Roses'], note: 'x', colour: 'Red' })
  const { body: after } = await edit(body.id, { age: null, likes: [], note: ' ' })
  expect(after.fields).toEqual({ colour: 'Red' })
})

test('the history tells values of every kind in words', async () => {
  const { body } = await add({ age: 3, likes: ['Roses'] })
  await edit(body.id, { age: 4, likes: ['Roses', 'Tulips'], member: true })
  await edit(body.id, { likes: ['Tulips', 'Roses'] }) // the same once more
  const { body: history } = await program.api<ContactHistory>('GET', `/contacts/${body.id}/history`)
  const edits = history.items.filter(({ kind }) => kind === 'edited').map(({ text }) => text)
  expect(edits).toHaveLength(1)
  expect(edits[0]).toContain('Age changed from 3 to 4')
  expect(edits[0]).toContain('Likes changed from Roses to Roses, Tulips')
  expect(edits[0]).toContain('Member set to yes')
})

test('numbers and the parts of lists are found by search', async () => {
  const { body } = await add({ age: 987123, likes: ['Tulips'], note: 'unlike' })
  const found = await program.api<{ items: Contact[] }>('GET', '/contacts?search=987123')
  expect(found.body.items.map(({ id }) => id)).toEqual([body.id])
  const listed = await program.api<{ items: Contact[] }>('GET', '/contacts?search=tulips')
  expect(listed.body.items.map(({ id }) => id)).toContain(body.id)
})

test('a required field is asked for when somebody is added or edited, and not once it is archived', async () => {
  const { body: earlier } = await add({ note: 'before' })
  const { body: field } = await program.api<Field>('POST', '/fields', { label: 'Town', required: true })
  const asked = { status: 400, body: { code: 'field.invalid_value', fields: [{ path: '/fields/town' }] } }
  expect(await add({})).toMatchObject(asked)
  expect(await edit(earlier.id, { note: 'after' })).toMatchObject(asked)
  expect(await edit(earlier.id, { note: 'after', town: 'Graz' })).toMatchObject({ status: 200 })
  expect(await edit(earlier.id, { town: null })).toMatchObject(asked)
  await program.api('POST', `/fields/${field.id}/archive`)
  expect(await add({})).toMatchObject({ status: 201 })
  expect(await add({ town: 'Graz' })).toMatchObject({
    status: 400,
    body: { code: 'field.unknown', message: 'The field “Town” is archived. Restore it first.' },
  })
})

test('an option that is taken away stays with those who have it, and how many those are is told', async () => {
  const { body: field } = await program.api<Field>('POST', '/fields', {
    label: 'Tier',
    type: 'several_of',
    options: ['Gold', 'Silver'],
  })
  const { body: holder } = await add({ tier: ['Gold', 'Silver'], note: 'x' })
  await add({ tier: ['Silver'] })
  await program.api('PATCH', `/fields/${field.id}`, { options: ['Silver'] })
  const { body: use } = await program.api<FieldUse>('GET', `/fields/${field.id}/use`)
  expect(use).toEqual({
    contacts: 2,
    options: [
      { option: 'Silver', contacts: 2 },
      { option: 'Gold', contacts: 1 },
    ],
  })
  expect((await edit(holder.id, { note: 'y' })).body.fields['tier']).toEqual(['Gold', 'Silver'])
  expect((await edit(holder.id, { tier: ['Gold'] })).status).toBe(200)
  expect((await add({ tier: ['Gold'] })).status).toBe(400)
  expect((await program.api<FieldUse>('GET', `/fields/${ids['note']}/use`)).body.contacts).toBeGreaterThan(0)
})
