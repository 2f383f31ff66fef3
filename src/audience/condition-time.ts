import type { RawBuilder } from 'kysely'
import { type Db, row, sql } from '../platform/database.ts'
import type { When } from './condition.contract.ts'

const DAY_MS = 86_400_000

/** Which day it is for an account: `today` as YYYY-MM-DD in its time zone. */
export type Calendar = { today: string; zone: string }

export async function calendarOf(db: Db, accountId: string, now: Date): Promise<Calendar> {
  const { time_zone: zone } = await row(
    db,
    sql<{ time_zone: string }>`select time_zone from accounts where account_id = ${accountId}`,
  )
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(now)
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? ''
  return { today: `${part('year')}-${part('month')}-${part('day')}`, zone }
}

/** So many days after `day`, both YYYY-MM-DD. */
export const dayAfter = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)

/** Whether a moment that is not null is in the time that `when` says. */
export function isWhen(moment: RawBuilder<unknown>, when: When, { today, zone }: Calendar): RawBuilder<unknown> {
  if (when.op === 'before') return sql`${moment} < ${new Date(when.at)}`
  if (when.op === 'after') return sql`${moment} >= ${new Date(when.at)}`
  if (when.op === 'between') return sql`(${moment} >= ${new Date(when.from)} and ${moment} < ${new Date(when.to)})`
  const start = sql`(${dayAfter(today, 1 - when.days)}::date::timestamp at time zone ${zone})`
  return when.op === 'in_last' ? sql`${moment} >= ${start}` : sql`${moment} < ${start}`
}

/** The days of the next `days` days as MM-DD; 29 February comes on the 28th where there is none. */
export function anniversaries(today: string, days: number): string[] {
  const found = new Set<string>()
  for (let ahead = 0; ahead < Math.min(days, 366); ahead++) {
    const day = dayAfter(today, ahead)
    found.add(day.slice(5))
    if (day.endsWith('-02-28') && dayAfter(day, 1).endsWith('-03-01')) found.add('02-29')
  }
  return [...found]
}
