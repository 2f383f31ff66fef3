import { getMailing } from '../mailings/mailing.ts'
import { type Db, row, rows, sql } from '../platform/database.ts'
import { isBounceAlone } from './bounce.ts'
import type { MailingResponse } from './summary.contract.ts'

/**
 * What came back of one mailing, from sums that are kept.
 *
 * Nobody is both a bounce and an opt-out: whoever opted out from this mailing counts there alone.
 * @throws mailing.not_found
 */
export async function mailingResponse(db: Db, accountId: string, mailingId: string): Promise<MailingResponse> {
  await getMailing(db, accountId, mailingId)
  const [sent, optOutsBySource, links, hours] = await Promise.all([
    sentOf(db, accountId, mailingId),
    optOutsOf(db, accountId, mailingId),
    rows(
      db,
      sql<MailingResponse['links'][number]>`
      select number, url, people::int, clicks::int, machine_clicks::int as "machineClicks" from mailing_links
      where account_id = ${accountId} and mailing_id = ${mailingId} order by people desc, number`,
    ),
    rows(
      db,
      sql<{ hour: Date; opened: number; clicked: number; machine_opens: number; machine_clicks: number }>`
      select hour, opened::int, clicked::int, machine_opens::int, machine_clicks::int from response_hours
      where account_id = ${accountId} and mailing_id = ${mailingId} order by hour`,
    ),
  ])
  const sum = (name: 'opened' | 'clicked' | 'machine_opens' | 'machine_clicks') =>
    hours.reduce((total, hour) => total + hour[name], 0)
  return {
    mailingId,
    ...sent,
    opened: sum('opened'),
    clicked: sum('clicked'),
    optedOut: optOutsBySource.reduce((total, { people }) => total + people, 0),
    complained: optOutsBySource.find(({ source }) => source === 'complaint')?.people ?? 0,
    machineOpens: sum('machine_opens'),
    machineClicks: sum('machine_clicks'),
    optOutsBySource,
    links,
    hours: hours.map(({ hour, opened, clicked }) => ({ hour: hour.toISOString(), opened, clicked })),
  }
}

function sentOf(db: Db, accountId: string, mailingId: string) {
  return row(
    db,
    sql<{ recipients: number; accepted: number; bounced: number }>`
    select count(*)::int as recipients, count(*) filter (where state = 'accepted')::int as accepted,
      count(*) filter (where ${isBounceAlone(accountId)})::int as bounced
    from messages message where account_id = ${accountId} and mailing_id = ${mailingId}`,
  )
}

function optOutsOf(db: Db, accountId: string, mailingId: string) {
  return rows(
    db,
    sql<MailingResponse['optOutsBySource'][number]>`
    select source, sum(opted_out)::int as people from optout_ledger
    where account_id = ${accountId} and mailing_id = ${mailingId} and opted_out > 0
    group by source order by people desc, source`,
  )
}
