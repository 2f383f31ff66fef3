import type { Clock } from '../platform/clock.ts'
import { type Db, run, sql } from '../platform/database.ts'

/** Most connections that are counted at once, so that a flood from many does not fill the memory. */
const MOST = 100_000

/**
 * Counts attempts of each connection; gives false from the one after `most` until `seconds` have passed since the first.
 *
 * Only for what carries no valid link: who holds one is never limited (OC-15). Counted in this process alone.
 */
export function limitAttempts(most: number, seconds: number, clock: Clock): (ip: string) => boolean {
  const counted = new Map<string, { attempts: number; until: number }>()
  return (ip) => {
    const now = clock().getTime()
    const key = networkOf(ip)
    const before = counted.get(key)
    if (before && before.until > now) return ++before.attempts <= most
    if (counted.size >= MOST) for (const [old, { until }] of counted) if (until <= now) counted.delete(old)
    if (counted.size >= MOST) counted.clear()
    counted.set(key, { attempts: 1, until: now + seconds * 1000 })
    return true
  }
}

/** An IPv6 customer has a whole /64; an IPv4 address is one. */
export function networkOf(ip: string): string {
  const plain = ip.replace(/^::ffff:(?=\d+\.)/, '')
  if (!plain.includes(':')) return plain
  const [head = '', tail] = plain.split('::', 2)
  const first = head.split(':').filter(Boolean)
  const last = (tail ?? '').split(':').filter(Boolean)
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0')
  return [...first, ...zeros, ...last].slice(0, 4).join(':')
}

/** Counts a link that is none of ours, so that a flood of forged ones, or a template that breaks links, is seen (OC-17). */
export async function countLinkFailure(db: Db, what: 'opt_out' | 'preferences'): Promise<void> {
  await run(
    db,
    sql`insert into link_failures as failure (day, what) values ((now() at time zone 'UTC')::date, ${what})
        on conflict (day, what) do update set count = failure.count + 1`,
  )
}
