import { DomainError, violatedConstraint } from '../platform/errors.ts'
import type { AudienceErrorCode } from './errors.ts'

/**
 * Does `write`; when another group, segment, topic or form has the name already, says so.
 *
 * @param name as it was asked for; undefined when an archived one comes back under its own
 * @throws DomainError group.exists, segment.exists, topic.exists, form.exists
 */
export async function unlessTaken<Result>(
  thing: 'group' | 'segment' | 'topic' | 'form',
  name: string | undefined,
  write: () => Promise<Result>,
): Promise<Result> {
  try {
    return await write()
  } catch (error) {
    if (!violatedConstraint(error)) throw error
    const which = name === undefined ? 'this name' : `the name “${name}”`
    throw new DomainError<AudienceErrorCode>(`${thing}.exists`, `There is a ${thing} with ${which} already.`)
  }
}
