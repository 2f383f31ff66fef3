import type { RawBuilder } from 'kysely'
import { type Db, rows, run, sql, type Trx, transaction } from '../platform/database.ts'
import { JobCancelled, type JobContext } from '../platform/jobs.ts'
import type { ImportOptions } from './import.contract.ts'
import { addTallies, type Counts, type Tally } from './import-counts.ts'
import { SAID_BY_FILE } from './import-stage.ts'

export type ApplyOrder = {
  accountId: string
  importId: string
  startedBy: string | null
  options: ImportOptions
  groupIds: string[]
  lastLine: number
  /** Ledger entry of the opt-outs that this file brought. */
  optOutEntry: string | null
}

const LINES = 50_000

/**
 * Works out what applyImport would do and writes it into import_rows alone; gives the counts.
 *
 * @throws JobCancelled when somebody asked for it
 */
export async function judgeImport(
  db: Db,
  order: ApplyOrder,
  before: Counts,
  job: Pick<JobContext, 'progress'>,
): Promise<Counts> {
  const { accountId, importId, options, lastLine } = order
  if (options.asOptOuts) {
    const settled = await transaction(db, (trx) => settleOptOuts(trx, order))
    return addTallies(before, settled, options.mode)
  }
  let counts = addTallies(before, [], options.mode)
  for (let from = 0; from < lastLine; from += LINES) {
    const to = Math.min(from + LINES, lastLine)
    counts = addTallies(counts, await transaction(db, (trx) => judgeLines(trx, order, from, to)), options.mode)
    const going = await run(
      db,
      sql`
      update imports set applied_line = ${to}
      where account_id = ${accountId} and import_id = ${importId} and cancel_asked_at is null`,
    )
    if (going === 0) throw new JobCancelled('asked to stop while the rows were checked')
    await job.progress(to, lastLine)
  }
  return counts
}

async function judgeLines(trx: Trx, order: ApplyOrder, from: number, to: number): Promise<Tally[]> {
  await sql`set local enable_nestloop = off`.execute(trx)
  return tallied(
    trx,
    sql`with chunk as materialized (${judged(order, from, to)}),
    noted as (
      update import_rows row
      set outcome = chunk.outcome, reason = coalesce(chunk.reason, row.reason), notes = chunk.notes, fields = null, base_key = null
      from chunk
      where ${of(order)} and row.line > ${from} and row.line <= ${to} and row.line = chunk.line and chunk.outcome <> 'unchanged'
      returning row.outcome, row.notes
    ), ${TOLD}`,
  )
}

/**
 * The rows of a file that opts everybody out: they are settled since they were read, but for those who were out before.
 * record_import_optouts came before, unless it is only a check.
 */
export async function settleOptOuts(trx: Trx, order: ApplyOrder): Promise<Tally[]> {
  await sql`set local enable_nestloop = off`.execute(trx) // rows that just came in have no statistics yet
  await run(
    trx,
    sql`
    update import_rows row set reason = ${optedOutOn(order)}, notes = nullif(array_remove(row.notes, 'opted_out_by_file'), '{}')
    from standing_optouts standing
    where ${of(order)} and row.outcome = 'opted_out' and standing.account_id = ${order.accountId}
      and standing.address_key = row.address_key and standing.entry_id is distinct from ${order.optOutEntry}::bigint`,
  )
  return tallied(
    trx,
    sql`with told as (select outcome, notes from import_rows row where ${of(order)} and row.outcome = 'opted_out')`,
  )
}

