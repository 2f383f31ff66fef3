import type { RawBuilder } from 'kysely'
import { type Db, row, rows, run, sql, type Trx, transaction } from '../platform/database.ts'
import { isLocked, isRetryable } from '../platform/errors.ts'
import type { JobContext } from '../platform/jobs.ts'
import { type ImportCounts, type ImportOptions, type ImportOutcome, importOutcome } from './import.contract.ts'

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

type Progress = Pick<JobContext, 'progress'>

export type OutcomeCounts = Partial<Record<ImportOutcome, number>>

/** Lines in one transaction: it holds the contacts that it changes, and an opt-out of one of them waits for it. */
const FEWEST_LINES = 1_000
const MOST_LINES = 20_000
const TARGET_MS = 150
const MOST_ATTEMPTS = 1_000

/**
 * Writes what import_rows holds into contacts and groups, some thousand lines a transaction, each with its outcomes and
 * counts, two at a time (IM-7, IM-8). Where a line has an outcome it is done: a program that is killed leaves the rest.
 *
 * Whoever is opted out when a transaction looks is left as they are (INV-5); whoever opts out after that look makes the
 * database refuse the transaction, and it is done again.
 */
export async function applyImport(db: Db, order: ApplyOrder, appliedLine: number, job: Progress): Promise<void> {
  let from = appliedLine
  let lines = FEWEST_LINES
  while (from < order.lastLine) {
    const middle = Math.min(from + lines, order.lastLine)
    const to = Math.min(middle + lines, order.lastLine)
    const started = performance.now()
    const steps = await Promise.allSettled([
      again(() => transaction(db, (trx) => applyLines(trx, order, from, middle))),
      again(() => transaction(db, (trx) => applyLines(trx, order, middle, to))),
    ])
    for (const step of steps) if (step.status === 'rejected') throw step.reason
    const took = performance.now() - started
    lines = Math.round(Math.min(MOST_LINES, lines * 2, Math.max(FEWEST_LINES, (lines * TARGET_MS) / took)))
    from = to
    await noteApplied(db, order, to)
    await job.progress(to, order.lastLine)
  }
}

/** Works out what applyImport would do and writes it into import_rows alone; all lines at once. */
export function judgeImport(db: Db, order: ApplyOrder): Promise<OutcomeCounts> {
  return transaction(db, async (trx) => {
    if (order.options.asOptOuts) return settleOptOuts(trx, order)
    await sql`set local enable_nestloop = off`.execute(trx)
    return counted(
      trx,
      sql`with chunk as materialized (${judged(order, 0, order.lastLine)}),
      noted as (
        update import_rows row set outcome = chunk.outcome, reason = coalesce(chunk.reason, row.reason), fields = null, base_key = null
        from chunk where ${of(order)} and row.line = chunk.line
        returning row.outcome
      )`,
    )
  })
}

/** The rows of a file that opts everybody out; record_import_optouts came before. */
export function settleOptOuts(trx: Trx, order: ApplyOrder): Promise<OutcomeCounts> {
  return counted(
    trx,
    sql`with noted as (
      update import_rows row set outcome = 'opted_out', fields = null, base_key = null,
        reason = coalesce((select ${optedOutOn(order)} from standing_optouts standing
                           where standing.account_id = row.account_id and standing.address_key = row.address_key
                             and standing.entry_id is distinct from ${order.optOutEntry}::bigint), ${SAID_BY_FILE})
      where ${of(order)} and row.outcome is null
      returning row.outcome
    )`,
  )
}

async function applyLines(trx: Trx, order: ApplyOrder, from: number, to: number): Promise<void> {
  if (from >= to) return
  await sql`set local enable_nestloop = off`.execute(trx) // nothing is known yet about rows that came a moment ago
  const counts = await counted(trx, writeLines(order, from, to))
  if (Object.keys(counts).length === 0) return // done before the program was killed
  if (counts.held) await holdLines(trx, order, from, to)
  if (order.groupIds.length > 0) await joinGroups(trx, order, from, to)
  await noteCounts(trx, order, counts)
}

