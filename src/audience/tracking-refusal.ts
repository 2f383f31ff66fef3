import { type Db, maybeRow, run, sql, type Trx, transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import type { Contact } from './contact.contract.ts'
import { type Actor, noteContactEvent } from './contact-event.ts'
import { refuseLocked, takeContact } from './contact-lock.ts'
import { findContact } from './contact-record.ts'
import type { AudienceErrorCode } from './errors.ts'
import { type HeldContacts, type Holder, noteHolderEvent } from './holder.ts'

/** Who said that no opens and clicks of an address are recorded; null when nobody did (LW-15). */
export async function trackingRefusedBy(
  db: Db,
  accountId: string,
  addressKey: Buffer,
): Promise<'holder' | 'operator' | null> {
  const refusal = await maybeRow(
    db,
    sql<{ by_holder: boolean }>`
    select by_holder from tracking_refusals where account_id = ${accountId} and address_key = ${addressKey}`,
  )
  if (!refusal) return null
  return refusal.by_holder ? 'holder' : 'operator'
}

/** Keeps what the holder chose about tracking; it wins over what account and mailing say, in mail already sent too. */
export async function chooseTracking(
  trx: Trx,
  holder: Holder,
  contacts: HeldContacts,
  isRefused: boolean,
): Promise<void> {
  const { accountId, addressKey } = holder
  const changed = await (isRefused ? refuse(trx, accountId, addressKey, true) : allow(trx, accountId, addressKey, true))
  if (changed) await noteHolderEvent(trx, holder, contacts, isRefused ? 'tracking_refused' : 'tracking_allowed')
}

/**
 * Keeps an operator's "do not track" for a contact, or ends it (LW-15). It changes no status; an opted-out contact may
 * still refuse, and nothing else.
 *
 * @throws DomainError contact.not_found; when it is to end: contact.opted_out, contact.tracking_refused by the holder
 */
export function setTrackingRefusal(db: Db, actor: Actor, contactId: string, isRefused: boolean): Promise<Contact> {
  const { accountId } = actor
  return transaction(db, async (trx) => {
    const { address_key: key } = await takeContact(trx, accountId, contactId)
    if (!isRefused) {
      await refuseLocked(trx, accountId, key)
      if ((await trackingRefusedBy(trx, accountId, key)) === 'holder') throw refusedByHolder()
    }
    const changed = await (isRefused ? refuse(trx, accountId, key, false) : allow(trx, accountId, key, false))
    if (changed) await noteContactEvent(trx, actor, [contactId], isRefused ? 'tracking_refused' : 'tracking_allowed')
    return findContact(trx, accountId, contactId)
  })
}

async function refuse(trx: Trx, accountId: string, key: Buffer, byHolder: boolean): Promise<boolean> {
  const changed = await run(
    trx,
    sql`
    insert into tracking_refusals as mine (account_id, address_key, by_holder)
    values (${accountId}, ${key}, ${byHolder})
    on conflict (account_id, address_key) do update set by_holder = true where excluded.by_holder and not mine.by_holder`,
  )
  return changed > 0
}

async function allow(trx: Trx, accountId: string, key: Buffer, byHolder: boolean): Promise<boolean> {
  const changed = await run(
    trx,
    sql`
    delete from tracking_refusals
    where account_id = ${accountId} and address_key = ${key} and (${byHolder} or not by_holder)`,
  )
  return changed > 0
}

const refusedByHolder = () =>
  new DomainError<AudienceErrorCode>(
    'contact.tracking_refused',
    'The contact refused tracking on the preferences page. Only they can allow it again.',
  )