/** Each open line with the contact it meets, what is to become of it and the remarks on it. */
export function judged(order: ApplyOrder, from: number, to: number): RawBuilder<unknown> {
  const { mode } = order.options
  return sql`
    select judged.line, judged.address, judged.canonical, judged.address_key, judged.fields, judged.contact_id, judged.archived_at, judged.outcome,
      case when judged.outcome = 'opted_out' and judged.opted_out_on is null then judged.notes || ${BY_FILE}
           when judged.archived_at is not null and judged.outcome in ('updated', 'held') then judged.notes || '{restored}'::text[]
           else judged.notes end as notes,
      case judged.outcome
        when 'opted_out' then coalesce(judged.opted_out_on, ${SAID_BY_FILE})
        when 'held' then 'Possibly the same person as an address that opted out. Gets no mail until you decide.'
        when 'skipped' then ${mode === 'add_only' ? 'In the audience already; this import only adds.' : 'Not in the audience; this import only updates.'}
      end as reason
    from (
      select row.line, row.address, row.canonical, row.address_key, row.fields, row.notes, contact.contact_id, contact.archived_at,
        coalesce(standing.opted_out_on, case when rule.entry_id is not null and not row.opt_out then ${UNDER_A_RULE} end) as opted_out_on,
        case when row.opt_out or standing.address_key is not null or rule.entry_id is not null then 'opted_out'
             when contact.contact_id is null and ${mode === 'update_only'}::boolean then 'skipped'
             when contact.contact_id is not null and ${mode === 'add_only'}::boolean then 'skipped'
             when base.found and released.found is null then 'held'
             when contact.contact_id is null then 'added'
             when contact.archived_at is null and contact.fields = row.fields then 'unchanged' -- mostly so, and quickly seen
             when contact.archived_at is not null or jsonb_strip_nulls(contact.fields || row.fields) <> contact.fields then 'updated'
             else 'unchanged' end as outcome
      from import_rows row
      left join lateral (
        select known.contact_id, known.archived_at, known.fields from contacts known
        where known.account_id = row.account_id and known.canonical = row.canonical limit 1) contact on true
      left join lateral (
        select standing.address_key,
          case when standing.entry_id is distinct from ${order.optOutEntry}::bigint then ${optedOutOn(order)} end as opted_out_on
        from standing_optouts standing
        where standing.account_id = row.account_id and standing.address_key = row.address_key limit 1) standing on true
      cross join lateral (
        select case when standing.address_key is null and (select exists (select from accounts_with_rules own where own.account_id = ${order.accountId}))
               then rule_of(row.account_id, row.address, row.canonical) end as entry_id) rule
      left join lateral (
        select true as found from standing_optouts untagged
        where untagged.account_id = row.account_id and untagged.address_key = row.base_key limit 1) base on row.base_key is not null
      left join lateral (
        select true as found from contact_holds hold
        where base.found and hold.account_id = row.account_id and hold.contact_id = contact.contact_id
          and hold.released_at is not null limit 1) released on true
      where ${of(order)} and row.line > ${from} and row.line <= ${to} and row.outcome is null
      offset 0 -- or the outcome is worked out once for every time that it is named
    ) judged`
}

/** Lines and remarks of `noted`, and of the lines that are left as they are because nothing changed. */
export const TOLD = sql`told as (
  select outcome, notes from noted union all select outcome, notes from chunk where outcome = 'unchanged')`

/** Runs a statement that ends with the CTE `told`, and counts what it tells. */
export function tallied(trx: Trx, statement: RawBuilder<unknown>): Promise<Tally[]> {
  return rows(
    trx,
    sql<Tally>`${statement}
    select outcome, count(*) as count, count(*) filter (where 'opted_out_by_file' = any (notes)) as by_file,
      count(*) filter (where 'role' = any (notes)) as role, count(*) filter (where 'restored' = any (notes)) as restored,
      count(*) filter (where 'without_value' = any (notes)) as without_value
    from told group by outcome`,
  )
}

export const of = ({ accountId, importId }: ApplyOrder) =>
  sql`row.account_id = ${accountId} and row.import_id = ${importId}`
const optedOutOn = ({ accountId }: ApplyOrder) => sql`
  'Opted out on ' || to_char(standing.opted_out_at at time zone
    coalesce((select account.time_zone from accounts account where account.account_id = ${accountId}), 'UTC'), 'FMDD FMMonth YYYY') || '.'`
const UNDER_A_RULE = 'Its whole domain opted out, or it is in a list of hashed addresses.'
const BY_FILE = sql`'{opted_out_by_file}'::text[]`
