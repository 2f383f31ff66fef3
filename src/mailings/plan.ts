import type { Account } from '../accounts/account.contract.ts'
import { type Db, maybeRow, sql } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import type { MailingErrorCode } from './errors.ts'
import type { SendMailing } from './mailing.contract.ts'

/** When a mailing goes out and how fast. */
export type Plan = {
  /** When it starts; what is past means now. */
  sendAt: Date
  /** The zone in which the time was chosen. */
  timeZone: string
  /** A wall-clock time such as 2026-12-04T09:00: everybody gets it when their own clock shows it. */
  localTime: string | null
  perHour: number | null
}

/** Kiribati is the first to see a day: no clock is further ahead of UTC. */
const FIRST_CLOCK = '14 hours'

/**
 * Works out when a mailing starts. With `inRecipientZone` that is when the first clock anywhere shows the time.
 *
 * A wall-clock time that a change of clocks skips is the moment as much later, one that comes twice its second time.
 * @throws mailing.invalid for a time zone that is not known, or a time of everybody's own without a time
 */
export async function readPlan(db: Db, account: Account, asked: SendMailing, now: Date): Promise<Plan> {
  const { at, inRecipientZone = false, perHour = null } = asked
  const given = asked.timeZone ?? account.timeZone
  if (at === undefined && inRecipientZone) throw invalid('/at', 'Choose the time at which people get it.')
  const isInstant = at?.endsWith('Z') ?? true
  const wall = isInstant ? sql`${at ?? now.toISOString()}::timestamptz at time zone zone.name` : sql`${at}::timestamp`
  const found = await maybeRow(
    db,
    sql<{ name: string; moment: Date; first: Date; wall: string }>`
    select name, wall at time zone name as moment, (wall - ${FIRST_CLOCK}::interval) at time zone 'UTC' as first,
           to_char(wall, 'YYYY-MM-DD"T"HH24:MI:SS') as wall
    from (select zone.name, ${wall} as wall from pg_timezone_names zone where lower(zone.name) = lower(${given}::text) limit 1) chosen`,
  )
  if (!found) throw invalid('/timeZone', 'This time zone is not known. One looks like Europe/Vienna.')
  if (inRecipientZone) return { sendAt: found.first, timeZone: found.name, localTime: found.wall, perHour }
  return { sendAt: isInstant ? new Date(at ?? now) : found.moment, timeZone: found.name, localTime: null, perHour }
}

const invalid = (path: string, message: string) =>
  new DomainError<MailingErrorCode>('mailing.invalid', message, { fields: [{ path, message }] })
