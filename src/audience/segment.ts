import type { z } from 'zod'
import { type Db, maybeRow, row, rows, run, sql } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { pageOfRows, readCursor } from '../platform/page.ts'
import { type Condition, savedCondition } from './condition.contract.ts'
import { checkCondition } from './condition-check.ts'
import type { Actor } from './contact-event.ts'
import type { AudienceErrorCode } from './errors.ts'
import type { Segment, segmentChange, segmentsQuery } from './segment.contract.ts'
import { unlessTaken } from './unless-taken.ts'

type SegmentRow = {
  segment_id: string
  name: string
  condition: unknown
  created_at: Date
  updated_at: Date
  archived_at: Date | null
  place: string
}

// The database's own lower() knows ASCII alone.
const place = sql`lower(name collate "und-x-icu")`
const columns = sql`segment_id, name, condition, created_at, updated_at, archived_at, ${place} as place`

/**
 * A page of segments by name.
 *
 * @throws DomainError request.invalid_cursor
 */
export async function listSegments(
  db: Db,
  accountId: string,
  { limit, cursor, archived }: z.infer<typeof segmentsQuery>,
): Promise<{ items: Segment[]; nextCursor: string | null }> {
  const after = readCursor(cursor, 2)
  const found = await rows(
    db,
    sql<SegmentRow>`
    select ${columns} from segments
    where account_id = ${accountId} and ${archived ? sql`archived_at is not null` : sql`archived_at is null`}
      ${after ? sql`and (${place}, segment_id) > (${after[0]}, ${after[1]}::bigint)` : sql``}
    order by ${place}, segment_id limit ${limit + 1}`,
  )
  const { page, nextCursor } = pageOfRows(found, limit, (last) => [last.place, last.segment_id])
  return { items: page.map(present), nextCursor }
}

/**
 * One segment, archived or not.
 *
 * @throws DomainError segment.not_found
 */
export async function findSegment(db: Db, accountId: string, segmentId: string): Promise<Segment> {
  const found = await maybeRow(
    db,
    sql<SegmentRow>`select ${columns} from segments where account_id = ${accountId} and segment_id = ${segmentId}`,
  )
  if (!found) throw new DomainError<AudienceErrorCode>('segment.not_found', 'There is no such segment.')
  return present(found)
}

/**
 * Saves a condition under a name.
 *
 * @throws DomainError condition.invalid, segment.exists
 */
export async function createSegment(
  db: Db,
  { accountId, userId }: Actor,
  { name, condition }: { name: string; condition: Condition },
): Promise<Segment> {
  await checkCondition(db, accountId, condition, '/condition')
  const made = await unlessTaken('segment', name, () =>
    row(
      db,
      sql<SegmentRow>`
      insert into segments (account_id, name, condition, created_by)
      values (${accountId}, ${name}, ${JSON.stringify(condition)}::jsonb, ${userId}) returning ${columns}`,
    ),
  )
  return present(made)
}

/**
 * Gives a segment another name or condition; mailings that are not yet started take it as it is then.
 *
 * @throws DomainError segment.not_found, condition.invalid, segment.exists
 */
export async function changeSegment(
  db: Db,
  accountId: string,
  segmentId: string,
  { name, condition }: z.infer<typeof segmentChange>,
): Promise<Segment> {
  if (condition) await checkCondition(db, accountId, condition, '/condition')
  await unlessTaken('segment', name, () =>
    run(
      db,
      sql`
      update segments set name = coalesce(${name ?? null}, name),
        condition = coalesce(${condition ? JSON.stringify(condition) : null}::jsonb, condition), updated_at = now()
      where account_id = ${accountId} and segment_id = ${segmentId}`,
    ),
  )
  return findSegment(db, accountId, segmentId)
}

/**
 * Takes a segment out of the lists or brings it back; mailings to an archived one reach nobody through it.
 *
 * @throws DomainError segment.not_found, segment.exists when another one took the name meanwhile
 */
export async function archiveSegment(
  db: Db,
  accountId: string,
  segmentId: string,
  to: 'archived' | 'restored',
): Promise<Segment> {
  await unlessTaken('segment', undefined, () =>
    run(
      db,
      sql`
      update segments set archived_at = case when ${to} = 'archived' then coalesce(archived_at, now()) end
      where account_id = ${accountId} and segment_id = ${segmentId}`,
    ),
  )
  return findSegment(db, accountId, segmentId)
}

const present = (found: SegmentRow): Segment => ({
  id: found.segment_id,
  name: found.name,
  condition: savedCondition.parse(found.condition),
  createdAt: found.created_at.toISOString(),
  updatedAt: found.updated_at.toISOString(),
  archivedAt: found.archived_at?.toISOString() ?? null,
})
