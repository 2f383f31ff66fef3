import type { Caller } from '../accounts/caller.ts'
import { run, sql, type Trx } from '../platform/database.ts'

/** Who changes the audience: a signed-in person or a program with a key. */
export type Actor = Pick<Caller, 'accountId' | 'userId' | 'apiKeyId'>

export type ContactEventKind =
  | 'added'
  | 'edited'
  | 'to_error'
  | 'to_active'
  | 'joined_group'
  | 'left_group'
  | 'archived'
  | 'restored'
  | 'held'
  | 'released'
  | 'imported'
  | 'import_undone'
  | 'merged'
  | 'topic_chosen'
  | 'topic_left'
  | 'paused'
  | 'pause_ended'
  | 'language_chosen'
  | 'data_requested'
  | 'data_request_settled'
  | 'signed_up'
  | 'tracking_refused'
  | 'tracking_allowed'

/** Notes in the transaction of a change what happened to contacts and who did it (INV-25). */
export async function noteContactEvent(
  trx: Trx,
  { accountId, userId, apiKeyId }: Actor,
  contactIds: string[],
  kind: ContactEventKind,
  data: Record<string, unknown> = {},
): Promise<void> {
  if (contactIds.length === 0) return
  await run(
    trx,
    sql`
    insert into contact_events (account_id, contact_id, kind, user_id, api_key_id, data)
    select ${accountId}, contact_id, ${kind}, ${userId}, ${apiKeyId}, ${JSON.stringify(data)}::jsonb
    from unnest(${contactIds}::bigint[]) as changed (contact_id)`,
  )
}
