import { Table, Text } from '@mantine/core'
import { IconClick, IconMailOpened, IconRobot } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { Mailing } from '../../src/mailings/mailing.contract.ts'
import { mailingResponse, type MailingResponse as Response } from '../../src/response/summary.contract.ts'
import { get } from '../api.ts'
import { OptOutsBySource } from '../optouts/OptOutsBySource.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { count, counted, percent } from '../ui/format.ts'
import { Panel } from '../ui/Panel.tsx'
import { Tile } from '../ui/Tile.tsx'
import { When } from '../ui/When.tsx'

/** What came back of a mailing: opt-outs by source and, when it is tracked, people, machines apart, links and hours. */
export function MailingResponse({ mailing }: { mailing: Mailing }) {
  const response = useQuery({
    queryKey: ['mailings', 'response', mailing.id],
    queryFn: () => get(`/mailings/${mailing.id}/response`, mailingResponse),
    refetchInterval: mailing.status === 'sending' ? 5_000 : false,
  })
  if (response.error && !response.data)
    return (
      <ErrorPanel
        title="The response could not be loaded"
        error={response.error}
        onRetry={() => void response.refetch()}
      />
    )
  if (!response.data) return null
  const isTracked = response.data.links.length > 0 || response.data.hours.length > 0
  return (
    <>
      {isTracked && <Sums response={response.data} />}
      {response.data.optOutsBySource.length > 0 && <OptOutsBySource bySource={response.data.optOutsBySource} />}
      {response.data.links.length > 0 && <Links response={response.data} />}
      {response.data.hours.length > 0 && <Hours response={response.data} />}
    </>
  )
}

function Sums({ response: { opened, clicked, accepted, machineOpens, machineClicks } }: { response: Response }) {
  return (
    <div className="stack tight">
      <div className="tiles">
        <Tile
          icon={IconMailOpened}
          label="Opened"
          value={count(opened)}
          note={`${percent(opened, accepted)}, without machines`}
        />
        <Tile
          icon={IconClick}
          label="Clicked"
          value={count(clicked)}
          note={`${percent(clicked, accepted)}, without machines`}
        />
        <Tile
          icon={IconRobot}
          label="Machines"
          value={count(machineOpens + machineClicks)}
          note={`${counted(machineOpens, 'open')}, ${counted(machineClicks, 'click')}`}
        />
      </div>
      <Text size="sm" c="dimmed">
        An estimate: mail programs that load pictures by themselves count as machines, also when a person reads, and a
        scanner that behaves like a person counts as one.
      </Text>
    </div>
  )
}

function Links({ response: { links } }: { response: Response }) {
  const most = Math.max(1, ...links.map(({ people }) => people))
  return (
    <Panel title="Links" pad={false}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Link</Table.Th>
            <Table.Th ta="right">People</Table.Th>
            <Table.Th ta="right">Clicks</Table.Th>
            <Table.Th ta="right">By machines</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {links.map(({ number, url, people, clicks, machineClicks }) => (
            <Table.Tr key={number}>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                {url.replace(/^https?:\/\//, '')}
                <div className="bar" aria-hidden>
                  {people > 0 && <i style={{ flexGrow: people, background: 'var(--mantine-color-brand-5)' }} />}
                  <i style={{ flexGrow: most - people, background: 'transparent' }} />
                </div>
              </Table.Td>
              <Table.Td ta="right" className="num">
                {count(people)}
              </Table.Td>
              <Table.Td ta="right" className="num">
                {count(clicks)}
              </Table.Td>
              <Table.Td ta="right" className="num">
                {count(machineClicks)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Panel>
  )
}

const SHOWN = 48

function Hours({ response: { hours } }: { response: Response }) {
  return (
    <Panel title="Opened and clicked, hour by hour" pad={false}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Hour</Table.Th>
            <Table.Th ta="right">Opened for the first time</Table.Th>
            <Table.Th ta="right">Clicked for the first time</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {hours.slice(0, SHOWN).map(({ hour, opened, clicked }) => (
            <Table.Tr key={hour}>
              <Table.Td>
                <When at={hour} />
              </Table.Td>
              <Table.Td ta="right" className="num">
                {count(opened)}
              </Table.Td>
              <Table.Td ta="right" className="num">
                {count(clicked)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Panel>
  )
}
