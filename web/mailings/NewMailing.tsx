import { Button, Modal, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { mailing } from '../../src/mailings/mailing.contract.ts'
import { messageOf, post } from '../api.ts'
import { paths } from '../paths.ts'

/** A mailing begins with a name that only operators see. */
export function NewMailing({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [name, setName] = useState('')
  const [problem, setProblem] = useState('')
  const client = useQueryClient()
  const navigate = useNavigate()
  const make = useMutation({
    mutationFn: () => post('/mailings', mailing, { name: name.trim() }),
    onSuccess: async ({ id }) => {
      await client.invalidateQueries({ queryKey: ['mailings'] })
      await navigate({ to: paths.mailing(id) })
    },
    onError: (error) => setProblem(messageOf(error)),
  })
  return (
    <Modal opened={opened} onClose={onClose} title="New mailing">
      <form
        className="stack tight"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (name.trim() === '') setProblem('Enter a name for the mailing.')
          else make.mutate()
        }}
      >
        <TextInput
          label="Name"
          description="Only you and your colleagues see it"
          data-autofocus
          value={name}
          error={problem}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Text size="xs" c="dimmed">
          Subject, text and groups come next. Nothing is sent before you say so.
        </Text>
        <div className="row dialog-acts">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={make.isPending}>
            Write mailing
          </Button>
        </div>
      </form>
    </Modal>
  )
}
