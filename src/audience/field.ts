import { type Db, maybeRow, row, rows, sql, type Trx } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import type { Field } from './contact.contract.ts'
import type { AudienceErrorCode } from './errors.ts'

type FieldRow = { field_id: string; name: string; label: string }

/** The account's fields in their order. */
export async function listFields(db: Db, accountId: string): Promise<Field[]> {
  const found = await rows(
    db,
    sql<FieldRow>`
    select field_id, name, label from fields where account_id = ${accountId} order by position, field_id`,
  )
  return found.map(({ field_id, name, label }) => ({ id: field_id, name, label }))
}

/** Words that mean something else where fields are named: in imports, filters and merge points. */
const reserved = new Set(['address', 'id', 'opt_out', 'status'])

/**
 * Adds a field at the end; its name, the merge point `contact.{name}`, is made from the label.
 *
 * @throws DomainError field.exists
 */
export async function createField(db: Db | Trx, accountId: string, label: string): Promise<Field> {
  const name = fieldName(label)
  const made = reserved.has(name)
    ? undefined
    : await maybeRow(
        db,
        sql<FieldRow>`
        insert into fields (account_id, name, label, position)
        select ${accountId}, case when ${name} <> '' then ${name} else 'field_' || coalesce(max(field_id), 0) + 1 end,
               ${label}, coalesce(max(position), 0) + 1
        from fields where account_id = ${accountId}
        on conflict (account_id, name) do nothing
        returning field_id, name, label`,
      )
  if (!made) throw new DomainError<AudienceErrorCode>('field.exists', `There is a field “${label}” already.`)
  return { id: made.field_id, name: made.name, label: made.label }
}

/** `first_name` for “First name”; nothing when the label has no Latin letter. */
export function fieldName(label: string): string {
  const latin = label.replaceAll('ß', 'ss').normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  const name = latin.replace(/[^a-z0-9]+/g, '_').replace(/^[_0-9]+|_+$/g, '')
  return name.slice(0, 60).replace(/_+$/, '')
}

/** Labels by name. */
export async function fieldLabels(db: Db, accountId: string): Promise<Map<string, string>> {
  return new Map((await listFields(db, accountId)).map(({ name, label }) => [name, label]))
}

/**
 * Checks that the account has all of these fields.
 *
 * @throws DomainError field.unknown that names the first one it lacks
 */
export async function requireFields(db: Db, accountId: string, names: string[]): Promise<void> {
  if (names.length === 0) return
  const { missing } = await row(
    db,
    sql<{ missing: string | null }>`
    select min(asked.name) as missing from unnest(${names}::text[]) as asked (name)
    where not exists (select from fields where account_id = ${accountId} and fields.name = asked.name)`,
  )
  if (missing !== null)
    throw new DomainError<AudienceErrorCode>('field.unknown', `There is no field “${missing}”.`, {
      fields: { [`fields.${missing}`]: 'There is no such field.' },
    })
}
