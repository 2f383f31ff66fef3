import { sql } from '../platform/database.ts'

/**
 * True of a `message` that came back and whose person did not opt out from its mailing: nobody is both, and the opt-out
 * wins. Every count of bounces uses it.
 */
export const isBounceAlone = (accountId: string) => sql`
  (message.state = 'bounced' and not exists (
    select from optout_ledger entry
    where entry.account_id = ${accountId} and entry.mailing_id = message.mailing_id
      and entry.address_key = message.address_key and entry.opted_out > 0))`
