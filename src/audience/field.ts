import { type Db, maybeRow, row, rows, run, sql, type Trx, transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import type { AudienceErrorCode } from './errors.ts'
import type { Field, FieldChange, FieldType, FieldUse, NewField } from './field.contract.ts'

type FieldRow = {
  field_id: string
  name: string
  label: string
  type: FieldType
  options: string[]
  required: boolean
  editable: boolean
  archived_at: Date | null
}

/** The account's fields in their order: those in use, the archived ones, or all. */
export async function listFields(
  db: Db,
  accountId: string,
  which: 'open' | 'archived' | 'all' = 'open',
): Promise<Field[]> {
  const some = {
    open: sql`archived_at is null`,
    archived: sql`archived_at is not null`,
    all: sql`true`,
  }[which]
  return (await rows(db, sql<FieldRow>`${fields(accountId)} and ${some} order by position, field_id`)).map(present)
}

/** Words that mean something else where fields are named: in imports, filters and merge points. */
const reserved = new Set(['address', 'id', 'opt_out', 'status'])

/**
 * Adds a field at the end; its name, the merge point `contact.{name}`, is made from the label and never changes, nor does
 * its type. No two fields have one name, not even when one is archived.
 *
 * @throws DomainError field.exists, field.invalid
 */
export async function createField(
  db: Db | Trx,
  accountId: string,
  { label, type = 'short', options = [], required = false, editable = false }: NewField,
): Promise<Field> {
  const name = fieldName(label)
  const distinct = checkedOptions(type, options)
  const taken = await labelled(db, accountId, label, name)
  if (taken || reserved.has(name)) throw exists(label, taken)
  const made = await maybeRow(
    db,
    sql<{ field_id: string }>`
    insert into fields (account_id, name, label, position, type, options, required, editable)
    select ${accountId}, case when ${name} <> '' then ${name} else 'field_' || coalesce(max(field_id), 0) + 1 end,
           ${label}, coalesce(max(position), 0) + 1, ${type}, ${JSON.stringify(distinct)}::jsonb, ${required}, ${editable}::boolean
    from fields where account_id = ${accountId}
    on conflict (account_id, name) do nothing
    returning field_id`,
  )
  if (!made) throw exists(label)
  return findField(db, accountId, made.field_id)
}

/**
 * Gives a field another label, other options, or makes it required or not, and for people to change or not. Contacts keep an option that is taken away
 * until somebody changes it.
 *
 * @throws DomainError field.not_found, field.exists, field.invalid
 */
export function changeField(db: Db, accountId: string, fieldId: string, change: FieldChange): Promise<Field> {
  return transaction(db, async (trx) => {
    await run(trx, sql`select from fields where account_id = ${accountId} and field_id = ${fieldId} for no key update`)
    const before = await findField(trx, accountId, fieldId)
    const {
      label = before.label,
      options = before.options,
      required = before.required,
      editable = before.editable,
    } = change
    const distinct = checkedOptions(before.type, options)
    const taken = label === before.label ? undefined : await labelled(trx, accountId, label)
    if (taken && taken.id !== fieldId) throw exists(label, taken)
    await run(
      trx,
      sql`
      update fields set label = ${label}, options = ${JSON.stringify(distinct)}::jsonb, required = ${required},
        editable = ${editable}
      where account_id = ${accountId} and field_id = ${fieldId}`,
    )
    return findField(trx, accountId, fieldId)
  })
}

/**
 * Shows a field nowhere any more, or again; what contacts have in it is kept.
 *
 * @throws DomainError field.not_found
 */
export async function archiveField(
  db: Db,
  accountId: string,
  fieldId: string,
  to: 'archived' | 'restored',
): Promise<Field> {
  await run(
    db,
    sql`
    update fields set archived_at = case when ${to} = 'archived' then coalesce(archived_at, now()) end
    where account_id = ${accountId} and field_id = ${fieldId}`,
  )
  return findField(db, accountId, fieldId)
}

/** Puts the fields in the order of `ids`; those that are not named follow in the order they had. */
export async function orderFields(db: Db, accountId: string, ids: string[]): Promise<Field[]> {
  await run(
    db,
    sql`
    update fields set position = placed.place
    from (select field.field_id, row_number() over (order by asked.place nulls last, field.position, field.field_id) as place
          from fields field left join unnest(${ids}::bigint[]) with ordinality as asked (field_id, place) using (field_id)
          where field.account_id = ${accountId}) placed
    where fields.account_id = ${accountId} and fields.field_id = placed.field_id`,
  )
  return listFields(db, accountId)
}

/**
 * How many contacts have something in a field, and how many each option; it reads every contact.
 *
 * @throws DomainError field.not_found
 */
export async function fieldUse(db: Db, accountId: string, fieldId: string): Promise<FieldUse> {
  const { name, type } = await findField(db, accountId, fieldId)
  const { contacts } = await row(
    db,
    sql<{ contacts: string }>`
    select count(*) as contacts from contacts where account_id = ${accountId} and fields ? ${name}`,
  )
  if (type !== 'one_of' && type !== 'several_of') return { contacts: Number(contacts), options: [] }
  const options = await rows(
    db,
    sql<{ option: string; contacts: string }>`
    select option, count(*) as contacts
    from contacts, jsonb_array_elements_text(case jsonb_typeof(fields -> ${name}::text) when 'array' then fields -> ${name}::text
                                             else jsonb_build_array(fields -> ${name}::text) end) option
    where account_id = ${accountId} and fields ? ${name} group by option order by count(*) desc, option`,
  )
  return {
    contacts: Number(contacts),
    options: options.map(({ option, contacts: n }) => ({ option, contacts: Number(n) })),
  }
}

/** `first_name` for “First name”; nothing when the label has no Latin letter. */
export function fieldName(label: string): string {
  const latin = label.replaceAll('ß', 'ss').normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  const name = latin.replace(/[^a-z0-9]+/g, '_').replace(/^[_0-9]+|_+$/g, '')
  return name.slice(0, 60).replace(/_+$/, '')
}

/** Labels by name, of archived fields too. */
export async function fieldLabels(db: Db, accountId: string): Promise<Map<string, string>> {
  return new Map((await listFields(db, accountId, 'all')).map(({ name, label }) => [name, label]))
}

/**
 * One field, archived or not.
 *
 * @throws DomainError field.not_found
 */
async function findField(db: Db, accountId: string, fieldId: string): Promise<Field> {
  const found = await maybeRow(db, sql<FieldRow>`${fields(accountId)} and field_id = ${fieldId}`)
  if (!found) throw new DomainError<AudienceErrorCode>('field.not_found', 'There is no such field.')
  return present(found)
}

/** The field that has this label, whatever its case, or this name. */
async function labelled(db: Db, accountId: string, label: string, name = ''): Promise<Field | undefined> {
  const found = await maybeRow(
    db,
    sql<FieldRow>`
    ${fields(accountId)} and (lower(label collate "und-x-icu") = lower(${label} collate "und-x-icu") or name = ${name})
    order by field_id limit 1`,
  )
  return found && present(found)
}

const fields = (accountId: string) => sql`
  select field_id, name, label, type, options, required, editable, archived_at from fields where account_id = ${accountId}`

const present = ({ field_id, archived_at, ...field }: FieldRow): Field => ({
  id: field_id,
  ...field,
  mergePoint: `contact.${field.name}`,
  archivedAt: archived_at?.toISOString() ?? null,
})

/** Options as they are kept: each once, whatever its case. */
function checkedOptions(type: FieldType, options: string[]): string[] {
  const hasOptions = type === 'one_of' || type === 'several_of'
  const byFold = new Map(options.map((option) => [option.normalize().toLowerCase(), option]))
  if (!hasOptions && options.length > 0)
    throw invalid('options', 'Only fields of the types one of and several of have options.')
  if (hasOptions && options.length === 0) throw invalid('options', 'Enter at least one option.')
  if (byFold.size < options.length) throw invalid('options', 'Two options are the same. Leave one out.')
  return options
}

const invalid = (path: string, message: string) =>
  new DomainError<AudienceErrorCode>('field.invalid', message, { fields: [{ path: `/${path}`, message }] })

function exists(label: string, other?: Field): DomainError {
  const message = other?.archivedAt
    ? `There is an archived field “${other.label}” with this name. Restore it, or choose another name.`
    : `There is a field “${other?.label ?? label}” already.`
  return new DomainError<AudienceErrorCode>('field.exists', message, { fields: [{ path: '/label', message }] })
}
