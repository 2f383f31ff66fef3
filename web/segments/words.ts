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

/** What a condition finds, as part of a sentence: “are in the group Members and have a field Town that is Linz”. */
export function inWords(condition: Condition, names: Names): string {
  if (isLeaf(condition)) return leafInWords(condition, names)
  const { together, of } = groupOf(condition)
  const parts = of.map((one) => (isLeaf(one) ? inWords(one, names) : `(${inWords(one, names)})`))
  if (parts.length === 0) return 'are in the audience'
  if (together === 'all') return listed(parts)
  const either = parts.join(' or ')
  return together === 'any' ? either : `do not match: ${either}`
}

function leafInWords(leaf: Leaf, names: Names): string {
  switch (leaf.type) {
    case 'field':
      return `have a field ${names.of('field', leaf.field)} that ${fieldInWords(leaf.op, leaf.values)}`
    case 'address':
      return `have an address that ${addressWords[leaf.op]} ${leaf.values.join(' or ')}`
    case 'status':
      return `are ${statusWords[leaf.status]}${leaf.when ? ` since ${whenInWords(leaf.when)}` : ''}`
    case 'group':
      return `are in the group ${names.of('group', leaf.groupId)}`
    case 'topic':
      return `chose the topic ${names.of('topic', leaf.topicId)}`
    case 'source':
      return `were added ${sourceWords[leaf.source]}`
    case 'import':
      return `came with the import ${names.of('import', leaf.importId)}`
    case 'added':
      return `were added ${whenInWords(leaf.when)}`
    case 'changed':
      return `were changed ${whenInWords(leaf.when)}`
    default: {
      const which = leaf.mailingId ? names.of('mailing', leaf.mailingId) : 'any mailing'
      return `${didWords[leaf.did]} ${which}${leaf.when ? ` ${whenInWords(leaf.when)}` : ''}`
    }
  }
}

function fieldInWords(op: FieldOperator, values: (string | number | boolean)[]): string {
  const texts = values.map((value) => (typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)))
  const days = texts[0] === '1' ? 'day' : `${texts[0] ?? ''} days`
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
