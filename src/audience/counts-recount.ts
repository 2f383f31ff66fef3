// How contacts are counted: which statements, part by part, each exact in its own snapshot.
import { type Db, rows, run, sql } from '../platform/database.ts'

/** Stands for the whole account where a group's id is asked. */
export const EVERYBODY = '0'
/** Contacts are parted by the first ten bits of their address key. */
export const PARTS = 1024
/** The columns of cached_counts in their order in `parts`. */
export const NUMBERS = ['active', 'error', 'opt_out', 'archived_active', 'archived_error', 'archived_opt_out'] as const
/** The transaction ids in a snapshot belong to one server; after a restore elsewhere they mean nothing. */
export const serverId = sql`(select system_identifier from pg_control_system())`

/** Counts of a subject part by part, and the snapshot in which they are exact. */
export type Counted = { group_id: string; snapshot: string; parts: Uint32Array }

/**
 * Counts subjects: of `few` what changed since they were kept, if that is all, of `many` everything. Groups that are not
 * there are left out.
 */
export async function recount(db: Db, accountId: string, few: string[], many: string[]): Promise<Counted[]> {
  const mended = few.length > 0 ? await countChangedParts(db, accountId, few) : []
  const rest = [...many, ...few.filter((subject) => !mended.some(({ group_id }) => group_id === subject))]
  const groups = rest.filter((subject) => subject !== EVERYBODY)
  await plan(db, 'seqscan', 'nestloop') // two indexes hold all that is counted, in one order; the planner holds whole rows for cheaper
  const everybody = rest.includes(EVERYBODY) ? await countAccount(db, accountId) : []
  await plan(db, 'nestloop') // no loop over all opt-outs for each contact, whatever the statistics say
  return [...mended, ...everybody, ...(groups.length > 0 ? await countGroups(db, accountId, groups) : [])]
}

/** Switches ways of the planner off, and the others on, for this transaction. */
async function plan(db: Db, ...off: string[]): Promise<void> {
  if (!db.isTransaction) return
  const settings = ['seqscan', 'nestloop'].map(
    (way) => sql`set_config(${`enable_${way}`}, ${off.includes(way) ? 'off' : 'on'}, true)`,
  )
  await run(db, sql`select ${sql.join(settings)}`)
}

type PartRow = { group_id: string; snapshot: string; part: number | null; numbers: string[] | null }

const part = sql`(get_byte(contact.address_key, 0) << 2) | (get_byte(contact.address_key, 1) >> 6)`
const standing = sql`left join standing_optouts optout
  on optout.account_id = contact.account_id and optout.address_key = contact.address_key`
const failing = sql`left join contact_errors failure
  on failure.account_id = contact.account_id and failure.contact_id = contact.contact_id`
const numbers = sql`array[${sql.join(
  [sql`contact.archived_at is null`, sql`contact.archived_at is not null`].flatMap((where) => [
    sql`count(*) filter (where ${where} and optout.address_key is null and failure.contact_id is null)`,
    sql`count(*) filter (where ${where} and optout.address_key is null and failure.contact_id is not null)`,
    sql`count(*) filter (where ${where} and optout.address_key is not null)`,
  ]),
)}]`

async function countAccount(db: Db, accountId: string): Promise<Counted[]> {
  const found = await rows(
    db,
    sql<PartRow>`
    with counted as (
      select ${part} as part, ${numbers} as numbers
      from contacts contact ${standing} ${failing}
      where contact.account_id = ${accountId}
      group by 1
    )
    select ${EVERYBODY}::bigint as group_id, pg_current_snapshot()::text as snapshot, counted.part, counted.numbers
    from (select) once left join counted on true`,
  )
  return collect(found, () => empty())
}

async function countGroups(db: Db, accountId: string, groupIds: string[]): Promise<Counted[]> {
  const found = await rows(
    db,
    sql<PartRow>`
    with counted as (
      select member.group_id, ${part} as part, ${numbers} as numbers
      from group_members member
      join contacts contact on contact.account_id = member.account_id and contact.contact_id = member.contact_id
      ${standing} ${failing}
      where member.account_id = ${accountId} and member.group_id = any (${groupIds}::bigint[])
      group by 1, 2
    )
    select asked.group_id, pg_current_snapshot()::text as snapshot, counted.part, counted.numbers
    from groups asked left join counted on counted.group_id = asked.group_id
    where asked.account_id = ${accountId} and asked.group_id = any (${groupIds}::bigint[])`,
  )
  return collect(found, () => empty())
}

type MendRow = PartRow & { kept: Buffer; changed: number[] }

