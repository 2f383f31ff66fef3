import { Button, Menu, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconArchive, IconArrowMerge, IconDots, IconDownload, IconEraser, IconRestore } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { Contact } from '../../src/audience/contact.contract.ts'
import { anything, del, post } from '../api.ts'
import { downloads, paths } from '../paths.ts'
import { Confirm } from '../ui/Confirm.tsx'
import { noticeDone, noticeFault } from '../ui/notice.tsx'
import { MergeContact } from './MergeContact.tsx'

export function ContactActions({ contact }: { contact: Contact }) {
  const [erasing, erase] = useDisclosure(false)
  const [merging, merge] = useDisclosure(false)
  const client = useQueryClient()
  const navigate = useNavigate()
  const refresh = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: ['contacts'] }),
      client.invalidateQueries({ queryKey: ['groups'] }),
      client.invalidateQueries({ queryKey: ['data-requests'] }),
    ])
  async function set(act: 'archive' | 'restore') {
    await post(`/contacts/${contact.id}/${act}`, anything)
    await refresh()
  }
  async function setAndTell(act: 'archive' | 'restore') {
    try {
      await set(act)
      const undo = () => set(act === 'archive' ? 'restore' : 'archive')
      noticeDone(`${act === 'archive' ? 'Archived' : 'Restored'} ${contact.address}.`, undo)
    } catch (error) {
      noticeFault(error)
    }
  }
  return (
    <>
      <Menu>
        <Menu.Target>
          <Button variant="default" rightSection={<IconDots size={16} aria-hidden />}>
            Actions
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            component="a"
            href={downloads.contactRecord(contact.id)}
            download
            leftSection={<IconDownload size={16} aria-hidden />}
          >
            Export this record
          </Menu.Item>
          <Menu.Item leftSection={<IconArrowMerge size={16} aria-hidden />} onClick={merge.open}>
            Merge with another contact
          </Menu.Item>
          {contact.archivedAt ? (
            <Menu.Item leftSection={<IconRestore size={16} aria-hidden />} onClick={() => void setAndTell('restore')}>
              Restore
            </Menu.Item>
          ) : (
            <Menu.Item leftSection={<IconArchive size={16} aria-hidden />} onClick={() => void setAndTell('archive')}>
              Archive
            </Menu.Item>
          )}
          <Menu.Item color="red" leftSection={<IconEraser size={16} aria-hidden />} onClick={erase.open}>
            Erase
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <MergeContact contact={contact} opened={merging} onClose={merge.close} />
      <Confirm
        opened={erasing}
        title="Erase 1 contact?"
        consequence="red"
        onClose={erase.close}
        onYes={async () => {
          await del(`/contacts/${contact.id}`, anything)
          client.removeQueries({ queryKey: ['contacts', 'one', contact.id] })
          await navigate({ to: paths.contacts, replace: true, ignoreBlocker: true })
          await refresh()
          noticeDone('Erased 1 contact.')
        }}
      >
        <Text>
          The details of <b>{contact.address}</b> are removed everywhere and cannot be brought back.
        </Text>
        {contact.optOut && (
          <Text>The opt-out stays: no mail goes to this address, even when it is imported again.</Text>
        )}
      </Confirm>
    </>
  )
}
