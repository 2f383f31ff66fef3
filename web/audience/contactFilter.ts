import type { ContactFilter } from '../../src/audience/contact.contract.ts'
import type { ContactStatus } from '../../src/audience/group.contract.ts'
import type { Chips } from './useContactList.ts'

/** What the list is narrowed to, as the server takes it; days are those of UTC. */
export function filterOf(search: string, status: ContactStatus | undefined, chips: Chips): ContactFilter {
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
    ...(since ? { addedSince: `${since}T00:00:00.000Z` } : {}),
    ...(before ? { addedBefore: `${before}T00:00:00.000Z` } : {}),
  }
}
