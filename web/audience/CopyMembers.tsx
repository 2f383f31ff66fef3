import { Button, Checkbox, Modal, Select, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type Group, type GroupCopy, groupCopy } from '../../src/audience/group.contract.ts'
import { job as jobSchema } from '../../src/platform/job.contract.ts'
import { messageOf, post } from '../api.ts'
import { count, counted } from '../ui/format.ts'
import { noteStarted, useGroups } from './groups.ts'

/** Copies members with certain statuses to a group that exists or to one made for it; the work itself is a job. */
export function CopyMembers({ group, opened, onClose }: { group: Group; opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Copy members">
      {opened && <CopyForm group={group} onClose={onClose} />}
    </Modal>
  )
}

function CopyForm({ group, onClose }: { group: Group; onClose: () => void }) {
  const [statuses, setStatuses] = useState(['active', 'error'])
  const [groupId, setGroupId] = useState<string | null>(null)
  const [newGroup, setNewGroup] = useState('')
  const [problem, setProblem] = useState('')
  const groups = useGroups()
  const client = useQueryClient()
  const { active, error, optOut } = group.counts
  const n = (statuses.includes('active') ? active : 0) + (statuses.includes('error') ? error : 0)
  const others = (groups.data ?? []).filter(({ id }) => id !== group.id)
  const start = useMutation({
    mutationFn: (body: GroupCopy) => post(`/groups/${group.id}/copy`, jobSchema, body),
    onSuccess: async (job) => {
      noteStarted(client, group, job)
      onClose()
      await client.invalidateQueries({ queryKey: ['groups'] })
    },
    onError: (fault) => setProblem(messageOf(fault)),
  })
  function submit() {
    if (!newGroup.trim() && !groupId) return setProblem('Choose a group, or enter a name for a new one.')
    const asked = groupCopy.safeParse({ to: newGroup.trim() ? { newGroup } : { groupId }, statuses })
    setProblem(asked.error?.issues[0]?.message ?? '')
    if (asked.success) start.mutate(asked.data)
  }
  return (
    <form
      className="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <Checkbox.Group label="Members with the status" value={statuses} onChange={setStatuses}>
        <div className="stack tight radios">
          <Checkbox value="active" label="Active" description={counted(active, 'contact')} />
          <Checkbox
            value="error"
            label="Error"
            description={`${counted(error, 'contact')}${error > 0 ? ', without mail there either' : ''}`}
          />
        </div>
      </Checkbox.Group>
      {optOut > 0 && (
        <Text size="sm" c="dimmed">
          {optOut === 1
            ? '1 contact in this group opted out and joins'
            : `${count(optOut)} contacts in this group opted out and join`}{' '}
          no other group.
        </Text>
      )}
      {others.length > 0 && (
        <Select
          label="Copy to"
          placeholder="Choose a group"
          data={others.map(({ id, name, kind }) => ({
            value: id,
            label: kind === 'test' ? `${name} (test group)` : name,
          }))}
          value={groupId}
          onChange={setGroupId}
          disabled={newGroup.trim() !== ''}
          searchable
          clearable
        />
      )}
      <TextInput
        label="Add a new group"
        autoComplete="off"
        value={newGroup}
        onChange={(event) => setNewGroup(event.currentTarget.value)}
      />
      {problem && (
        <Text size="sm" c="red" role="alert">
          {problem}
        </Text>
      )}
      <div className="row dialog-acts">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={start.isPending} disabled={n === 0}>
          Copy {counted(n, 'contact')}
        </Button>
      </div>
    </form>
  )
}
