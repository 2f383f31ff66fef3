import type { Condition, FieldOperator, When } from '../../src/audience/condition.contract.ts'
import type { FieldType } from '../../src/audience/field.contract.ts'

/** How the conditions of a group go together. */
export type Together = 'all' | 'any' | 'none'
export type GroupNode = { together: Together; of: Condition[] }
export type Leaf = Exclude<Condition, { type: 'all' | 'any' | 'not' }>

export const isLeaf = (condition: Condition): condition is Leaf => !['all', 'any', 'not'].includes(condition.type)

/** A group as the builder shows it; “none of” is not any of. */
export function groupOf(condition: Condition): GroupNode {
  if (condition.type === 'all' || condition.type === 'any') return { together: condition.type, of: condition.of }
  if (condition.type !== 'not') return { together: 'all', of: [condition] }
  return { together: 'none', of: condition.of.type === 'any' ? condition.of.of : [condition.of] }
}

export const conditionOf = ({ together, of }: GroupNode): Condition =>
  together === 'none' ? { type: 'not', of: { type: 'any', of } } : { type: together, of }

/** How many conditions there are in all. */
export function sizeOf(condition: Condition): number {
  return isLeaf(condition) ? 1 : groupOf(condition).of.reduce((sum, one) => sum + sizeOf(one), 0)
}

/** What can be asked about, beside fields. */
export const kinds: { value: Leaf['type']; label: string }[] = [
  { value: 'address', label: 'Address' },
  { value: 'status', label: 'Status' },
  { value: 'group', label: 'Group' },
  { value: 'topic', label: 'Topic' },
  { value: 'source', label: 'Source' },
  { value: 'import', label: 'Import' },
  { value: 'added', label: 'Added' },
  { value: 'changed', label: 'Last changed' },
  { value: 'mailing', label: 'Mailing' },
]

const lately: When = { op: 'in_last', days: 30 }

/** A new condition of a kind, with nothing chosen that would have to be guessed. */
export function fresh(type: Leaf['type'], first: { group?: string; topic?: string; import?: string }): Leaf {
  switch (type) {
    case 'address':
      return { type, op: 'contains', values: [''] }
    case 'status':
      return { type, status: 'active' }
    case 'group':
      return { type, groupId: first.group ?? '' }
    case 'topic':
      return { type, topicId: first.topic ?? '' }
    case 'source':
      return { type, source: 'import' }
    case 'import':
      return { type, importId: first.import ?? '' }
    case 'mailing':
      return { type, did: 'opened' }
    case 'field':
      return { type, field: 'first_name', op: 'is', values: [''] }
    default:
      return { type, when: lately }
  }
}

/** What is still missing in a condition that was only begun. */
export function gapOf(leaf: Leaf): string | undefined {
  switch (leaf.type) {
    case 'address':
      return leaf.values.some((value) => value !== '') ? undefined : 'Enter a value.'
    case 'group':
      return leaf.groupId === '' ? 'Choose a group.' : undefined
    case 'topic':
      return leaf.topicId === '' ? 'Choose a topic.' : undefined
    case 'import':
      return leaf.importId === '' ? 'Choose an import.' : undefined
    default:
      return undefined
  }
}

const none: FieldOperator[] = ['is_empty', 'is_not_empty']
const ofDays: FieldOperator[] = ['in_last', 'in_next', 'anniversary_in_next']
const ofMany: FieldOperator[] = ['any_of', 'all_of', 'none_of']

/** Which kind of editor a comparison needs. */
export type Editor = 'none' | 'days' | 'many' | 'two' | 'one'
export function editorOf(op: FieldOperator): Editor {
  if (none.includes(op)) return 'none'
  if (ofDays.includes(op)) return 'days'
  if (ofMany.includes(op)) return 'many'
  return op === 'between' ? 'two' : 'one'
}

type Value = string | number | boolean

/** Values to begin with when the field or the comparison is another one. */
export function startValues(type: FieldType, op: FieldOperator, options: string[]): Value[] {
  const editor = editorOf(op)
  if (editor === 'none') return []
  if (editor === 'days') return [30]
  if (editor === 'many') return []
  const one: Value = type === 'number' ? 0 : type === 'yes_no' ? true : type === 'one_of' ? (options[0] ?? '') : ''
  return editor === 'two' ? [one, one] : [one]
}
