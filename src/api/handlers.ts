import { actOnSelection, BULK } from '../audience/bulk.ts'
import { DROP_EXPORTS } from '../audience/erase.ts'
import { ERASE, runErasure } from '../audience/erase-addresses.ts'
import { dropExports } from '../audience/export-file.ts'
import { EXPORT, runExport } from '../audience/export-job.ts'
import { copyMembers, GROUP_COPY } from '../audience/group-copy.ts'
import { emptyGroup, GROUP_EMPTY } from '../audience/group-empty.ts'
import { changeGroupStatus, GROUP_STATUS } from '../audience/group-status.ts'
import { runImport } from '../audience/import-job.ts'
import { IMPORT_UNDO, undoImport } from '../audience/import-undo-job.ts'
import { START_MAILING, startMailing } from '../mailings/schedule.ts'
import { DECIDE_SPLIT, decideSplit } from '../mailings/split-decide.ts'
import type { Core } from '../platform/core.ts'
import type { JobHandler } from '../platform/jobs.ts'

/** What does each kind of job, by kind. */
export function jobHandlers(core: Core): Record<string, JobHandler> {
  return {
    [GROUP_STATUS]: changeGroupStatus,
    [GROUP_COPY]: copyMembers,
    [GROUP_EMPTY]: emptyGroup,
    [BULK]: actOnSelection,
    [START_MAILING]: startMailing,
    [DECIDE_SPLIT]: decideSplit,
    [IMPORT_UNDO]: undoImport,
    [EXPORT]: (job) => runExport(core, job),
    [ERASE]: runErasure,
    [DROP_EXPORTS]: (job) => dropExports(core, job),
    import: (job) => runImport(core, job),
  }
}
