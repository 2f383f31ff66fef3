import { useDisclosure } from '@mantine/hooks'
import {
  IconAlertTriangle,
  IconBan,
  IconCopy,
  IconLock,
  IconMinus,
  IconPencil,
  IconPlayerSkipForward,
  IconRestore,
  IconUserPlus,
  IconUserQuestion,
  IconUsers,
} from '@tabler/icons-react'
import { useState } from 'react'
import type { AudienceImport, ImportCounts, ImportNotes } from '../../src/audience/import.contract.ts'
import { count, listed } from '../ui/format.ts'
import type { Icon, Tint } from '../ui/look.ts'
import type { Part } from '../ui/PartsBar.tsx'
import { TallyLine } from '../ui/TallyLine.tsx'
import { ImportRows, type RowsAsked } from './ImportRows.tsx'

/** The parts add up to the rows of the file. */
export const partsOf = (counts: ImportCounts): Part[] => [
  { label: 'Added', n: counts.added, color: 'active-5' },
  { label: 'Updated', n: counts.updated, color: 'brand-5' },
  { label: 'Left alone', n: counts.unchanged, color: 'gray-4' },
  { label: 'Opted out', n: counts.optedOut, color: 'optOut-5' },
  { label: 'Held', n: counts.held, color: 'errored-3' },
  { label: 'Not imported', n: counts.invalid + counts.duplicates, color: 'errored-5' },
]

type Line = { key: string; asked: RowsAsked; icon: Icon; tint: Tint; title: string; text: string; n: number }

/** What will happen, or what happened, as lines that lead to the rows themselves. */
export function ImportTally({ import: one, done }: { import: AudienceImport; done: boolean }) {
  const [opened, drawer] = useDisclosure(false)
  const [shown, setShown] = useState<Line>()
  return (
    <section className="panel" aria-label={done ? 'What happened' : 'What will happen'}>
      <ul className="tally">
        {linesOf(one, done).map((line) => (
          <TallyLine
            key={line.key}
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
        <ImportRows importId={one.id} title={shown.title} asked={shown.asked} opened={opened} onClose={drawer.close} />
      )}
    </section>
  )
}

function linesOf(one: AudienceImport, done: boolean): Line[] {
  if (one.options?.asOptOuts) return optOutLines(one, done)
  return [...mainLines(one, done), ...remarkLines(one, done).filter(({ n }) => n > 0)]
}

/** Of a file that opts everybody out; they add up to its rows too. */
function optOutLines(one: AudienceImport, done: boolean): Line[] {
  const lines = mainLines(one, done).filter(({ key }) => key === 'invalid' || key === 'duplicate')
  return [
    {
      key: 'opted_out_by_file',
      asked: { note: 'opted_out_by_file' },
      icon: IconBan,
      tint: 'optOut',
      title: done ? 'Opted out' : 'Will be opted out',
      text: 'Contacts or not; addresses that are no contacts are kept, so that no later import brings them in',
      n: one.notes.optedOutByFile,
    },
    {
      key: 'opted_out_before',
      asked: { note: 'opted_out_before' },
      icon: IconLock,
      tint: 'gray',
      title: 'Already opted out',
      text: 'Stay as they are, with their first reason',
      n: one.notes.optedOutBefore,
    },
    ...lines,
  ]
}

/** They add up to the rows of the file. */
function mainLines({ counts, notes, options, groups }: AudienceImport, done: boolean): Line[] {
  const into = [...groups.map(({ name }) => name), ...(done ? [] : (options?.newGroups ?? []))]
  const where = into.length === 0 ? '' : `, in the ${into.length === 1 ? 'group' : 'groups'} ${listed(into)}`
  const empty = options?.emptyCells === 'clear' ? 'empty cells clear the field' : 'empty cells keep what is there'
  return [
    {
      key: 'added',
      asked: { outcome: 'added' },
      icon: IconUserPlus,
      tint: 'active',
      title: done ? 'Added' : 'Will be added',
      text: `New contacts${where}`,
      n: counts.added,
    },
    {
      key: 'updated',
      asked: { outcome: 'updated' },
      icon: IconPencil,
      tint: 'brand',
      title: done ? 'Updated' : 'Will be updated',
      text: `Already here with other details or groups; ${empty}`,
      n: counts.updated,
    },
    {
      key: 'unchanged',
      asked: { outcome: 'unchanged' },
      icon: IconMinus,
      tint: 'gray',
      title: 'Left alone',
      text: 'Already here with the same details',
      n: counts.unchanged - notes.notAdded - notes.notUpdated,
    },
    ...skipped(notes),
    {
      key: 'opted_out',
      asked: { outcome: 'opted_out' },
      icon: IconLock,
      tint: 'optOut',
      title: done ? 'Opted out, and stay so' : 'Opted out, and will stay so',
      text: whoOptedOut(notes, done),
      n: counts.optedOut,
    },
    {
      key: 'invalid',
      asked: { outcome: 'invalid' },
      icon: IconAlertTriangle,
      tint: 'errored',
      title: 'Not an address',
      text: 'Each line is listed with its number and its reason',
      n: counts.invalid,
    },
    {
      key: 'duplicate',
      asked: { outcome: 'duplicate' },
      icon: IconCopy,
      tint: 'gray',
      title: 'In the file twice',
      text: 'The last row counts; a yes in Opt-out counts wherever it stands',
      n: counts.duplicates,
    },
    {
      key: 'held',
      asked: { outcome: 'held' },
      icon: IconUserQuestion,
      tint: 'errored',
      title: 'Possibly the same person as somebody who opted out',
      text: `${done ? 'Held' : 'Will be held'} without mail until you decide on the record`,
      n: counts.held,
    },
  ]
}

function whoOptedOut({ optedOutBefore, optedOutByFile }: ImportNotes, done: boolean): string {
  const before = `${count(optedOutBefore)} opted out before and ${done ? 'were not' : 'will not be'} changed`
  return `${before}; ${count(optedOutByFile)} ${done ? 'opted' : 'opt'} out because the file says so`
}

/** Rows that this import leaves out because of its mode; both are never there at once. */
function skipped({ notAdded, notUpdated }: ImportNotes): Line[] {
  const line = { key: 'skipped', asked: { outcome: 'skipped' }, icon: IconPlayerSkipForward, tint: 'gray' } as const
  if (notUpdated > 0) return [{ ...line, title: 'Already here', text: 'This import adds new ones only', n: notUpdated }]
  if (notAdded > 0) return [{ ...line, title: 'Not here', text: 'This import updates only', n: notAdded }]
  return []
}

/** About rows that stand in the lines above. */
function remarkLines({ notes }: AudienceImport, done: boolean): Line[] {
  return [
    {
      key: 'restored',
      asked: { note: 'restored' },
      icon: IconRestore,
      tint: 'brand',
      title: done ? 'Came back from the archive' : 'Will come back from the archive',
      text: 'Among the updated ones',
      n: notes.restored,
    },
    {
      key: 'role',
      asked: { note: 'role' },
      icon: IconUsers,
      tint: 'errored',
      title: 'Addresses of a role, not of a person',
      text: 'Such as info@ or abuse@: often read by several people, who complain more often. Among the rows above',
      n: notes.role,
    },
    {
      key: 'without_value',
      asked: { note: 'without_value' },
      icon: IconAlertTriangle,
      tint: 'errored',
      title: 'Taken without a value that does not fit its field',
      text: 'Among the rows above; each line names the field',
      n: notes.withoutValue,
    },
  ]
}
