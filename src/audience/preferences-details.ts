import { type Db, run, sql } from '../platform/database.ts'
import { contactChange } from './contact.contract.ts'
import { takeContact } from './contact-lock.ts'
import type { Field, FieldValue } from './field.contract.ts'
import { listFields } from './field.ts'
import { isProblem, readValue, shownValue, type ValueProblem } from './field-value.ts'
import { changeAsHolder, type Holder, noteHolderEvent } from './holder.ts'

/** What was entered, by the name of the field: texts as they were typed, or the ticked options. */
export type EnteredDetails = ReadonlyMap<string, string | string[]>

/**
 * Writes the details that the holder of a link entered into fields which people may change; an empty one stays as it was.
 *
 * @returns names of the fields whose entry is not possible; then nothing is changed
 * @throws DomainError contact.not_found, contact.opted_out
 */
export function saveDetails(db: Db, holder: Holder, entered: EnteredDetails): Promise<string[]> {
  const { accountId } = holder
  return changeAsHolder(db, holder, async (trx, [contactId]) => {
    const before = await takeContact(trx, accountId, contactId)
    const fields = (await listFields(trx, accountId)).filter(({ editable }) => editable)
    const kept = new Map(Object.entries(before.fields))
    const values = new Map<string, FieldValue>()
    const wrong: string[] = []
    for (const field of fields) {
      const value = valueOf(field, entered.get(field.name) ?? '')
      if (value === null) continue
      if (isProblem(value)) wrong.push(field.name)
      else values.set(field.name, value)
    }
    const changes = fields.flatMap(({ name, label }) => changeOf(label, kept.get(name), values.get(name)))
    if (wrong.length > 0 || changes.length === 0) return wrong
    await run(
      trx,
      sql`
      update contacts set fields = ${JSON.stringify(Object.fromEntries([...kept, ...values]))}::jsonb, updated_at = now()
      where account_id = ${accountId} and contact_id = ${contactId}`,
    )
    await noteHolderEvent(trx, holder, [contactId], 'edited', { changes })
    return []
  })
}

/**
 * The value as its field keeps it, null for nothing entered; the same two checks as every other entry.
 *
 * An option that the field lost is not possible here, even when it is the present one: that would tell what stands there.
 */
function valueOf(field: Field, entered: string | string[]): FieldValue | null | ValueProblem {
  const given = typeof entered === 'string' ? entered.replaceAll('\r\n', '\n').trim() : entered
  const problem = contactChange.safeParse({ fields: { [field.name]: given } }).error?.message
  return problem === undefined ? readValue(field, given) : { problem }
}

function changeOf(label: string, before: FieldValue | undefined, after: FieldValue | undefined) {
  if (after === undefined) return []
  const [from, to] = [before === undefined ? null : shownValue(before), shownValue(after)]
  return from === to ? [] : [{ label, from, to }]
}
