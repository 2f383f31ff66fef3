import type { OptOutSource } from '../optouts/optout.contract.ts'
import { type Db, maybeRow, row, rows, sql } from '../platform/database.ts'
import { noSuchContact } from './contact-record.ts'
import type { OptOutEvidence } from './evidence.contract.ts'

type Entry = {
  entry_id: string
  at: Date
  source: OptOutSource | 're_consent'
  mailing_id: string | null
  mailing: string | null
  operator: string | null
  evidence: Record<string, unknown>
  former: boolean
}

/**
 * What proves a contact's opt-out, and that no message left after it (LW-9); entries of a former address count too.
 *
 * @throws DomainError contact.not_found
 */
export async function optOutEvidence(db: Db, accountId: string, contactId: string): Promise<OptOutEvidence> {
  const contact = await maybeRow(
    db,
    sql<{ address_key: Buffer; opted_out_at: Date | null }>`
    select address_key, opted_out_at from contact_status where account_id = ${accountId} and contact_id = ${contactId}`,
  )
  if (!contact) throw noSuchContact()
  const since = contact.opted_out_at
  const entries = await entriesOf(db, accountId, contactId, contact.address_key)
  return {
    optedOut: since !== null,
    since: since?.toISOString() ?? null,
    entries: entries.map((entry) => ({
      id: entry.entry_id,
      at: entry.at.toISOString(),
      channel: entry.source,
      mailing: entry.mailing_id === null ? null : { id: entry.mailing_id, name: entry.mailing },
      operator: entry.operator,
      evidence: entry.evidence,
      formerAddress: entry.former,
    })),
    after:
      since === null
        ? { handedOver: 0, withheld: 0, firstMailing: null }
        : await sentAfter(db, accountId, contactId, contact.address_key, since),
  }
}

/** An opt-out of many has one entry; it is found by the standing opt-out that it made. */
function entriesOf(db: Db, accountId: string, contactId: string, key: Buffer): Promise<Entry[]> {
  return rows(
    db,
    sql<Entry>`
    select entry.entry_id, entry.at, entry.source, entry.mailing_id, mailing.name as mailing, entry.evidence,
           coalesce(nullif(operator.name, ''), operator.email, api_key.name) as operator, bool_and(mine.former) as former
    from (
      select address_key, false as former from contacts where account_id = ${accountId} and contact_id = ${contactId}
      union all select address_key, true from contact_former_addresses where account_id = ${accountId} and contact_id = ${contactId}
    ) known
    cross join lateral (
      select entry_id, known.former from optout_ledger where account_id = ${accountId} and address_key = known.address_key
      union all select entry_id, known.former and known.address_key <> ${key} from standing_optouts
      where account_id = ${accountId} and address_key = known.address_key
    ) mine
    join optout_ledger entry on entry.account_id = ${accountId} and entry.entry_id = mine.entry_id
    left join mailings mailing on mailing.account_id = ${accountId} and mailing.mailing_id = entry.mailing_id
    left join users operator on operator.user_id = entry.user_id
    left join api_keys api_key on api_key.account_id = ${accountId} and api_key.api_key_id = entry.api_key_id
    group by entry.account_id, entry.entry_id, mailing.name, operator.name, operator.email, api_key.name
    order by entry.at, entry.entry_id`,
  )
}

async function sentAfter(
  db: Db,
  accountId: string,
  contactId: string,
  key: Buffer,
  since: Date,
): Promise<OptOutEvidence['after']> {
  const counts = await row(
    db,
    sql<{ handed_over: number; withheld: number }>`
    select count(*) filter (where handed_over_at > ${since})::int as handed_over,
           count(*) filter (where state = 'withheld' and answered_at >= ${since})::int as withheld
    from messages where account_id = ${accountId} and contact_id = ${contactId} and address_key = ${key}`,
  )
  const first = await maybeRow(
    db,
    sql<{ mailing_id: string; name: string; started_at: Date; sent: boolean }>`
    select mailing.mailing_id, mailing.name, mailing.started_at,
           exists (select from messages message
                   where message.account_id = ${accountId} and message.mailing_id = mailing.mailing_id and message.contact_id = ${contactId}
                     and message.handed_over_at is not null) as sent
    from mailings mailing
    where mailing.account_id = ${accountId} and mailing.started_at > ${since}
    order by mailing.started_at, mailing.mailing_id limit 1`,
  )
  return {
    handedOver: counts.handed_over,
    withheld: counts.withheld,
    firstMailing: first
      ? { id: first.mailing_id, name: first.name, at: first.started_at.toISOString(), leftOut: !first.sent }
      : null,
  }
}
