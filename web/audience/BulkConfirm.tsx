import { Text } from '@mantine/core'
import type { ContactCounts, Selection } from '../../src/audience/contact.contract.ts'
import type { ContactStatus } from '../../src/audience/group.contract.ts'
import { messageOf } from '../api.ts'
import { Confirm } from '../ui/Confirm.tsx'
import { count, counted } from '../ui/format.ts'
import { type BulkResult, useBulk, useExactCounts } from './bulk.ts'

type Asked = { selection: Selection; onClose: () => void; onDone: () => void }

const statusWords = { active: 'Active', error: 'Error', opt_out: 'Opt-Out' } as const
const consequences = { active: 'brand', error: 'brand', opt_out: 'optOut' } as const

/** Asks before a change of status, with the exact numbers of this moment. */
export function BulkStatus({ selection, status, onClose, onDone }: Asked & { status: ContactStatus | null }) {
  const counts = useExactCounts(selection, status !== null)
  const bulk = useBulk()
  if (status === null) return null
  return (
    <Confirm
      opened
      title={counts.data ? titleOf(status, counts.data) : 'Counting the contacts'}
      consequence={consequences[status]}
      counting={!counts.data}
      onYes={async () => {
        const words = ({ changed }: BulkResult) => `Changed ${counted(changed, 'contact')} to ${statusWords[status]}.`
        await bulk(selection, { type: 'set_status', status }, { words })
        onDone()
      }}
      onClose={onClose}
    >
      {counts.error && (
        <Text c="red" role="alert">
          {messageOf(counts.error)}
        </Text>
      )}
      {counts.data && textsOf(status, counts.data).map((text) => <Text key={text}>{text}</Text>)}
    </Confirm>
  )
}

function titleOf(status: ContactStatus, { active, error }: ContactCounts): string {
  if (status === 'opt_out') return `Opt out ${counted(active + error, 'contact')}?`
  if (status === 'error') return `Change ${counted(active, 'contact')} to Error?`
  return `Change ${counted(error, 'contact')} to Active?`
}

function textsOf(status: ContactStatus, { optOut }: ContactCounts): string[] {
  if (status === 'opt_out')
    return [
      'They get no more mail from this account, from this moment on. It cannot be undone by anybody but themselves.',
      ...(optOut > 0
        ? [`${counted(optOut, 'contact')} opted out before and ${optOut === 1 ? 'stays' : 'stay'} so.`]
        : []),
    ]
  return [
    status === 'error' ? 'They get no mail until they are Active again.' : 'They get mail again.',
    ...(optOut > 0 ? [`${count(optOut)} opted out and ${optOut === 1 ? 'is' : 'are'} left alone.`] : []),
  ]
}

/** Asks before all that match are archived; ticked rows are archived at once, with a way back. */
export function BulkArchive({ selection, opened, onClose, onDone }: Asked & { opened: boolean }) {
  const counts = useExactCounts(selection, opened)
  const bulk = useBulk()
  if (!opened) return null
  return (
    <Confirm
      opened
      title={counts.data ? `Archive ${counted(counts.data.total, 'contact')}?` : 'Counting the contacts'}
      consequence="brand"
      counting={!counts.data}
      onYes={async () => {
        const words = ({ changed }: BulkResult) => `Archived ${counted(changed, 'contact')}.`
        await bulk(selection, { type: 'archive' }, { words })
        onDone()
      }}
      onClose={onClose}
    >
      {counts.error && (
        <Text c="red" role="alert">
          {messageOf(counts.error)}
        </Text>
      )}
      <Text>They leave all lists and get no mail. The page Archive brings them back. Opt-outs hold.</Text>
    </Confirm>
  )
}

/** Asks before people are erased; many have their number typed. */
export function BulkErase({ selection, opened, onClose, onDone }: Asked & { opened: boolean }) {
  const counts = useExactCounts(selection, opened)
  const bulk = useBulk()
  if (!opened) return null
  const total = counts.data?.total
  return (
    <Confirm
      opened
      title={total === undefined ? 'Counting the contacts' : `Erase ${counted(total, 'contact')}?`}
      consequence="red"
      counting={total === undefined}
      {...(total !== undefined && total > 100 ? { typed: total } : {})}
      onYes={async () => {
        if (total === undefined) throw new Error('The contacts are not counted yet.')
        const words = ({ changed }: BulkResult) => `Erased ${counted(changed, 'contact')}.`
        await bulk(selection, { type: 'erase', count: total }, { words })
        onDone()
      }}
      onClose={onClose}
    >
      {counts.error && (
        <Text c="red" role="alert">
          {messageOf(counts.error)}
        </Text>
      )}
      <Text>Their details are removed everywhere and cannot be brought back.</Text>
      {counts.data && counts.data.optOut > 0 && <Text>{count(counts.data.optOut)} of them opted out; that stays.</Text>}
    </Confirm>
  )
}
