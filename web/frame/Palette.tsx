import { Combobox, Kbd, Modal, TextInput, UnstyledButton, useCombobox } from '@mantine/core'
import { useDebouncedValue, useHotkeys, useOs } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { type Found, useFound } from './paletteResults.ts'

const asked = new EventTarget()
const open = () => asked.dispatchEvent(new Event('open'))

/** Contacts, groups, segments, mailings, pages and acts in one list; the first is one Enter away. */
export function Palette() {
  const [opened, setOpened] = useState(false)
  useHotkeys([['mod+K', () => setOpened((now) => !now)]], [])
  useEffect(() => {
    const handleOpen = () => setOpened(true)
    asked.addEventListener('open', handleOpen)
    return () => asked.removeEventListener('open', handleOpen)
  }, [])
  return (
    <Modal
      opened={opened}
      onClose={() => setOpened(false)}
      withCloseButton={false}
      attributes={{ content: { 'aria-label': 'Search or jump to' } }}
      padding={0}
      size={600}
      yOffset={120}
      centered={false}
      className="palette"
    >
      <Results onDone={() => setOpened(false)} />
    </Modal>
  )
}

function Results({ onDone }: { onDone: () => void }) {
  const [query, setQuery] = useState('')
  const [searched] = useDebouncedValue(query.trim(), 150)
  const found = useFound(query.trim(), searched)
  const navigate = useNavigate()
  const combobox = useCombobox({ opened: true })
  const { selectFirstOption } = combobox
  const first = found[0]?.key
  useEffect(() => {
    if (first !== undefined) selectFirstOption() // contacts arrive after the list was drawn
  }, [first, selectFirstOption])
  function go(key: string) {
    const chosen = found.find((one) => one.key === key)
    onDone()
    if (chosen) void navigate({ to: chosen.to })
  }
  return (
    <Combobox store={combobox} onOptionSubmit={go}>
      <Combobox.EventsTarget>
        <TextInput
          variant="unstyled"
          size="md"
          aria-label="Search or jump to"
          placeholder="Contacts, groups, mailings, pages"
          data-autofocus
          leftSection={<IconSearch size={17} stroke={1.7} aria-hidden />}
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
        />
      </Combobox.EventsTarget>
      <Combobox.Options aria-label="Results" className="palette-list">
        {found.map((one) => (
          <Result key={one.key} found={one} />
        ))}
        {found.length === 0 && <Combobox.Empty>Nothing matches “{query.trim()}”.</Combobox.Empty>}
      </Combobox.Options>
    </Combobox>
  )
}

function Result({ found: { key, icon: Sign, name, note, status } }: { found: Found }) {
  return (
    <Combobox.Option value={key} className="row one">
      <Sign size={17} stroke={1.7} aria-hidden />
      <span className="name">{name}</span>
      {note && <span className="dim clip">{note}</span>}
      {status && <span className="dim">{status}</span>}
    </Combobox.Option>
  )
}

/** Opens the palette; its key works everywhere. */
export function PaletteButton({ onOpen }: { onOpen?: () => void }) {
  const os = useOs()
  return (
    <UnstyledButton
      className="jump"
      onClick={() => {
        onOpen?.()
        open()
      }}
    >
      <IconSearch size={16} stroke={1.7} aria-hidden />
      Search or jump to
      <Kbd aria-hidden>{os === 'macos' || os === 'ios' ? '⌘K' : 'Ctrl K'}</Kbd>
    </UnstyledButton>
  )
}
