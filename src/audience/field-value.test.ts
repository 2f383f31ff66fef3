import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FieldType } from './field.contract.ts'
import { isProblem, readValue, valueReader } from './field-value.ts'

const fieldOf = (type: FieldType, options: string[] = []) => ({ label: 'Detail', type, options })
const read = (type: FieldType, text: string, options?: string[]) => valueReader(fieldOf(type, options))(text)
const isRefused = (value: ReturnType<typeof read>) => isProblem(value)

describe('texts', () => {
  test('a short text has up to 255 characters, a long one up to 2,500, counted as people count them', () => {
    expect(read('short', 'x'.repeat(255))).toBe('x'.repeat(255))
    expect(read('short', '😀'.repeat(255))).toBe('😀'.repeat(255))
    expect(read('short', 'x'.repeat(256))).toEqual({
      problem: '“Detail” has more than 255 characters. Shorten it.',
    })
    expect(read('long', 'x'.repeat(2500))).toBe('x'.repeat(2500))
    expect(read('long', 'x'.repeat(2501))).toMatchObject({ problem: expect.stringContaining('2,500 characters') })
  })

  test('every text of the right length stays as it is', () => {
    fc.assert(fc.property(fc.string({ maxLength: 255 }), (text) => read('short', text) === text))
  })
})

describe('numbers', () => {
  test.each([
    ['1500', 1500],
    ['-2.5', -2.5],
    ['−3', -3],
    ['+7', 7],
    ['.5', 0.5],
    ['1,5', 1.5],
    ['0,500', 0.5],
    ['12,3456', 12.3456],
    ['1,500.5', 1500.5],
    ['1.500,5', 1500.5],
    ['1,500,000', 1_500_000],
    ['1.500.000', 1_500_000],
    ['1 500', 1500],
    ['1\u00a0500\u00a0000,25', 1_500_000.25],
    ['1’500.5', 1500.5],
    ['3.142', 3.142],
    ['1.2E+5', 120_000],
    ['000123', 123],
    ['-0', 0],
    ['999999999999999', 999_999_999_999_999],
  ])('%s is a number', (text, number) => {
    expect(read('number', text)).toBe(number)
  })

  test.each([
    'twelve',
    '1,500',
    '999,999',
    '12 €',
    '1,2,3',
    '1.2.3',
    '1 50',
    '1,500.500.0',
    '0x10',
    'Infinity',
    'NaN',
    '1e400',
    '1e16',
    '1234567890123456',
    '0.1234567890123456',
    '- 5',
    '--5',
    '12 345,678,9',
    '٣',
  ])('%s is none that can be kept', (text) => {
    expect(read('number', text)).toMatchObject({ problem: expect.stringContaining('Enter a number for “Detail”') })
  })

  test('every number of up to 15 figures comes back from its text as the same number', () => {
    const exact = fc
      .tuple(fc.integer({ min: -999_999_999, max: 999_999_999 }), fc.integer({ min: 0, max: 6 }))
      .map(([figures, places]) => Number(`${figures}e-${places}`))
    fc.assert(
      fc.property(exact, (number) => {
        const given = number + 0
        return Object.is(read('number', String(given)), given) && readValue(fieldOf('number'), given) === given
      }),
    )
  })

  test('any text is a finite number or a problem, never something else', () => {
    const almost = fc.string({ unit: fc.constantFrom(...Array.from("0123456789.,-+ eE’'")), maxLength: 20 })
    fc.assert(
      fc.property(almost, (text) => {
        const value = read('number', text)
        return isRefused(value) || (typeof value === 'number' && Number.isFinite(value))
      }),
      { numRuns: 2000 },
    )
  })

  test.each([[0.1 + 0.2], [Number.NaN], [Number.POSITIVE_INFINITY], [1e15], [true], [['1']]])(
    'a request cannot give %j as a number',
    (given) => {
      expect(readValue(fieldOf('number'), given)).toMatchObject({ problem: expect.any(String) })
    },
  )
})

