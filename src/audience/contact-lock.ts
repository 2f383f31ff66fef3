import { type Db, maybeRow, sql, type Trx, transaction } from '../platform/database.ts'
import { DomainError, isLocked } from '../platform/errors.ts'
import { noSuchContact } from './contact-record.ts'
import type { AudienceErrorCode } from './errors.ts'
import type { FieldValues } from './field.contract.ts'

export type TakenContact = {
  contact_id: string
  address: string
  canonical: string
  address_key: Buffer
  fields: FieldValues
  archived_at: Date | null
}

/**
 * Changes a contact that did not opt out: all of `work` or nothing.
 *
 * The row is held first, so an opt-out that arrives meanwhile waits for this change, and this change meets one that
 * was before (SE-11). Where many are opted out at once the database refuses instead (D3), with the same answer.
 *
 * @throws DomainError contact.not_found, contact.opted_out (INV-1, INV-2); whatever `work` throws
 */
export async function changeContactRow<Result>(
  db: Db,
  accountId: string,
  contactId: string,
  work: (trx: Trx, contact: TakenContact) => Promise<Result>,
): Promise<Result> {
  try {
    return await transaction(db, async (trx) => {
      const contact = await takeContact(trx, accountId, contactId)
      await refuseLocked(trx, accountId, contact.address_key)
      return work(trx, contact)
    })
  } catch (error) {
    if (!isLocked(error)) throw error
    const contact = await findKey(db, accountId, contactId)
    if (contact) await refuseLocked(db, accountId, contact.address_key)
    throw error
  }
}

/**
 * Holds a contact's row until the end of the transaction.
 *
 * @throws DomainError contact.not_found
 */
export async function takeContact(trx: Trx, accountId: string, contactId: string): Promise<TakenContact> {
  const contact = await maybeRow(
    trx,
    sql<TakenContact>`
    select contact_id, address, canonical, address_key, fields, archived_at from contacts
    where account_id = ${accountId} and contact_id = ${contactId} for no key update`,
  )
  if (!contact) throw noSuchContact()
  return contact
}

const words = {
  contact: (day: string) => `This contact opted out on ${day}. Details and status are locked.`,
  address: (day: string) => `This address opted out on ${day}. Only its holder can come back. Nothing was changed.`,
}

/**
 * Throws when the address with `key` is out, with the day in the account's time zone.
 *
 * @throws DomainError contact.opted_out
 */
export async function refuseLocked(db: Db, accountId: string, key: Buffer, what: keyof typeof words = 'contact') {
  const optOut = await maybeRow(
    db,
    sql<{ opted_out_at: Date; time_zone: string }>`
    select standing.opted_out_at, account.time_zone
    from standing_optouts standing join accounts account on account.account_id = standing.account_id
    where standing.account_id = ${accountId} and standing.address_key = ${key}`,
  )
  if (!optOut) return
  const { opted_out_at: at, time_zone: timeZone } = optOut
  const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone }).format(at)
  throw new DomainError<AudienceErrorCode>('contact.opted_out', words[what](day))
}

function findKey(db: Db, accountId: string, contactId: string) {
  return maybeRow(
    db,
    sql<{ address_key: Buffer }>`
    select address_key from contacts where account_id = ${accountId} and contact_id = ${contactId}`,
  )
}
