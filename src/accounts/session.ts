import type { Config } from '../platform/config.ts'
import { type Db, maybeRow, run, sql } from '../platform/database.ts'
import type { Caller } from './caller.ts'
import { newToken, tokenHash } from './tokens.ts'

const HOUR_MS = 60 * 60 * 1000
/** Without a request for this long a session ends (SE-1). */
export const IDLE_MS = 12 * HOUR_MS
/** However busy it is, a session ends after this long (SE-1). */
export const LONGEST_MS = 7 * 24 * HOUR_MS
const MINUTE_MS = 60_000

/** Browsers take a cookie named __Host- only with Secure, Path=/ and no Domain; http on this machine has no Secure. */
export const sessionCookieName = ({ baseUrl }: Pick<Config, 'baseUrl'>) =>
  baseUrl.startsWith('https:') ? '__Host-lw_session' : 'lw_session'

/** Begins a session of `userId` and gives its token, of which only a hash is kept. */
export async function beginSession(db: Db, userId: string, at: Date): Promise<string> {
  const token = newToken()
  await run(
    db,
    sql`
    insert into sessions (token_hash, user_id, created_at, last_seen_at, ends_at)
    values (${tokenHash(token)}, ${userId}, ${at}, ${at}, ${new Date(at.getTime() + LONGEST_MS)})`,
  )
  return token
}

/** Ends a session; the token opens nothing from here on. */
export async function endSession(db: Db, token: string, at: Date): Promise<void> {
  await run(db, sql`update sessions set ended_at = ${at} where token_hash = ${tokenHash(token)} and ended_at is null`)
}

/** Who is signed in with this token, or null when the session ended, idled out or its user was disabled. */
export async function callerOfSession(db: Db, token: string, at: Date): Promise<Caller | null> {
  const hash = tokenHash(token)
  const session = await maybeRow(
    db,
    sql<{ user_id: string; account_id: string; last_seen_at: Date }>`
    select person.user_id, account.account_id, session.last_seen_at
    from sessions session
    join users person on person.user_id = session.user_id and person.disabled_at is null
    join lateral (select account_id from accounts
                  where organization_id = person.organization_id order by account_id limit 1) account on true
    where session.token_hash = ${hash} and session.ended_at is null and session.ends_at > ${at}
      and session.last_seen_at > ${new Date(at.getTime() - IDLE_MS)}`,
  )
  if (!session) return null
  if (at.getTime() - session.last_seen_at.getTime() > MINUTE_MS)
    await run(db, sql`update sessions set last_seen_at = ${at} where token_hash = ${hash} and last_seen_at < ${at}`)
  return { accountId: session.account_id, userId: session.user_id, apiKeyId: null, scope: 'full' }
}
