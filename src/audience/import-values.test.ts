import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../../test/database.ts'
import { testCore } from '../../test/program.ts'
import { insertAccount } from '../accounts/owner.ts'
import { row, sql, transaction } from '../platform/database.ts'
import { archiveField, changeField, createField, listFields } from './field.ts'
import { contactHistory } from './history.ts'
import { importOptions } from './import.contract.ts'
import { startImport, uploadImport } from './import.ts'
import { runImport } from './import-job.ts'
import { findImport, listImportRows } from './import-report.ts'
import { guessType, valuesReader } from './import-values.ts'

const dataDir = await mkdtemp(join(tmpdir(), 'last-word-values-'))
afterAll(() => rm(dataDir, { recursive: true, force: true }))
const core = testCore(await freshDatabase(), { config: { dataDir } })
const { accountId } = await transaction(core.db, (trx) => insertAccount(trx, 'Quiet Herons'))
const caller = { accountId, userId: null, apiKeyId: null, scope: 'full' } as const

beforeAll(async () => {
  const fields = [
    { label: 'Age', type: 'number' },
    { label: 'Born', type: 'date' },
    { label: 'Colour', type: 'one_of', options: ['Red', 'Dark blue'] },
    { label: 'Likes', type: 'several_of', options: ['Roses', 'Tulips'] },
    { label: 'Member', type: 'yes_no' },
    { label: 'Street' },
  ] as const
  for (const { options, ...field } of fields.map((one) => ({ options: undefined, ...one })))
    await createField(core.db, accountId, { ...field, ...(options ? { options: [...options] } : {}) })
})

const upload = (csv: string) => uploadImport(core, caller, Readable.from([Buffer.from(csv)]), 'people.csv')

async function importFile(csv: string, options: Record<string, unknown> = {}) {
  const importId = await upload(csv)
  await startImport(core, caller, importId, importOptions.parse(options))
  await runImport(core, {
    db: core.db,
    accountId,
    jobId: '1',
    payload: { importId },
    progress: async () => {},
    isCancelAsked: async () => false,
  })
  const { counts, notes } = await findImport(core.db, accountId, importId)
  const { items } = await listImportRows(core.db, accountId, importId, { limit: 50 })
  return { counts: { ...counts, notes }, items }
}

const fieldsOf = async (address: string) =>
  (
    await row(
      core.db,
      sql<{ fields: unknown }>`select fields from contacts where account_id = ${accountId} and address = ${address}`,
    )
  ).fields

test('values of a file are kept as their fields keep them', async () => {
  await importFile(
    'email;age;born;colour;likes;member\na1@post.example;1 500,5;01.06.2024;DARK BLUE;tulips, roses;ja\nb1@post.example;"2.5";6/15/2024;red;Roses|Tulips;x\n',
  )
  expect(await fieldsOf('a1@post.example')).toEqual({
    age: 1500.5,
    born: '2024-06-01',
    colour: 'Dark blue',
    likes: ['Roses', 'Tulips'],
    member: true,
  })
  expect(await fieldsOf('b1@post.example')).toMatchObject({ age: 2.5, born: '2024-06-15', colour: 'Red', member: true })
})

test('a value that does not fit its field costs the value, never the contact, and the row says so', async () => {
  await importFile('email,age,born\nkeeps2@post.example,41,1983-02-28\n')
  const { counts, items } = await importFile(
    'email,age,born,colour,street\nnew2@post.example,old,03/04/2024,green,Mill Lane 4\nkeeps2@post.example,x,,,\n',
    { emptyCells: 'clear' },
  )
  expect(counts).toMatchObject({ rows: 2, added: 1, updated: 1, notes: { withoutValue: 2 } })
  expect(await fieldsOf('new2@post.example')).toEqual({ street: 'Mill Lane 4' })
  expect(await fieldsOf('keeps2@post.example')).toEqual({ age: 41 })
  expect(items[0]).toMatchObject({ outcome: 'added', notes: ['without_value'] })
  expect(items[0]?.reason).toBe(
    'Taken without “Age”: “old” is no number. Enter a number for “Age”, such as 1500 or 2.5, with at most 15 figures. ' +
      'Taken without “Born”: “03/04/2024” could be 2024-03-04 or 2024-04-03. Enter a date for “Born”, such as 2024-06-15. ' +
      'Taken without “Colour”: “green” is no option. Choose one of these for “Colour”: Red, Dark blue.',
  )
})

