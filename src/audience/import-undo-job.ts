import type { RawBuilder } from 'kysely'
import { z } from 'zod'
import { row, rows, run, sql, type Trx, transaction } from '../platform/database.ts'
import type { JobContext } from '../platform/jobs.ts'
import type { ImportUndoResult } from './import.contract.ts'
import { again } from './import-apply.ts'
import { addedOnes, changedOnes, optedOutKept, type UndoOrder, undoOrder } from './import-undo-order.ts'

/** The kind of the job; its handler is undoImport. */
export const IMPORT_UNDO = 'import_undo'

/** Contacts in one transaction: it holds them, and an opt-out of one of them waits for it. */
const BATCH = 1_000
const payload = z.object({ importId: z.string() })

type Place = {
  step: 'contacts' | 'details' | 'groups' | 'rest' | 'done'
  group_id: string
  contact_id: string
  result: Partial<ImportUndoResult>
  user_id: string | null
  api_key_id: string | null
}

/**
 * Takes an import back, some thousand contacts a transaction: what it added is archived, what it changed gets its former
 * details, groups it filled are left. Opt-outs stay; whoever opted out keeps details and groups (INV-1, INV-2). How far it
 * is stands in import_undos and changes with each step, so it is done once wherever the program ends.
 */
export async function undoImport(job: JobContext): Promise<ImportUndoResult> {
  const { db, accountId } = job
  const { importId } = payload.parse(job.payload)
  const order = await undoOrder(db, accountId, importId)
  const { total } = await row(
    db,
    sql<{ total: number }>`
    select ((select count(*) from contacts where account_id = ${accountId} and import_id = ${importId})
      + (select count(*) from import_changes where account_id = ${accountId} and import_id = ${importId}))::int as total`,
  )
  for (let done = 0; ; ) {
    await job.progress(Math.min(done, total), total)
    const { seen, result } = await again(() => transaction(db, (trx) => takeStep(trx, order)))
    if (result) return result
    done += seen
  }
}

type Stepped = { seen: number; result: ImportUndoResult | null }

async function takeStep(trx: Trx, order: UndoOrder): Promise<Stepped> {
  const { accountId, importId } = order
  await sql`set local enable_seqscan = off`.execute(trx) // by key, whatever is known about tables that have just grown
  const place = await row(
    trx,
    sql<Place>`
    select step, group_id, contact_id, result, user_id, api_key_id from import_undos
    where account_id = ${accountId} and import_id = ${importId} for update`,
  )
  // In line with opt-outs of many: what follows meets all that came before, and they meet all of it.
  await sql`select pg_advisory_xact_lock_shared(1279738, (${accountId}::bigint % 2147483647)::int)`.execute(trx)
  if (place.step === 'done') return { seen: 0, result: complete(place.result) }
  const { counts, seen, next } = await steps[place.step](trx, order, place)
  const result = { ...place.result }
  for (const name of NAMES) result[name] = (result[name] ?? 0) + (counts[name] ?? 0)
  await run(
    trx,
    sql`
    update import_undos set step = ${next.step}, group_id = ${next.group_id ?? '0'}, contact_id = ${next.contact_id ?? '0'},
      result = ${JSON.stringify(result)}::jsonb, finished_at = case when ${next.step} = 'done' then now() end
    where account_id = ${accountId} and import_id = ${importId}`,
  )
  return { seen, result: next.step === 'done' ? complete(result) : null }
}

type Next = { step: Place['step']; group_id?: string; contact_id?: string }
type Done = { counts: Partial<ImportUndoResult>; seen: number; next: Next }

const steps: Record<
  'contacts' | 'details' | 'groups' | 'rest',
  (trx: Trx, order: UndoOrder, place: Place) => Promise<Done>
