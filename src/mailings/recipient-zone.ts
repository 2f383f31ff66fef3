import type { RawBuilder } from 'kysely'
import { type Db, rows, sql } from '../platform/database.ts'

/** The field that says in which time zone a contact lives, as an IANA name such as Europe/Vienna. */
export const TIME_ZONE_FIELD = 'time_zone'

/**
 * When `contact` (the alias in the statement around it) sees `localTime` on the clock. Whoever has no time zone, or one
 * that is not known, is taken to live in `elsewhere`.
 */
export async function ownMoment(db: Db, localTime: string, elsewhere: string): Promise<RawBuilder<unknown>> {
  const known = await rows(db, sql<{ name: string }>`select name from pg_timezone_names`)
  const names = Object.fromEntries(known.map(({ name }) => [name.toLowerCase(), name]))
  return sql`${localTime}::timestamp at time zone
    coalesce(${JSON.stringify(names)}::jsonb ->> lower(contact.fields ->> ${TIME_ZONE_FIELD}), ${elsewhere}::text)`
}
