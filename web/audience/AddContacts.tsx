import { Modal, Tabs } from '@mantine/core'
import type { Group } from '../../src/audience/group.contract.ts'
import { AddByPaste } from './AddByPaste.tsx'
import { AddBySearch } from './AddBySearch.tsx'

/** Adds contacts to a group: those that a search finds, or pasted addresses. */
export function AddContacts({ group, opened, onClose }: { group: Group; opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Add contacts to ${group.name}`} size={640}>
      <Tabs defaultValue="search" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="search">Search</Tabs.Tab>
          <Tabs.Tab value="paste">Paste addresses</Tabs.Tab>
        </Tabs.List>
        <div className="tabs-body">
          <Tabs.Panel value="search">
            <AddBySearch group={group} onClose={onClose} />
          </Tabs.Panel>
          <Tabs.Panel value="paste">
            <AddByPaste group={group} onClose={onClose} />
          </Tabs.Panel>
        </div>
      </Tabs>
    </Modal>
  )
}
