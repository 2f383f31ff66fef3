import { type Db, maybeRow, row, rows, run, sql } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import type { Caller } from './caller.ts'
import type { AccountErrorCode } from './errors.ts'
import type { ApiKey, MadeApiKey, NewApiKey } from './session.contract.ts'
import { newToken, tokenHash } from './tokens.ts'

type ApiKeyRow = {
  api_key_id: string
  name: string
  scope: 'read' | 'full'
  hint: string
  created_at: Date
  last_used_at: Date | null
  revoked_at: Date | null
}

const MINUTE_MS = 60_000

/**
 * Makes a key for programs; its token is in the answer and nowhere else, since only a hash is kept (SE-15).
 *
 * @param createdBy the user who asked, or null for a key from the settings
 */
export async function makeApiKey(
  db: Db,
  accountId: string,
  { name, scope }: NewApiKey,
  createdBy: string | null,
): Promise<MadeApiKey> {
  const token = `lw_${newToken()}`
  const made = await row(
    db,
    sql<ApiKeyRow>`
    insert into api_keys (account_id, name, scope, token_hash, hint, created_by)
    values (${accountId}, ${name}, ${scope}, ${tokenHash(token)}, ${token.slice(-4)}, ${createdBy})
    returning api_key_id, name, scope, hint, created_at, last_used_at, revoked_at`,
  )
  return { ...present(made), token }
}

/** Sets a key whose token somebody chose; does nothing when it is there, also when it was revoked since. */
export async function ensureApiKey(db: Db, accountId: string, name: string, token: string): Promise<void> {
  await run(
    db,
    sql`
    insert into api_keys (account_id, name, scope, token_hash, hint)
    values (${accountId}, ${name}, 'full', ${tokenHash(token)}, ${token.slice(-4)})
    on conflict (token_hash) do nothing`,
  )
}

/** All keys of an account, newest first, the revoked ones too. */
export async function listApiKeys(db: Db, accountId: string): Promise<ApiKey[]> {
  const found = await rows(
    db,
    sql<ApiKeyRow>`
    select api_key_id, name, scope, hint, created_at, last_used_at, revoked_at
    from api_keys where account_id = ${accountId} order by api_key_id desc`,
  )
  return found.map(present)
}

/**
 * Ends a key from the next request on; the first time it was revoked stays.
 *
 * @throws api_key.not_found
 */
export async function revokeApiKey(db: Db, accountId: string, apiKeyId: string, at: Date): Promise<void> {
  const revoked = await run(
    db,
    sql`
    update api_keys set revoked_at = coalesce(revoked_at, ${at})
    where account_id = ${accountId} and api_key_id = ${apiKeyId}`,
  )
  if (revoked === 0) throw new DomainError<AccountErrorCode>('api_key.not_found', 'There is no such key.')
}

/** Who holds this token, or null; notes the use at most once a minute. */
export async function callerOfApiKey(db: Db, token: string, at: Date): Promise<Caller | null> {
  const key = await maybeRow(
    db,
    sql<{ account_id: string; api_key_id: string; scope: 'read' | 'full'; last_used_at: Date | null }>`
    select account_id, api_key_id, scope, last_used_at from api_keys
    where token_hash = ${tokenHash(token)} and revoked_at is null`,
  )
  if (!key) return null
  if (!key.last_used_at || at.getTime() - key.last_used_at.getTime() > MINUTE_MS)
    await run(
      db,
      sql`update api_keys set last_used_at = ${at} where account_id = ${key.account_id} and api_key_id = ${key.api_key_id}`,
    )
  return { accountId: key.account_id, userId: null, apiKeyId: key.api_key_id, scope: key.scope }
}

function present(key: ApiKeyRow): ApiKey {
  return {
    id: key.api_key_id,
    name: key.name,
    scope: key.scope,
    hint: key.hint,
    createdAt: key.created_at.toISOString(),
    lastUsedAt: key.last_used_at?.toISOString() ?? null,
    revokedAt: key.revoked_at?.toISOString() ?? null,
  }
}