/**
 * Counts again the parts that changed since each of `subjects` was counted; kept numbers, changes and contacts are read in
 * one statement, so in one snapshot. Gives nothing for a subject of which everything changed.
 *
 * Each look-up is a query of its own by key (`offset 0`, `limit 1`): joined freely, a planner with the statistics of
 * before a large import loops over all opt-outs for each contact, which takes minutes.
 */
async function countChangedParts(db: Db, accountId: string, subjects: string[]): Promise<Counted[]> {
  const found = await rows(
    db,
    sql<MendRow>`
    with kept as materialized (
      select kept.group_id, kept.parts, since.changed
      from cached_counts kept, lateral (
        select coalesce(array_agg(distinct change.part), '{}') as changed
        from audience_changes change
        where change.account_id = ${accountId} and change.xid >= pg_snapshot_xmin(kept.snapshot)
          and not pg_visible_in_snapshot(change.xid, kept.snapshot)
      ) since
      where kept.account_id = ${accountId} and kept.group_id = any (${subjects}::bigint[])
        and kept.system_id = ${serverId} and -1 <> all (since.changed)
    ), touched as materialized (
      select distinct unnest(changed) as part from kept
    ), people as materialized (
      select contact.contact_id, touched.part, contact.archived_at, optout.address_key as out_key, failure.contact_id as failing
      from touched
      cross join lateral (
        select own.contact_id, own.address_key, own.archived_at from contacts own
        where own.account_id = ${accountId}
          and own.address_key >= decode(lpad(to_hex(touched.part::int << 6), 4, '0'), 'hex')
          and own.address_key <= decode(lpad(to_hex((touched.part::int << 6) | 63), 4, '0') || repeat('ff', 14), 'hex')
        offset 0) contact
      left join lateral (
        select own.address_key from standing_optouts own
        where own.account_id = ${accountId} and own.address_key = contact.address_key limit 1) optout on true
      left join lateral (
        select own.contact_id from contact_errors own
        where own.account_id = ${accountId} and own.contact_id = contact.contact_id limit 1) failure on true
    ), placed as (
      select 0::bigint as group_id, people.* from people where ${subjects.includes(EVERYBODY)}::boolean
      union all
      select member.group_id, people.* from people
      cross join lateral (
        select own.group_id from group_members own
        where own.account_id = ${accountId} and own.contact_id = people.contact_id and own.group_id = any (${subjects}::bigint[])
        offset 0) member
    ), counted as (
      select contact.group_id, contact.part, array[
        count(*) filter (where contact.archived_at is null and out_key is null and failing is null),
        count(*) filter (where contact.archived_at is null and out_key is null and failing is not null),
        count(*) filter (where contact.archived_at is null and out_key is not null),
        count(*) filter (where contact.archived_at is not null and out_key is null and failing is null),
        count(*) filter (where contact.archived_at is not null and out_key is null and failing is not null),
        count(*) filter (where contact.archived_at is not null and out_key is not null)] as numbers
      from placed contact group by 1, 2
    )
    select kept.group_id, pg_current_snapshot()::text as snapshot, kept.parts as kept, kept.changed, counted.part, counted.numbers
    from kept left join counted on counted.group_id = kept.group_id`,
  )
  return collect(found, ({ kept, changed }) => {
    const parts = Uint32Array.from({ length: SIZE }, (_, index) => kept.readUInt32BE(4 * index))
    for (const gone of changed) parts.fill(0, gone * NUMBERS.length, (gone + 1) * NUMBERS.length)
    return parts
  })
}

const SIZE = PARTS * NUMBERS.length
const empty = () => new Uint32Array(SIZE)

/** One entry a subject from one row a part; `begin` gives the numbers of the parts that no row tells of. */
function collect<Row extends PartRow>(found: Row[], begin: (first: Row) => Uint32Array): Counted[] {
  const bySubject = new Map<string, Counted>()
  for (const one of found) {
    const { group_id, snapshot } = one
    const counted = bySubject.get(group_id) ?? { group_id, snapshot, parts: begin(one) }
    bySubject.set(group_id, counted)
    if (one.part !== null) counted.parts.set(one.numbers?.map(Number) ?? [], one.part * NUMBERS.length)
  }
  return [...bySubject.values()]
}

/** How parts are kept: 4 bytes a number, the highest first. */
export function bytesOf(parts: Uint32Array): Buffer {
  const bytes = Buffer.alloc(4 * parts.length)
  for (const [index, n] of parts.entries()) bytes.writeUInt32BE(n, 4 * index)
  return bytes
}

/** The six numbers of all parts together. */
export function totalsOf(parts: Uint32Array): number[] {
  const totals = NUMBERS.map(() => 0)
  for (const [index, n] of parts.entries()) totals[index % NUMBERS.length] = (totals[index % NUMBERS.length] ?? 0) + n
  return totals
}
