import { type Db, run, sql } from '../platform/database.ts'
import type { Caller } from './caller.ts'

/**
 * Notes what an operator or a program did, for later questions; the database keeps it unchanged.
 *
 * @param act such as account.changed
 * @param subject what it was done to; never a secret
 */
export async function noteAct(
  db: Db,
  { accountId, userId, apiKeyId }: Pick<Caller, 'accountId' | 'userId' | 'apiKeyId'>,
  act: string,
  subject: Record<string, unknown> = {},
): Promise<void> {
  await run(
    db,
    sql`
    insert into audit_events (account_id, user_id, api_key_id, act, subject)
    values (${accountId}, ${userId}, ${apiKeyId}, ${act}, ${JSON.stringify(subject)}::jsonb)`,
  )
}
