import { Kbd, UnstyledButton } from '@mantine/core'
import { useDebouncedValue, useOs } from '@mantine/hooks'
import { createSpotlight, Spotlight, spotlightActions } from '@mantine/spotlight'
import { IconSearch } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { type Found, useFound } from './paletteResults.ts'

const [store, palette] = createSpotlight()

/** Contacts, groups, segments, mailings, pages and acts in one list; the first is one Enter away. */
export function Palette() {
  const [query, setQuery] = useState('')
  const [opened, setOpened] = useState(false)
  const [searched] = useDebouncedValue(query.trim(), 150)
  const found = useFound(query.trim(), searched, opened)
  const navigate = useNavigate()
  const first = found[0]?.key
  useEffect(() => {
    if (opened && first !== undefined) spotlightActions.selectAction(0, store) // contacts arrive later than they are asked for
  }, [opened, first])
  return (
    <Spotlight.Root
      store={store}
      query={query}
      onQueryChange={setQuery}
      shortcut={['mod + K']}
      clearQueryOnClose
      scrollable
      maxHeight={420}
      onSpotlightOpen={() => setOpened(true)}
      onSpotlightClose={() => setOpened(false)}
      attributes={{ content: { 'aria-label': 'Search or jump to' } }}
      overlayProps={{ blur: 0 }}
      yOffset={120}
      centered={false}
    >
      <Spotlight.Search
        placeholder="Contacts, groups, mailings, pages"
        aria-label="Search or jump to"
        leftSection={<IconSearch size={17} stroke={1.7} aria-hidden />}
      />
      <Spotlight.ActionsList aria-label="Results">
        {found.map((one) => (
          <Result key={one.key} found={one} onGo={() => void navigate({ to: one.to })} />
        ))}
        {found.length === 0 && <Spotlight.Empty>Nothing matches “{query.trim()}”.</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  )
}

function Result({ found: { icon: Sign, name, note }, onGo }: { found: Found; onGo: () => void }) {
  return (
    <Spotlight.Action onClick={onGo}>
      <span className="row one palette-row">
        <Sign size={17} stroke={1.7} aria-hidden />
        <b className="clip">{name}</b>
        {note && <span className="dim clip">{note}</span>}
      </span>
    </Spotlight.Action>
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
        palette.open()
      }}
    >
      <IconSearch size={16} stroke={1.7} aria-hidden />
      Search or jump to
      <Kbd aria-hidden>{os === 'macos' || os === 'ios' ? '⌘K' : 'Ctrl K'}</Kbd>
    </UnstyledButton>
  )
}
