import { DomainError, fullGroup } from '../platform/errors.ts'
import type { AudienceErrorCode } from './errors.ts'
import { MOST_IN_TEST_GROUP } from './group.contract.ts'

/**
 * Does `work` and says in plain words when the database refused it because a test group is full.
 *
 * @throws DomainError group.full; whatever `work` throws
 */
export async function unlessFull<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const name = fullGroup(error)
    throw name === undefined ? error : groupFull(name)
  }
}

/** What to throw when a test group has no room for all that would join it. */
export const groupFull = (name: string) =>
  new DomainError<AudienceErrorCode>(
    'group.full',
    `The test group “${name}” holds at most ${MOST_IN_TEST_GROUP} contacts. Nobody was added. Remove some of them first, or choose a regular group.`,
  )
