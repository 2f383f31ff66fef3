import { optOut } from '../optouts/optout.ts'
import { type Db, run, sql, type Trx } from '../platform/database.ts'
import type { Contact } from './contact.contract.ts'
import { type Actor, noteContactEvent } from './contact-event.ts'
import { changeContactRow, type TakenContact } from './contact-lock.ts'
import { findContact } from './contact-record.ts'
import type { ContactStatus } from './group.contract.ts'

/**
 * Gives a contact another status by hand. Opting out is durable when this returns (INV-10) and cannot be undone by hand.
 *
 * @throws DomainError contact.not_found, contact.opted_out when it opted out before, whatever is asked (INV-1, INV-21)
 */
export function setContactStatus(db: Db, actor: Actor, contactId: string, status: ContactStatus): Promise<Contact> {
  return changeContactRow(db, actor.accountId, contactId, async (trx, contact) => {
    await changes[status](trx, actor, contact)
    return findContact(trx, actor.accountId, contactId)
  })
}

const changes: Record<ContactStatus, (trx: Trx, actor: Actor, contact: TakenContact) => Promise<void>> = {
  async opt_out(trx, { accountId, userId, apiKeyId }, { address_key }) {
    await optOut(trx, accountId, [address_key], { source: userId ? 'operator' : 'api', userId, apiKeyId })
  },
  async error(trx, actor, { contact_id }) {
    const changed = await run(
      trx,
      sql`
      insert into contact_errors (account_id, contact_id, reason, user_id)
      values (${actor.accountId}, ${contact_id}, 'manual', ${actor.userId})
      on conflict (account_id, contact_id) do nothing`,
    )
    if (changed === 1) await noteContactEvent(trx, actor, [contact_id], 'to_error')
  },
  async active(trx, actor, { contact_id }) {
    const changed = await run(
      trx,
      sql`delete from contact_errors where account_id = ${actor.accountId} and contact_id = ${contact_id}`,
    )
    if (changed === 1) await noteContactEvent(trx, actor, [contact_id], 'to_active')
  },
}
