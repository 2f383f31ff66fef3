import { Button, Menu } from '@mantine/core'
import { IconColumns } from '@tabler/icons-react'
import { useState } from 'react'
import { z } from 'zod'
import { useFields } from './contacts.ts'

const storedAs = 'last-word.contact-columns'
const stored = z.array(z.string().max(100)).max(100)

/** Columns beside the address: fixed ones, and `fields.NAME`. */
const fixed = [
  { value: 'name', label: 'Name' },
  { value: 'status', label: 'Status' },
  { value: 'groups', label: 'Groups' },
  { value: 'source', label: 'Source' },
  { value: 'added', label: 'Added' },
]
const usual = ['name', 'status', 'groups', 'added']

function readColumns(): string[] {
  try {
    return stored.parse(JSON.parse(localStorage.getItem(storedAs) ?? ''))
  } catch {
    return usual // never stored, or by another version
  }
}

/** Which columns this browser shows. */
export function useColumns() {
  const [columns, setColumns] = useState(readColumns)
  return {
    columns,
    toggle: (value: string) => {
      const next = columns.includes(value) ? columns.filter((one) => one !== value) : [...columns, value]
      setColumns(next)
      try {
        localStorage.setItem(storedAs, JSON.stringify(next))
      } catch {
        // A browser that keeps nothing shows the usual columns the next time.
      }
    },
  }
}

export function ColumnsMenu({ columns, onToggle }: { columns: string[]; onToggle: (value: string) => void }) {
  const fields = useFields()
  const all = [
    ...fixed,
    ...(fields.data?.items ?? [])
      .filter(({ name }) => name !== 'first_name' && name !== 'last_name')
      .map(({ name, label }) => ({ value: `fields.${name}`, label })),
  ]
  return (
    <Menu closeOnItemClick={false} position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconColumns size={16} aria-hidden />}>
          Columns
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={360} style={{ overflowY: 'auto' }}>
        {all.map(({ value, label }) => (
          <Menu.CheckboxItem key={value} checked={columns.includes(value)} onChange={() => onToggle(value)}>
            {label}
          </Menu.CheckboxItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
