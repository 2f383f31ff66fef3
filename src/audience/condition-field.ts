// Conditions on a field's value: which are possible, and each as SQL.
import type { RawBuilder } from 'kysely'
import { sql } from '../platform/database.ts'
import { type Condition, type FieldOperator, fieldOperators } from './condition.contract.ts'
import { anniversaries, type Calendar, dayAfter } from './condition-time.ts'

export type FieldCondition = Extract<Condition, { type: 'field' }>
export type FieldType = keyof typeof fieldOperators

export const isFieldType = (type: string): type is FieldType => type in fieldOperators

/** What is wrong with a condition on a field of this type as a path in it and a sentence, or null. */
export function fieldProblem(
  type: FieldType,
  { op, values }: FieldCondition,
): { path: string; message: string } | null {
  const fitting: readonly FieldOperator[] = fieldOperators[type]
  if (!fitting.includes(op)) return { path: '/op', message: 'Choose a comparison that fits this field.' }
  const message = valuesProblem(type, op, values)
  return message === null ? null : { path: '/values', message }
}

function valuesProblem(type: FieldType, op: FieldOperator, values: FieldCondition['values']): string | null {
  const [first, second] = values
  const expected = { is_empty: 0, is_not_empty: 0, between: 2 }[op as string] ?? 1
  const several = ['any_of', 'all_of', 'none_of'].includes(op)
  if (expected === 0) return values.length === 0 ? null : 'There is nothing to compare with here.'
  if (['in_last', 'in_next', 'anniversary_in_next'].includes(op))
    return values.length === 1 && isDays(first) ? null : 'Enter a number of days from 1 to 36,500.'
  if (values.length < expected || (!several && values.length > expected)) return words[type]
  if (!values.every(isValue[type])) return words[type]
  if (op === 'between' && first !== undefined && second !== undefined && first > second)
    return 'Enter the smaller one first.'
  return null
}

const isText = (value: unknown) =>
  typeof value === 'string' && value !== '' && value.isWellFormed() && !value.includes('\0')
const isDays = (value: unknown) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 36_500
const isDay = (value: unknown) =>
  typeof value === 'string' && /^(?!0000)\d{4}-\d\d-\d\d$/.test(value) && isRealDay(value)
const isRealDay = (day: string) => {
  const time = Date.parse(`${day}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day)
}

const isValue: Record<FieldType, (value: unknown) => boolean> = {
  short: isText,
  long: isText,
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  date: isDay,
  one_of: isText,
  several_of: isText,
  yes_no: (value) => typeof value === 'boolean',
}
const words: Record<FieldType, string> = {
  short: 'Enter what to compare with.',
  long: 'Enter what to compare with.',
  number: 'Enter a number.',
  date: 'Enter a date.',
  one_of: 'Choose an option.',
  several_of: 'Choose an option.',
  yes_no: 'Choose yes or no.',
}

/** A checked condition on a field as SQL that is true or false, never null. */
export function fieldSql(
  type: FieldType,
  { field, op, values }: FieldCondition,
  calendar: Calendar,
): RawBuilder<unknown> {
  const value = sql`(contact.fields -> ${field}::text)`
  const empty = sql`coalesce(${value}, 'null') in ('null', '""', '[]')`
  if (op === 'is_empty') return empty
  if (op === 'is_not_empty') return sql`not ${empty}`
  if (op === 'is_not') return sql`not ${fieldSql(type, { type: 'field', field, op: 'is', values }, calendar)}`
  if (op === 'none_of') return sql`not ${fieldSql(type, { type: 'field', field, op: 'any_of', values }, calendar)}`
  if (op === 'does_not_contain')
    return sql`not ${fieldSql(type, { type: 'field', field, op: 'contains', values }, calendar)}`
  const compared = byType[type](field, op, values, calendar)
  return sql`coalesce(${compared}, false)`
}

type Compared = (
  field: string,
  op: FieldOperator,
  values: FieldCondition['values'],
  calendar: Calendar,
) => RawBuilder<unknown>

/** Without regard to case, in any script. */
export const folded = (text: RawBuilder<unknown>) => sql`lower(${text} collate "und-x-icu")`
export const foldedGiven = (text: string) => folded(sql`${text}::text`)
const foldedList = (texts: unknown[]) =>
  sql`array(select ${folded(sql`given`)} from unnest(${texts.map(String)}::text[]) given)`

function byText(field: string, op: FieldOperator, values: FieldCondition['values']): RawBuilder<unknown> {
  const text = folded(sql`(contact.fields ->> ${field}::text)`)
  const given = foldedGiven(String(values[0]))
  if (op === 'contains') return sql`strpos(${text}, ${given}) > 0`
  if (op === 'begins_with') return sql`starts_with(${text}, ${given})`
  if (op === 'ends_with') return sql`right(${text}, length(${given})) = ${given}`
  return op === 'any_of' ? sql`${text} = any (${foldedList(values)})` : sql`${text} = ${given}`
}

const byType: Record<FieldType, Compared> = {
  short: byText,
  long: byText,
  one_of: byText,
  number(field, op, [first, second]) {
    const number = sql`case jsonb_typeof(contact.fields -> ${field}::text) when 'number'
      then (contact.fields ->> ${field}::text)::numeric end`
    if (op === 'less_than') return sql`${number} < ${first}::numeric`
    if (op === 'more_than') return sql`${number} > ${first}::numeric`
    if (op === 'between') return sql`${number} between ${first}::numeric and ${second}::numeric`
    return sql`${number} = ${first}::numeric`
  },
  // Days as text have the order of the calendar, and text that is no day fails nothing.
  date(field, op, [first, second], { today }) {
    const day = sql`((contact.fields ->> ${field}::text) collate "C")`
    const within = (from: string, to: string) => sql`${day} between ${from} and ${to}`
    if (op === 'before') return sql`${day} < ${first}::text`
    if (op === 'after') return sql`${day} > ${first}::text`
    if (op === 'between') return within(String(first), String(second))
    if (op === 'in_last') return within(dayAfter(today, 1 - Number(first)), today)
    if (op === 'in_next') return within(today, dayAfter(today, Number(first) - 1))
    if (op === 'anniversary_in_next')
      return sql`substr(${day}, 6, 5) = any (${anniversaries(today, Number(first))}::text[])`
    return sql`${day} = ${first}::text`
  },
  several_of(field, op, values) {
    const chosen = sql`array(select ${folded(sql`option`)} from jsonb_array_elements_text(
      case jsonb_typeof(contact.fields -> ${field}::text) when 'array' then contact.fields -> ${field}::text else '[]' end) option)`
    return op === 'all_of' ? sql`${chosen} @> ${foldedList(values)}` : sql`${chosen} && ${foldedList(values)}`
  },
  yes_no: (field, _op, [first]) => sql`(contact.fields -> ${field}::text) = to_jsonb(${first}::boolean)`,
}
