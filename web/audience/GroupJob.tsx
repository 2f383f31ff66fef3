import { Button, Progress } from '@mantine/core'
import { IconHourglass } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { z } from 'zod'
import type { Group } from '../../src/audience/group.contract.ts'
import type { Job } from '../../src/platform/job.contract.ts'
import { anything, post } from '../api.ts'
import { Banner } from '../ui/Banner.tsx'
import { clock, count, counted } from '../ui/format.ts'
import { noticeDone, noticeFault } from '../ui/notice.tsx'
import { usePlace } from '../ui/place.tsx'
import { isOpen, useJob } from './groups.ts'

const optedOutResult = z.object({ optedOut: z.int(), alreadyOptedOut: z.int() })
const changedResult = z.object({ changed: z.int(), optedOut: z.int() })

const titles = new Map([
  ['active', 'Changing the status of all to Active'],
  ['error', 'Changing the status of all to Error'],
  ['opt_out', 'Opting out the contacts of this group'],
])

/** The work on a group while it runs, wherever it was started, and what came of it. */
export function GroupJob({ group }: { group: Group }) {
  const [watched, setWatched] = useState(group.job?.id)
  if (group.job && group.job.id !== watched) setWatched(group.job.id)
  const job = useJob(watched)
  const client = useQueryClient()
  const status = job.data?.status
  const result = job.data && status === 'done' ? resultOf(job.data) : undefined
  const notice = result?.notice
  useEffect(() => {
    if (isOpen(status)) return
    void client.invalidateQueries({ queryKey: ['groups'] })
    void client.invalidateQueries({ queryKey: ['contacts'] })
    if (notice) noticeDone(notice)
  }, [status, notice, client])
  if (!job.data) return null
  if (isOpen(status)) return <Running job={job.data} />
  if (status === 'failed')
    return (
      <Banner tint="red" title="The status could not be changed">
        {job.data.problem ?? 'Something failed on our side.'} Nothing was changed. Start it again from the menu Actions.
      </Banner>
    )
  if (status === 'cancelled')
    return (
      <Banner tint="gray" title="The change of status was stopped">
        Nothing was changed.
      </Banner>
    )
  return result ? (
    <div role="status">
      <Banner tint={result.tint} title={result.note}>
        {result.more}
      </Banner>
    </div>
  ) : null
}

function Running({ job }: { job: Job }) {
  const { zone } = usePlace()
  const { done, total } = job.progress
  const share = total ? Math.min(100, Math.floor((done / total) * 100)) : undefined
  async function stop() {
    try {
      await post(`/jobs/${job.id}/cancel`, anything)
    } catch (error) {
      noticeFault(error)
    }
  }
  return (
    <Banner
      tint="brand"
      icon={IconHourglass}
      title={titles.get(job.target ?? '') ?? 'Changing the status of all'}
      actions={
        job.status === 'queued' && (
          <Button variant="default" onClick={() => void stop()}>
            Stop before it takes effect
          </Button>
        )
      }
    >
      <div className="stack tight">
        <div className="row">
          {share !== undefined && total !== null && (
            <>
              <Progress value={share} w={280} aria-label={`Changing the status, ${share} per cent done`} />
              <span className="num">
                {count(done)} of {count(total)} prepared
              </span>
              {/* Announced at quarters only, so that it does not talk all the time. */}
              <span className="sr" role="status">{`${Math.floor(share / 25) * 25} per cent prepared`}</span>
            </>
          )}
        </div>
        <span>
          Started at {clock(job.startedAt ?? job.createdAt, zone)}
          {job.startedBy ? ` by ${job.startedBy}` : ''}. All of them take effect together at the end. You can close this
          page.
        </span>
      </div>
    </Banner>
  )
}

function resultOf(job: Job) {
  const optedOut = optedOutResult.safeParse(job.result)
  if (optedOut.success) {
    const { optedOut: n, alreadyOptedOut: before } = optedOut.data
    return {
      tint: 'optOut' as const,
      notice: `Opted out ${counted(n, 'contact')}.`,
      note: `${count(n)} opted out, ${count(before)} already ${before === 1 ? 'was' : 'were'}`,
      more: 'They get no more mail. Their details and status are locked.',
    }
  }
  const changed = changedResult.safeParse(job.result)
  if (!changed.success) return undefined
  const { changed: n, optedOut: locked } = changed.data
  return {
    tint: 'active' as const,
    notice: `Changed the status of ${counted(n, 'contact')}.`,
    note: `${counted(n, 'contact')} changed`,
    more: locked > 0 ? `${count(locked)} opted out and stayed as they are.` : '',
  }
}
