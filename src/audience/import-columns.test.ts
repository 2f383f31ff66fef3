import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { columnNames, guessColumns, planColumns } from './import-columns.ts'
import { textDecoder } from './import-decode.ts'
import { inspectCsv } from './import-inspect.ts'
import { readOptOut } from './import-optout-words.ts'
import { type RowPlan, rowReader } from './import-rows.ts'
import { surveyText } from './import-text.ts'

const fields = [
  { name: 'first_name', label: 'First name' },
  { name: 'last_name', label: 'Last name' },
]

const guesses = (names: string[], rows: string[][]) => guessColumns(names, rows, fields).map(({ guess }) => guess)
const shapeOf = (text: string) => inspectCsv(text, true).shape

describe('delimiters (IM-3)', () => {
  test.each([
    ['commas', 'a,b\n1,2\n', ','],
    ['semicolons with decimal commas', 'a;b;c\n1,5;2,5;3\n4;5,5;6\n', ';'],
    ['tabs', 'a\tb\n1\t2\n', '\t'],
    ['bars', 'a|b\n1|2\n', '|'],
    ['commas inside quotes', '"a, b, c, d";"e"\n"1, 2, 3, 4";"5"\n', ';'],
    ['one column', 'email\na@post.example\n', ','],
  ])('%s', (_name, text, delimiter) => {
    expect(shapeOf(text).delimiter).toBe(delimiter)
  })

  test('a sep= line decides, and is not part of the table', () => {
    expect(inspectCsv('sep=;\r\na,b;c\r\n1;2\r\n', true)).toEqual({
      shape: { delimiter: ';', firstLine: 2, skip: 7, hasHeader: true, columns: ['a,b', 'c'] },
      rows: [['1', '2']],
    })
  })
})

describe('columns (IM-4)', () => {
  test('names are trimmed, never empty and never twice', () => {
    expect(columnNames([' E-Mail ', 'Name', 'name', '', '__proto__', 'constructor'], true)).toEqual([
      'E-Mail',
      'Name',
      'name (2)',
      'Column 4',
      '__proto__',
      'constructor',
    ])
  })

  test('a first line with an address is nobody’s header', () => {
    expect(inspectCsv('a@post.example,Anna\nb@post.example,Ben\n', true)).toMatchObject({
      shape: { hasHeader: false, columns: ['Column 1', 'Column 2'] },
      rows: [{ length: 2 }, { length: 2 }],
    })
  })

  test.each([
    [['E-Mail', 'Vorname', 'Nachname'], [], ['address', 'first_name', 'last_name']],
    [['FIRST NAME', 'surname', 'email_address'], [], ['first_name', 'last_name', 'address']],
    [['Adresse', 'Mail'], [['Gartenweg 1', 'a@post.example']], ['', 'address']],
    [['Address'], [['a@post.example']], ['address']],
    [['Wer', 'Was'], [['x', 'a@post.example']], ['', 'address']],
    [['email', 'E-Mail'], [], ['address', '']],
    [['email', 'Opt out?'], [], ['address', 'opt_out']],
    [
      ['email', 'Status'],
      [
        ['a@post.example', 'Subscribed'],
        ['b@post.example', 'cleaned'],
      ],
      ['address', 'opt_out'],
    ],
    [
      ['email', 'Status'],
      [
        ['a@post.example', 'gold'],
        ['b@post.example', 'cleaned'],
      ],
      ['address', ''],
    ],
    [['email', 'Status'], [['a@post.example', '1']], ['address', '']],
  ])('%j go where they belong', (names, rows, expected) => {
    expect(guesses(names, rows)).toEqual(expected)
  })

  test('a new field gets a merge point that is free', () => {
    const columns = guessColumns(['email', 'a', 'b', 'c', 'd'], [], fields)
    const mapping = { A: 'new:Größe (cm)', b: 'new:first name', c: 'new:Address', d: 'new:1st' }
    const plan = planColumns(columns, mapping, fields)
    expect(plan.newFields.map(({ name }) => name)).toEqual(['gro_e_cm', 'address_2', 'field_1st'])
    expect(plan.targets[2]).toEqual({ kind: 'field', name: 'first_name' })
  })
})

