import { Button, Checkbox, Modal, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type Group, group as groupSchema, type NewGroup, newGroup } from '../../src/audience/group.contract.ts'
import { messageOf, patch, post } from '../api.ts'

/** Asks for the name of a new group, or for another name of `group`. */
export function GroupName({
  opened,
  group,
  onClose,
  onDone,
}: {
  opened: boolean
  group?: Group
  onClose: () => void
  onDone: (group: Group) => void
}) {
  const [name, setName] = useState<string>()
  const [isTest, setIsTest] = useState(false)
  const [problem, setProblem] = useState('')
  const client = useQueryClient()
  const entered = name ?? group?.name ?? ''
  const save = useMutation({
    mutationFn: (body: NewGroup) =>
      group ? patch(`/groups/${group.id}`, groupSchema, { name: body.name }) : post('/groups', groupSchema, body),
    onSuccess: async (saved) => {
      await client.invalidateQueries({ queryKey: ['groups'] })
      close()
      onDone(saved)
    },
    onError: (error) => setProblem(messageOf(error)),
  })
  function close() {
    setName(undefined)
    setIsTest(false)
    setProblem('')
    onClose()
  }
  return (
    <Modal opened={opened} onClose={close} title={group ? 'Rename the group' : 'Create a group'}>
      <form
        className="stack tight"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          const parsed = newGroup.safeParse({ name: entered, kind: isTest ? 'test' : 'regular' })
          setProblem(parsed.error?.issues[0]?.message ?? '')
          if (parsed.success) save.mutate(parsed.data)
        }}
      >
        <TextInput
          label="Name"
          data-autofocus
          autoComplete="off"
          value={entered}
          error={problem}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {!group && (
          <Checkbox
            label="Test group (at most 10 contacts)"
            description="For colleagues who look at a mailing before it goes out. This cannot be changed later."
            checked={isTest}
            onChange={(event) => setIsTest(event.currentTarget.checked)}
          />
        )}
        <div className="row dialog-acts">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending}>
            {group ? 'Save' : 'Create group'}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
