// A row's details: each cell as its field keeps it. A cell that does not fit costs its value, never the row.
import { unguarded } from '../platform/csv.ts'
import type { Field, FieldType } from './field.contract.ts'
import { dayOf } from './field-day.ts'
import { numberOf } from './field-number.ts'
import { isProblem, type ReadValue, valueReader } from './field-value.ts'
import type { Target } from './import-columns.ts'

export type PlannedField = Pick<Field, 'name' | 'label' | 'type' | 'options' | 'required'>

export type ValuesPlan = {
  targets: Target[]
  names: string[]
  /** The fields that columns go to, new ones too, and the required ones that no column goes to. */
  fields: PlannedField[]
  emptyCells: 'keep' | 'clear'
}

export type RowValues = {
  /** Members of a JSON object; null stands for a detail that is cleared. */
  json: string
  /** What the row is taken without, and why. */
  problems: string[]
}

const MOST_PROBLEMS = 5

/** Makes the function that reads the details of a row. */
export function valuesReader({ targets, names, fields, emptyCells }: ValuesPlan): (cells: string[]) => RowValues {
  const byName = new Map(fields.map((field) => [field.name, field]))
  const columns = targets.flatMap((target, at) =>
    target?.kind === 'field' ? [columnOf(at, target.name, byName.get(target.name), names[at] ?? target.name)] : [],
  )
  const taken = new Set(columns.map(({ name }) => name))
  const absent = fields.filter(({ name, required }) => required && !taken.has(name)).map(({ label }) => lacks(label))

  return function read(cells) {
    let json = ''
    const problems: string[] = []
    for (const { at, key, label, required, toValue } of columns) {
      const text = textOf(cells[at])
      const value = text === null ? null : toValue(text)
      if (value === null && required) problems.push(lacks(label))
      if (value === null && emptyCells === 'keep') continue
      if (value !== null && isProblem(value)) problems.push(`Taken without “${label}”: ${value.problem}`)
      else json += `${json === '' ? '' : ','}${key}${JSON.stringify(value)}`
    }
    problems.push(...absent)
    return { json, problems: problems.length > MOST_PROBLEMS ? shortened(problems) : problems }
  }
}

type Column = { at: number; name: string; key: string; label: string; required: boolean; toValue: ReadValue }

function columnOf(at: number, name: string, field: PlannedField | undefined, column: string): Column {
  const known = field ?? { label: column, type: 'long', options: [], required: false }
  const { label, required } = known
  return { at, name, key: `${JSON.stringify(name)}:`, label, required, toValue: valueReader(known) }
}

const lacks = (label: string) => `“${label}” is required, and this line has nothing for it.`
const shortened = (problems: string[]) => [
  ...problems.slice(0, MOST_PROBLEMS),
  `And ${problems.length - MOST_PROBLEMS} more.`,
]

/** A cell's text as it is kept: control characters but line breaks become spaces; null when nothing is left. */
function textOf(cell: string | undefined): string | null {
  if (cell === undefined || cell === '') return null
  const clean = /[\u0000-\u001f\u007f-\u009f]/.test(cell)
    ? cell.replace(/\r\n?/g, '\n').replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]+/g, ' ')
    : cell
  return unguarded(clean).trim() || null
}

/** Columns whose figures are names, not amounts: a postcode may begin with 0 further down. */
const CODES = /zip|plz|postal|post.?code|phone|tele|mobil|fax|code|iban|card|karte|(^|[^a-z])(id|nr|no|tel)([^a-z]|$)/i

/** The type of a field that is made for a column: the one that all values fit, or a text. */
export function guessType(column: string, values: string[]): FieldType {
  if (values.length === 0) return 'short'
  if (values.every(isYesOrNo) && !values.every(isAmount)) return 'yes_no'
  if (values.every(isAmount) && !CODES.test(column)) return 'number'
  if (values.every((value) => typeof dayOf(value) === 'string')) return 'date'
  return values.some((value) => value.length > SHORT) ? 'long' : 'short'
}

/** Longer ones may come further down the file. */
const SHORT = 100
const readYesNo = valueReader({ label: '', type: 'yes_no', options: [] })
const isYesOrNo = (value: string) => typeof readYesNo(value) === 'boolean'
const isAmount = (value: string) => numberOf(value) !== null && !/^(\+|[-−]?0\d)/.test(value)
