import type { MailingProgress } from '../mailings/mailing.contract.ts'
import type { MailingRow } from '../mailings/mailing.ts'
import { TIME_ZONE_FIELD } from '../mailings/recipient-zone.ts'
import { type Db, maybeRow, row, sql } from '../platform/database.ts'

/** Too short a time to tell a rate from. */
const SHORTEST_SECONDS = 5

type Sending = Pick<MailingRow, 'mailing_id' | 'watched_from' | 'local_time' | 'time_zone' | 'per_hour'>
type Moving = { recent: number; seconds: number; open: number; ready: number; next: Date | null }

/** How a mailing that is being sent gets on, by the messages that were answered in the last minute. */
export async function progressOf(db: Db, accountId: string, mailing: Sending): Promise<MailingProgress> {
  const since = sql`greatest(now() - interval '1 minute', ${mailing.watched_from}::timestamptz)`
  const { recent, seconds, open, ready, next } = await row(
    db,
    sql<Moving>`
    select count(*) filter (where answered_at > ${since} and state in ('accepted', 'bounced', 'deferred', 'unknown'))::int as recent,
           extract(epoch from now() - ${since})::float8 as seconds,
           count(*) filter (where state in ('queued', 'handed_over') and due_at < 'infinity')::int as open,
           count(*) filter (where state in ('queued', 'handed_over') and due_at <= now())::int as ready,
           min(due_at) filter (where state = 'queued' and due_at > now() and due_at < 'infinity') as next
    from messages where account_id = ${accountId} and mailing_id = ${mailing.mailing_id}`,
  )
  const rate = Math.round((recent / Math.max(seconds, SHORTEST_SECONDS)) * 60)
  const perMinute = mailing.per_hour === null ? rate : Math.min(rate, Math.ceil(mailing.per_hour / 60))
  const waits = mailing.local_time !== null && ready === 0 && next !== null
  return {
    perMinute,
    secondsLeft: mailing.local_time === null ? secondsLeft(open, perMinute, mailing.per_hour) : null,
    next: waits ? await nextOf(db, accountId, mailing, next) : null,
  }
}

function secondsLeft(open: number, perMinute: number, perHour: number | null): number | null {
  const atLimit = perHour === null ? 0 : (open / perHour) * 3600
  return perMinute === 0 || open === 0 ? null : Math.round(Math.max((open / perMinute) * 60, atLimit))
}

/** The zone where most of those live whose time comes next, and how many they are. */
async function nextOf(db: Db, accountId: string, mailing: Sending, at: Date): Promise<MailingProgress['next']> {
  const found = await maybeRow(
    db,
    sql<{ time_zone: string | null; recipients: number }>`
    select count(*)::int as recipients,
           mode() within group (order by coalesce(contact.fields ->> ${TIME_ZONE_FIELD}, ${mailing.time_zone}::text)) as time_zone
    from messages message
    left join contacts contact on contact.account_id = message.account_id and contact.contact_id = message.contact_id
    where message.account_id = ${accountId} and message.mailing_id = ${mailing.mailing_id} and message.state = 'queued'
      and message.due_at = ${at}
    having count(*) > 0`,
  )
  if (!found) return null
  const elsewhere = mailing.time_zone ?? 'UTC'
  const timeZone = isKnown(found.time_zone) ? found.time_zone : elsewhere
  return { at: at.toISOString(), timeZone, recipients: found.recipients }
}

function isKnown(timeZone: string | null): timeZone is string {
  try {
    return timeZone !== null && new Intl.DateTimeFormat('en', { timeZone }).format(0) !== ''
  } catch {
    return false
  }
}
