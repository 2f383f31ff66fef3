import type { z } from 'zod'
import { type Db, maybeRow, rows, sql } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import type { JobRow } from '../platform/jobs.ts'
import { pageOfRows, readCursor } from '../platform/page.ts'
import type { Actor } from './contact-event.ts'
import { countsOfGroups, NOBODY, type StatusCounts } from './counts.ts'
import type { AudienceErrorCode } from './errors.ts'
import type { Group, GroupKind, groupsQuery } from './group.contract.ts'
import { unlessTaken } from './unless-taken.ts'

/** A group with the work on it as its row; the API shows jobs in one way for all. */
export type GroupWithJob = Omit<Group, 'job'> & { job: JobRow | null }

/** lower() in the database's own locale knows ASCII alone. */
const place = sql`lower(name collate "und-x-icu")`

type GroupRow = {
  group_id: string
  name: string
  kind: Group['kind']
  created_at: Date
  archived_at: Date | null
}

/**
 * A page of groups by name.
 *
 * @throws DomainError request.invalid_cursor
 */
export async function listGroups(
  db: Db,
  accountId: string,
  { limit, cursor, archived }: z.infer<typeof groupsQuery>,
): Promise<{ items: GroupWithJob[]; nextCursor: string | null }> {
  const after = readCursor(cursor, 2)
  const found = await rows(
    db,
    sql<{ group_id: string; place: string }>`
    select group_id, ${place} as place from groups
    where account_id = ${accountId} and ${archived ? sql`archived_at is not null` : sql`archived_at is null`}
      ${after ? sql`and (${place}, group_id) > (${after[0]}, ${after[1]}::bigint)` : sql``}
    order by ${place}, group_id limit ${limit + 1}`,
  )
  const { page, nextCursor } = pageOfRows(found, limit, ({ place, group_id }) => [place, group_id])
  const ids = page.map(({ group_id }) => group_id)
  return { items: await findGroups(db, accountId, ids), nextCursor }
}

/**
 * One group with its counts.
 *
 * @throws DomainError group.not_found
 */
export async function findGroup(db: Db, accountId: string, groupId: string): Promise<GroupWithJob> {
  const [found] = await findGroups(db, accountId, [groupId])
  if (!found) throw noSuchGroup()
  return found
}

export const noSuchGroup = () => new DomainError<AudienceErrorCode>('group.not_found', 'There is no such group.')

async function findGroups(db: Db, accountId: string, groupIds: string[]): Promise<GroupWithJob[]> {
  const found = await rows(
    db,
    sql<GroupRow>`
    select groups.group_id, groups.name, groups.kind, groups.created_at, groups.archived_at
    from unnest(${groupIds}::bigint[]) with ordinality as asked (group_id, place)
    join groups on groups.account_id = ${accountId} and groups.group_id = asked.group_id
    order by asked.place`,
  )
  const [counts, jobs] = [await countsOfGroups(db, accountId, groupIds), await openJobs(db, accountId, groupIds)]
  return found.map((row) => ({
    id: row.group_id,
    name: row.name,
    kind: row.kind,
    ...membersOf(counts.get(row.group_id)),
    createdAt: row.created_at.toISOString(),
    archivedAt: row.archived_at?.toISOString() ?? null,
    job: jobs.get(subjectOf(row.group_id)) ?? null,
  }))
}

function membersOf({ archived, ...mailed }: StatusCounts = NOBODY): Pick<Group, 'counts' | 'archivedMembers'> {
  return {
    counts: {
      active: mailed.active + archived.active,
      error: mailed.error + archived.error,
      optOut: mailed.optOut + archived.optOut,
    },
    archivedMembers: archived.active + archived.error + archived.optOut,
  }
}

/** What jobs on a group carry, so that its page finds them. */
export const subjectOf = (groupId: string) => `group:${groupId}`

/** The jobs that work on groups now, by their subject. */
export async function openJobs(db: Db, accountId: string, groupIds: string[]): Promise<Map<string | null, JobRow>> {
  const found = await rows(
    db,
    sql<JobRow>`
    select job.job_id, job.kind, job.status, job.done, job.total, job.result, job.problem, job.subject, job.payload,
           coalesce(nullif(operator.name, ''), operator.email) as started_by,
           job.created_at, job.started_at, job.finished_at
    from jobs job left join users operator on operator.user_id = job.started_by
    where job.account_id = ${accountId} and job.subject = any (${groupIds.map(subjectOf)}::text[])
      and job.status in ('queued', 'running')
    order by job.job_id`,
  )
  return new Map(found.map((job) => [job.subject, job]))
}

/**
 * Makes an empty group.
 *
 * @throws DomainError group.exists
 */
export async function createGroup(
  db: Db,
  { accountId, userId }: Actor,
  name: string,
  kind: GroupKind = 'regular',
): Promise<GroupWithJob> {
  const made = await unlessTaken('group', name, () =>
    maybeRow(
      db,
      sql<{ group_id: string }>`
      insert into groups (account_id, name, kind, created_by) values (${accountId}, ${name}, ${kind}, ${userId}) returning group_id`,
    ),
  )
  return findGroup(db, accountId, made?.group_id ?? '0')
}

/**
 * Gives a group another name.
 *
 * @throws DomainError group.not_found, group.exists
 */
export async function renameGroup(db: Db, accountId: string, groupId: string, name: string): Promise<GroupWithJob> {
  await unlessTaken('group', name, () =>
    maybeRow(
      db,
      sql`update groups set name = ${name} where account_id = ${accountId} and group_id = ${groupId} returning group_id`,
    ),
  )
  return findGroup(db, accountId, groupId)
}

/**
 * Takes a group out of the lists or brings it back; its contacts stay as they are.
 *
 * @throws DomainError group.not_found, group.exists when another one took the name meanwhile
 */
export async function archiveGroup(
  db: Db,
  accountId: string,
  groupId: string,
  to: 'archived' | 'restored',
): Promise<GroupWithJob> {
  await unlessTaken('group', undefined, () =>
    maybeRow(
      db,
      sql`
      update groups set archived_at = case when ${to} = 'archived' then coalesce(archived_at, now()) end
      where account_id = ${accountId} and group_id = ${groupId} returning group_id`,
    ),
  )
  return findGroup(db, accountId, groupId)
}