test('the history tells what an import changed in words', async () => {
  await importFile('email,age,likes,member\ntold6@post.example,41,Roses,no\n')
  await importFile('email,age,likes,member\ntold6@post.example,42,Roses;Tulips,yes\n')
  const { contact_id } = await row(
    core.db,
    sql<{
      contact_id: string
    }>`select contact_id from contacts where account_id = ${accountId} and address = 'told6@post.example'`,
  )
  const { items } = await contactHistory(core.db, accountId, contact_id)
  expect(items.map(({ text }) => text)).toContain(
    'Age changed from 41 to 42, Likes changed from Roses to Roses, Tulips, Member changed from no to yes by the import people.csv',
  )
})

test('a row that lacks a required field is taken, counted and told', async () => {
  const { id } = await createField(core.db, accountId, { label: 'Town', required: true })
  const mapped = await importFile('email,town\na3@post.example,Riga\nb3@post.example,\n')
  expect(mapped.counts).toMatchObject({ added: 2, notes: { withoutValue: 1 } })
  expect(mapped.items[1]?.reason).toBe('“Town” is required, and this line has nothing for it.')
  expect((await importFile('email\nc3@post.example\n')).counts).toMatchObject({ added: 1, notes: { withoutValue: 1 } })
  const updates = await importFile('email,age\na3@post.example,7\n', { mode: 'update_only' })
  expect(updates.counts).toMatchObject({ updated: 1, notes: { withoutValue: 0 } })
  await changeField(core.db, accountId, id, { required: false })
})

test('a field that an import makes has the type that its values fit', async () => {
  const options = {
    mapping: { Visits: 'new:Visits', Last: 'new:Last visit', Vip: 'new:VIP', ZIP: 'new:ZIP', Note: 'new:Note' },
  }
  await importFile(
    `email,Visits,Last,Vip,ZIP,Note\na4@post.example,12,2024-06-01,yes,12345,${'n'.repeat(300)}\n`,
    options,
  )
  const types = new Map((await listFields(core.db, accountId)).map(({ name, type }) => [name, type]))
  expect(['visits', 'last_visit', 'vip', 'zip', 'note'].map((name) => types.get(name))).toEqual([
    'number',
    'date',
    'yes_no',
    'short',
    'long',
  ])
  expect(await fieldsOf('a4@post.example')).toMatchObject({ visits: 12, vip: true, zip: '12345' })
})

test('an archived field is neither guessed nor filled', async () => {
  const { id } = await createField(core.db, accountId, { label: 'Pet' })
  await archiveField(core.db, accountId, id, 'archived')
  await importFile('email,pet\na5@post.example,Cat\n')
  expect(await fieldsOf('a5@post.example')).toEqual({})
  await expect(importFile('email,x\nb5@post.example,Cat\n', { mapping: { x: 'pet' } })).rejects.toThrow(
    'no field “pet”',
  )
  await expect(importFile('email,x\nb5@post.example,Cat\n', { mapping: { x: 'new:Pet' } })).rejects.toThrow(
    'There is an archived field “Pet”',
  )
})

test.each([
  ['Age', ['1', '22'], 'number'],
  ['Member no', ['1', '22'], 'short'],
  ['Sum', ['1', '022'], 'short'],
  ['Phone', ['49301234'], 'short'],
  ['Born', ['2024-06-01', '01.06.2024'], 'date'],
  ['Born', ['2024-06-01', '03/04/2024'], 'short'],
  ['Vip', ['x'], 'yes_no'],
  ['Vip', ['1', '0'], 'number'],
  ['Vip', ['yes', 'maybe'], 'short'],
  ['Note', ['n'.repeat(101)], 'long'],
  ['Empty', [], 'short'],
])('a column “%s” with %j makes a field of the type %s', (column, values, type) => {
  expect(guessType(column, values)).toBe(type)
})

test('many faults of one row are told as the first five and how many more', () => {
  const names = Array.from({ length: 8 }, (_, at) => `n${at}`)
  const read = valuesReader({
    targets: names.map((name) => ({ kind: 'field', name })),
    names,
    fields: names.map((name) => ({ name, label: name, type: 'number', options: [], required: false })),
    emptyCells: 'keep',
  })
  const { json, problems } = read(names.map(() => 'x'))
  expect(json).toBe('')
  expect(problems).toHaveLength(6)
  expect(problems[5]).toBe('And 3 more.')
})
