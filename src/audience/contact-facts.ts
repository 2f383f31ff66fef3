import { sql } from '../platform/database.ts'
import type { ContactStatus } from './group.contract.ts'

const optedOut = sql`exists (select from standing_optouts standing
  where standing.account_id = contact.account_id and standing.address_key = contact.address_key)`
const failed = sql`exists (select from contact_errors failure
  where failure.account_id = contact.account_id and failure.contact_id = contact.contact_id)`

/** The view contact_status as conditions on `contacts contact`: so a page reads no more contacts than it shows. */
export const hasStatus: Record<ContactStatus, typeof optedOut> = {
  opt_out: optedOut,
  error: sql`${failed} and not ${optedOut}`,
  active: sql`not ${optedOut} and not ${failed}`,
}

export const inGroup = (groupId: string) => sql`exists (select from group_members member
  where member.account_id = contact.account_id and member.group_id = ${groupId} and member.contact_id = contact.contact_id)`

export const choseTopic = (topicId: string) => sql`exists (select from contact_topics choice
  where choice.account_id = contact.account_id and choice.topic_id = ${topicId} and choice.contact_id = contact.contact_id
    and choice.chosen)`