describe('dates', () => {
  test.each([
    ['2024-06-15', '2024-06-15'],
    ['2024-02-29', '2024-02-29'],
    ['2024-06-15T00:00:00', '2024-06-15'],
    ['2024-06-15 08:30:00Z', '2024-06-15'],
    ['2024/6/5', '2024-06-05'],
    ['01.06.2024', '2024-06-01'],
    ['1.6.2024', '2024-06-01'],
    ['6/15/2024', '2024-06-15'],
    ['15/6/2024', '2024-06-15'],
    ['15-06-2024', '2024-06-15'],
    ['6/6/2024', '2024-06-06'],
  ])('%s is a day', (text, day) => {
    expect(read('date', text)).toBe(day)
  })

  test.each([
    '2024-02-30',
    '2023-02-29',
    '2024-13-01',
    '0000-01-01',
    '31.04.2024',
    '13/13/2024',
    '15.06.24',
    '6/5/2024',
    'yesterday',
    '45458',
    '2024-06-15x',
  ])('%s is none', (text) => {
    expect(read('date', text)).toMatchObject({ problem: expect.stringContaining('Enter a date for “Detail”') })
  })

  test('a day that can be read in two ways is not guessed: both are named', () => {
    expect(read('date', '6/5/2024')).toEqual({
      problem: '“6/5/2024” could be 2024-06-05 or 2024-05-06. Enter a date for “Detail”, such as 2024-06-15.',
    })
  })

  test('every day comes back from its text, year first and day first', () => {
    const days = fc.date({ min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(days, (at) => {
        const day = at.toISOString().slice(0, 10)
        const [year, month, ofMonth] = day.split('-')
        return read('date', day) === day && read('date', `${ofMonth}.${month}.${year}`) === day
      }),
    )
  })
})

describe('options', () => {
  const colours = ['Red', 'Dark blue', 'Blue, pale', 'Grün']

  test('an option is found without regard to case and kept in its own spelling', () => {
    expect(read('one_of', 'dark BLUE', colours)).toBe('Dark blue')
    expect(read('one_of', 'GRÜN', colours)).toBe('Grün')
    expect(read('one_of', 'Gru\u0308n', colours)).toBe('Grün')
    expect(read('one_of', 'Purple', colours)).toEqual({
      problem: '“Purple” is no option. Choose one of these for “Detail”: Red, Dark blue, Blue, pale, Grün.',
    })
  })

  test.each([
    ['Red', ['Red']],
    ['grün; red', ['Red', 'Grün']],
    ['red,grün', ['Red', 'Grün']],
    ['Blue, pale', ['Blue, pale']],
    ['Blue, pale|red', ['Red', 'Blue, pale']],
    ['red, RED;;', ['Red']],
  ])('%s chooses several, each once and in the order of the options', (text, chosen) => {
    expect(read('several_of', text, colours)).toEqual(chosen)
  })

  test('one unknown option refuses all of them', () => {
    expect(read('several_of', 'Red; Purple', colours)).toMatchObject({
      problem: expect.stringContaining('“Purple” is no option'),
    })
    expect(readValue(fieldOf('several_of', colours), ['Red', 'Purple'])).toMatchObject({
      problem: expect.any(String),
    })
  })

  test('whatever is chosen comes back from the text that an export writes', () => {
    fc.assert(
      fc.property(fc.subarray(colours, { minLength: 1 }), (chosen) => {
        expect(read('several_of', chosen.join('; '), colours)).toEqual(chosen)
      }),
    )
  })

  test('an option that the field lost may stay with those who have it, and comes to nobody else', () => {
    const field = fieldOf('one_of', ['Red'])
    expect(readValue(field, 'Purple', 'Purple')).toBe('Purple')
    expect(readValue(field, 'Purple', 'Red')).toMatchObject({ problem: expect.any(String) })
    expect(readValue(fieldOf('several_of', ['Red']), ['Purple', 'Red'], ['Purple'])).toEqual(['Red', 'Purple'])
  })
})

describe('yes or no', () => {
  test.each(['yes', 'TRUE', '1', 'ja', 'oui', 'x', 'Wahr'])('%s is yes', (text) => {
    expect(read('yes_no', text)).toBe(true)
  })
  test.each(['no', 'False', '0', 'nein', 'NON'])('%s is no', (text) => {
    expect(read('yes_no', text)).toBe(false)
  })
  test('another word is a problem', () => {
    expect(read('yes_no', 'maybe')).toEqual({ problem: '“maybe” is neither. Enter yes or no for “Detail”.' })
    expect(readValue(fieldOf('yes_no'), true)).toBe(true)
    expect(readValue(fieldOf('yes_no'), 1)).toMatchObject({ problem: expect.any(String) })
  })
})

test('nothing, blanks and an empty list take the value away', () => {
  for (const type of ['short', 'number', 'date', 'yes_no'] as const) {
    expect(readValue(fieldOf(type), null)).toBeNull()
    expect(readValue(fieldOf(type), '  ')).toBeNull()
  }
  expect(readValue(fieldOf('several_of', ['Red']), [])).toBeNull()
})
