import type { MailingCounts } from '../mailings/mailing.contract.ts'
import { type Db, rows, sql } from '../platform/database.ts'
import { isBounceAlone } from './bounce.ts'

type CountRow = { [Name in keyof MailingCounts]: string } & { mailing_id: string }

const NONE: MailingCounts = {
  recipients: 0,
  queued: 0,
  accepted: 0,
  withheld: 0,
  deferred: 0,
  bounced: 0,
  unknown: 0,
  opened: 0,
  clicked: 0,
  optedOut: 0,
  complained: 0,
}

/**
 * What became of each mailing's messages and what came back, for a whole list in one statement.
 *
 * `queued` is everything on its way; what a cancelled mailing did not send is in `recipients` alone. `optedOut` counts
 * addresses that the mailing's links, complaints and pages opted out, whoever has erased them since. `bounced` leaves them
 * out: nobody is both.
 */
export async function mailingCounts(db: Db, accountId: string, ids: string[]): Promise<Map<string, MailingCounts>> {
  const found = await rows(
    db,
    sql<CountRow>`
    with message_counts as (
      select mailing_id, count(*) as recipients,
        count(*) filter (where state in ('queued', 'handed_over')) as queued,
        count(*) filter (where state = 'accepted') as accepted,
        count(*) filter (where state = 'withheld') as withheld,
        count(*) filter (where state = 'deferred') as deferred,
        count(*) filter (where ${isBounceAlone(accountId)}) as bounced,
        count(*) filter (where state = 'unknown') as unknown
      from messages message where account_id = ${accountId} and mailing_id = any(${ids}::bigint[]) group by mailing_id
    ), response_counts as (
      select mailing_id, sum(opened) as opened, sum(clicked) as clicked
      from response_hours where account_id = ${accountId} and mailing_id = any(${ids}::bigint[]) group by mailing_id
    ), optout_counts as (
      select mailing_id, sum(opted_out) as "optedOut", count(distinct address_key) filter (where source = 'complaint') as complained
      from optout_ledger where account_id = ${accountId} and mailing_id = any(${ids}::bigint[]) group by mailing_id
    )
    select asked.mailing_id, recipients, queued, accepted, withheld, deferred, bounced, unknown, opened, clicked, "optedOut", complained
    from unnest(${ids}::bigint[]) as asked(mailing_id)
    left join message_counts using (mailing_id)
    left join response_counts using (mailing_id)
    left join optout_counts using (mailing_id)`,
  )
  return new Map(found.map((row) => [row.mailing_id, numbersOf(row)]))
}

/** The counts of a mailing that has none yet. */
export const noCounts = (): MailingCounts => ({ ...NONE })

function numbersOf(row: CountRow): MailingCounts {
  const counts = noCounts()
  for (const name of Object.keys(NONE) as (keyof MailingCounts)[]) counts[name] = Number(row[name] ?? 0)
  return counts
}
