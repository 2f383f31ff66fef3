import { Button, Menu, Text } from '@mantine/core'
import {
  IconArchive,
  IconChevronDown,
  IconCopy,
  IconPencil,
  IconRestore,
  IconSwitchHorizontal,
  IconUserMinus,
} from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Contact } from '../../src/audience/contact.contract.ts'
import type { Group } from '../../src/audience/group.contract.ts'
import { job as jobSchema } from '../../src/platform/job.contract.ts'
import { anything, post } from '../api.ts'
import { Confirm } from '../ui/Confirm.tsx'
import { count, counted } from '../ui/format.ts'
import { noticeDone, noticeFault } from '../ui/notice.tsx'
import { ChangeStatusOfAll } from './ChangeStatusOfAll.tsx'
import { CopyMembers } from './CopyMembers.tsx'
import { GroupName } from './GroupName.tsx'
import { noteStarted, sizeOf } from './groups.ts'
import { useRemoveFromGroup } from './RemoveFromGroup.tsx'

type Dialog = 'remove' | 'status' | 'copy' | 'archive' | 'rename'

/** Remove and Archive act on the ticked rows; with none ticked they ask for the whole group. */
export function GroupActions({ group, selected, onDone }: { group: Group; selected: Contact[]; onDone: () => void }) {
  const [dialog, setDialog] = useState<Dialog>()
  const client = useQueryClient()
  const remove = useRemoveFromGroup(group, selected, onDone)
  const size = sizeOf(group)
  const { active, error, optOut } = group.counts
  const free = active + error
  const close = () => setDialog(undefined)
  const refresh = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: ['groups'] }),
      client.invalidateQueries({ queryKey: ['contacts'] }),
    ])
  const setGroup = async (act: 'archive' | 'restore') => {
    await post(`/groups/${group.id}/${act}`, anything)
    await refresh()
  }
  const setContacts = async (act: 'archive' | 'restore') => {
    for (const { id } of selected) await post(`/contacts/${id}/${act}`, anything)
    await refresh()
  }
  async function archiveTicked() {
    try {
      await setContacts('archive')
      noticeDone(`Archived ${counted(selected.length, 'contact')}.`, () => setContacts('restore'))
      onDone()
    } catch (error) {
      noticeFault(error)
    }
  }
  async function restoreGroup() {
    try {
      await setGroup('restore')
      noticeDone(`Restored ${group.name}.`, () => setGroup('archive'))
    } catch (error) {
      noticeFault(error)
    }
  }
  return (
    <>
      <Menu>
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={15} aria-hidden />}>
            Actions
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconUserMinus size={16} aria-hidden />}
            disabled={selected.length === 0 && (free === 0 || group.job !== null)}
            onClick={() => (selected.length > 0 ? void remove() : setDialog('remove'))}
          >
            Remove from group
          </Menu.Item>
          <Menu.Item
            leftSection={<IconSwitchHorizontal size={16} aria-hidden />}
            disabled={size === 0 || group.job !== null}
            onClick={() => setDialog('status')}
          >
            Change status of all
          </Menu.Item>
          <Menu.Item
            leftSection={<IconCopy size={16} aria-hidden />}
            disabled={free === 0 || group.job !== null}
            onClick={() => setDialog('copy')}
          >
            Copy members
          </Menu.Item>
          {group.archivedAt ? (
            <Menu.Item leftSection={<IconRestore size={16} aria-hidden />} onClick={() => void restoreGroup()}>
              Restore
            </Menu.Item>
          ) : (
            <Menu.Item
              leftSection={<IconArchive size={16} aria-hidden />}
              onClick={() => (selected.length > 0 ? void archiveTicked() : setDialog('archive'))}
            >
              Archive
            </Menu.Item>
          )}
          <Menu.Divider />
          <Menu.Item leftSection={<IconPencil size={16} aria-hidden />} onClick={() => setDialog('rename')}>
            Rename
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ChangeStatusOfAll group={group} opened={dialog === 'status'} onClose={close} />
      <CopyMembers group={group} opened={dialog === 'copy'} onClose={close} />
      <GroupName
        group={group}
        opened={dialog === 'rename'}
        onClose={close}
        onDone={({ name }) => noticeDone(`Renamed to ${name}.`)}
      />
      <Confirm
        opened={dialog === 'remove'}
        title={`Remove ${free === 1 ? 'the 1 contact' : `all ${count(free)} contacts`} from ${group.name}?`}
        consequence="brand"
        onClose={close}
        onYes={async () => {
          const job = await post(`/groups/${group.id}/members/all/remove`, jobSchema)
          noteStarted(client, group, job)
          await refresh()
        }}
      >
        <Text>The contacts, their details and their status stay.</Text>
        {optOut > 0 && (
          <Text>
            {counted(optOut, 'contact')} in this group opted out and {optOut === 1 ? 'stays' : 'stay'} in it, for the
            record.
          </Text>
        )}
      </Confirm>
      <Confirm
        opened={dialog === 'archive'}
        title={`Archive the group ${group.name}?`}
        consequence="brand"
        onClose={close}
        onYes={async () => {
          await setGroup('archive')
          noticeDone(`Archived ${group.name}.`, () => setGroup('restore'))
        }}
      >
        <Text>{size === 1 ? 'Its 1 contact stays.' : `Its ${counted(size, 'contact')} stay.`}</Text>
      </Confirm>
    </>
  )
}
