// The fields that an import writes to: those that it finds, and those that it makes.
import { type Db, run, sql, type Trx } from '../platform/database.ts'
import { listFields } from './field.ts'
import type { ImportOptions } from './import.contract.ts'
import type { StoredFile } from './import-file.ts'
import type { PlannedField } from './import-values.ts'

/** What decides about values: the fields that columns go to, and the required ones that a new contact would lack. */
export async function plannedFields(
  db: Db,
  accountId: string,
  { targets, newFields }: StoredFile,
  mode: ImportOptions['mode'],
): Promise<PlannedField[]> {
  const mapped = new Set(targets.flatMap((target) => (target?.kind === 'field' ? [target.name] : [])))
  const known = (await listFields(db, accountId)).map(({ name, label, type, options, required }) => ({
    name,
    label,
    type,
    options,
    required,
  }))
  const made = newFields.filter(({ name }) => !known.some((field) => field.name === name))
  return [
    ...known.filter(({ name, required }) => mapped.has(name) || (required && mode !== 'update_only')),
    ...made.map((field) => ({ ...field, options: [], required: false })),
  ]
}

/** Makes the fields that the operator asked for; gives the names of those that were not there before. */
export async function makeFields(trx: Trx, accountId: string, newFields: StoredFile['newFields']): Promise<string[]> {
  const made: string[] = []
  for (const { name, label, type } of newFields) {
    const added = await run(
      trx,
      sql`
      insert into fields (account_id, name, label, type, position)
      select ${accountId}, ${name}, ${label}, ${type}, coalesce(max(position), 0) + 1 from fields where account_id = ${accountId}
      on conflict do nothing`,
    )
    if (added === 1) made.push(name)
  }
  return made
}
