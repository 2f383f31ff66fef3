import { Anchor, Button, Select, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconFileImport, IconPlus, IconSearch, IconUsersGroup } from '@tabler/icons-react'
import { type ContactCounts, contactSort } from '../../src/audience/contact.contract.ts'
import { paths } from '../paths.ts'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { count, counted } from '../ui/format.ts'
import { ButtonLink } from '../ui/links.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Pager } from '../ui/Pager.tsx'
import { usePlace } from '../ui/place.tsx'
import { SearchField } from '../ui/SearchField.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { AddContact } from './AddContact.tsx'
import { BulkActs } from './BulkActs.tsx'
import { BulkJobs } from './BulkJobs.tsx'
import { ColumnsMenu, useColumns } from './Columns.tsx'
import { ContactTable } from './ContactTable.tsx'
import { filterOf } from './contactFilter.ts'
import { perPage, useContactCounts, useContacts } from './contacts.ts'
import { AddFilter, FilterChips } from './FilterChips.tsx'
import { useGroups } from './groups.ts'
import { statusFilter, statusOptions } from './statusFilter.ts'
import { useBulkSelection } from './useBulkSelection.ts'
import { useContactList } from './useContactList.ts'

export function ContactsPage() {
  const list = useContactList()
  const { zone } = usePlace()
  const filter = filterOf(list.search, list.status, list.chips, zone)
  const contacts = useContacts({ ...filter, sort: list.sort }, list.cursor)
  const all = useContactCounts({})
  const matching = useContactCounts(filter)
  const groups = useGroups()
  const chosen = useBulkSelection(filter)
  const { columns, toggle } = useColumns()
  const [adding, add] = useDisclosure(false)
  const filtered = list.search !== '' || list.status !== undefined || Object.values(list.chips).some(Boolean)
  const empty = all.data?.total === 0 && !filtered
  const total = matching.isPlaceholderData ? undefined : matching.data?.total
  return (
    <>
      <PageHeader
        title="Contacts"
        note={all.data && !empty && inWords(all.data)}
        actions={
          <>
            {!empty && (
              <ButtonLink to={paths.newImport} variant="default" leftSection={<IconFileImport size={16} aria-hidden />}>
                Import contacts
              </ButtonLink>
            )}
            <Button
              variant={empty ? 'default' : 'filled'}
              leftSection={<IconPlus size={16} aria-hidden />}
              onClick={add.open}
              data-primary
            >
              Add contact
            </Button>
          </>
        }
      />
      {empty ? (
        <div className="body blank">
          <EmptyState
            icon={IconUsersGroup}
            title="No contacts yet"
            action={
              <ButtonLink to={paths.newImport} leftSection={<IconFileImport size={16} aria-hidden />}>
                Import contacts
              </ButtonLink>
            }
          >
            Import a file from a spreadsheet or from the tool you used before. Opt-outs in it are recognised and kept.
          </EmptyState>
        </div>
      ) : (
        <div className="body">
          <div className="row">
            <SearchField
              label="Search contacts"
              placeholder="Address, name or any field"
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
            <AddFilter onChip={list.setChip} />
            <span className="grow" />
            <Select
              aria-label="Sort"
              data={sorts}
              value={list.sort}
              allowDeselect={false}
              onChange={(value) => list.setSort(contactSort.catch('newest').parse(value))}
              w={150}
            />
            <span className="only-wide">
              <ColumnsMenu columns={columns} onToggle={toggle} />
            </span>
          </div>
          {filtered && (
            <div className="row">
              <FilterChips chips={list.chips} onChip={list.setChip} />
              <Anchor component="button" size="xs" onClick={list.clear}>
                Clear all
              </Anchor>
              <span className="dim matches num" role="status">
                {total === undefined ? '' : `${counted(total, 'contact')} ${total === 1 ? 'matches' : 'match'}`}
              </span>
            </div>
          )}
          <BulkJobs />
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
              label="Contacts"
              contacts={contacts.data.items}
              groups={groups.data ?? []}
              selected={chosen.all ? contacts.data.items : chosen.contacts}
              onSelect={(ticked) => chosen.select(ticked, contacts.data.items)}
              shown={columns}
              stale={contacts.isPlaceholderData}
            />
          )}
          <Pager
            page={list.page}
            perPage={perPage}
            shown={contacts.data?.items.length ?? 0}
            total={total}
            onPrevious={list.page > 1 ? list.previous : undefined}
            onNext={nextOf(contacts.data?.nextCursor, list.next)}
          />
          <BulkActs
            contacts={chosen.contacts}
            all={chosen.all}
            selection={chosen.selection}
            onPage={contacts.data?.items.length ?? 0}
            total={total}
            onAll={chosen.selectAll}
            onOnlyPage={chosen.onlyPage}
            onClear={chosen.clear}
          />
        </div>
      )}
      <AddContact opened={adding} onClose={add.close} />
    </>
  )
}

export function NothingFound({ search, onClear }: { search: string; onClear: () => void }) {
  return (
    <EmptyState
      icon={IconSearch}
      title={search ? `No contact matches “${search}”` : 'No contact matches'}
      action={
        <Button variant="default" onClick={onClear}>
          Clear search
        </Button>
      }
    >
      <Text span inherit>
        A search finds parts of addresses, names and other fields.
      </Text>
    </EmptyState>
  )
}

export const nextOf = (cursor: string | null | undefined, next: (cursor: string) => void) =>
  cursor ? () => next(cursor) : undefined

const sorts = [
  { value: 'newest', label: 'Newest first' },
  { value: 'oldest', label: 'Oldest first' },
  { value: 'address', label: 'By address' },
]

const inWords = ({ total, active, error, optOut }: ContactCounts) =>
  `${counted(total, 'contact')}: ${count(active)} Active, ${count(error)} Error, ${count(optOut)} Opt-Out`
