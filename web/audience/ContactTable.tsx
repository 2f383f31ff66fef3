import { DataTable, type DataTableColumn } from 'mantine-datatable'
import type { Contact } from '../../src/audience/contact.contract.ts'
import type { Group } from '../../src/audience/group.contract.ts'
import { paths } from '../paths.ts'
import { Address } from '../ui/Address.tsx'
import { RecordLink } from '../ui/links.tsx'
import { StatusBadge } from '../ui/StatusBadge.tsx'
import { When } from '../ui/When.tsx'
import { nameOf } from './contacts.ts'

/** On a phone a list keeps its first column and the status; the rest is on the record. */
const wide = '(min-width: 761px)'

export function ContactTable({
  label,
  contacts,
  groups,
  selected,
  onSelect,
  stale,
}: {
  label: string
  contacts: Contact[]
  /** Without them the column is left out. */
  groups?: Group[]
  selected: Contact[]
  onSelect: (contacts: Contact[]) => void
  /** Rows of the former question, dimmed until the answer is there. */
  stale: boolean
}) {
  const chosen = new Set(selected.map(({ id }) => id))
  return (
    <section className={`panel clip ${stale ? 'stale' : ''}`} aria-label={label} aria-busy={stale}>
      <DataTable<Contact>
        idAccessor="id"
        records={contacts}
        selectedRecords={selected}
        onSelectedRecordsChange={onSelect}
        withRowBorders
        minHeight={0}
        highlightOnHover
        selectionTrigger="cell"
        allRecordsSelectionCheckboxProps={{ 'aria-label': 'Select all on this page' }}
        getRecordSelectionCheckboxProps={(contact) => ({ 'aria-label': `Select ${contact.address}` })}
        rowBackgroundColor={({ id }) => (chosen.has(id) ? 'var(--lw-selected)' : undefined)}
        columns={columns(groups)}
      />
    </section>
  )
}

function columns(groups: Group[] | undefined): DataTableColumn<Contact>[] {
  const names = new Map(groups?.map(({ id, name }) => [id, name]))
  return [
    {
      accessor: 'address',
      title: 'Address',
      render: ({ id, address }) => (
        <RecordLink to={paths.contact(id)}>
          <Address>{address}</Address>
        </RecordLink>
      ),
    },
    { accessor: 'name', title: 'Name', visibleMediaQuery: wide, render: nameOf },
    { accessor: 'status', title: 'Status', render: ({ status }) => <StatusBadge status={status} /> },
    ...(groups
      ? [
          {
            accessor: 'groups',
            title: 'Groups',
            visibleMediaQuery: wide,
            render: (contact: Contact) => <GroupChips names={contact.groupIds.flatMap((id) => names.get(id) ?? [])} />,
          },
        ]
      : []),
    {
      accessor: 'createdAt',
      title: 'Added',
      visibleMediaQuery: wide,
      textAlign: 'right',
      render: ({ createdAt }) => <When at={createdAt} as="day" />,
    },
  ]
}

function GroupChips({ names }: { names: string[] }) {
  if (names.length === 0) return null
  return (
    <span className="row one chips">
      <span className="chip">{names[0]}</span>
      {names.length > 1 && (
        <span className="chip num" title={names.slice(1).join(', ')}>
          +{names.length - 1}
        </span>
      )}
    </span>
  )
}
