import { Button, Progress } from '@mantine/core'
import { IconHourglass } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { bulkOptOutResult, bulkResult } from '../../src/audience/bulk.contract.ts'
import { type Job, job as jobSchema } from '../../src/platform/job.contract.ts'
import { anything, get, post } from '../api.ts'
import { Banner } from '../ui/Banner.tsx'
import { clock, count, counted } from '../ui/format.ts'
import { noticeDone, noticeFault } from '../ui/notice.tsx'
import { usePlace } from '../ui/place.tsx'
import { takeEnding, useOpenBulkJobs } from './bulk.ts'

/** Work on many contacts that goes on: a banner each, and a notification with the exact result at the end. */
export function BulkJobs() {
  const open = useOpenBulkJobs()
  const client = useQueryClient()
  const watched = useRef(new Set<string>())
  const ids = (open.data ?? []).map(({ id }) => id).join(' ')
  useEffect(() => {
    const now = new Set(ids.split(' ').filter(Boolean))
    const ended = [...watched.current].filter((id) => !now.has(id))
    watched.current = now
    if (ended.length === 0) return
    for (const key of ['contacts', 'groups', 'optouts', 'segments']) void client.invalidateQueries({ queryKey: [key] })
    for (const id of ended) void get(`/jobs/${id}`, jobSchema).then(tell, noticeFault)
  }, [ids, client])
  return (open.data ?? []).map((job) => <Running key={job.id} job={job} />)
}

function tell(job: Job) {
  const ending = takeEnding(job.id)
  if (job.status === 'failed')
    return noticeFault(new Error(job.problem ?? 'Something failed on our side. Nothing was changed.'))
  if (job.status === 'cancelled') return noticeDone('Stopped. Nothing was changed.')
  const optedOut = bulkOptOutResult.safeParse(job.result)
  if (optedOut.success) {
    const { optedOut: n, alreadyOptedOut: before } = optedOut.data
    return noticeDone(`Opted out ${counted(n, 'contact')}. ${count(before)} already ${before === 1 ? 'was' : 'were'}.`)
  }
  const done = bulkResult.safeParse(job.result)
  if (!done.success) return
  const { matched, changed, optedOut: locked } = done.data
  noticeDone(
    `${ending?.words(done.data) ?? `Changed ${counted(changed, 'contact')}.`}${locked > 0 ? ` ${count(locked)} opted out and ${locked === 1 ? 'was' : 'were'} left alone.` : ''}`,
    // Whoever was so before must not be changed by an undo.
    changed + locked === matched ? ending?.undo : undefined,
  )
}

function Running({ job }: { job: Job }) {
  const { zone } = usePlace()
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 500) // most are done by then, and the list must not jump for them
    return () => clearTimeout(timer)
  }, [])
  const { done, total } = job.progress
  const share = total ? Math.min(100, Math.floor((done / total) * 100)) : undefined
  const stop = () => void post(`/jobs/${job.id}/cancel`, anything).catch(noticeFault)
  if (!late) return null
  return (
    <Banner
      tint="brand"
      icon={IconHourglass}
      title="Many contacts are being changed"
      actions={
        <Button variant="default" onClick={stop}>
          Stop before it takes effect
        </Button>
      }
    >
      <div className="stack tight">
        {share !== undefined && total !== null && (
          <div className="row">
            <Progress value={share} w={280} aria-label={`Changing contacts, ${share} per cent done`} />
            <span className="num">
              {count(done)} of {count(total)}
            </span>
          </div>
        )}
        <span>
          Started at {clock(job.startedAt ?? job.createdAt, zone)}
          {job.startedBy ? ` by ${job.startedBy}` : ''}. It goes on when you close this page.
        </span>
      </div>
    </Banner>
  )
}
