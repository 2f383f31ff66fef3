import { changeGroupStatus, GROUP_STATUS } from '../audience/group-status.ts'
import { runImport } from '../audience/import-job.ts'
import { START_MAILING, startMailing } from '../mailings/schedule.ts'
import type { Core } from '../platform/core.ts'
import type { JobHandler } from '../platform/jobs.ts'

/** What does each kind of job, by kind. */
export function jobHandlers(core: Core): Record<string, JobHandler> {
  return {
    [GROUP_STATUS]: changeGroupStatus,
    [START_MAILING]: startMailing,
    import: (job) => runImport(core, job),
  }
}
