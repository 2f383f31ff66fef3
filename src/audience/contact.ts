import type { Core } from '../platform/core.ts'
import { maybeRow, run, sql, type Trx, transaction } from '../platform/database.ts'
import { isLocked, violatedConstraint } from '../platform/errors.ts'
import type { Contact, ContactChange, NewContact } from './contact.contract.ts'
import { contactExists, enteredAddress, holdIfAlike, type KeyedAddress } from './contact-address.ts'
import { type Actor, noteContactEvent } from './contact-event.ts'
import { enteredFields } from './contact-fields.ts'
import { changeContactRow, refuseLocked, type TakenContact } from './contact-lock.ts'
import { findContact } from './contact-record.ts'
import type { FieldValue } from './field.contract.ts'
import { fieldLabels } from './field.ts'
import { shownValue } from './field-value.ts'
import { joinGroups } from './group-members.ts'

type Parts = Pick<Core, 'db' | 'keys'>

/**
 * Adds a contact; one whose address is like an opted-out one but for its +tag is held without mail (AB-22).
 *
 * @throws DomainError contact.invalid_address, contact.opted_out, contact.exists, field.unknown, field.invalid_value, group.not_found
 */
export async function addContact({ db, keys }: Parts, actor: Actor, asked: NewContact): Promise<Contact> {
  const { accountId } = actor
  const address = enteredAddress(keys, asked.address)
  try {
    return await transaction(db, async (trx) => {
      await refuseLocked(trx, accountId, address.key, 'address')
      const fields = await enteredFields(trx, accountId, asked.fields ?? {})
      const added = await maybeRow(
        trx,
        sql<{ contact_id: string }>`
        insert into contacts (account_id, address, canonical, address_key, fields, source)
        values (${accountId}, ${address.address}, ${address.canonical}, ${address.key}, ${JSON.stringify(fields)}::jsonb,
                ${actor.apiKeyId ? 'api' : 'operator'})
        on conflict (account_id, canonical) do nothing
        returning contact_id`,
      )
      if (!added) throw await contactExists(trx, accountId, address.canonical)
      const contactId = added.contact_id
      await refuseLocked(trx, accountId, address.key, 'address') // its domain or its hash may be opted out
      await noteContactEvent(trx, actor, [contactId], 'added')
      if (await holdIfAlike(trx, accountId, contactId, address)) await noteContactEvent(trx, actor, [contactId], 'held')
      await joinGroups(trx, actor, contactId, asked.groupIds ?? [])
      return findContact(trx, accountId, contactId)
    })
  } catch (error) {
    if (isLocked(error)) await refuseLocked(db, accountId, address.key, 'address')
    throw error
  }
}

/**
 * Changes a contact's address or details. A corrected address ends an Error that the former one had.
 *
 * @throws DomainError contact.not_found, contact.opted_out (INV-2), contact.invalid_address, contact.exists,
 *   field.unknown, field.invalid_value
 */
export async function changeContact(
  { db, keys }: Parts,
  actor: Actor,
  contactId: string,
  asked: ContactChange,
): Promise<Contact> {
  const { accountId } = actor
  const address = asked.address === undefined ? null : enteredAddress(keys, asked.address)
  try {
    return await changeContactRow(db, accountId, contactId, async (trx, before) => {
      const fields = await enteredFields(trx, accountId, asked.fields ?? {}, before.fields)
      const changes = await changesOf(trx, accountId, before, { address: address?.address ?? before.address, fields })
      if (changes.length > 0) {
        await noteContactEvent(trx, actor, [contactId], 'edited', { changes })
        await run(
          trx,
          sql`update contacts set fields = ${JSON.stringify(fields)}::jsonb, updated_at = now()
              where account_id = ${accountId} and contact_id = ${contactId}`,
        )
        if (address) await moveTo(trx, actor, before, address)
      }
      return findContact(trx, accountId, contactId)
    })
  } catch (error) {
    if (address && violatedConstraint(error)) throw await contactExists(db, accountId, address.canonical)
    throw error
  }
}

async function moveTo(trx: Trx, actor: Actor, before: TakenContact, address: KeyedAddress): Promise<void> {
  const { accountId } = actor
  await refuseLocked(trx, accountId, address.key, 'address')
  await run(
    trx,
    sql`
    update contacts set address = ${address.address}, canonical = ${address.canonical}, address_key = ${address.key}
    where account_id = ${accountId} and contact_id = ${before.contact_id}`,
  )
  await refuseLocked(trx, accountId, address.key, 'address') // as above: under a rule it is out by now
  if (address.canonical === before.canonical) return
  const ended = await run(
    trx,
    sql`
    delete from contact_errors
    where account_id = ${accountId} and contact_id = ${before.contact_id} and reason in ('format', 'delivery')`,
  )
  if (ended === 1) await noteContactEvent(trx, actor, [before.contact_id], 'to_active', { corrected: true })
  if (await holdIfAlike(trx, accountId, before.contact_id, address))
    await noteContactEvent(trx, actor, [before.contact_id], 'held')
}

type Details = Pick<TakenContact, 'address' | 'fields'>

async function changesOf(trx: Trx, accountId: string, before: Details, after: Details) {
  const labels = await fieldLabels(trx, accountId)
  const names = new Set([...Object.keys(before.fields), ...Object.keys(after.fields)])
  const changed = [...names].map((name) => ({
    label: labels.get(name) ?? name,
    from: shownOrNull(before.fields[name]),
    to: shownOrNull(after.fields[name]),
  }))
  return [{ label: 'Address', from: before.address, to: after.address }, ...changed].filter(
    ({ from, to }) => from !== to,
  )
}

const shownOrNull = (value: FieldValue | undefined) => (value === undefined ? null : shownValue(value))
