import { Button, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconArrowBackUp, IconHourglass } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type AudienceImport, type ImportUndoResult, importUndoResult } from '../../src/audience/import.contract.ts'
import { anything, get, post } from '../api.ts'
import { Banner } from '../ui/Banner.tsx'
import { Confirm } from '../ui/Confirm.tsx'
import { count, counted } from '../ui/format.ts'
import { When } from '../ui/When.tsx'

const isGoing = ({ undo }: AudienceImport) => undo?.status === 'queued' || undo?.status === 'running'

/** Offers to take an import back while that is possible; the question says what will happen, with the numbers. */
export function UndoImport({ import: one }: { import: AudienceImport }) {
  const [opened, dialog] = useDisclosure(false)
  const client = useQueryClient()
  const foreseen = useQuery({
    queryKey: ['imports', 'undo', one.id],
    queryFn: () => get(`/imports/${one.id}/undo`, importUndoResult),
    enabled: opened,
    staleTime: 0,
  })
  if (one.undoableUntil === null || (one.undo !== null && one.undo.status !== 'failed')) return null
  return (
    <>
      <Button variant="default" leftSection={<IconArrowBackUp size={16} aria-hidden />} onClick={dialog.open}>
        Undo this import
      </Button>
      <Confirm
        opened={opened}
        title="Undo this import?"
        consequence="red"
        onYes={async () => {
          await post(`/imports/${one.id}/undo`, anything)
          await client.invalidateQueries({ queryKey: ['imports'] })
        }}
        onClose={dialog.close}
      >
        {foreseen.error ? (
          <Text c="red" role="alert">
            {foreseen.error.message}
          </Text>
        ) : (
          <Text role="status">{foreseen.data ? willHappen(foreseen.data) : 'Counting what would change.'}</Text>
        )}
      </Confirm>
    </>
  )
}

/** What became of taking it back, also for those who come later. */
export function UndoState({ import: one }: { import: AudienceImport }) {
  const { undo } = one
  if (!undo) return null
  if (isGoing(one))
    return (
      <div role="status">
        <Banner tint="brand" icon={IconHourglass} title="This import is being undone">
          It goes on when you close this page.
        </Banner>
      </div>
    )
  if (undo.status === 'failed' || !undo.result)
    return (
      <Banner tint="red" title="This import could not be undone to its end">
        What was taken back stays so, and the rest is as the import left it. Undo it again to go on.
      </Banner>
    )
  return (
    <div role="status">
      <Banner tint="gray" icon={IconArrowBackUp} title="This import was undone">
        {happened(undo.result)} <When at={undo.at} />
        {undo.by ? `, ${undo.by}.` : '.'}
      </Banner>
    </div>
  )
}

function willHappen({ archived, rolledBack, leftGroups, leftAlone, optedOutKept }: ImportUndoResult): string {
  return [
    `${counted(archived, 'new contact')} ${archived === 1 ? 'is' : 'are'} archived and ${count(rolledBack)} ${rolledBack === 1 ? 'gets its' : 'get their'} former details back.`,
    leftGroups > 0 && `${counted(leftGroups, 'membership')} of groups ${leftGroups === 1 ? 'is' : 'are'} taken back.`,
    leftAlone > 0 &&
      `${counted(leftAlone, 'contact')} that opted out or ${leftAlone === 1 ? 'was' : 'were'} changed since ${leftAlone === 1 ? 'stays' : 'stay'} as ${leftAlone === 1 ? 'it is' : 'they are'}.`,
    keptOptOuts(optedOutKept),
  ]
    .filter(Boolean)
    .join(' ')
}

function happened({ archived, rolledBack, leftAlone, optedOutKept }: ImportUndoResult): string {
  return [
    `${counted(archived, 'contact')} went to the archive, ${count(rolledBack)} got former details back.`,
    leftAlone > 0 && `${counted(leftAlone, 'contact')} stayed as ${leftAlone === 1 ? 'it was' : 'they were'}.`,
    keptOptOuts(optedOutKept),
  ]
    .filter(Boolean)
    .join(' ')
}

const keptOptOuts = (n: number) =>
  n > 0 && `The ${n === 1 ? 'opt-out' : `${count(n)} opt-outs`} from the file ${n === 1 ? 'stays' : 'stay'}.`
