import { type Db, run, sql, transaction } from '../platform/database.ts'
import type { Contact } from './contact.contract.ts'
import { type Actor, noteContactEvent } from './contact-event.ts'
import { takeContact } from './contact-lock.ts'
import { findContact, noSuchContact } from './contact-record.ts'
import { eraseContacts } from './erase.ts'

/**
 * Takes a contact out of all lists and mailings; its opt-out, if it has one, stays (INV-1).
 *
 * @throws DomainError contact.not_found
 */
export function archiveContact(db: Db, actor: Actor, contactId: string): Promise<Contact> {
  return moveContact(db, actor, contactId, 'archived')
}

/**
 * Brings an archived contact back with the status it had; an opted-out one stays opted out (INV-1).
 *
 * @throws DomainError contact.not_found
 */
export function restoreContact(db: Db, actor: Actor, contactId: string): Promise<Contact> {
  return moveContact(db, actor, contactId, 'restored')
}

function moveContact(db: Db, actor: Actor, contactId: string, to: 'archived' | 'restored'): Promise<Contact> {
  const { accountId } = actor
  return transaction(db, async (trx) => {
    const contact = await takeContact(trx, accountId, contactId)
    if ((contact.archived_at !== null) !== (to === 'archived')) {
      await run(
        trx,
        sql`
        update contacts set archived_at = case when ${to} = 'archived' then now() end, updated_at = now()
        where account_id = ${accountId} and contact_id = ${contactId}`,
      )
      await noteContactEvent(trx, actor, [contactId], to)
    }
    return findContact(trx, accountId, contactId)
  })
}

/**
 * Removes a person's address and details everywhere; an opt-out stays under the address key (INV-16, LW-12).
 *
 * @throws DomainError contact.not_found
 */
export async function eraseContact(db: Db, actor: Actor, contactId: string): Promise<void> {
  await transaction(db, async (trx) => {
    if ((await eraseContacts(trx, actor, [contactId])) === 0) throw noSuchContact()
  })
}
