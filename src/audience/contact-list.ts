import type { z } from 'zod'
import { type Db, row, rows, sql } from '../platform/database.ts'
import { pageOfRows, readCursor } from '../platform/page.ts'
import type { Contact, ContactCounts, contactCountsQuery, contactsQuery } from './contact.contract.ts'
import { findContacts } from './contact-record.ts'
import type { ContactStatus } from './group.contract.ts'

type ContactFilter = z.infer<typeof contactCountsQuery>

/**
 * A page of contacts, newest first.
 *
 * @throws DomainError request.invalid_cursor
 */
export async function listContacts(
  db: Db,
  accountId: string,
  { limit, cursor, ...filter }: z.infer<typeof contactsQuery>,
): Promise<{ items: Contact[]; nextCursor: string | null }> {
  const after = readCursor(cursor, 1)
  const found = await rows(
    db,
    sql<{ contact_id: string }>`
    select contact.contact_id from contacts contact
    where ${matches(accountId, filter)} ${after ? sql`and contact.contact_id < ${after[0]}` : sql``}
    order by contact.contact_id desc limit ${limit + 1}`,
  )
  const { page, nextCursor } = pageOfRows(found, limit, ({ contact_id }) => [contact_id])
  const ids = page.map(({ contact_id }) => contact_id)
  return { items: await findContacts(db, accountId, ids), nextCursor }
}

/** How many contacts a filter finds, by status. */
export async function countContacts(db: Db, accountId: string, filter: ContactFilter): Promise<ContactCounts> {
  const counts = await row(
    db,
    sql<{ active: number; error: number; opt_out: number }>`
    select count(*) filter (where contact.status = 'active')::int as active,
           count(*) filter (where contact.status = 'error')::int as error,
           count(*) filter (where contact.status = 'opt_out')::int as opt_out
    from contact_status contact
    where ${matches(accountId, filter)}`,
  )
  const { active, error, opt_out: optOut } = counts
  return { active, error, optOut, total: active + error + optOut }
}

const optedOut = sql`exists (select from standing_optouts standing
  where standing.account_id = contact.account_id and standing.address_key = contact.address_key)`
const failed = sql`exists (select from contact_errors failure
  where failure.account_id = contact.account_id and failure.contact_id = contact.contact_id)`

// The view contact_status in another form: so a page reads no more contacts than it shows.
const hasStatus: Record<ContactStatus, typeof optedOut> = {
  opt_out: sql`and ${optedOut}`,
  error: sql`and ${failed} and not ${optedOut}`,
  active: sql`and not ${optedOut} and not ${failed}`,
}

function matches(accountId: string, { search, status, groupId, archived }: ContactFilter) {
  return sql`contact.account_id = ${accountId}
    and ${archived ? sql`contact.archived_at is not null` : sql`contact.archived_at is null`}
    ${status ? hasStatus[status] : sql``}
    ${groupId ? inGroup(groupId) : sql``}
    ${search?.trim() ? contains(search) : sql``}`
}

const inGroup = (groupId: string) => sql`and exists (select from group_members member
  where member.account_id = contact.account_id and member.group_id = ${groupId} and member.contact_id = contact.contact_id)`

/**
 * Values stand as JSON text in what is searched, so a term is written the same way and never reaches over the end of a
 * value. contact_search() has an index but shows other letters as digits and no backslash; contact_text() is exact.
 */
function contains(search: string) {
  const term = JSON.stringify(search.trim().toWellFormed().toLowerCase()).slice(1, -1)
  const words = asciiWords(term)
  const exact = sql`and strpos(contact_text(contact.address, contact.fields), ${term}) > 0`
  if (!/[a-z0-9]{3}/.test(words)) return exact // the index knows runs of three
  const indexed = sql`and contact_search(contact.address, contact.fields) like ${likePattern(words)}`
  return words === term && !/\d/.test(term) ? indexed : sql`${indexed} ${exact}`
}

const likePattern = (text: string) => `%${text.replace(/[\\%_]/g, '\\$&')}%`

const asciiWords = (text: string) =>
  [...Buffer.from(text)]
    .map((byte) => (byte < 128 ? String.fromCharCode(byte) : byte.toString(8)))
    .join('')
    .replaceAll('\\', '')
