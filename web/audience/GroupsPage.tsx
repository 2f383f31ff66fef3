import { Button, Select } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconPlus, IconUsersGroup } from '@tabler/icons-react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import type { Group } from '../../src/audience/group.contract.ts'
import { paths } from '../paths.ts'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { count, counted } from '../ui/format.ts'
import { RecordLink } from '../ui/links.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { When } from '../ui/When.tsx'
import { GroupName } from './GroupName.tsx'
import { wordsOf } from './groupJobWords.tsx'
import { sizeOf, useGroups } from './groups.ts'

const shown = [
  { value: 'used', label: 'In use' },
  { value: 'archived', label: 'Archived' },
]

export function GroupsPage() {
  const search: Record<string, unknown> = useSearch({ strict: false })
  const archived = search['show'] === 'archived'
  const groups = useGroups(archived)
  const navigate = useNavigate()
  const [creating, create] = useDisclosure(false)
  const button = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={create.open} data-primary>
      Create a group
    </Button>
  )
  const none = groups.data?.length === 0
  return (
    <>
      <PageHeader
        title="Groups"
        note={groups.data && !none && counted(groups.data.length, archived ? 'archived group' : 'group')}
        actions={!(none && !archived) && button}
      />
      <div className="body">
        <div className="row">
          <Select
            aria-label="Show groups"
            data={shown}
            value={archived ? 'archived' : 'used'}
            onChange={(value) =>
              void navigate({ to: paths.groups, search: value === 'archived' ? { show: value } : {} })
            }
            w={140}
          />
        </div>
        {groups.error && !groups.data ? (
          <ErrorPanel
            title="The groups could not be loaded. Nothing was changed."
            error={groups.error}
            onRetry={() => void groups.refetch()}
          />
        ) : !groups.data ? (
          <Waiting />
        ) : none ? (
          <EmptyState
            icon={IconUsersGroup}
            title={archived ? 'No group is archived' : 'No groups yet'}
            action={archived ? null : button}
          >
            {archived
              ? 'An archived group keeps its contacts and is not offered for mailings.'
              : 'A group is a set of contacts that you pick. Mailings go to groups.'}
          </EmptyState>
        ) : (
          <GroupTable groups={groups.data} />
        )}
      </div>
      <GroupName opened={creating} onClose={create.close} onDone={({ id }) => void navigate({ to: paths.group(id) })} />
    </>
  )
}

function GroupTable({ groups }: { groups: Group[] }) {
  return (
    <section className="panel scroll" aria-label="Groups">
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">Group</th>
            <th scope="col" className="right">
              Contacts
            </th>
            <th scope="col" className="right only-wide">
              Active
            </th>
            <th scope="col" className="right only-wide">
              Error
            </th>
            <th scope="col" className="right only-wide">
              Opt-Out
            </th>
            <th scope="col" className="right only-wide">
              Made
            </th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <tr key={group.id}>
              <td>
                <RecordLink to={paths.group(group.id)}>{group.name}</RecordLink>
                {group.kind === 'test' && <span className="chip note">Test group</span>}
                {group.job && <span className="dim note">{wordsOf(group.job).running}</span>}
              </td>
              <td className="right">{count(sizeOf(group))}</td>
              <td className="right only-wide">{count(group.counts.active)}</td>
              <td className="right only-wide">{count(group.counts.error)}</td>
              <td className="right only-wide">{count(group.counts.optOut)}</td>
              <td className="right only-wide">
                <When at={group.createdAt} as="day" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