function writeLines(order: ApplyOrder, from: number, to: number): RawBuilder<unknown> {
  const clears = order.options.emptyCells === 'clear'
  const merged = clears
    ? sql`jsonb_strip_nulls(contact.fields || excluded.fields)`
    : sql`contact.fields || excluded.fields`
  // A row in conflict must carry its nulls up to the merge, a new one must not keep them.
  const fresh = clears ? sql`case when contact_id is null then jsonb_strip_nulls(fields) else fields end` : sql`fields`
  return sql`
    with chunk as materialized (${judged(order, from, to)}),
    written as (
      insert into contacts as contact (account_id, address, canonical, address_key, fields, import_id, import_line, source)
      select ${order.accountId}, address, canonical, address_key, ${fresh}, ${order.importId}, line, 'import'
      from chunk where outcome in ('added', 'updated', 'held')
      order by contact_id nulls last, line -- the order in which opt-outs lock contacts
      on conflict (account_id, canonical) do update set fields = ${merged}, archived_at = null, updated_at = now()
        where contact.fields is distinct from ${merged} or contact.archived_at is not null
      returning contact.canonical, contact.xmax = 0 as is_new
    ),
    restored as (
      insert into contact_events (account_id, contact_id, kind, user_id, data)
      select ${order.accountId}, contact_id, 'restored', ${order.startedBy}::bigint, jsonb_build_object('importId', ${order.importId}::text)
      from chunk where archived_at is not null and outcome in ('updated', 'held')
    ),
    noted as (
      update import_rows row
      set outcome = case when chunk.outcome in ('opted_out', 'skipped', 'held') then chunk.outcome
                         when written.is_new then 'added' when written.canonical is not null then 'updated' else 'unchanged' end,
          reason = coalesce(chunk.reason, row.reason), fields = null, address_key = null,
          base_key = case when chunk.outcome = 'held' then row.base_key end
      from chunk left join written on written.canonical = chunk.canonical
      where ${of(order)} and row.line > ${from} and row.line <= ${to} and row.line = chunk.line and row.outcome is null
      returning row.outcome
    )`
}

/** Each open line with the contact it meets and what is to become of it. */
function judged(order: ApplyOrder, from: number, to: number): RawBuilder<unknown> {
  const { mode } = order.options
  return sql`
    select judged.*, case judged.outcome
        when 'opted_out' then coalesce(judged.opted_out_on, ${SAID_BY_FILE})
        when 'held' then 'Possibly the same person as an address that opted out. Gets no mail until you decide.'
        when 'skipped' then ${mode === 'add_only' ? 'In the audience already; this import only adds.' : 'Not in the audience; this import only updates.'}
      end as reason
    from (
      select row.line, row.address, row.canonical, row.address_key, row.fields, contact.contact_id, contact.archived_at,
        standing.opted_out_on,
        case when row.opt_out or standing.address_key is not null then 'opted_out'
             when contact.contact_id is null and ${mode === 'update_only'}::boolean then 'skipped'
             when contact.contact_id is not null and ${mode === 'add_only'}::boolean then 'skipped'
             when base.found and released.found is null then 'held'
             when contact.contact_id is null then 'added'
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
      left join lateral (
        select true as found from standing_optouts untagged
        where untagged.account_id = row.account_id and untagged.address_key = row.base_key limit 1) base on row.base_key is not null
      left join lateral (
        select true as found from contact_holds hold
        where hold.account_id = row.account_id and hold.contact_id = contact.contact_id and hold.released_at is not null limit 1) released on base.found
      where ${of(order)} and row.line > ${from} and row.line <= ${to} and row.outcome is null
    ) judged`
}

async function holdLines(trx: Trx, order: ApplyOrder, from: number, to: number): Promise<void> {
  await run(
    trx,
    sql`
    insert into contact_holds (account_id, contact_id, because_key)
    select row.account_id, contact.contact_id, row.base_key ${writtenContacts(order, from, to)} and row.outcome = 'held'
    on conflict do nothing`,
  )
}

