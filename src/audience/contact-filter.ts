import type { RawBuilder } from 'kysely'
import { type Db, sql } from '../platform/database.ts'
import { compileCondition } from './condition.ts'
import { checkCondition } from './condition-check.ts'
import type { ContactFilter, Selection } from './contact.contract.ts'
import { choseTopic, hasStatus, inGroup } from './contact-facts.ts'
import { contains } from './contact-search.ts'
import { findSegment } from './segment.ts'

/**
 * What a filter says, as a condition on `contacts contact` or `contact_status contact`.
 *
 * @throws DomainError segment.not_found, condition.invalid
 */
export async function matching(db: Db, accountId: string, filter: ContactFilter): Promise<RawBuilder<unknown>> {
  const { search, status, groupId, topicId, archived, source, importId, addedSince, addedBefore } = filter
  return sql`contact.account_id = ${accountId}
    and ${archived ? sql`contact.archived_at is not null` : sql`contact.archived_at is null`}
    ${status ? sql`and ${hasStatus[status]}` : sql``}
    ${groupId ? sql`and ${inGroup(groupId)}` : sql``}
    ${topicId ? sql`and ${choseTopic(topicId)}` : sql``}
    ${source ? sql`and contact.source = ${source}` : sql``}
    ${importId ? sql`and contact.import_id = ${importId}` : sql``}
    ${addedSince ? sql`and contact.created_at >= ${new Date(addedSince)}` : sql``}
    ${addedBefore ? sql`and contact.created_at < ${new Date(addedBefore)}` : sql``}
    ${await ofConditions(db, accountId, filter)}
    ${search?.trim() ? contains(search) : sql``}`
}

async function ofConditions(db: Db, accountId: string, { segmentId, condition }: ContactFilter) {
  const parts: RawBuilder<unknown>[] = []
  if (segmentId) {
    const segment = await findSegment(db, accountId, segmentId)
    parts.push(sql`and ${await compileCondition(db, accountId, segment.condition)}`)
  }
  if (condition) {
    await checkCondition(db, accountId, condition, '/condition')
    parts.push(sql`and ${await compileCondition(db, accountId, condition)}`)
  }
  return sql.join(parts, sql` `)
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
