import { Menu, UnstyledButton } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import {
  IconArchive,
  IconDots,
  IconDownload,
  IconEraser,
  IconSwitch,
  IconUserMinus,
  IconUsersGroup,
} from '@tabler/icons-react'
import { useState } from 'react'
import type { Contact, Selection } from '../../src/audience/contact.contract.ts'
import type { ContactStatus } from '../../src/audience/group.contract.ts'
import { count, counted } from '../ui/format.ts'
import { noticeFault } from '../ui/notice.tsx'
import { statusLook } from '../ui/StatusBadge.tsx'
import { AddToGroup } from './AddToGroup.tsx'
import { BulkBar } from './BulkBar.tsx'
import { BulkArchive, BulkErase, BulkStatus } from './BulkConfirm.tsx'
import { BulkLeave } from './BulkLeave.tsx'
import { type BulkResult, useBulk, useExactCounts } from './bulk.ts'
import { ExportDialog } from './ExportDialog.tsx'

const statuses: ContactStatus[] = ['active', 'error', 'opt_out']

/** What can be done with the ticked rows, or with all that match. */
export function BulkActs({
  contacts,
  all,
  selection,
  onPage,
  total,
  onAll,
  onOnlyPage,
  onClear,
}: {
  contacts: Contact[]
  all: boolean
  selection: Selection
  /** Rows of the page that is shown. */
  onPage: number
  /** How many match. */
  total: number | undefined
  onAll: () => void
  onOnlyPage: () => void
  onClear: () => void
}) {
  const n = all ? (total ?? 0) : contacts.length
  const [grouping, group] = useDisclosure(false)
  const [leaving, leave] = useDisclosure(false)
  const [exporting, exports] = useDisclosure(false)
  const [erasing, erase] = useDisclosure(false)
  const [archiving, ask] = useDisclosure(false)
  const [status, setStatus] = useState<ContactStatus | null>(null)
  // All that match is who matches now, not who did when the list was read.
  const exact = useExactCounts(selection, all && (grouping || leaving || exporting))
  const asked = all ? (exact.data?.total ?? n) : n
  const bulk = useBulk()
  async function archive() {
    try {
      const words = ({ changed }: BulkResult) => `Archived ${counted(changed, 'contact')}.`
      const back = { words: ({ changed }: BulkResult) => `Restored ${counted(changed, 'contact')}.` }
      const undo = () => bulk(selection, { type: 'restore' }, back)
      await bulk(selection, { type: 'archive' }, { words, undo })
      onClear()
    } catch (error) {
      noticeFault(error)
    }
  }
  const done = () => {
    setStatus(null)
    onClear()
  }
  return (
    <>
      <BulkBar n={n} onClear={onClear} label={all ? `All ${count(n)} that match are selected` : `${count(n)} selected`}>
        {all ? (
          <UnstyledButton className="link" onClick={onOnlyPage}>
            Only the {count(contacts.length)} on this page
          </UnstyledButton>
        ) : (
          contacts.length === onPage &&
          total !== undefined &&
          total > contacts.length && (
            <UnstyledButton className="link" onClick={onAll}>
              Select all {count(total)} that match
            </UnstyledButton>
          )
        )}
        <UnstyledButton onClick={group.open}>
          <IconUsersGroup size={16} aria-hidden />
          Add to group
        </UnstyledButton>
        <Menu position="top">
          <Menu.Target>
            <UnstyledButton>
              <IconSwitch size={16} aria-hidden />
              Change status
            </UnstyledButton>
          </Menu.Target>
          <Menu.Dropdown>
            {statuses.map((one) => {
              const { word, icon: Sign } = statusLook[one]
              return (
                <Menu.Item key={one} leftSection={<Sign size={16} aria-hidden />} onClick={() => setStatus(one)}>
                  {word}
                </Menu.Item>
              )
            })}
          </Menu.Dropdown>
        </Menu>
        <UnstyledButton onClick={exports.open}>
          <IconDownload size={16} aria-hidden />
          Export
        </UnstyledButton>
        <Menu position="top-end">
          <Menu.Target>
            <UnstyledButton>
              <IconDots size={16} aria-hidden />
              More actions
            </UnstyledButton>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<IconUserMinus size={16} aria-hidden />} onClick={leave.open}>
              Remove from group
            </Menu.Item>
            <Menu.Item
              leftSection={<IconArchive size={16} aria-hidden />}
              onClick={() => (all ? ask.open() : void archive())}
            >
              Archive
            </Menu.Item>
            <Menu.Item color="red" leftSection={<IconEraser size={16} aria-hidden />} onClick={erase.open}>
              Erase
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </BulkBar>
      <AddToGroup
        contacts={contacts}
        {...(all ? { selection, total: asked } : {})}
        opened={grouping}
        onClose={group.close}
        onDone={onClear}
      />
      <BulkLeave selection={selection} n={asked} opened={leaving} onClose={leave.close} onDone={onClear} />
      <BulkStatus selection={selection} status={status} onClose={() => setStatus(null)} onDone={done} />
      <BulkArchive selection={selection} opened={archiving} onClose={ask.close} onDone={onClear} />
      <BulkErase selection={selection} opened={erasing} onClose={erase.close} onDone={onClear} />
      <ExportDialog selection={selection} total={asked} opened={exporting} onClose={exports.close} />
    </>
  )
}
