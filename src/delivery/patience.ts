import { setTimeout as sleep } from 'node:timers/promises'
import type { Core } from '../platform/core.ts'
import { isRetryable } from '../platform/errors.ts'

/**
 * Does `work` again until the database takes it: what the mail server answered must not be lost.
 *
 * @param over ends the patience; then the messages are inherited as unknown
 * @throws the last error once it is over
 */
export async function patiently<Result>(core: Core, over: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  for (let waitMs = 100; ; waitMs = Math.min(5000, waitMs * 2)) {
    try {
      return await work()
    } catch (error) {
      if (over.aborted) throw error
      if (isRetryable(error)) continue
      core.log.error({ err: error }, 'what became of a message could not be recorded; trying again')
      await sleep(waitMs, undefined, { signal: over }).catch(() => undefined)
    }
  }
}