> = {
  async contacts(trx, order, place) {
    const ids = await hold(
      trx,
      order,
      sql`
      select own.contact_id from contacts own
      where own.account_id = ${order.accountId} and own.import_id = ${order.importId} and own.contact_id > ${place.contact_id}
      order by own.contact_id limit ${BATCH}`,
    )
    const last = ids.at(-1)
    if (last === undefined) return { counts: {}, seen: 0, next: { step: 'details' } }
    const found = await row(
      trx,
      sql<{ archived: number; stays: number }>`
      with mine as materialized (${addedOnes(order, place.contact_id, last)}),
      gone as (
        update contacts contact set archived_at = now(), updated_at = now() from mine
        where contact.account_id = ${order.accountId} and contact.contact_id = any (${ids}::bigint[])
          and mine.contact_id = contact.contact_id and mine.leaves
        returning contact.contact_id
      ), told as (${tell(order, place, sql`select contact_id, '{"archived": true}'::jsonb as data from gone`)})
      select (select count(*) from gone)::int as archived, (select count(*) from mine where stays)::int as stays`,
    )
    return {
      counts: { archived: found.archived, leftAlone: found.stays },
      seen: ids.length,
      next: { step: 'contacts', contact_id: last },
    }
  },

  async details(trx, order, place) {
    const ids = await hold(
      trx,
      order,
      sql`
      select former.contact_id from import_changes former
      where former.account_id = ${order.accountId} and former.import_id = ${order.importId} and former.contact_id > ${place.contact_id}
      order by former.contact_id limit ${BATCH}`,
    )
    const last = ids.at(-1)
    if (last === undefined) return { counts: {}, seen: 0, next: { step: 'groups' } }
    const found = await row(
      trx,
      sql<{ archived: number; rolled: number; stays: number }>`
      with mine as materialized (${changedOnes(order, place.contact_id, last)}),
      changed as (
        update contacts contact set updated_at = now(),
          fields = case when mine.rolls then jsonb_strip_nulls(contact.fields || mine.back) else contact.fields end,
          archived_at = case when mine.leaves then now() else contact.archived_at end
        from mine
        where contact.account_id = ${order.accountId} and contact.contact_id = any (${ids}::bigint[])
          and mine.contact_id = contact.contact_id and (mine.rolls or mine.leaves)
        returning contact.contact_id, mine.leaves, mine.back
      ), told as (${tell(
        order,
        place,
        sql`select contact_id, jsonb_build_object('archived', leaves, 'labels',
              (select jsonb_agg(coalesce(${JSON.stringify(order.labels)}::jsonb -> key, to_jsonb(key))) from jsonb_object_keys(back) key)) as data from changed`,
      )})
      select (select count(*) from mine where rolls)::int as rolled, (select count(*) from mine where leaves)::int as archived,
        (select count(*) from mine where stays)::int as stays`,
    )
    return {
      counts: { archived: found.archived, rolledBack: found.rolled, leftAlone: found.stays },
      seen: ids.length,
      next: { step: 'details', contact_id: last },
    }
  },

  async groups(trx, order, place) {
    const groupId = order.groupIds
      .toSorted((one, other) => Number(BigInt(one) - BigInt(other)))
      .find((id) => BigInt(id) >= BigInt(place.group_id))
    if (groupId === undefined) return { counts: {}, seen: 0, next: { step: 'rest' } }
    const after = groupId === place.group_id ? place.contact_id : '0'
    const ids = await hold(
      trx,
      order,
      sql`
      select member.contact_id from group_members member
      where member.account_id = ${order.accountId} and member.group_id = ${groupId} and member.contact_id > ${after}
      order by member.contact_id limit ${BATCH}`,
    )
    const last = ids.at(-1)
    if (last === undefined)
      return { counts: {}, seen: 0, next: { step: 'groups', group_id: String(BigInt(groupId) + 1n) } }
    const { left } = await row(
      trx,
      sql<{ left: number }>`
      with gone as (
        delete from group_members member using contacts contact
        where member.account_id = ${order.accountId} and member.group_id = ${groupId} and member.contact_id = any (${ids}::bigint[])
          and member.import_id = ${order.importId}
          and contact.account_id = ${order.accountId} and contact.contact_id = member.contact_id
          and not exists (select from standing_optouts standing
                          where standing.account_id = contact.account_id and standing.address_key = contact.address_key)
        returning member.contact_id, contact.import_id is distinct from ${order.importId}::bigint as was_here
      ), told as (
        insert into contact_events (account_id, contact_id, kind, user_id, api_key_id, data)
        select ${order.accountId}, gone.contact_id, 'left_group', ${place.user_id}, ${place.api_key_id},
          jsonb_build_object('groupId', ${groupId}::text, 'group', groups.name)
        from gone join groups on groups.account_id = ${order.accountId} and groups.group_id = ${groupId}
        where gone.was_here
      ) select count(*)::int as left from gone`,
    )
    return { counts: { leftGroups: left }, seen: 0, next: { step: 'groups', group_id: groupId, contact_id: last } }
  },

  async rest(trx, order) {
    await archiveUnused(trx, order)
    const { kept } = await row(
      trx,
      sql<{ kept: string }>`select ${optedOutKept(order.accountId, order.optOutEntry)} as kept`,
    )
    return { counts: { optedOutKept: Number(kept) }, seen: 0, next: { step: 'done' } }
  },
}

