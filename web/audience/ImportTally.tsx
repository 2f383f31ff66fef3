import { useDisclosure } from '@mantine/hooks'
import {
  IconAlertTriangle,
  IconCopy,
  IconLock,
  IconMinus,
  IconPencil,
  IconUserPlus,
  IconUserQuestion,
} from '@tabler/icons-react'
import { useState } from 'react'
import type { AudienceImport, ImportCounts, ImportOutcome } from '../../src/audience/import.contract.ts'
import { listed } from '../ui/format.ts'
import type { Icon, Tint } from '../ui/look.ts'
import type { Part } from '../ui/PartsBar.tsx'
import { TallyLine } from '../ui/TallyLine.tsx'
import { ImportRows } from './ImportRows.tsx'

/** The parts add up to the rows of the file. */
export const partsOf = (counts: ImportCounts): Part[] => [
  { label: 'Added', n: counts.added, color: 'active-5' },
  { label: 'Updated', n: counts.updated, color: 'brand-5' },
  { label: 'Left alone', n: counts.unchanged, color: 'gray-4' },
  { label: 'Opted out', n: counts.optedOut, color: 'optOut-5' },
  { label: 'Not imported', n: notImported(counts), color: 'errored-5' },
]
export const notImported = ({ invalid, duplicates, held }: ImportCounts) => invalid + duplicates + held

type Line = { outcome: ImportOutcome; icon: Icon; tint: Tint; title: string; text: string; n: number }

/** What will happen, or what happened, as lines that lead to the rows themselves. */
export function ImportTally({ import: one, done }: { import: AudienceImport; done: boolean }) {
  const [opened, drawer] = useDisclosure(false)
  const [shown, setShown] = useState<Line>()
  return (
    <section className="panel" aria-label={done ? 'What happened' : 'What will happen'}>
      <ul className="tally">
        {linesOf(one, done).map((line) => (
          <TallyLine
            key={line.outcome}
            icon={line.icon}
            tint={line.tint}
            title={line.title}
            n={line.n}
            onShow={() => {
              setShown(line)
              drawer.open()
            }}
          >
            {line.text}
          </TallyLine>
        ))}
      </ul>
      {shown && (
        <ImportRows
          importId={one.id}
          title={shown.title}
          outcome={shown.outcome}
          opened={opened}
          onClose={drawer.close}
        />
      )}
    </section>
  )
}

function linesOf({ counts, options, groups }: AudienceImport, done: boolean): Line[] {
  const into = [...groups.map(({ name }) => name), ...(done ? [] : (options?.newGroups ?? []))]
  const where = into.length === 0 ? '' : `, in the ${into.length === 1 ? 'group' : 'groups'} ${listed(into)}`
  const empty = options?.emptyCells === 'clear' ? 'empty cells clear the field' : 'empty cells keep what is there'
  const all: Line[] = [
    {
      outcome: 'added',
      icon: IconUserPlus,
      tint: 'active',
      title: done ? 'Added' : 'Will be added',
      text: `New contacts${where}`,
      n: counts.added,
    },
    {
      outcome: 'updated',
      icon: IconPencil,
      tint: 'brand',
      title: done ? 'Updated' : 'Will be updated',
      text: `Already here with other details or groups; ${empty}`,
      n: counts.updated,
    },
    {
      outcome: 'unchanged',
      icon: IconMinus,
      tint: 'gray',
      title: 'Left alone',
      text: leftAlone(options?.mode),
      n: counts.unchanged,
    },
    {
      outcome: 'opted_out',
      icon: IconLock,
      tint: 'optOut',
      title: done ? 'Opted out, and stay so' : 'Opted out, and will stay so',
      text: done
        ? 'Had opted out before and were not changed, or opted out because the file says so'
        : 'Opted out before and will not be changed, or opt out because the file says so',
      n: counts.optedOut,
    },
    {
      outcome: 'invalid',
      icon: IconAlertTriangle,
      tint: 'errored',
      title: 'Not an address',
      text: 'Each line is listed with its number and its reason',
      n: counts.invalid,
    },
    {
      outcome: 'duplicate',
      icon: IconCopy,
      tint: 'gray',
      title: 'In the file twice',
      text: 'The last row counts; a yes in Opt-out counts wherever it stands',
      n: counts.duplicates,
    },
    {
      outcome: 'held',
      icon: IconUserQuestion,
      tint: 'errored',
      title: 'Possibly the same person as somebody who opted out',
      text: done
        ? 'Held without mail until you decide on the record'
        : 'Will be held without mail until you decide on the record',
      n: counts.held,
    },
  ]
  return all
}

function leftAlone(mode: string | undefined): string {
  if (mode === 'add_only') return 'Already here; this import adds new ones only'
  if (mode === 'update_only') return 'Already here with the same details, or not here: this import updates only'
  return 'Already here with the same details'
}
