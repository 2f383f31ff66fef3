import { Checkbox, ScrollArea, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useGroups } from './groups.ts'

const MANY = 8

/** The account's groups, each with a box to tick. */
export function GroupTicks({
  label,
  chosen,
  regularOnly = false,
  onChange,
}: {
  label: string
  chosen: string[]
  /** Leaves test groups out. */
  regularOnly?: boolean
  onChange: (ids: string[]) => void
}) {
  const groups = useGroups()
  const [search, setSearch] = useState('')
  const all = (groups.data ?? []).filter(({ kind }) => !regularOnly || kind === 'regular')
  const word = search.trim().toLowerCase()
  const shown = all.filter(({ name }) => name.toLowerCase().includes(word))
  if (all.length === 0) return null
  return (
    <Checkbox.Group label={label} value={chosen} onChange={onChange}>
      <div className="stack tight ticks">
        {all.length > MANY && (
          <TextInput
            aria-label="Search groups"
            type="search"
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
        )}
        <ScrollArea.Autosize mah={190} type="auto" viewportProps={{ tabIndex: -1 }}>
          <div className="stack ticks-list">
            {shown.map(({ id, name }) => (
              <Checkbox key={id} value={id} label={name} />
            ))}
            {shown.length === 0 && (
              <Text size="sm" c="dimmed">
                No group has this name
              </Text>
            )}
          </div>
        </ScrollArea.Autosize>
      </div>
    </Checkbox.Group>
  )
}
