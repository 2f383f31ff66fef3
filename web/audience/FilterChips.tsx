import { Button, CloseButton, Popover, Select, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconFilter } from '@tabler/icons-react'
import { useState } from 'react'
import { contactSource } from '../../src/audience/contact.contract.ts'
import { useSegments } from '../optouts/segments.ts'
import { longDay } from '../ui/format.ts'
import { sourceNames } from './contacts.ts'
import { useGroups } from './groups.ts'
import { useImportNames } from './imports.ts'
import { useTopics } from './topics.ts'
import type { ChipName, Chips } from './useContactList.ts'

const names: Record<ChipName, string> = {
  group: 'Group',
  segment: 'Segment',
  topic: 'Topic',
  import: 'Import',
  source: 'Source',
  since: 'Added since',
  before: 'Added before',
}
const offered: ChipName[] = ['group', 'segment', 'topic', 'source', 'import', 'since', 'before']

/** Names of what can be chosen, by kind. */
function useChoices() {
  const groups = useGroups()
  const segments = useSegments()
  const topics = useTopics()
  const imports = useImportNames()
  const of = (list: { id: string; name: string }[] | undefined) =>
    (list ?? []).map(({ id, name }) => ({ value: id, label: name }))
  return {
    group: of(groups.data),
    segment: of(segments.data),
    topic: of(topics.data),
    import: imports.data ?? [],
    source: contactSource.options.map((value) => ({ value, label: sourceNames[value] })),
  }
}

/** The conditions there are. */
export function FilterChips({ chips, onChip }: { chips: Chips; onChip: (chip: Partial<Chips>) => void }) {
  const choices = useChoices()
  const set = offered.filter((name) => chips[name] !== undefined)
  return (
    <>
      {set.map((name) => (
        <span key={name} className="chip filter-chip">
          {names[name]}: {valueText(name, chips[name] ?? '', choices)}
          <CloseButton
            size="xs"
            aria-label={`Remove the filter ${names[name]}`}
            onClick={() => onChip({ [name]: undefined })}
          />
        </span>
      ))}
    </>
  )
}

type Choices = ReturnType<typeof useChoices>

function valueText(name: ChipName, value: string, choices: Choices): string {
  if (name === 'since' || name === 'before') return longDay(`${value}T00:00:00Z`, 'UTC')
  return choices[name].find((one) => one.value === value)?.label ?? (name === 'import' ? `number ${value}` : '…')
}

/** The button that adds one condition. */
export function AddFilter({ onChip }: { onChip: (chip: Partial<Chips>) => void }) {
  const choices = useChoices()
  const [opened, popover] = useDisclosure(false)
  const [name, setName] = useState<ChipName>('group')
  const done = (chip: Partial<Chips>) => {
    onChip(chip)
    popover.close()
  }
  return (
    <Popover
      opened={opened}
      onChange={popover.toggle}
      position="bottom-start"
      trapFocus
      returnFocus
      shadow="md"
      width={280}
    >
      <Popover.Target>
        <Button variant="default" leftSection={<IconFilter size={16} aria-hidden />} onClick={popover.toggle}>
          Filter
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="stack tight">
          <Select
            label="Narrow by"
            data={offered.map((value) => ({ value, label: names[value] }))}
            value={name}
            allowDeselect={false}
            comboboxProps={{ withinPortal: false }}
            onChange={(value) => setName(offered.find((one) => one === value) ?? 'group')}
          />
          {name === 'since' || name === 'before' ? (
            <TextInput
              type="date"
              label={names[name]}
              onChange={(event) => event.currentTarget.value && done({ [name]: event.currentTarget.value })}
            />
          ) : (
            <Select
              key={name}
              label={names[name]}
              placeholder={choices[name].length === 0 ? 'There is none yet' : 'Choose'}
              searchable
              data={choices[name]}
              value={null}
              comboboxProps={{ withinPortal: false }}
              onChange={(value) => value && done({ [name]: value })}
            />
          )}
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}
