import { z } from 'zod'
import { line } from '../accounts/account.contract.ts'
import { idText, time } from '../platform/page.contract.ts'

/** What a field holds; it never changes once the field exists. */
export const fieldType = z.enum(['short', 'long', 'number', 'date', 'one_of', 'several_of', 'yes_no'])
export type FieldType = z.infer<typeof fieldType>

/** Most characters of a text. */
export const longest = { short: 255, long: 2500 } as const

/** A day is written YYYY-MM-DD; several options stand in the order of the field's options. */
export const fieldValue = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])
export type FieldValue = z.infer<typeof fieldValue>
export const fieldValues = z.record(z.string(), fieldValue)
export type FieldValues = z.infer<typeof fieldValues>

export const field = z
  .object({
    id: idText,
    name: z.string(),
    label: z.string(),
    type: fieldType,
    /** Of one_of and several_of, in their order. */
    options: z.array(z.string()),
    required: z.boolean(),
    /** People can change it on their preferences page. */
    editable: z.boolean(),
    /** What stands for its value in mailings, such as contact.first_name. */
    mergePoint: z.string(),
    archivedAt: time.nullable(),
  })
  .meta({ id: 'Field' })
export type Field = z.infer<typeof field>
export const fieldList = z.object({ items: z.array(field) })
export const fieldsQuery = z.strictObject({ archived: z.stringbool().default(false) })

const label = line(63).trim().min(1, 'Enter a name for the field.')
const option = line(255)
  .trim()
  .min(1, 'Enter a name for each option.')
  .regex(/^[^;|]*$/, 'An option has no ; and no |, which stand between options.')
const options = z.array(option).max(500, 'At most 500 options are possible.')

export const newField = z.strictObject({
  label,
  type: fieldType.default('short'),
  options: options.default([]),
  required: z.boolean().default(false),
  editable: z.boolean().default(false),
})
export type NewField = z.input<typeof newField>
export const fieldChange = z.strictObject({
  label: label.optional(),
  options: options.optional(),
  required: z.boolean().optional(),
  editable: z.boolean().optional(),
})
export type FieldChange = z.infer<typeof fieldChange>
export const fieldOrder = z.strictObject({ ids: z.array(idText).min(1).max(1000) })

/** How many contacts have a value, and each option, those too that the field has no more. */
export const fieldUse = z
  .object({ contacts: z.int(), options: z.array(z.object({ option: z.string(), contacts: z.int() })) })
  .meta({ id: 'FieldUse' })
export type FieldUse = z.infer<typeof fieldUse>
