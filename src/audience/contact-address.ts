import { type Address, addressKey, isAddress, readAddress } from '../optouts/address.ts'
import { type Db, maybeRow, run, sql, type Trx } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import type { Keys } from '../platform/keys.ts'
import type { AudienceErrorCode } from './errors.ts'

export type KeyedAddress = Pick<Address, 'address' | 'canonical'> & {
  key: Buffer
  /** Of the address without its +tag; null when it has none. */
  untaggedKey: Buffer | null
}

/**
 * Reads an address that somebody entered, with the keys under which opt-outs stand.
 *
 * @throws DomainError contact.invalid_address that says what is wrong with it
 */
export function enteredAddress(keys: Keys, input: string): KeyedAddress {
  const read = input.isWellFormed() ? readAddress(input) : { problem: 'There is a broken character in it.' }
  if (!isAddress(read)) throw new DomainError<AudienceErrorCode>('contact.invalid_address', read.problem)
  return {
    address: read.address,
    canonical: read.canonical,
    key: addressKey(keys.address, read.optOutForm),
    untaggedKey: read.untagged === null ? null : addressKey(keys.address, read.untagged),
  }
}

/** What to throw when the account has a contact with this canonical address already (INV-20); its id is in `fields`. */
export async function contactExists(db: Db, accountId: string, canonical: string) {
  const known = await maybeRow(
    db,
    sql<{ contact_id: string; archived: boolean }>`
    select contact_id, archived_at is not null as archived from contacts
    where account_id = ${accountId} and canonical = ${canonical}`,
  )
  return new DomainError<AudienceErrorCode>(
    'contact.exists',
    known?.archived ? 'A contact with this address is in the archive.' : 'A contact with this address exists already.',
    { fields: known && { contactId: known.contact_id } },
  )
}

/**
 * Holds a contact without mail when its address differs from one that opted out by its +tag alone (AB-22), and ends a
 * hold that its former address had.
 *
 * @returns whether it is held now
 */
export async function holdIfAlike(trx: Trx, accountId: string, contactId: string, { untaggedKey }: KeyedAddress) {
  await run(trx, sql`delete from contact_holds where account_id = ${accountId} and contact_id = ${contactId}`)
  if (!untaggedKey) return false
  const held = await run(
    trx,
    sql`
    insert into contact_holds (account_id, contact_id, because_key)
    select ${accountId}, ${contactId}, standing.address_key from standing_optouts standing
    where standing.account_id = ${accountId} and standing.address_key = ${untaggedKey}`,
  )
  return held === 1
}
