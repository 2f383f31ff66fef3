import type { Core } from '../platform/core.ts'
import type { JobHandler } from '../platform/jobs.ts'

/** What does each kind of job, by kind. */
export function jobHandlers(_core: Core): Record<string, JobHandler> {
  return {}
}
