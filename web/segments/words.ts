import type { Condition, FieldOperator, When } from '../../src/audience/condition.contract.ts'
import { listed, longDay } from '../ui/format.ts'
import { groupOf, isLeaf, type Leaf } from './tree.ts'

export const operatorWords: Record<FieldOperator, string> = {
  is: 'is',
  is_not: 'is not',
  contains: 'contains',
  does_not_contain: 'does not contain',
  begins_with: 'begins with',
  ends_with: 'ends with',
  is_empty: 'is empty',
  is_not_empty: 'is not empty',
  less_than: 'is less than',
  more_than: 'is more than',
  between: 'is between',
  before: 'is before',
  after: 'is after',
  in_last: 'is in the last days',
  in_next: 'is in the next days',
  anniversary_in_next: 'has its anniversary in the next days',
  any_of: 'is one of',
  all_of: 'has all of',
  none_of: 'is none of',
}
export const addressWords = {
  is: 'is',
  contains: 'contains',
  begins_with: 'begins with',
  domain_is: 'is at the domain',
} as const
export const didWords = {
  received: 'got',
  opened: 'opened',
  clicked: 'clicked in',
  opted_out: 'opted out from',
  bounced: 'came back from',
} as const
export const statusWords = { active: 'Active', error: 'Error', opt_out: 'Opt-Out' } as const
export const sourceWords = {
  operator: 'by hand',
  api: 'through the API',
  import: 'by an import',
  form: 'with a sign-up form',
} as const

/** Names of what conditions point to. */
export type Names = { of: (kind: 'field' | 'group' | 'topic' | 'import' | 'mailing', id: string) => string }

/** What a condition finds, as part of a sentence: “that are in the group Members and whose Town is “Linz””. */
export function inWords(condition: Condition, names: Names): string {
  if (isLeaf(condition)) return leafInWords(condition, names)
  const { together, of } = groupOf(condition)
  if (of.length === 0) return together === 'any' ? 'of whom there are none' : 'that are in the audience'
  const parts = of.map((one) => inPart(one, names))
  if (together === 'all') return parts.join(' and ')
  const either = parts.join(' or ')
  return together === 'any' ? either : `that are not among those ${either}`
}

/** Brackets where the sentence could be read in two ways. */
function inPart(part: Condition, names: Names): string {
  const words = inWords(part, names)
  return isLeaf(part) || groupOf(part).of.length === 1 ? words : `(${words})`
}

function leafInWords(leaf: Leaf, names: Names): string {
  switch (leaf.type) {
    case 'field':
      return `whose ${names.of('field', leaf.field)} ${fieldInWords(leaf.op, leaf.values)}`
    case 'address':
      return `whose address ${addressWords[leaf.op]} ${leaf.values.map(quoted).join(' or ')}`
    case 'status':
      return leaf.when
        ? `that ${becameWords[leaf.status]} ${whenInWords(leaf.when)}`
        : `that are ${statusWords[leaf.status]}`
    case 'group':
      return `that are in the group ${names.of('group', leaf.groupId)}`
    case 'topic':
      return `that chose the topic ${names.of('topic', leaf.topicId)}`
    case 'source':
      return `that were added ${sourceWords[leaf.source]}`
    case 'import':
      return `that came with the import ${names.of('import', leaf.importId)}`
    case 'added':
      return `that were added ${whenInWords(leaf.when)}`
    case 'changed':
      return `that were last changed ${whenInWords(leaf.when)}`
    default: {
      const which = leaf.mailingId ? names.of('mailing', leaf.mailingId) : 'any mailing'
      return `${leaf.did === 'bounced' ? 'for whom' : 'that'} ${mailingInWords(leaf.did, which)}${leaf.when ? ` ${whenInWords(leaf.when)}` : ''}`
    }
  }
}

const becameWords = { active: 'became Active', error: 'became Error', opt_out: 'opted out' } as const
const mailingInWords = (did: keyof typeof didWords, which: string) =>
  did === 'bounced' ? `${which} came back` : `${didWords[did]} ${which}`
function valueInWords(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number') return String(value)
  return isDay.test(value) ? longDay(`${value}T00:00:00Z`, 'UTC') : quoted(value)
}
const isDay = /^\d{4}-\d\d-\d\d$/
const quoted = (text: string) => (text === '' ? '…' : `“${text}”`)

function fieldInWords(op: FieldOperator, values: (string | number | boolean)[]): string {
  const texts = values.map(valueInWords)
  const days = values[0] === 1 ? 'day' : `${texts[0] ?? ''} days`
  if (op === 'in_last') return `is in the last ${days}`
  if (op === 'in_next') return `is in the next ${days}`
  if (op === 'anniversary_in_next') return `has its anniversary in the next ${days}`
  if (op === 'between') return `is between ${texts.join(' and ')}`
  return `${operatorWords[op]} ${op === 'any_of' || op === 'none_of' ? texts.join(' or ') : listed(texts)}`.trim()
}

function whenInWords(when: When): string {
  const on = (at: string) => longDay(at, 'UTC')
  switch (when.op) {
    case 'before':
      return `before ${on(when.at)}`
    case 'after':
      return `after ${on(when.at)}`
    case 'between':
      return `between ${on(when.from)} and ${on(when.to)}`
    case 'in_last':
      return `in the last ${when.days === 1 ? 'day' : `${when.days} days`}`
    default:
      return `not in the last ${when.days === 1 ? 'day' : `${when.days} days`}`
  }
}
