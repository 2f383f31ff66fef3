import { Button, Modal, Select, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Contact, Selection } from '../../src/audience/contact.contract.ts'
import { group as groupSchema, membersResult } from '../../src/audience/group.contract.ts'
import { anything, del, messageOf, post } from '../api.ts'
import { paths } from '../paths.ts'
import { counted } from '../ui/format.ts'
import { RecordLink } from '../ui/links.tsx'
import { noticeDone } from '../ui/notice.tsx'
import { type BulkResult, useBulk } from './bulk.ts'
import { useGroups } from './groups.ts'

/** Adds the ticked contacts to a group that exists or to one made for it. */
export function AddToGroup({
  contacts,
  selection,
  total = contacts.length,
  opened,
  onClose,
  onDone,
}: {
  contacts: Contact[]
  /** All that match, in place of the ticked contacts: added by a job. */
  selection?: Selection
  total?: number
  opened: boolean
  onClose: () => void
  onDone: () => void
}) {
  const [groupId, setGroupId] = useState<string | null>(null)
  const [newName, setNewName] = useState('')
  const [problem, setProblem] = useState('')
  const groups = useGroups()
  const client = useQueryClient()
  const bulk = useBulk()
  const contactIds = contacts.map(({ id }) => id)
  const refresh = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: ['contacts'] }),
      client.invalidateQueries({ queryKey: ['groups'] }),
    ])
  const add = useMutation({
    mutationFn: async () => {
      const chosen = groups.data?.find(({ id }) => id === groupId)
      const into = newName.trim() ? await post('/groups', groupSchema, { name: newName.trim() }) : chosen
      if (!into) throw new Error('Choose a group, or enter a name for a new one.')
      if (selection) {
        const words = ({ changed }: BulkResult) => `Added ${counted(changed, 'contact')} to ${into.name}.`
        await bulk(selection, { type: 'add_to_group', groupId: into.id }, { words })
        return { into, result: null }
      }
      return { into, result: await post(`/groups/${into.id}/members`, membersResult, { contactIds }) }
    },
    onSuccess: async ({ into, result }) => {
      await refresh()
      if (result === null) {
        close()
        return onDone()
      }
      const undo = async () => {
        await del(`/groups/${into.id}/members`, anything, { contactIds })
        await refresh()
      }
      noticeDone(
        <>
          Added {counted(result.changed, 'contact')} to <RecordLink to={paths.group(into.id)}>{into.name}</RecordLink>.
          {result.optedOut > 0 &&
            ` ${result.optedOut} opted out and ${result.optedOut === 1 ? 'was' : 'were'} left alone.`}
        </>,
        // Who was in the group before must not be taken out by an undo.
        result.changed === contactIds.length ? undo : undefined,
      )
      close()
      onDone()
    },
    onError: (error) => setProblem(messageOf(error)),
  })
  function close() {
    setGroupId(null)
    setNewName('')
    setProblem('')
    onClose()
  }
  return (
    <Modal opened={opened} onClose={close} title={`Add ${counted(total, 'contact')} to a group`}>
      <form
        className="stack tight"
        onSubmit={(event) => {
          event.preventDefault()
          setProblem('')
          add.mutate()
        }}
      >
        {(groups.data?.length ?? 0) > 0 && (
          <Select
            label="Group"
            data={groups.data?.map(({ id, name }) => ({ value: id, label: name })) ?? []}
            value={groupId}
            onChange={setGroupId}
            disabled={newName.trim() !== ''}
            searchable
            clearable
          />
        )}
        <TextInput
          label="Add a new group"
          description="For example: Opt-outs"
          value={newName}
          onChange={(event) => setNewName(event.currentTarget.value)}
          autoComplete="off"
        />
        {problem && (
          <Text size="sm" c="red" role="alert">
            {problem}
          </Text>
        )}
        <div className="row dialog-acts">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={add.isPending}>
            Add
          </Button>
        </div>
      </form>
    </Modal>
  )
}
