import { isAddress, readAddress } from '../optouts/address.ts'
import { type Db, maybeRow, run, sql, transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import type { Account, AccountChange } from './account.contract.ts'
import { noteAct } from './audit.ts'
import type { Caller } from './caller.ts'
import type { AccountErrorCode } from './errors.ts'

type AccountRow = {
  account_id: string
  name: string
  organization: string
  sender_name: string
  sender_address: string
  postal_address: string
  contact_url: string
  language: string
  time_zone: string
  tracking: boolean
}

/**
 * What mailings and public pages take from an account.
 *
 * @throws account.not_found
 */
export async function getAccount(db: Db, accountId: string): Promise<Account> {
  const found = await maybeRow(
    db,
    sql<AccountRow>`
    select account.account_id, account.name, organization.name as organization, account.sender_name,
           account.sender_address, account.postal_address, account.contact_url, account.language, account.time_zone, account.tracking
    from accounts account join organizations organization using (organization_id)
    where account.account_id = ${accountId}`,
  )
  if (!found) throw new DomainError<AccountErrorCode>('account.not_found', 'There is no such account.')
  return {
    id: found.account_id,
    name: found.name,
    organization: found.organization,
    senderName: found.sender_name,
    senderAddress: found.sender_address,
    postalAddress: found.postal_address,
    contactUrl: found.contact_url,
    language: found.language,
    timeZone: found.time_zone,
    tracking: found.tracking,
  }
}

/**
 * Changes the given details of the caller's account and leaves the others; notes who changed what.
 *
 * @throws account.invalid with fields that say which value cannot be used
 */
export async function changeAccount(db: Db, caller: Caller, change: AccountChange): Promise<Account> {
  const senderAddress = change.senderAddress === undefined ? undefined : readSender(change.senderAddress)
  if (change.timeZone !== undefined) refuseUnknownZone(change.timeZone)
  await transaction(db, async (trx) => {
    const changed = await run(
      trx,
      sql`
      update accounts set
        name = coalesce(${trimmed(change.name)}, name),
        sender_name = coalesce(${trimmed(change.senderName)}, sender_name),
        sender_address = coalesce(${senderAddress ?? null}, sender_address),
        postal_address = coalesce(${trimmed(change.postalAddress)}, postal_address),
        contact_url = coalesce(${change.contactUrl ?? null}, contact_url),
        language = coalesce(${change.language ?? null}, language),
        time_zone = coalesce(${change.timeZone ?? null}, time_zone),
        tracking = coalesce(${change.tracking ?? null}, tracking)
      where account_id = ${caller.accountId}`,
    )
    if (changed === 0) throw new DomainError<AccountErrorCode>('account.not_found', 'There is no such account.')
    await noteAct(trx, caller, 'account.changed', { details: Object.keys(change) })
  })
  return getAccount(db, caller.accountId)
}

const trimmed = (text: string | undefined) => text?.trim() ?? null

function readSender(text: string): string {
  if (text.trim() === '') return ''
  const read = readAddress(text)
  if (!isAddress(read)) throw invalid('/senderAddress', read.problem)
  return read.address
}

function refuseUnknownZone(timeZone: string) {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw invalid('/timeZone', 'This time zone is not known. One looks like Europe/Vienna.')
  }
}

const invalid = (path: string, message: string) =>
  new DomainError<AccountErrorCode>('account.invalid', message, { fields: [{ path, message }] })
