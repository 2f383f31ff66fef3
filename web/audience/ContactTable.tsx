import { DataTable, type DataTableColumn } from 'mantine-datatable'
import type { Contact } from '../../src/audience/contact.contract.ts'
import type { Field } from '../../src/audience/field.contract.ts'
import type { Group } from '../../src/audience/group.contract.ts'
import { paths } from '../paths.ts'
import { Address } from '../ui/Address.tsx'
import { RecordLink } from '../ui/links.tsx'
import { StatusBadge } from '../ui/StatusBadge.tsx'
import { When } from '../ui/When.tsx'
import { nameOf, sourceNames, useFields } from './contacts.ts'

/** On a phone a list keeps its first column and the status; the rest is on the record. */
const usual = ['name', 'status', 'groups', 'added']
const wide = '(min-width: 761px)'

export function ContactTable({
  label,
  contacts,
  groups,
  selected,
  onSelect,
  stale,
  shown = usual,
}: {
  label: string
  contacts: Contact[]
  /** Without them the column is left out. */
  groups?: Group[]
  selected: Contact[]
  onSelect: (contacts: Contact[]) => void
  /** Rows of the former question, dimmed until the answer is there. */
  stale: boolean
  /** Columns beside the address. */
  shown?: string[]
}) {
  const fields = useFields()
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
        columns={columns(groups, shown, fields.data?.items ?? [])}
      />
    </section>
  )
}

function columns(groups: Group[] | undefined, shown: string[], fields: Field[]): DataTableColumn<Contact>[] {
  const names = new Map(groups?.map(({ id, name }) => [id, name]))
  const all: Record<string, DataTableColumn<Contact>> = {
    name: { accessor: 'name', title: 'Name', visibleMediaQuery: wide, render: nameOf },
    status: { accessor: 'status', title: 'Status', render: ({ status }) => <StatusBadge status={status} /> },
    groups: {
      accessor: 'groups',
      title: 'Groups',
      visibleMediaQuery: wide,
      render: (contact) => <GroupChips names={contact.groupIds.flatMap((id) => names.get(id) ?? [])} />,
    },
    source: {
      accessor: 'source',
      title: 'Source',
      visibleMediaQuery: wide,
      render: ({ source }) => sourceNames[source],
    },
    added: {
      accessor: 'createdAt',
      title: 'Added',
      visibleMediaQuery: wide,
      textAlign: 'right',
      render: ({ createdAt }) => <When at={createdAt} as="day" />,
    },
  }
  for (const { name, label } of fields)
    all[`fields.${name}`] = {
      accessor: `fields.${name}`,
      title: label,
      visibleMediaQuery: wide,
      render: (contact) => textOf(contact.fields[name]),
    }
  const order = ['name', ...fields.map(({ name }) => `fields.${name}`), 'status', 'groups', 'source', 'added']
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
    ...order.flatMap((name) => (shown.includes(name) && (name !== 'groups' || groups) ? (all[name] ?? []) : [])),
  ]
}

/** A field's value as text. */
function textOf(value: Contact['fields'][string] | undefined): string {
  if (value === undefined) return ''
  if (typeof value === 'boolean') return value ? 'Yes' : 'No'
  return Array.isArray(value) ? value.join(', ') : String(value)
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
