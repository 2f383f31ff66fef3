import { Table } from '@mantine/core'
import type { OptOutSource } from '../../src/optouts/optout.contract.ts'
import { count } from '../ui/format.ts'
import { Panel } from '../ui/Panel.tsx'
import { sources } from './sources.ts'

type BySource = { source: OptOutSource; people: number }[]

/** How many people each way out took, the most used first. */
export function OptOutsBySource({ bySource }: { bySource: BySource }) {
  const most = Math.max(1, ...bySource.map(({ people }) => people))
  return (
    <Panel title="Opt-outs by source" pad={false}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Source</Table.Th>
            <Table.Th ta="right">People</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {bySource.map(({ source, people }) => (
            <Table.Tr key={source}>
              <Table.Td>
                {sources[source]}
                <div className="bar" aria-hidden>
                  <i style={{ flexGrow: people, background: 'var(--mantine-color-optOut-5)' }} />
                  {people < most && <i style={{ flexGrow: most - people, background: 'transparent' }} />}
                </div>
              </Table.Td>
              <Table.Td ta="right" className="num">
                {count(people)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Panel>
  )
}
