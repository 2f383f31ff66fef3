import type { RawBuilder } from 'kysely'
import type { z } from 'zod'
import { type Db, row, rows, sql } from '../platform/database.ts'
import { pageOfRows, readCursor } from '../platform/page.ts'
import type { Contact, ContactCounts, ContactFilter, contactsQuery, Selection } from './contact.contract.ts'
import { matching, selected } from './contact-filter.ts'
import { findContacts } from './contact-record.ts'
import { countsOfAccount, countsOfGroups, NOBODY } from './counts.ts'

const SAMPLE = 5

type Place = { contact_id: string; canonical: string }
type Asked = z.infer<typeof contactsQuery>
type Sort = {
  parts: number
  after: (place: string[]) => RawBuilder<unknown>
  by: RawBuilder<unknown>
  place: (last: Place) => string[]
}

const byId = (place: Place) => [place.contact_id]
const sorts: Record<Asked['sort'], Sort> = {
  newest: {
    parts: 1,
    after: ([id]) => sql`and contact.contact_id < ${id}`,
    by: sql`contact.contact_id desc`,
    place: byId,
  },
  oldest: { parts: 1, after: ([id]) => sql`and contact.contact_id > ${id}`, by: sql`contact.contact_id`, place: byId },
  // The canonical form is unique, so it is the whole place; its index gives the order.
  address: {
    parts: 2,
    after: ([canonical]) => sql`and contact.canonical > ${canonical}`,
    by: sql`contact.canonical`,
    place: ({ canonical, contact_id }) => [canonical, contact_id],
  },
}

/**
 * A page of contacts.
 *
 * @throws DomainError request.invalid_cursor, segment.not_found
 */
export async function listContacts(
  db: Db,
  accountId: string,
  { limit, cursor, sort, ...filter }: Asked,
): Promise<{ items: Contact[]; nextCursor: string | null }> {
  const { parts, after, by, place } = sorts[sort]
  const last = readCursor(cursor, parts)
  const where = await matching(db, accountId, filter)
  const found = await rows(
    db,
    sql<Place>`
    select contact.contact_id, contact.canonical from contacts contact
    where ${where} ${last ? after(last) : sql``}
    order by ${by} limit ${limit + 1}`,
  )
  const { page, nextCursor } = pageOfRows(found, limit, place)
  const ids = page.map(({ contact_id }) => contact_id)
  return { items: await findContacts(db, accountId, ids), nextCursor }
}

/**
 * How many contacts a filter finds, by status.
 *
 * @throws DomainError segment.not_found, condition.invalid
 */
export async function countContacts(db: Db, accountId: string, filter: ContactFilter): Promise<ContactCounts> {
  return (await keptCounts(db, accountId, filter)) ?? countWhere(db, await matching(db, accountId, filter))
}

/** Counts of everybody or of a group, which are kept; undefined when the filter says more than that. */
async function keptCounts(db: Db, accountId: string, filter: ContactFilter): Promise<ContactCounts | undefined> {
  const { archived, status, groupId, ...more } = filter
  if (Object.values(more).some((value) => value !== undefined && value !== '')) return undefined
  const all = groupId
    ? ((await countsOfGroups(db, accountId, [groupId])).get(groupId) ?? NOBODY)
    : await countsOfAccount(db, accountId)
  const { active, error, optOut } = archived ? all.archived : all
  const counts = {
    active: status && status !== 'active' ? 0 : active,
    error: status && status !== 'error' ? 0 : error,
    optOut: status && status !== 'opt_out' ? 0 : optOut,
  }
  return { ...counts, total: counts.active + counts.error + counts.optOut }
}

/**
 * How many contacts are selected, by status; ids that are gone are not counted.
 *
 * @throws DomainError segment.not_found, condition.invalid
 */
export async function countSelection(db: Db, accountId: string, selection: Selection): Promise<ContactCounts> {
  if ('filter' in selection) return countContacts(db, accountId, selection.filter)
  return countWhere(db, await selected(db, accountId, selection))
}

/**
 * How many contacts a filter finds, and the newest of them.
 *
 * @throws DomainError segment.not_found, condition.invalid
 */
export async function previewContacts(
  db: Db,
  accountId: string,
  filter: ContactFilter,
): Promise<{ counts: ContactCounts; sample: Contact[] }> {
  const where = await matching(db, accountId, filter)
  const newest = await rows(
    db,
    sql<{ contact_id: string }>`
    select contact.contact_id from contacts contact where ${where} order by contact.contact_id desc limit ${SAMPLE}`,
  )
  const ids = newest.map(({ contact_id }) => contact_id)
  return { counts: await countWhere(db, where), sample: await findContacts(db, accountId, ids) }
}

async function countWhere(db: Db, where: RawBuilder<unknown>): Promise<ContactCounts> {
  const counts = await row(
    db,
    sql<{ total: number; error: number; opt_out: number }>`
    select count(*)::int as total, count(optout.address_key)::int as opt_out,
           count(*) filter (where optout.address_key is null and failure.contact_id is not null)::int as error
    from contacts contact
    left join standing_optouts optout on optout.account_id = contact.account_id and optout.address_key = contact.address_key
    left join contact_errors failure on failure.account_id = contact.account_id and failure.contact_id = contact.contact_id
    where ${where}`,
  )
  const { total, error, opt_out: optOut } = counts
  return { active: total - error - optOut, error, optOut, total }
}
