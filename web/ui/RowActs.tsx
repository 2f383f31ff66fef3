import { Group } from '@mantine/core'
import { IconArchive, IconArrowDown, IconArrowUp, IconPencil, IconRestore } from '@tabler/icons-react'
import { IconAct } from './IconAct.tsx'

/** What can be done with a row of a list that operators put in order and archive. */
export function RowActs({
  name,
  place,
  last,
  archived,
  onMove,
  onEdit,
  onArchive,
}: {
  name: string
  /** From 0 */
  place: number
  last: number
  archived: boolean
  onMove: (to: number) => void
  onEdit: () => void
  /** Archives, or restores what is archived. */
  onArchive: () => void
}) {
  return (
    <Group gap={4} justify="flex-end" wrap="nowrap">
      {!archived && (
        <>
          <IconAct
            icon={IconArrowUp}
            name={`Move ${name} up`}
            disabled={place === 0}
            onClick={() => onMove(place - 1)}
          />
          <IconAct
            icon={IconArrowDown}
            name={`Move ${name} down`}
            disabled={place === last}
            onClick={() => onMove(place + 1)}
          />
          <IconAct icon={IconPencil} name={`Change ${name}`} onClick={onEdit} />
        </>
      )}
      <IconAct
        icon={archived ? IconRestore : IconArchive}
        name={`${archived ? 'Restore' : 'Archive'} ${name}`}
        onClick={onArchive}
      />
    </Group>
  )
}

/** The ids in their order after one row went elsewhere. */
export function movedIds(rows: { id: string }[], from: number, to: number): string[] {
  const ids = rows.map(({ id }) => id)
  ids.splice(to, 0, ...ids.splice(from, 1))
  return ids
}
