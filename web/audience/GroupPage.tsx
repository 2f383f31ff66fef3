import { Button, Select, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconArchive, IconPlus, IconUsersGroup } from '@tabler/icons-react'
import { useParams } from '@tanstack/react-router'
import type { Contact } from '../../src/audience/contact.contract.ts'
import type { Group } from '../../src/audience/group.contract.ts'
import { isNotFound } from '../api.ts'
import { NotFound } from '../frame/NotFound.tsx'
import { paths } from '../paths.ts'
import { Banner } from '../ui/Banner.tsx'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { count } from '../ui/format.ts'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Pager } from '../ui/Pager.tsx'
import { Panel } from '../ui/Panel.tsx'
import { PartsBar } from '../ui/PartsBar.tsx'
import { SearchField } from '../ui/SearchField.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { When } from '../ui/When.tsx'
import { AddContacts } from './AddContacts.tsx'
import { BulkBar } from './BulkBar.tsx'
import { NothingFound, nextOf } from './ContactsPage.tsx'
import { ContactTable } from './ContactTable.tsx'
import { perPage, useContactCounts, useContacts } from './contacts.ts'
import { GroupActions } from './GroupActions.tsx'
import { GroupJob } from './GroupJob.tsx'
import { sizeOf, useGroup } from './groups.ts'
import { RemoveButton } from './RemoveFromGroup.tsx'
import { statusFilter, statusOptions } from './statusFilter.ts'
import { useContactList } from './useContactList.ts'
import { useSelection } from './useSelection.ts'

const crumbs = [
  { name: 'Audience', to: paths.contacts },
  { name: 'Groups', to: paths.groups },
]

export function GroupPage() {
  const { id = '' } = useParams({ strict: false })
  const group = useGroup(id)
  if (isNotFound(group.error)) return <NotFound />
  if (group.data) return <GroupView key={id} group={group.data} />
  if (!group.error)
    return (
      <div className="body">
        <Waiting />
      </div>
    )
  return (
    <>
      <PageHeader crumbs={crumbs} title="Group" />
      <div className="body">
        <ErrorPanel title="The group could not be loaded" error={group.error} onRetry={() => void group.refetch()} />
      </div>
    </>
  )
}

function GroupView({ group }: { group: Group }) {
  const list = useContactList()
  const { selected, select, clear } = useSelection(list.search, list.status)
  const [adding, add] = useDisclosure(false)
  const size = sizeOf(group)
  return (
    <>
      <PageHeader
        crumbs={crumbs}
        title={group.name}
        note={
          <>
            {group.kind === 'test' ? 'Test group, at most 10 contacts' : 'Regular group'}, made{' '}
            <When at={group.createdAt} as="day" />
          </>
        }
        actions={
          <>
            <GroupActions group={group} selected={selected} onDone={clear} />
            {!group.archivedAt && (
              <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={add.open} data-primary>
                Add contacts
              </Button>
            )}
          </>
        }
      />
      <div className="body">
        {group.archivedAt && (
          <Banner tint="gray" icon={IconArchive} title="This group is archived">
            Since <When at={group.archivedAt} as="day" />. Its contacts stay; mailings cannot go to it. Restore is in
            the menu Actions.
          </Banner>
        )}
        <GroupJob group={group} />
        {size > 0 && (
          <Panel>
            <PartsBar
              parts={[
                { label: 'Active', n: group.counts.active, color: 'active-5' },
                { label: 'Error', n: group.counts.error, color: 'errored-5' },
                { label: 'Opt-Out', n: group.counts.optOut, color: 'optOut-5' },
              ]}
            />
            <Text size="sm" c="dimmed" mt={8}>
              A mailing to this group reaches {count(group.counts.active)}{' '}
              {group.counts.active === 1 ? 'person' : 'people'}.
            </Text>
          </Panel>
        )}
        {size === 0 ? (
          <EmptyState
            icon={IconUsersGroup}
            title="Nobody is in this group"
            action={
              group.archivedAt ? null : (
                <Button variant="default" leftSection={<IconPlus size={16} aria-hidden />} onClick={add.open}>
                  Add contacts
                </Button>
              )
            }
          >
            Add contacts by search or by their addresses, or import a file into the group.
          </EmptyState>
        ) : (
          <Members list={list} group={group} selected={selected} onSelect={select} onClear={clear} />
        )}
      </div>
      <AddContacts group={group} opened={adding} onClose={add.close} />
    </>
  )
}

function Members({
  list,
  group,
  selected,
  onSelect,
  onClear,
}: {
  list: ReturnType<typeof useContactList>
  group: Group
  selected: Contact[]
  onSelect: (contacts: Contact[]) => void
  onClear: () => void
}) {
  const filter = { groupId: group.id, search: list.search, status: list.status }
  const contacts = useContacts(filter, list.cursor)
  const counts = useContactCounts(filter)
  return (
    <>
      <div className="row">
        <SearchField
          label="Search contacts in this group"
          placeholder="Search in this group"
          value={list.search}
          onSearch={list.setSearch}
        />
        <Select
          aria-label="Status"
          data={statusOptions}
          value={list.status ?? 'all'}
          onChange={(value) => list.setStatus(statusFilter(value))}
          w={140}
        />
      </div>
      {contacts.error && !contacts.data ? (
        <ErrorPanel
          title="The list could not be loaded. Nothing was changed."
          error={contacts.error}
          onRetry={() => void contacts.refetch()}
        />
      ) : !contacts.data ? (
        <Waiting />
      ) : contacts.data.items.length === 0 ? (
        <NothingFound search={list.search} onClear={list.clear} />
      ) : (
        <ContactTable
          label="Contacts in this group"
          contacts={contacts.data.items}
          selected={selected}
          onSelect={onSelect}
          stale={contacts.isPlaceholderData}
        />
      )}
      <Pager
        page={list.page}
        perPage={perPage}
        shown={contacts.data?.items.length ?? 0}
        total={counts.data?.total}
        onPrevious={list.page > 1 ? list.previous : undefined}
        onNext={nextOf(contacts.data?.nextCursor, list.next)}
      />
      <BulkBar n={selected.length} onClear={onClear}>
        <RemoveButton group={group} contacts={selected} onDone={onClear} />
      </BulkBar>
    </>
  )
}
