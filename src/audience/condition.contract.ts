// Conditions on contacts: what a segment is made of, in the API, the builder and the filters of the list alike.
// Imports zod only: web/ loads this file.
import { z } from 'zod'
import { idText, time } from '../platform/page.contract.ts'
import { contactStatus } from './group.contract.ts'

const text = z.string().max(2500)
const days = z.int().min(1).max(36_500)

/** A moment or a day: fixed, or so many days before or after today in the account's time zone. */
export const when = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('before'), at: time }),
  z.strictObject({ op: z.literal('after'), at: time }),
  z.strictObject({ op: z.literal('between'), from: time, to: time }),
  z.strictObject({ op: z.literal('in_last'), days }),
  z.strictObject({ op: z.literal('not_in_last'), days }),
])
export type When = z.infer<typeof when>

/** Which comparisons fit which type of field is said by `fieldOperators`. Text is compared without regard to case. */
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

const fieldCondition = z.strictObject({
  type: z.literal('field'),
  /** The field's name, its merge point without “contact.”. */
  field: z.string().min(1).max(63),
  op: fieldOperator,
  /** One value; two for `between`; several for `any_of`, `all_of`, `none_of`; days for `in_last`, `in_next`, `anniversary_in_next`; none for `is_empty`. */
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

export const condition = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('all'),
      get of() {
        return z.array(condition).max(100)
      },
    }),
    z.strictObject({
      type: z.literal('any'),
      get of() {
        return z.array(condition).max(100)
      },
    }),
    z.strictObject({
      type: z.literal('not'),
      get of() {
        return condition
      },
    }),
    ...plainConditions,
  ])
  .meta({ id: 'Condition' })
export type Condition = z.infer<typeof condition>
