import type { Db } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import type { AudienceErrorCode } from './errors.ts'
import type { Field, FieldValue, FieldValues } from './field.contract.ts'
import { listFields } from './field.ts'
import { isProblem, missing, readValue } from './field-value.ts'

type Given = Record<string, FieldValue | null>
type Fault = { path: string; message: string }

/**
 * A contact's details once `given` is entered: each value as its field keeps it, and no required field without one.
 *
 * What is not given stays as it was, even where it does not fit any more.
 *
 * @throws DomainError field.unknown, field.invalid_value with a path such as /fields/town and a sentence for each
 */
export async function enteredFields(
  db: Db,
  accountId: string,
  given: Given,
  before: FieldValues = {},
): Promise<FieldValues> {
  const fields = await listFields(db, accountId, 'all')
  const byName = new Map(fields.map((field) => [field.name, field]))
  const values = new Map(Object.entries(before))
  const faults: Fault[] = []
  for (const [name, entered] of Object.entries(given)) {
    const value = readValue(requireField(byName, name), entered, values.get(name))
    if (value === null) values.delete(name)
    else if (isProblem(value)) faults.push(faultOf(name, value.problem))
    else values.set(name, value)
  }
  const faulty = new Set(faults.map(({ path }) => path))
  for (const field of fields)
    if (field.required && field.archivedAt === null && !values.has(field.name) && !faulty.has(pathOf(field.name)))
      faults.push(faultOf(field.name, missing(field)))
  if (faults[0])
    throw new DomainError<AudienceErrorCode>('field.invalid_value', faults.map(({ message }) => message).join(' '), {
      fields: faults,
    })
  return Object.fromEntries(values)
}

function requireField(byName: Map<string, Field>, name: string): Field {
  const field = byName.get(name)
  if (field?.archivedAt === null) return field
  const message = field ? `The field “${field.label}” is archived. Restore it first.` : `There is no field “${name}”.`
  throw new DomainError<AudienceErrorCode>('field.unknown', message, { fields: [faultOf(name, message)] })
}

const pathOf = (name: string) => `/fields/${name}`
const faultOf = (name: string, message: string): Fault => ({ path: pathOf(name), message })