/** Groups and fields that the import made go to the archive, unless somebody uses them by now. */
async function archiveUnused(trx: Trx, { accountId, madeGroupIds, madeFields }: UndoOrder): Promise<void> {
  await run(
    trx,
    sql`
    update groups own set archived_at = now()
    where own.account_id = ${accountId} and own.group_id = any (${madeGroupIds}::bigint[]) and own.archived_at is null
      and not exists (select from group_members member where member.account_id = own.account_id and member.group_id = own.group_id)
      and not exists (select from mailing_groups chosen where chosen.account_id = own.account_id and chosen.group_id = own.group_id)`,
  )
  await run(
    trx,
    sql`
    update fields own set archived_at = now()
    where own.account_id = ${accountId} and own.name = any (${madeFields}::text[]) and own.archived_at is null
      and not exists (select from contacts contact
                      where contact.account_id = own.account_id and contact.archived_at is null and contact.fields ? own.name)
      and not exists (select from segments segment
                      where segment.account_id = own.account_id and strpos(segment.condition::text, to_json(own.name)::text) > 0)`,
  )
}

/** Holds the rows of contacts in the order in which opt-outs hold them; what is asked after this meets what was before. */
async function hold(trx: Trx, { accountId }: UndoOrder, asked: RawBuilder<unknown>): Promise<string[]> {
  const found = await rows(trx, sql<{ contact_id: string }>`${asked}`)
  const ids = found.map(({ contact_id }) => contact_id)
  await run(
    trx,
    sql`
    select from (select contact_id from unnest(${ids}::bigint[]) as asked (contact_id) order by contact_id) asked
    cross join lateral (
      select from contacts own where own.account_id = ${accountId} and own.contact_id = asked.contact_id
      limit 1 for no key update) held`,
  )
  return ids
}

/** What happened, in the history of each contact that `which` names with its data. */
const tell = (order: UndoOrder, { user_id, api_key_id }: Place, which: RawBuilder<unknown>) => sql`
  insert into contact_events (account_id, contact_id, kind, user_id, api_key_id, data)
  select ${order.accountId}, which.contact_id, 'import_undone', ${user_id}::bigint, ${api_key_id}::bigint,
    which.data || ${JSON.stringify({ importId: order.importId, file: order.fileName })}::jsonb
  from (${which}) which`

const NAMES = ['archived', 'rolledBack', 'leftGroups', 'leftAlone', 'optedOutKept'] as const

function complete(result: Partial<ImportUndoResult>): ImportUndoResult {
  return { archived: 0, rolledBack: 0, leftGroups: 0, leftAlone: 0, optedOutKept: 0, ...result }
}
