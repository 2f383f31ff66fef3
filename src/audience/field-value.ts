// The one place that says what a field's value may be: for the add dialog, the record, the API and files.
import { type Field, type FieldType, type FieldValue, longest } from './field.contract.ts'
import { dayOf } from './field-day.ts'
import { isExact, numberOf } from './field-number.ts'

export type ValueField = Pick<Field, 'label' | 'type' | 'options'>
export type ValueProblem = { problem: string }
export type ReadValue = (text: string) => FieldValue | ValueProblem

export const isProblem = (value: FieldValue | ValueProblem): value is ValueProblem =>
  typeof value === 'object' && !Array.isArray(value)

/**
 * Makes the function that reads a field's value from text that is not blank: a cell of a file, or a string in a request.
 *
 * Texts are given back as they are. Numbers and days are never guessed: what can be read in two ways is a problem.
 */
export function valueReader(field: ValueField): ReadValue {
  return readers[field.type](field)
}

/**
 * What a request gives for a field as it is kept; null takes the value away.
 *
 * @param before what the contact has: an option that the field lost meanwhile may stay
 */
export function readValue(
  field: ValueField,
  given: FieldValue | null,
  before?: FieldValue,
): FieldValue | null | ValueProblem {
  if (given === null) return null
  if (typeof given === 'string')
    return given.trim() === '' ? null : valueReader(withFormer(field, before))(given.trim())
  if (Array.isArray(given)) {
    if (field.type !== 'several_of') return { problem: wanted(field) }
    return given.length === 0 ? null : chosenOf(withFormer(field, before), given)
  }
  if (typeof given === 'number' && field.type === 'number') return isExact(given) ? given : { problem: wanted(field) }
  return typeof given === 'boolean' && field.type === 'yes_no' ? given : { problem: wanted(field) }
}

/** A value as text for people: in the history and where two contacts are compared. */
export function shownValue(value: FieldValue): string {
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)
}

/** What to enter in a field, as a sentence. */
export function wanted({ label, type, options }: ValueField): string {
  const words: Record<FieldType, string> = {
    short: `Enter a text of at most ${longest.short} characters for “${label}”.`,
    long: `Enter a text of at most ${longest.long.toLocaleString('en')} characters for “${label}”.`,
    number: `Enter a number for “${label}”, such as 1500 or 2.5, with at most 15 figures.`,
    date: `Enter a date for “${label}”, such as 2024-06-15.`,
    one_of: `Choose one of these for “${label}”: ${named(options)}.`,
    several_of: `Choose from these for “${label}”: ${named(options)}.`,
    yes_no: `Enter yes or no for “${label}”.`,
  }
  return words[type]
}

/** The sentence for a required field that is empty. */
export const missing = ({ label, type }: ValueField) =>
  type === 'one_of' || type === 'several_of' || type === 'yes_no'
    ? `Choose something for “${label}”.`
    : `Enter something for “${label}”.`

const readers: Record<FieldType, (field: ValueField) => ReadValue> = {
  short: textReader(longest.short),
  long: textReader(longest.long),
  number: (field) => (text) => numberOf(text) ?? { problem: `${quoted(text)} is no number. ${wanted(field)}` },
  date: (field) => (text) => {
    const day = dayOf(text)
    if (typeof day === 'string') return day
    return { problem: `${quoted(text)} ${day === null ? 'is no date' : day.why}. ${wanted(field)}` }
  },
  one_of(field) {
    const find = optionFinder(field)
    return (text) => find(text) ?? { problem: `${quoted(text)} is no option. ${wanted(field)}` }
  },
  several_of(field) {
    const find = optionFinder(field)
    return (text) => {
      const whole = find(text)
      return whole === undefined ? chosenOf(field, partsOf(text, find), find) : [whole]
    }
  },
  yes_no: (field) => (text) => YES_NO.get(folded(text)) ?? { problem: `${quoted(text)} is neither. ${wanted(field)}` },
}

function textReader(most: number) {
  return (field: ValueField): ReadValue => {
    const tooLong = {
      problem: `“${field.label}” has more than ${most.toLocaleString('en')} characters. Shorten it.`,
    }
    return (text) => (text.length <= most || Array.from(text).length <= most ? text : tooLong)
  }
}

type FindOption = (text: string) => string | undefined

function optionFinder({ options }: ValueField): FindOption {
  const exact = new Map(options.map((option) => [option, option]))
  const byFold = new Map(options.map((option) => [folded(option), option]))
  return (text) => exact.get(text) ?? byFold.get(folded(text))
}

/** Parts between ; or |, or between commas where those are no part of an option's name. */
function partsOf(text: string, find: FindOption): string[] {
  return text
    .split(/[;|]/)
    .flatMap((part) => (find(part) === undefined ? part.split(',') : [part]))
    .filter((part) => part.trim() !== '')
}

function chosenOf(field: ValueField, given: string[], find = optionFinder(field)): FieldValue | ValueProblem {
  const chosen = new Set<string>()
  for (const part of given) {
    const option = find(part)
    if (option === undefined) return { problem: `${quoted(part.trim())} is no option. ${wanted(field)}` }
    chosen.add(option)
  }
  if (chosen.size === 0) return { problem: wanted(field) }
  return field.options.filter((option) => chosen.has(option))
}

function withFormer(field: ValueField, before: FieldValue | undefined): ValueField {
  if (before === undefined || (field.type !== 'one_of' && field.type !== 'several_of')) return field
  const former = [before].flat().filter((one): one is string => typeof one === 'string' && !field.options.includes(one))
  return former.length === 0 ? field : { ...field, options: [...field.options, ...former] }
}

const folded = (text: string) => text.trim().normalize().toLowerCase()

const YES_NO = new Map<string, boolean>([
  ...'yes,y,true,1,x,on,ja,j,wahr,oui,vrai'.split(',').map((word) => [word, true] as const),
  ...'no,n,false,0,off,nein,falsch,non,faux'.split(',').map((word) => [word, false] as const),
])

const MOST_NAMED = 8

function named(options: string[]): string {
  const more = options.length - MOST_NAMED
  return options.slice(0, MOST_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

const quoted = (text: string) => `“${text.length > 60 ? `${text.slice(0, 59)}…` : text}”`
