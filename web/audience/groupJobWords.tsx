import type { ReactNode } from 'react'
import { z } from 'zod'
import { copyResult } from '../../src/audience/group.contract.ts'
import type { Job } from '../../src/platform/job.contract.ts'
import { paths } from '../paths.ts'
import { count, counted } from '../ui/format.ts'
import { RecordLink } from '../ui/links.tsx'
import type { Tint } from '../ui/look.ts'

type Words = { running: string; failed: string; stopped: string }

const statusTitles = new Map([
  ['active', 'Changing the status of all to Active'],
  ['error', 'Changing the status of all to Error'],
  ['opt_out', 'Opting out the contacts of this group'],
])

/** What the work on a group is called while it runs and when it comes to nothing. */
export function wordsOf({ kind, target }: Job): Words {
  if (kind === 'group_copy')
    return {
      running: 'Copying members to another group',
      failed: 'The members could not be copied',
      stopped: 'The copying was stopped',
    }
  if (kind === 'group_empty')
    return {
      running: 'Removing everybody from this group',
      failed: 'The contacts could not be removed',
      stopped: 'Removing everybody was stopped',
    }
  return {
    running: statusTitles.get(target ?? '') ?? 'Changing the status of all',
    failed: 'The status could not be changed',
    stopped: 'The change of status was stopped',
  }
}

const optedOutResult = z.object({ optedOut: z.int(), alreadyOptedOut: z.int() })
const changedResult = z.object({ changed: z.int(), optedOut: z.int() })

export type JobResult = { tint: Tint; notice: string; title: string; more: ReactNode }

/** What came of it, in exact numbers. */
export function resultOf(job: Job): JobResult | undefined {
  const optedOut = optedOutResult.safeParse(job.result)
  if (optedOut.success) {
    const { optedOut: n, alreadyOptedOut: before } = optedOut.data
    return {
      tint: 'optOut',
      notice: `Opted out ${counted(n, 'contact')}.`,
      title: `${count(n)} opted out, ${count(before)} already ${before === 1 ? 'was' : 'were'}`,
      more: 'They get no more mail. Their details and status are locked.',
    }
  }
  const copied = copyResult.safeParse(job.result)
  if (copied.success) return copyWords(copied.data)
  const changed = changedResult.safeParse(job.result)
  if (!changed.success) return undefined
  const { changed: n, optedOut: locked } = changed.data
  if (job.kind === 'group_empty')
    return {
      tint: 'active',
      notice: `Removed ${counted(n, 'contact')}.`,
      title: `${counted(n, 'contact')} removed`,
      more: locked > 0 ? `${count(locked)} opted out and ${stay(locked)} in the group, for the record.` : '',
    }
  return {
    tint: 'active',
    notice: `Changed the status of ${counted(n, 'contact')}.`,
    title: `${counted(n, 'contact')} changed`,
    more: locked > 0 ? `${count(locked)} opted out and stayed as they are.` : '',
  }
}

function copyWords({ copied, already, optedOut, to }: z.infer<typeof copyResult>): JobResult {
  return {
    tint: 'active',
    notice: `Copied ${counted(copied, 'contact')} to ${to.name}.`,
    title: `${counted(copied, 'contact')} copied`,
    more: (
      <>
        They are in <RecordLink to={paths.group(to.id)}>{to.name}</RecordLink> as well now.
        {already > 0 && ` ${count(already)} already ${already === 1 ? 'was' : 'were'} in it.`}
        {optedOut > 0 && ` ${count(optedOut)} opted out and ${optedOut === 1 ? 'joins' : 'join'} no group.`}
      </>
    ),
  }
}

const stay = (n: number) => (n === 1 ? 'stays' : 'stay')
