// Conditions on contacts: what a segment is made of, in the API, the builder and the filters of the list alike.
// Imports zod only: web/ loads this file.
import { z } from 'zod'
import { idText, time } from '../platform/page.contract.ts'
import { contactStatus } from './group.contract.ts'

const text = z.string().max(2500)
const days = z.int().min(1).max(36_500)

/** How deep conditions may nest, and how many of them a condition may hold in all. */
export const MOST_DEPTH = 10
export const MOST_PARTS = 200

/**
 * A time: `before` it (not at it), `after` it (also at it), `between` two (also at the first), or within the last so many
 * days of the account's time zone, today being the first of them.
 */
export const when = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('before'), at: time }),
  z.strictObject({ op: z.literal('after'), at: time }),
  z.strictObject({ op: z.literal('between'), from: time, to: time }),
  z.strictObject({ op: z.literal('in_last'), days }),
  z.strictObject({ op: z.literal('not_in_last'), days }),
])
export type When = z.infer<typeof when>

/**
 * Which comparisons fit which type of field is said by `fieldOperators`. Text is compared without regard to case. A value
 * that a contact does not have is none of the others: `is_not` finds it, `is` does not. `in_last` and `in_next` count
 * today as their first day, in the account's time zone; so does `anniversary_in_next`, for which 29 February is
 * 28 February in other years.
 */
export const fieldOperator = z.enum([
  'is',
  'is_not',
  'contains',
  'does_not_contain',
  'begins_with',
  'ends_with',
  'is_empty',
  'is_not_empty',
  'less_than',
  'more_than',
  'between',
  'before',
  'after',
  'in_last',
  'in_next',
  'anniversary_in_next',
  'any_of',
  'all_of',
  'none_of',
])
export type FieldOperator = z.infer<typeof fieldOperator>

const textOperators = [
  'is',
  'is_not',
  'contains',
  'does_not_contain',
  'begins_with',
  'ends_with',
  'any_of',
  'none_of',
  'is_empty',
  'is_not_empty',
] as const
/** The comparisons that fit each type of field, in the order in which a builder offers them. */
export const fieldOperators = {
  short: textOperators,
  long: textOperators,
  number: ['is', 'is_not', 'less_than', 'more_than', 'between', 'is_empty', 'is_not_empty'],
  date: ['is', 'before', 'after', 'between', 'in_last', 'in_next', 'anniversary_in_next', 'is_empty', 'is_not_empty'],
  one_of: ['is', 'is_not', 'any_of', 'none_of', 'is_empty', 'is_not_empty'],
  several_of: ['any_of', 'all_of', 'none_of', 'is_empty', 'is_not_empty'],
  yes_no: ['is', 'is_empty', 'is_not_empty'],
} as const satisfies Record<string, readonly FieldOperator[]>

const fieldCondition = z.strictObject({
  type: z.literal('field'),
  /** The field's name, its merge point without “contact.”. */
  field: z.string().min(1).max(63),
  op: fieldOperator,
  /**
   * One value; two for `between`, both of them included; several for `any_of`, `all_of`, `none_of`; a number of days for
   * `in_last`, `in_next`, `anniversary_in_next`; none for `is_empty` and `is_not_empty`. Numbers are numbers, dates
   * "YYYY-MM-DD", yes and no true and false, everything else is text.
   */
  values: z
    .array(z.union([text, z.number(), z.boolean()]))
    .max(1000)
    .default([]),
})

const addressCondition = z.strictObject({
  type: z.literal('address'),
  op: z.enum(['is', 'contains', 'begins_with', 'domain_is']),
  values: z.array(text.min(1)).min(1).max(1000),
})

const plainConditions = [
  fieldCondition,
  addressCondition,
  /** `when` is about the time of the opt-out or of the error. */
  z.strictObject({ type: z.literal('status'), status: contactStatus, when: when.optional() }),
  z.strictObject({ type: z.literal('group'), groupId: idText }),
  z.strictObject({ type: z.literal('topic'), topicId: idText }),
  z.strictObject({ type: z.literal('source'), source: z.enum(['operator', 'api', 'import', 'form']) }),
  z.strictObject({ type: z.literal('import'), importId: idText }),
  z.strictObject({ type: z.literal('added'), when }),
  z.strictObject({ type: z.literal('changed'), when }),
  /** Without a mailing: any mailing. `when` is about the time of what was done. */
  z.strictObject({
    type: z.literal('mailing'),
    did: z.enum(['received', 'opened', 'clicked', 'opted_out', 'bounced']),
    mailingId: idText.optional(),
    when: when.optional(),
  }),
] as const

const nested = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('all'),
      get of() {
        return z.array(nested).max(100)
      },
    }),
    z.strictObject({
      type: z.literal('any'),
      get of() {
        return z.array(nested).max(100)
      },
    }),
    z.strictObject({
      type: z.literal('not'),
      get of() {
        return nested
      },
    }),
    ...plainConditions,
  ])
  .meta({ id: 'Condition' })
export type Condition = z.infer<typeof nested>
/** A condition as answers give it; it was checked when it came in. */
export const savedCondition = nested

/** Everybody when `all` is empty, nobody when `any` is. Depth and number are looked at first: reading goes as deep as it nests. */
export const condition = z.preprocess((given, context) => {
  const message = excess(given)
  if (message === null) return given
  context.addIssue({ code: 'custom', message })
  return z.NEVER
}, nested)

function excess(given: unknown): string | null {
  let level = [given]
  let parts = 0
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MOST_DEPTH) return `Conditions nest at most ${MOST_DEPTH} deep.`
    parts += level.length
    if (parts > MOST_PARTS) return `There are at most ${MOST_PARTS} conditions in one.`
    level = level.flatMap((part) => (typeof part === 'object' && part !== null && 'of' in part ? part.of : []))
  }
  return null
}