describe('what an opt-out column says (IM-6)', () => {
  test.each([
    'yes',
    'TRUE',
    '1',
    'x',
    'Ja',
    'Unsubscribed',
    'opted_out',
    'Opt-Out',
    'cleaned',
    'bounced',
    'Complained',
    '2024-06-01 08:30:11',
    'désabonné',
    '1.6.2024',
  ])('%s is an opt-out', (cell) => expect(readOptOut(cell)).toBe(true))
  test.each(['no', 'FALSE', '0', '', ' ', '-', 'Nein', 'Active', 'subscribed'])('“%s” is none', (cell) =>
    expect(readOptOut(cell)).toBe(false),
  )
  test.each(['maybe', 'pending', 'nonsubscribed', '2', '__proto__', 'constructor'])('%s cannot be told', (cell) =>
    expect(readOptOut(cell)).toBeNull(),
  )
})

describe('rows', () => {
  const plan: RowPlan = {
    targets: [{ kind: 'address' }, { kind: 'field', name: 'first_name' }, { kind: 'opt_out' }],
    names: ['email', 'first', 'out'],
    fields: [],
    asOptOuts: false,
    emptyCells: 'keep',
    isDamaged: false,
    tool: null,
    statusWords: {},
  }
  const secret = Buffer.alloc(32, 1)
  const read = (...cells: string[]) => rowReader(plan, secret)({ line: 7, cells })

  test('more cells than columns are refused, empty ones aside; fewer are remarked (IM-1)', () => {
    expect(read('a@post.example', 'A', 'no', 'x')?.reason).toBe('This line has 4 cells, the header has 3.')
    expect(read('a@post.example', 'A', 'no', '', '')).toMatchObject({ isInvalid: false, reason: null })
    expect(read('a@post.example')).toMatchObject({
      isInvalid: false,
      reason: 'The last 2 cells of this line are missing.',
    })
  })

  test('an opt-out counts even when something else in its line is wrong', () => {
    expect(read('a@post.example', 'x'.repeat(3000), 'yes', 'extra')).toMatchObject({
      isInvalid: false,
      optOut: true,
      fields: '{}',
    })
    expect(read('a@post.example', 'A', 'no', 'x')).toMatchObject({ isInvalid: true })
  })

  test('a line of empty cells is no row', () => expect(read('', ' ', '')).toBeNull())

  test('the apostrophe that guards a formula in our own exports is taken back (IM-10)', () => {
    expect(read('a@post.example', "'=1+1", '')?.fields).toBe('{"first_name":"=1+1"}')
    expect(read('a@post.example', "'s Gravenhage", '')?.fields).toBe('{"first_name":"\'s Gravenhage"}')
  })

  test('control characters do not get into details', () => {
    expect(read('a@post.example', 'A\u0000\u001b[1m\r\nBcc: x', '')?.fields).toBe('{"first_name":"A [1m\\nBcc: x"}')
  })
})

describe('files of other programs (IM-6)', () => {
  function open(name: string) {
    const bytes = readFileSync(new URL(`../../test/fixtures/csv/${name}`, import.meta.url))
    const survey = surveyText()
    survey.push(bytes)
    const decoder = textDecoder(survey.finish().encoding)
    const { shape, rows } = inspectCsv(decoder.push(bytes) + decoder.end(), true)
    return { columns: guessColumns(shape.columns, rows, fields), rows }
  }

  test.each([
    ['mailchimp-subscribed.csv', ['address', 'first_name', 'last_name', '', '', '']],
    ['mailchimp-unsubscribed.csv', ['address', 'first_name', 'opt_out', '']],
    ['sendgrid-unsubscribes.csv', ['address', '']],
    ['brevo.csv', ['address', 'first_name', 'last_name', 'opt_out']],
    ['libreoffice-status.csv', ['address', 'opt_out']],
    ['excel-german.csv', ['', 'address', '']],
    ['excel-unicode-text.txt', ['address', '']],
  ])('%s', (name, expected) => {
    expect(open(name).columns.map(({ guess }) => guess)).toEqual(expected)
  })

  test('a German Excel file keeps umlauts, semicolons and line breaks in its cells', () => {
    expect(open('excel-german.csv').rows).toEqual([
      ['Köhler; Jürgen', 'juergen@post.example', 'Bad Tölz\r\nalte Stadt'],
    ])
  })
})