async function joinGroups(trx: Trx, order: ApplyOrder, from: number, to: number): Promise<void> {
  await run(
    trx,
    sql`
    insert into group_members (account_id, group_id, contact_id)
    select row.account_id, chosen.group_id, contact.contact_id ${writtenContacts(
      order,
      from,
      to,
      sql`
      cross join (select own.group_id from groups own
                  where own.account_id = ${order.accountId} and own.group_id = any(${order.groupIds}::bigint[])) chosen
      left join lateral (select true as found from group_members member
                         where member.account_id = row.account_id and member.group_id = chosen.group_id
                           and member.contact_id = contact.contact_id limit 1) member on true`,
    )}
      and member.found is null and row.outcome in ('added', 'updated', 'unchanged', 'held')
    order by contact.contact_id
    on conflict do nothing`,
  )
}

function writtenContacts(order: ApplyOrder, from: number, to: number, joins: RawBuilder<unknown> = sql``) {
  return sql`
    from import_rows row
    join lateral (select known.contact_id from contacts known
                  where known.account_id = row.account_id and known.canonical = row.canonical limit 1) contact on true ${joins}
    where ${of(order)} and row.line > ${from} and row.line <= ${to}`
}

async function noteCounts(trx: Trx, order: ApplyOrder, counts: OutcomeCounts): Promise<void> {
  const before = await row(
    trx,
    sql<{ counts: Record<string, number> }>`
    select counts from imports where account_id = ${order.accountId} and import_id = ${order.importId} for no key update`,
  )
  await run(
    trx,
    sql`
    update imports set counts = ${JSON.stringify(addCounts(before.counts, counts))}::jsonb
    where account_id = ${order.accountId} and import_id = ${order.importId}`,
  )
}

function noteApplied(db: Db, order: ApplyOrder, to: number): Promise<number> {
  return run(
    db,
    sql`update imports set applied_line = ${to} where account_id = ${order.accountId} and import_id = ${order.importId}`,
  )
}

/** Adds outcomes to the counts of an import, in the words of its contract. */
export function addCounts(before: Record<string, number>, outcomes: OutcomeCounts): Record<string, number> {
  const counts = { ...before }
  for (const outcome of importOutcome.options) {
    const name = COUNTED_AS[outcome]
    counts[name] = (counts[name] ?? 0) + (outcomes[outcome] ?? 0)
  }
  return counts
}

async function counted(trx: Trx, statement: RawBuilder<unknown>): Promise<OutcomeCounts> {
  const found = await rows(
    trx,
    sql<{
      outcome: ImportOutcome
      count: string
    }>`${statement} select outcome, count(*) as count from noted group by outcome`,
  )
  return Object.fromEntries(found.map(({ outcome, count }) => [outcome, Number(count)]))
}

/** Does the work again when an opt-out or another import came between; each time something else got done. */
async function again(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= MOST_ATTEMPTS || !(isLocked(error) || isRetryable(error))) throw error
    }
  }
}

const of = ({ accountId, importId }: ApplyOrder) => sql`row.account_id = ${accountId} and row.import_id = ${importId}`

const optedOutOn = ({ accountId }: ApplyOrder) => sql`
  'Opted out on ' || to_char(standing.opted_out_at at time zone
    coalesce((select account.time_zone from accounts account where account.account_id = ${accountId}), 'UTC'), 'FMDD FMMonth YYYY') || '.'`

const SAID_BY_FILE = 'The file says so.'

const COUNTED_AS: Record<ImportOutcome, keyof ImportCounts> = {
  added: 'added',
  updated: 'updated',
  unchanged: 'unchanged',
  skipped: 'unchanged',
  duplicate: 'duplicates',
  invalid: 'invalid',
  opted_out: 'optedOut',
  held: 'held',
}
