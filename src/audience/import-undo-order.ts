import type { RawBuilder } from 'kysely'
import { type Db, row, sql } from '../platform/database.ts'
import { fieldLabels } from './field.ts'
import { stateOf } from './import-job.ts'

/** What an undo needs to know of its import. */
export type UndoOrder = {
  accountId: string
  importId: string
  fileName: string
  startedAt: Date | null
  groupIds: string[]
  madeGroupIds: string[]
  madeFields: string[]
  optOutEntry: string | null
  /** Of fields, by name. */
  labels: Record<string, string>
}

export async function undoOrder(db: Db, accountId: string, importId: string): Promise<UndoOrder> {
  const { file } = await stateOf(db, accountId, importId)
  const { file_name, started_at } = await row(
    db,
    sql<{ file_name: string; started_at: Date | null }>`
    select file_name, started_at from imports where account_id = ${accountId} and import_id = ${importId}`,
  )
  const { groupIds, madeGroupIds, madeFields, optOutEntry } = file
  return {
    accountId,
    importId,
    fileName: file_name,
    startedAt: started_at,
    groupIds,
    madeGroupIds,
    madeFields,
    optOutEntry,
    labels: Object.fromEntries(await fieldLabels(db, accountId)),
  }
}

/** Contacts that the import added: whether they leave for the archive, or stay because somebody changed them since. */
export function addedOnes(order: UndoOrder, after = '0', last?: string): RawBuilder<unknown> {
  return sql`
    select mine.contact_id, mine.archived_at is null and not mine.touched as leaves, mine.archived_at is null and mine.touched as stays
    from (
      select contact.contact_id, contact.archived_at, ${touched(order)} as touched from contacts contact
      where contact.account_id = ${order.accountId} and contact.import_id = ${order.importId} ${within('contact', after, last)}
    ) mine`
}

/** Contacts that the import changed: which details go back, and whether they return to the archive. */
export function changedOnes(order: UndoOrder, after = '0', last?: string): RawBuilder<unknown> {
  return sql`
    select mine.contact_id, mine.back, mine.rolls, mine.leaves, not mine.rolls and not mine.leaves as stays
    from (
      select contact.contact_id, held.back, not held.locked and held.back <> '{}' as rolls,
        not held.locked and former.restored and contact.archived_at is null and not ${touched(order)} as leaves
      from import_changes former
      join contacts contact on contact.account_id = former.account_id and contact.contact_id = former.contact_id
      cross join lateral (
        select exists (select from standing_optouts standing
                       where standing.account_id = contact.account_id and standing.address_key = contact.address_key) as locked,
          coalesce((select jsonb_object_agg(change.key, change.value -> 0) from jsonb_each(former.changes) change
                    where (contact.fields -> change.key) is not distinct from nullif(change.value -> 1, 'null')), '{}') as back
        offset 0) held
      where former.account_id = ${order.accountId} and former.import_id = ${order.importId} ${within('former', after, last)}
    ) mine`
}

const within = (table: 'contact' | 'former', after: string, last: string | undefined) =>
  last === undefined
    ? sql``
    : sql`and ${sql.ref(`${table}.contact_id`)} > ${after} and ${sql.ref(`${table}.contact_id`)} <= ${last}`

/** Somebody edited, merged or kept this contact since, it chose topics, or a later import changed it. */
const touched = ({ importId, startedAt }: UndoOrder) => sql`(
  exists (select from contact_events event
          where event.account_id = contact.account_id and event.contact_id = contact.contact_id and event.at > ${startedAt}
            and event.kind in ('edited', 'merged', 'restored', 'released', 'topic_chosen', 'topic_left') and not event.data ? 'importId')
  or exists (select from import_changes later
             where later.account_id = contact.account_id and later.contact_id = contact.contact_id and later.import_id > ${importId}))`

/** Opt-outs that the file brought. */
export const optedOutKept = (accountId: string, entryId: string | null) => sql`
  coalesce((select entry.opted_out from optout_ledger entry where entry.account_id = ${accountId} and entry.entry_id = ${entryId}::bigint), 0)`
