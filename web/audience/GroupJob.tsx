import { Button, Progress } from '@mantine/core'
import { IconHourglass } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { Group } from '../../src/audience/group.contract.ts'
import type { Job } from '../../src/platform/job.contract.ts'
import { anything, post } from '../api.ts'
import { Banner } from '../ui/Banner.tsx'
import { clock, count, counted } from '../ui/format.ts'
import { noticeDone, noticeFault } from '../ui/notice.tsx'
import { usePlace } from '../ui/place.tsx'
import { resultOf, wordsOf } from './groupJobWords.tsx'
import { isOpen, useJob, useLastJob } from './groups.ts'

/** The work on a group while it runs, wherever it was started, and what came of it; both are there after a reload. */
export function GroupJob({ group }: { group: Group }) {
  const [watched, setWatched] = useState(group.job?.id)
  const [closed, setClosed] = useState<string>()
  if (group.job && group.job.id !== watched) setWatched(group.job.id)
  const now = useJob(watched)
  const last = useLastJob(group.id)
  const client = useQueryClient()
  const status = now.data?.status
  const notice = now.data && status === 'done' ? resultOf(now.data)?.notice : undefined
  useEffect(() => {
    if (isOpen(status)) return
    for (const key of ['groups', 'contacts', 'jobs']) void client.invalidateQueries({ queryKey: [key] })
    if (notice) noticeDone(notice)
  }, [status, notice, client])
  const job = watched === undefined ? last.data : now.data
  if (!job || job.id === closed) return null
  return isOpen(job.status) ? <Running job={job} /> : <Ended job={job} onClose={() => setClosed(job.id)} />
}

function Ended({ job, onClose }: { job: Job; onClose: () => void }) {
  const { failed, stopped } = wordsOf(job)
  const close = (
    <Button variant="default" onClick={onClose}>
      Close
    </Button>
  )
  if (job.status === 'failed')
    return (
      <Banner tint="red" title={failed} actions={close}>
        {job.problem ?? 'Something failed on our side. Nothing was changed.'}
      </Banner>
    )
  if (job.status === 'cancelled')
    return (
      <Banner tint="gray" title={stopped} actions={close}>
        Nothing was changed.
      </Banner>
    )
  const result = resultOf(job)
  return result ? (
    <div role="status">
      <Banner tint={result.tint} title={result.title} actions={close}>
        {result.more}
      </Banner>
    </div>
  ) : null
}

function Running({ job }: { job: Job }) {
  const [stopping, setStopping] = useState(false)
  const { zone } = usePlace()
  const { done, total } = job.progress
  const share = total ? Math.min(100, Math.floor((done / total) * 100)) : undefined
  const { running } = wordsOf(job)
  async function stop() {
    setStopping(true)
    try {
      await post(`/jobs/${job.id}/cancel`, anything)
    } catch (error) {
      setStopping(false)
      noticeFault(error)
    }
  }
  return (
    <Banner
      tint="brand"
      icon={IconHourglass}
      title={running}
      actions={
        <Button variant="default" loading={stopping} onClick={() => void stop()}>
          Stop before it takes effect
        </Button>
      }
    >
      <div className="stack tight">
        {share !== undefined && total !== null && done > 0 ? (
          <div className="row">
            <Progress value={share} w={280} aria-label={`${running}, ${share} per cent done`} />
            <span className="num">
              {count(done)} of {count(total)} prepared
            </span>
            {/* Announced at quarters only, so that it does not talk all the time. */}
            <span className="sr" role="status">{`${Math.floor(share / 25) * 25} per cent prepared`}</span>
          </div>
        ) : (
          total !== null && <span className="num">{counted(total, 'contact')} in this group</span>
        )}
        <span>
          Started at {clock(job.startedAt ?? job.createdAt, zone)}
          {job.startedBy ? ` by ${job.startedBy}` : ''}. All of them take effect together at the end. You can close this
          page.
        </span>
      </div>
    </Banner>
  )
}
