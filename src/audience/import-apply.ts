import type { RawBuilder } from 'kysely'
import { type Db, row, rows, run, sql, type Trx, transaction } from '../platform/database.ts'
import { isLocked, isRetryable, violatedConstraint } from '../platform/errors.ts'
import type { JobContext } from '../platform/jobs.ts'
import { addTallies, type Tally } from './import-counts.ts'
import { type ApplyOrder, judged, of, TOLD, tallied } from './import-judge.ts'

type Progress = Pick<JobContext, 'progress'>

/** Lines in one transaction: it holds the contacts that it changes, and an opt-out of one of them waits for it. */
const FEWEST_LINES = 1_000
const MOST_LINES = 20_000
const TARGET_MS = 150
const MOST_ATTEMPTS = 1_000

/**
 * Writes what import_rows holds into contacts and groups, some thousand lines a transaction, each with its outcomes and
 * counts, two at a time (IM-7, IM-8). Lines within imports.applied are done: a program that is killed leaves the rest.
 *
 * Whoever is opted out when a transaction looks is left as they are (INV-5); whoever opts out after that look makes the
 * database refuse the transaction, and it is done again.
 */
export async function applyImport(db: Db, order: ApplyOrder, job: Progress): Promise<void> {
  let lines = FEWEST_LINES
  for (const gap of await openLines(db, order)) {
    let { from } = gap
    while (from < gap.to) {
      const middle = Math.min(from + lines, gap.to)
      const to = Math.min(middle + lines, gap.to)
      const started = performance.now()
      const steps = await Promise.allSettled([
        again(() => transaction(db, (trx) => applyLines(trx, order, from, middle))),
        again(() => transaction(db, (trx) => applyLines(trx, order, middle, to))),
      ])
      for (const step of steps) if (step.status === 'rejected') throw step.reason
      const took = performance.now() - started
      lines = Math.round(Math.min(MOST_LINES, lines * 2, Math.max(FEWEST_LINES, (lines * TARGET_MS) / took)))
      from = to
      await job.progress(to, order.lastLine)
    }
  }
}

/** Stretches of lines that are not done yet; a stretch ends with its line `to` and begins after `from`. */
function openLines(db: Db, { accountId, importId, lastLine }: ApplyOrder): Promise<{ from: number; to: number }[]> {
  return rows(
    db,
    sql<{ from: number; to: number }>`
    select lower(gap) - 1 as "from", upper(gap) - 1 as "to"
    from imports, unnest(int4multirange(int4range(0, ${lastLine}, '(]')) - applied) gap
    where account_id = ${accountId} and import_id = ${importId} order by gap`,
  )
}

async function applyLines(trx: Trx, order: ApplyOrder, from: number, to: number): Promise<void> {
  if (from >= to) return
  await sql`set local enable_nestloop = off`.execute(trx) // nothing is known yet about rows that came a moment ago
  const tallies = await tallied(trx, writeLines(order, from, to))
  if (tallies.some(({ outcome }) => outcome === 'held')) await holdLines(trx, order, from, to)
  if (order.groupIds.length > 0) await joinGroups(trx, order, from, to)
  await noteApplied(trx, order, from, to, tallies)
}

/**
 * Adds and changes the contacts of some lines, and keeps what was there before, for their history and for undoing.
 * `known` holds the rows in the order in which opt-outs hold them. A contact that came between its look and the upsert
 * makes the key of import_changes null, so the transaction is refused and done again.
 */
