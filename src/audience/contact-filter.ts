import type { RawBuilder } from 'kysely'
import { type Db, sql } from '../platform/database.ts'
import type { ContactFilter, Selection } from './contact.contract.ts'
import type { ContactStatus } from './group.contract.ts'

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

/**
 * What a filter says, as a condition on `contacts contact` or `contact_status contact`.
 *
 * @throws DomainError segment.not_found, condition.invalid
 */
export async function matching(_db: Db, accountId: string, filter: ContactFilter): Promise<RawBuilder<unknown>> {
  const { search, status, groupId, archived, source, importId, addedSince, addedBefore } = filter
  return sql`contact.account_id = ${accountId}
    and ${archived ? sql`contact.archived_at is not null` : sql`contact.archived_at is null`}
    ${status ? hasStatus[status] : sql``}
    ${groupId ? inGroup(groupId) : sql``}
    ${source ? sql`and contact.source = ${source}` : sql``}
    ${importId ? sql`and contact.import_id = ${importId}` : sql``}
    ${addedSince ? sql`and contact.created_at >= ${addedSince}` : sql``}
    ${addedBefore ? sql`and contact.created_at < ${addedBefore}` : sql``}
    ${search?.trim() ? contains(search) : sql``}`
}

/**
 * The chosen contacts, as a condition on `contacts contact`: use it in the one statement that acts on them.
 *
 * @throws DomainError segment.not_found, condition.invalid
 */
export async function selected(db: Db, accountId: string, selection: Selection): Promise<RawBuilder<unknown>> {
  if ('filter' in selection) return matching(db, accountId, selection.filter)
  return sql`contact.account_id = ${accountId} and contact.contact_id = any (${selection.ids}::bigint[])`
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
