import { Button, Modal, Select, Text } from '@mantine/core'
import { useState } from 'react'
import type { Selection } from '../../src/audience/contact.contract.ts'
import { messageOf } from '../api.ts'
import { counted } from '../ui/format.ts'
import { type BulkResult, useBulk } from './bulk.ts'
import { useGroups } from './groups.ts'

/** Takes the selected contacts out of one group. Opted-out ones stay in it, for the record. */
export function BulkLeave({
  selection,
  n,
  opened,
  onClose,
  onDone,
}: {
  selection: Selection
  n: number
  opened: boolean
  onClose: () => void
  onDone: () => void
}) {
  const [groupId, setGroupId] = useState<string | null>(null)
  const [problem, setProblem] = useState('')
  const groups = useGroups()
  const bulk = useBulk()
  async function remove() {
    if (groupId === null) return setProblem('Choose a group.')
    try {
      const name = groups.data?.find(({ id }) => id === groupId)?.name ?? 'the group'
      const words = ({ changed }: BulkResult) => `Removed ${counted(changed, 'contact')} from ${name}.`
      const back = { words: ({ changed }: BulkResult) => `Added ${counted(changed, 'contact')} to ${name} again.` }
      const undo = 'ids' in selection ? { undo: () => bulk(selection, { type: 'add_to_group', groupId }, back) } : {}
      await bulk(selection, { type: 'remove_from_group', groupId }, { words, ...undo })
      onClose()
      onDone()
    } catch (error) {
      setProblem(messageOf(error))
    }
  }
  return (
    <Modal opened={opened} onClose={onClose} title={`Remove ${counted(n, 'contact')} from a group`}>
      <div className="stack tight">
        <Select
          label="Group"
          searchable
          data={groups.data?.map(({ id, name }) => ({ value: id, label: name })) ?? []}
          value={groupId}
          error={problem}
          onChange={(value) => {
            setProblem('')
            setGroupId(value)
          }}
        />
        <Text size="sm" c="dimmed">
          They stay in the audience. Contacts that opted out stay in the group, for the record.
        </Text>
        <div className="row dialog-acts">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button onClick={() => void remove()}>Remove</Button>
        </div>
      </div>
    </Modal>
  )
}
