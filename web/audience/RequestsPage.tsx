import { Button, Tabs } from '@mantine/core'
import { IconUserSearch } from '@tabler/icons-react'
import { useState } from 'react'
import type { DataRequest } from '../../src/audience/data-request.contract.ts'
import { paths } from '../paths.ts'
import { Address } from '../ui/Address.tsx'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { longDay } from '../ui/format.ts'
import { TextLink } from '../ui/links.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { When } from '../ui/When.tsx'
import { requestWords, useDataRequests } from './dataRequests.ts'

/** What people asked about their data, the open ones first due first. */
export function RequestsPage() {
  const [shown, setShown] = useState<'open' | 'settled'>('open')
  return (
    <>
      <PageHeader title="Requests" note="What people asked about their data. The law gives a month to answer." />
      <div className="body">
        <Tabs value={shown} onChange={(value) => setShown(value === 'settled' ? 'settled' : 'open')}>
          <Tabs.List>
            <Tabs.Tab value="open">To be answered</Tabs.Tab>
            <Tabs.Tab value="settled">Answered</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value={shown} pt="md">
            <RequestList key={shown} settled={shown === 'settled'} />
          </Tabs.Panel>
        </Tabs>
      </div>
    </>
  )
}

function RequestList({ settled }: { settled: boolean }) {
  const [trail, setTrail] = useState<string[]>([])
  const { data, error, refetch } = useDataRequests(settled, trail.at(-1))
  if (error && !data)
    return (
      <ErrorPanel
        title="The requests could not be loaded. Nothing was changed."
        error={error}
        onRetry={() => void refetch()}
      />
    )
  if (!data) return <Waiting />
  if (data.items.length === 0)
    return (
      <EmptyState icon={IconUserSearch} title={settled ? 'No answered requests yet' : 'No requests'}>
        On their preferences page people can ask for their data, or for having it erased. It is shown here.
      </EmptyState>
    )
  return (
    <>
      <section className="panel scroll" aria-label="Requests">
        <table className="grid">
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">Asked for</th>
              <th scope="col" className="only-wide">
                Asked
              </th>
              <th scope="col">{settled ? 'Answered' : 'Answer by'}</th>
            </tr>
          </thead>
          <tbody>
            {data.items.map((request) => (
              <tr key={request.id}>
                <td>
                  {request.contact ? (
                    <TextLink to={paths.contact(request.contact.id)}>
                      <Address>{request.contact.address}</Address>
                    </TextLink>
                  ) : (
                    <span className="dim">Erased</span>
                  )}
                </td>
                <td>{requestWords[request.kind]}</td>
                <td className="only-wide">
                  <When at={request.askedAt} as="day" />
                </td>
                <td>
                  <Due request={request} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {(data.nextCursor || trail.length > 0) && (
        <div className="row pager">
          <span />
          <span className="row">
            <Button variant="default" disabled={trail.length === 0} onClick={() => setTrail(trail.slice(0, -1))}>
              Previous
            </Button>
            <Button
              variant="default"
              disabled={!data.nextCursor}
              onClick={() => data.nextCursor && setTrail([...trail, data.nextCursor])}
            >
              Next
            </Button>
          </span>
        </div>
      )}
    </>
  )
}

function Due({ request: { settled, dueOn } }: { request: DataRequest }) {
  const [today] = useState(() => new Date().toISOString().slice(0, 10))
  if (settled)
    return (
      <>
        <When at={settled.at} as="day" />
        <div className="dim note">
          {settled.outcome === 'erased' ? 'The contact was erased' : (settled.by ?? 'Marked as answered')}
        </div>
      </>
    )
  const late = dueOn < today
  return (
    <>
      {longDay(dueOn, 'UTC')}
      {late && <div className="fg-red note">Overdue</div>}
    </>
  )
}
