import type { z } from 'zod'
import { type Db, row, rows, sql } from '../platform/database.ts'
import { pageOfRows, readCursor } from '../platform/page.ts'
import type { Contact, ContactCounts, ContactFilter, contactsQuery } from './contact.contract.ts'
import { matching } from './contact-filter.ts'
import { findContacts } from './contact-record.ts'

/**
 * A page of contacts, newest first.
 *
 * @throws DomainError request.invalid_cursor
 */
export async function listContacts(
  db: Db,
  accountId: string,
  { limit, cursor, sort: _sort, ...filter }: z.infer<typeof contactsQuery>,
): Promise<{ items: Contact[]; nextCursor: string | null }> {
  const after = readCursor(cursor, 1)
  const where = await matching(db, accountId, filter)
  const found = await rows(
    db,
    sql<{ contact_id: string }>`
    select contact.contact_id from contacts contact
    where ${where} ${after ? sql`and contact.contact_id < ${after[0]}` : sql``}
    order by contact.contact_id desc limit ${limit + 1}`,
  )
  const { page, nextCursor } = pageOfRows(found, limit, ({ contact_id }) => [contact_id])
  const ids = page.map(({ contact_id }) => contact_id)
  return { items: await findContacts(db, accountId, ids), nextCursor }
}

/** How many contacts a filter finds, by status. */
export async function countContacts(db: Db, accountId: string, filter: ContactFilter): Promise<ContactCounts> {
  const where = await matching(db, accountId, filter)
  const counts = await row(
    db,
    sql<{ active: number; error: number; opt_out: number }>`
    select count(*) filter (where contact.status = 'active')::int as active,
           count(*) filter (where contact.status = 'error')::int as error,
           count(*) filter (where contact.status = 'opt_out')::int as opt_out
    from contact_status contact
    where ${where}`,
  )
  const { active, error, opt_out: optOut } = counts
  return { active, error, optOut, total: active + error + optOut }
}
