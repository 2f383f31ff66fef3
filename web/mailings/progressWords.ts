import type { Mailing, MailingProgress } from '../../src/mailings/mailing.contract.ts'
import { clock, count, counted, day, isToday } from '../ui/format.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** "2 minutes", "3 hours", "4 days" for a number of seconds; no unit smaller than a minute. */
export function about(seconds: number): string {
  if (seconds < 1.5 * MINUTE) return '1 minute'
  if (seconds < 1.5 * HOUR) return counted(Math.round(seconds / MINUTE), 'minute')
  if (seconds < 2 * DAY) return counted(Math.round(seconds / HOUR), 'hour')
  return counted(Math.round(seconds / DAY), 'day')
}

/** "About 2 minutes left, 52 a second" */
export function paceOf({ perMinute, secondsLeft }: MailingProgress): string {
  const rate = perMinute >= 120 ? `${count(Math.round(perMinute / 60))} a second` : `${count(perMinute)} a minute`
  if (secondsLeft === null) return perMinute === 0 ? 'No message in the last minute' : rate
  return secondsLeft < MINUTE ? `Less than a minute left, ${rate}` : `About ${about(secondsLeft)} left, ${rate}`
}

/** "Next: 3,211 people at 09:00 Europe/Berlin" */
export function nextOf({ at, timeZone, recipients }: NonNullable<MailingProgress['next']>, now: Date): string {
  const time = clock(at, timeZone)
  const when = isToday(at, timeZone, now) ? time : `${time} on ${day(at, timeZone)}`
  return `Next: ${counted(recipients, 'person', 'people')} at ${when} ${timeZone}`
}

/** What stands first and what follows in the reason why a mailing is paused or does not get on. */
export function reasonOf({ problem }: Pick<Mailing, 'problem'>): { short: string; long: string } {
  const [short = '', ...rest] = (problem ?? '').split('\n')
  return { short, long: rest.join('\n') }
}
