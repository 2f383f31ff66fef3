import { type Db, run, sql } from '../platform/database.ts'
import type { Contact } from './contact.contract.ts'
import { type Actor, noteContactEvent } from './contact-event.ts'
import { changeContactRow } from './contact-lock.ts'
import { findContact } from './contact-record.ts'

/**
 * Ends a hold: the operator decided that it is not the person who opted out (AB-22, DEC-3).
 *
 * @throws DomainError contact.not_found, contact.opted_out
 */
export function releaseContact(db: Db, actor: Actor, contactId: string): Promise<Contact> {
  const { accountId, userId } = actor
  return changeContactRow(db, accountId, contactId, async (trx) => {
    const released = await run(
      trx,
      sql`
      update contact_holds set released_at = now(), released_by = ${userId}
      where account_id = ${accountId} and contact_id = ${contactId} and released_at is null`,
    )
    if (released === 1) await noteContactEvent(trx, actor, [contactId], 'released')
    return findContact(trx, accountId, contactId)
  })
}
