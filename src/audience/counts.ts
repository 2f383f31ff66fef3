import { type Db, rows, run, sql, type Trx, transaction } from '../platform/database.ts'
import { bytesOf, type Counted, EVERYBODY, NUMBERS, PARTS, recount, serverId, totalsOf } from './counts-recount.ts'

/** Contacts by status, those in the archive apart. */
export type StatusCounts = {
  active: number
  error: number
  optOut: number
  archived: { active: number; error: number; optOut: number }
}

export const NOBODY: StatusCounts = { active: 0, error: 0, optOut: 0, archived: { active: 0, error: 0, optOut: 0 } }

/** Up to so many changed parts are counted by themselves: each takes a look at every group of its contacts. */
const FEW = 32
/** Advisory lock of counting, held shared, against pruning. */
const COUNTING = 1279739

const lockKey = (accountId: string) => sql`${COUNTING}, (${accountId}::bigint % 2147483647)::int`

/** Exact counts of groups by their id, members in the archive included; a group that is not there has none. */
export async function countsOfGroups(
  db: Db,
  accountId: string,
  groupIds: string[],
): Promise<Map<string, StatusCounts>> {
  const found = await countsOf(db, accountId, [...new Set(groupIds)])
  return new Map([...found].map(([groupId, numbers]) => [groupId, present(numbers)]))
}

/** Exact counts of all contacts of an account; how long they take does not depend on its size while little changes. */
export async function countsOfAccount(db: Db, accountId: string): Promise<StatusCounts> {
  return present((await countsOf(db, accountId, [EVERYBODY])).get(EVERYBODY) ?? NUMBERS.map(() => 0))
}

const present = ([active = 0, error = 0, optOut = 0, ...archived]: number[]): StatusCounts => ({
  active,
  error,
  optOut,
  archived: { active: archived[0] ?? 0, error: archived[1] ?? 0, optOut: archived[2] ?? 0 },
})

/** The six numbers of each subject, as kept when nothing changed since, else counted. */
async function countsOf(db: Db, accountId: string, subjects: string[]): Promise<Map<string, number[]>> {
  const kept = await keptCounts(db, accountId, subjects)
  const valid = new Map(
    kept.filter(({ changed }) => changed === 0).map((one) => [one.group_id, one.numbers.map(Number)]),
  )
  const stale = subjects.filter((subject) => !valid.has(subject))
  if (stale.length === 0) return valid
  const few = kept.filter(({ changed }) => changed > 0 && changed <= FEW).map(({ group_id }) => group_id)
  const many = stale.filter((subject) => !few.includes(subject))
  // Inside somebody's transaction nothing is kept: it may see what nobody else does, and would hold the others up.
  const counted = db.isTransaction
    ? await recount(db, accountId, few, many)
    : await transaction(db, async (trx) => {
        // Before the count's own snapshot: what it has not seen must not be pruned until it is kept.
        await sql`select pg_advisory_xact_lock_shared(${lockKey(accountId)})`.execute(trx)
        const fresh = await recount(trx, accountId, few, many)
        await keep(trx, accountId, fresh)
        return fresh
      })
  return new Map([...valid, ...counted.map(({ group_id, parts }): [string, number[]] => [group_id, totalsOf(parts)])])
}

type Kept = { group_id: string; numbers: string[]; changed: number }

/** What is kept, and how many of its parts changed since: 1024 when all of them may have. */
function keptCounts(db: Db, accountId: string, subjects: string[]): Promise<Kept[]> {
  return rows(
    db,
    sql<Kept>`
    select kept.group_id, array[${sql.join(NUMBERS.map((name) => sql.ref(name)))}] as numbers, coalesce(since.changed, 0)::int as changed
    from cached_counts kept, lateral (
      select case when min(change.part) = -1 then ${PARTS} else count(distinct change.part) end as changed
      from audience_changes change
      where change.account_id = ${accountId} and change.xid >= pg_snapshot_xmin(kept.snapshot)
        and not pg_visible_in_snapshot(change.xid, kept.snapshot)
    ) since
    where kept.account_id = ${accountId} and kept.group_id = any (${subjects}::bigint[]) and kept.system_id = ${serverId}`,
  )
}

/** Keeps counts with their snapshots, in the order of the ids, so that two who keep the same do not wait for each other. */
async function keep(trx: Trx, accountId: string, counted: Counted[]): Promise<void> {
  for (const { group_id, snapshot, parts } of counted.toSorted(
    (one, other) => Number(one.group_id) - Number(other.group_id),
  ))
    await run(
      trx,
      sql`
      insert into cached_counts (account_id, group_id, system_id, snapshot, ${sql.join(NUMBERS.map((name) => sql.ref(name)))}, parts)
      values (${accountId}, ${group_id}, ${serverId}, ${snapshot}::pg_snapshot, ${sql.join(totalsOf(parts))}, ${bytesOf(parts)})
      on conflict (account_id, group_id) do update set system_id = excluded.system_id, snapshot = excluded.snapshot,
        ${sql.join(NUMBERS.map((name) => sql`${sql.ref(name)} = excluded.${sql.ref(name)}`))}, parts = excluded.parts`,
    )
}

/** So many changes are left to look through; more than that, and counting anew costs less. */
const MOST_CHANGES = 2000

/**
 * Drops kept counts of which much has changed since, and the changes that every other one has seen; for now and then.
 * While somebody counts in an account, that account is left for the next time.
 */
export async function pruneCounts(db: Db): Promise<void> {
  const accounts = await rows(
    db,
    sql<{ account_id: string }>`
    select account_id from audience_changes group by account_id having count(*) > ${MOST_CHANGES}`,
  )
  for (const { account_id: accountId } of accounts) await transaction(db, (trx) => prune(trx, accountId))
}

async function prune(trx: Trx, accountId: string): Promise<void> {
  const [free] = await rows(
    trx,
    sql<{ ours: boolean }>`select pg_try_advisory_xact_lock(${lockKey(accountId)}) as ours`,
  )
  if (!free?.ours) return
  await run(
    trx,
    sql`
    delete from cached_counts kept
    where kept.account_id = ${accountId} and (kept.system_id <> ${serverId} or ${MOST_CHANGES} < (
      select count(*) + max(case when change.part = -1 then ${MOST_CHANGES} else 0 end)
      from audience_changes change
      where change.account_id = ${accountId} and change.xid >= pg_snapshot_xmin(kept.snapshot)
        and not pg_visible_in_snapshot(change.xid, kept.snapshot)))`,
  )
  await run(
    trx,
    sql`
    delete from audience_changes change
    where change.account_id = ${accountId} and not exists (
      select from cached_counts kept
      where kept.account_id = ${accountId} and not pg_visible_in_snapshot(change.xid, kept.snapshot))`,
  )
}
