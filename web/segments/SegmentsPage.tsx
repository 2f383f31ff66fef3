import { VisuallyHidden } from '@mantine/core'
import { IconArchive, IconFilter, IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ContactCounts } from '../../src/audience/contact.contract.ts'
import type { ContactStatus } from '../../src/audience/group.contract.ts'
import { type Segment, segments as segmentsSchema } from '../../src/audience/segment.contract.ts'
import { anything, get, post } from '../api.ts'
import { useSegmentCounts } from '../optouts/segments.ts'
import { paths } from '../paths.ts'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { count, counted } from '../ui/format.ts'
import { IconAct } from '../ui/IconAct.tsx'
import { ButtonLink, RecordLink } from '../ui/links.tsx'
import { noticeDone, noticeFault } from '../ui/notice.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { statusLook } from '../ui/StatusBadge.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { When } from '../ui/When.tsx'

const statuses: ContactStatus[] = ['active', 'error', 'opt_out']
const parts = { active: 'active', error: 'error', opt_out: 'optOut' } as const

export function SegmentsPage() {
  const segments = useQuery({
    queryKey: ['segments', 'list'],
    queryFn: async () => (await get('/segments', segmentsSchema, { limit: 500 })).items,
  })
  const none = segments.data?.length === 0
  const button = (
    <ButtonLink to={paths.segment('new')} leftSection={<IconPlus size={16} aria-hidden />} data-primary>
      Create a segment
    </ButtonLink>
  )
  return (
    <>
      <PageHeader
        title="Segments"
        note={segments.data && !none && counted(segments.data.length, 'segment')}
        actions={!none && button}
      />
      <div className={none ? 'body blank' : 'body'}>
        {segments.error && !segments.data ? (
          <ErrorPanel
            title="The segments could not be loaded. Nothing was changed."
            error={segments.error}
            onRetry={() => void segments.refetch()}
          />
        ) : !segments.data ? (
          <Waiting />
        ) : none ? (
          <EmptyState icon={IconFilter} title="No segments yet" action={button}>
            A segment is everybody to whom something applies, such as “in the group Members and opened nothing for a
            year”. Who is in it changes by itself.
          </EmptyState>
        ) : (
          <SegmentTable segments={segments.data} />
        )}
      </div>
    </>
  )
}

function SegmentTable({ segments }: { segments: Segment[] }) {
  return (
    <section className="panel scroll" aria-label="Segments">
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">Segment</th>
            <th scope="col" className="right">
              Contacts now
            </th>
            {statuses.map((status) => (
              <th key={status} scope="col" className="right only-wide">
                {statusLook[status].word}
              </th>
            ))}
            <th scope="col" className="right only-wide">
              Changed
            </th>
            <th scope="col">
              <VisuallyHidden>Actions</VisuallyHidden>
            </th>
          </tr>
        </thead>
        <tbody>
          {segments.map((segment) => (
            <tr key={segment.id}>
              <td>
                <RecordLink to={paths.segment(segment.id)}>{segment.name}</RecordLink>
              </td>
              <td className="right num">
                <Size id={segment.id} part="total" />
              </td>
              {statuses.map((status) => (
                <td key={status} className="right num only-wide">
                  <Size id={segment.id} part={parts[status]} />
                </td>
              ))}
              <td className="right only-wide">
                <When at={segment.updatedAt} as="day" />
              </td>
              <td className="right">
                <Archive segment={segment} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** Counted for each row by itself, so that the list is there at once. */
function Size({ id, part }: { id: string; part: keyof ContactCounts }) {
  const counts = useSegmentCounts(id)
  if (counts.error) return part === 'total' ? <span className="dim">Not counted</span> : null
  return counts.data ? count(counts.data[part]) : <span className="dim">…</span>
}

function Archive({ segment: { id, name } }: { segment: Segment }) {
  const client = useQueryClient()
  const act = async (to: 'archive' | 'restore') => {
    await post(`/segments/${id}/${to}`, anything)
    await client.invalidateQueries({ queryKey: ['segments'] })
  }
  const archive = useMutation({
    mutationFn: () => act('archive'),
    onSuccess: () => noticeDone(`Archived ${name}.`, () => act('restore')),
    onError: noticeFault,
  })
  return <IconAct icon={IconArchive} name={`Archive ${name}`} onClick={() => archive.mutate()} />
}
