import type { ContactFilter } from '../../src/audience/contact.contract.ts'
import type { ContactStatus } from '../../src/audience/group.contract.ts'
import { startOfDay } from '../mailings/zonedTime.ts'
import type { Chips } from './useContactList.ts'

/** What the list is narrowed to, as the server takes it; days are those of the account's time zone. */
export function filterOf(search: string, status: ContactStatus | undefined, chips: Chips, zone: string): ContactFilter {
  const { group, segment, topic, source, since, before } = chips
  return {
    archived: false,
    ...(search ? { search } : {}),
    ...(status ? { status } : {}),
    ...(group ? { groupId: group } : {}),
    ...(segment ? { segmentId: segment } : {}),
    ...(topic ? { topicId: topic } : {}),
    ...(chips.import ? { importId: chips.import } : {}),
    ...(source ? { source } : {}),
    ...(since ? { addedSince: startOfDay(since, zone) } : {}),
    ...(before ? { addedBefore: startOfDay(before, zone) } : {}),
  }
}
