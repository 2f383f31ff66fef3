import { type Address, addressKey } from '../optouts/address.ts'
import type { Core } from '../platform/core.ts'
import { type Db, row, sql, type Trx } from '../platform/database.ts'

/**
 * The last check of a test: why an address may not have one, or null. Asked when it is handed over, after everything else.
 *
 * Who opted out, by themselves, by a domain or a hashed list, gets none, contact or not (INV-8); nor does a contact that
 * no mailing may go to.
 */
export async function refusalOf(
  { keys }: Core,
  db: Db | Trx,
  accountId: string,
  { address, canonical, optOutForm, untagged }: Address,
): Promise<string | null> {
  const forms = untagged === null ? [optOutForm] : [optOutForm, untagged]
  const addressKeys = forms.map((form) => addressKey(keys.address, form))
  const { reason } = await row(
    db,
    sql<{ reason: string | null }>`
    select case
      when exists (select from standing_optouts optout
                   where optout.account_id = ${accountId} and optout.address_key = any (${addressKeys}::bytea[]))
        or rule_of(${accountId}, ${address}, ${canonical}) is not null then 'This address opted out.'
      when contact.contact_id is null or mailable.contact_id is not null then null
      when contact.archived_at is not null then 'The contact is archived.'
      when exists (select from contact_errors failure
                   where failure.account_id = contact.account_id and failure.contact_id = contact.contact_id)
        then 'The contact has the status Error.'
      when exists (select from contact_holds hold
                   where hold.account_id = contact.account_id and hold.contact_id = contact.contact_id and hold.released_at is null)
        then 'The contact waits for your decision.'
      else 'The contact paused its mail.' end as reason
    from (select) as always
    left join contacts contact on contact.account_id = ${accountId} and contact.canonical = ${canonical}
    left join mailable_contacts mailable on mailable.account_id = contact.account_id and mailable.contact_id = contact.contact_id`,
  )
  return reason
}