function writeLines(order: ApplyOrder, from: number, to: number): RawBuilder<unknown> {
  const { accountId, importId, startedBy, options } = order
  const clears = options.emptyCells === 'clear'
  const merged = clears
    ? sql`jsonb_strip_nulls(contact.fields || excluded.fields)`
    : sql`contact.fields || excluded.fields`
  // A row in conflict must carry its nulls up to the merge, a new one must not keep them.
  const fresh = clears
    ? sql`case when known.contact_id is null then jsonb_strip_nulls(chunk.fields) else chunk.fields end`
    : sql`chunk.fields`
  return sql`
    with chunk as materialized (${judged(order, from, to)}),
    known as materialized (
      select asked.line, former.contact_id, former.fields, former.archived_at
      from (select line, contact_id, canonical from chunk where contact_id is not null and outcome in ('updated', 'held') order by contact_id) asked
      cross join lateral (
        select held.contact_id, held.fields, held.archived_at from contacts held
        where held.account_id = ${accountId} and held.contact_id = asked.contact_id and held.canonical = asked.canonical
        limit 1 for no key update) former
    ),
    written as (
      insert into contacts as contact (account_id, address, canonical, address_key, fields, import_id, import_line, source)
      select ${accountId}, chunk.address, chunk.canonical, chunk.address_key, ${fresh}, ${importId}, chunk.line, 'import'
      from chunk left join known on known.line = chunk.line where chunk.outcome in ('added', 'updated', 'held')
      order by known.contact_id nulls last, chunk.line
      on conflict (account_id, canonical) do update set fields = ${merged}, archived_at = null, updated_at = now()
        where contact.fields is distinct from ${merged} or contact.archived_at is not null
      returning contact.canonical, contact.xmax = 0 as is_new
    ),
    kept as (
      insert into import_changes as former (account_id, import_id, contact_id, changes, restored)
      select ${accountId}, ${importId}, known.contact_id, ${changesOf}, known.archived_at is not null
      from written join chunk on chunk.canonical = written.canonical left join known on known.line = chunk.line
      where not written.is_new
      on conflict (account_id, import_id, contact_id) do update set changes = former.changes || excluded.changes
    ),
    restored as (
      insert into contact_events (account_id, contact_id, kind, user_id, data)
      select ${accountId}, contact_id, 'restored', ${startedBy}::bigint, jsonb_build_object('importId', ${importId}::text)
      from known where archived_at is not null
    ),
    noted as (
      update import_rows row
      set outcome = case when chunk.outcome in ('opted_out', 'skipped', 'held') then chunk.outcome
                         when written.is_new then 'added' when written.canonical is not null then 'updated' else 'unchanged' end,
          reason = coalesce(chunk.reason, row.reason), notes = chunk.notes, fields = null, address_key = null,
          base_key = case when chunk.outcome = 'held' then row.base_key end
      from chunk left join written on written.canonical = chunk.canonical
      where ${of(order)} and row.line > ${from} and row.line <= ${to} and row.line = chunk.line
        and chunk.outcome <> 'unchanged' and row.outcome is null
      returning row.outcome, row.notes
    ), ${TOLD}`
}

const changesOf = sql`
  coalesce((select jsonb_object_agg(given.key, jsonb_build_array(known.fields -> given.key, nullif(given.value, 'null')))
            from jsonb_each(chunk.fields) given
            where (known.fields -> given.key) is distinct from nullif(given.value, 'null')), '{}')`

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
    insert into group_members (account_id, group_id, contact_id, import_id)
    select row.account_id, chosen.group_id, contact.contact_id, ${order.importId} ${writtenContacts(
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
      and member.found is null and (row.outcome is null or row.outcome in ('added', 'updated', 'unchanged', 'held'))
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

/** Counts the lines and marks them as done, once: what another run of this import did meanwhile takes this one back. */
async function noteApplied(trx: Trx, order: ApplyOrder, from: number, to: number, tallies: Tally[]): Promise<void> {
  const lines = sql`int4multirange(int4range(${from}, ${to}, '(]'))`
  const before = await row(
    trx,
    sql<{ counts: Record<string, number>; done: boolean }>`
    select counts, applied && ${lines} as done from imports
    where account_id = ${order.accountId} and import_id = ${order.importId} for no key update`,
  )
  if (before.done) throw new Error('another run of this import has done these lines')
  await run(
    trx,
    sql`
    update imports set counts = ${JSON.stringify(addTallies(before.counts, tallies, order.options.mode))}::jsonb,
      applied = applied + ${lines}, applied_line = greatest(applied_line, ${to})
    where account_id = ${order.accountId} and import_id = ${order.importId}`,
  )
}

/** Does the work again when an opt-out, another import or a new contact came between; each time something else got done. */
export async function again<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= MOST_ATTEMPTS || !(isLocked(error) || isRetryable(error) || isOvertaken(error))) throw error
    }
  }
}

/** A contact came into being between a look and a write: by key it is met (23505) or has no former details (23502). */
const isOvertaken = (error: unknown) =>
  violatedConstraint(error) !== undefined || (error instanceof Error && 'code' in error && error.code === '23502')
