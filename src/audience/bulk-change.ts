// The acts on many contacts that are one statement: whom they reach, what they change, what is noted.
import type { RawBuilder } from 'kysely'
import { row, sql, type Trx } from '../platform/database.ts'
import type { BulkAct } from './bulk.contract.ts'
import type { Selection } from './contact.contract.ts'
import type { Actor, ContactEventKind } from './contact-event.ts'
import { selected } from './contact-filter.ts'
import { nameOf } from './group-members.ts'

type Change = {
  event: ContactEventKind
  data?: Record<string, unknown>
  /** A statement over `asked` that gives the contact_id of everybody whom it changed. */
  changed: RawBuilder<unknown>
  /** Which of `asked` are left alone for their opt-out, and counted. */
  leftAlone: RawBuilder<unknown>
}
type WholeAct = Exclude<BulkAct, { type: 'erase' }>

/**
 * Changes everybody selected, except who opted out where it would change them (INV-2, INV-6, INV-18).
 *
 * @throws DomainError group.not_found, segment.not_found
 */
export async function changeAll(trx: Trx, actor: Actor, asked: Selection, act: WholeAct, jobId: string) {
  const { accountId, userId, apiKeyId } = actor
  const { event, data, changed, leftAlone } = await changeOf(trx, actor, act)
  const where = await selected(trx, accountId, asked)
  const counts = await row(
    trx,
    sql<{ matched: string; changed: string; left_alone: string }>`
    with asked as materialized (
      select contact.contact_id, optout.address_key is not null as opted_out
      from contacts contact
      left join standing_optouts optout
        on optout.account_id = contact.account_id and optout.address_key = contact.address_key
      where ${where}
    ), changed as (${changed}), noted as (
      insert into contact_events (account_id, contact_id, kind, user_id, api_key_id, data)
      select ${accountId}, contact_id, ${event}, ${userId}, ${apiKeyId}, ${JSON.stringify({ ...data, jobId })}::jsonb
      from changed
    )
    select (select count(*) from asked) as matched, (select count(*) from changed) as changed,
           (select count(*) from asked where ${leftAlone}) as left_alone`,
  )
  const matched = Number(counts.matched)
  return { matched, result: { matched, changed: Number(counts.changed), optedOut: Number(counts.left_alone) } }
}

async function changeOf(trx: Trx, { accountId, userId }: Actor, act: WholeAct): Promise<Change> {
  switch (act.type) {
    case 'add_to_group': {
      const group = await nameOf(trx, accountId, act.groupId, true)
      return {
        event: 'joined_group',
        data: { groupId: act.groupId, group },
        changed: sql`
          insert into group_members (account_id, group_id, contact_id)
          select ${accountId}, ${act.groupId}, contact_id from asked where not opted_out
          on conflict (account_id, group_id, contact_id) do nothing
          returning contact_id`,
        leftAlone: sql`opted_out`,
      }
    }
    case 'remove_from_group': {
      const group = await nameOf(trx, accountId, act.groupId)
      return {
        event: 'left_group',
        data: { groupId: act.groupId, group },
        changed: sql`
          delete from group_members member using asked
          where member.account_id = ${accountId} and member.group_id = ${act.groupId}
            and member.contact_id = asked.contact_id and not asked.opted_out
          returning member.contact_id`,
        leftAlone: sql`opted_out and exists (select from group_members member
          where member.account_id = ${accountId} and member.group_id = ${act.groupId} and member.contact_id = asked.contact_id)`,
      }
    }
    case 'archive':
    case 'restore':
      return moved(accountId, act.type)
    case 'set_status':
      return act.status === 'active' ? toActive(accountId) : toError(accountId, userId)
  }
}

/** The archive takes everybody: an opt-out stands there as anywhere. */
const moved = (accountId: string, to: 'archive' | 'restore'): Change => ({
  event: to === 'archive' ? 'archived' : 'restored',
  changed: sql`
    update contacts contact set archived_at = case when ${to} = 'archive' then now() end, updated_at = now()
    from asked
    where contact.account_id = ${accountId} and contact.contact_id = asked.contact_id
      and (contact.archived_at is null) = (${to} = 'archive')
    returning contact.contact_id`,
  leftAlone: sql`false`,
})

const toActive = (accountId: string): Change => ({
  event: 'to_active',
  changed: sql`
    delete from contact_errors failure using asked
    where failure.account_id = ${accountId} and failure.contact_id = asked.contact_id and not asked.opted_out
    returning failure.contact_id`,
  leftAlone: sql`opted_out`,
})

const toError = (accountId: string, userId: string | null): Change => ({
  event: 'to_error',
  changed: sql`
    insert into contact_errors (account_id, contact_id, reason, user_id)
    select ${accountId}, contact_id, 'manual', ${userId} from asked where not opted_out
    on conflict (account_id, contact_id) do nothing
    returning contact_id`,
  leftAlone: sql`opted_out`,
})
