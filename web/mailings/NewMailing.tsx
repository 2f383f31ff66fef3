import { Button, Modal, Select, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { MailingSource } from '../../src/mailings/blocks.contract.ts'
import { mailing } from '../../src/mailings/mailing.contract.ts'
import { messageOf, post } from '../api.ts'
import { paths } from '../paths.ts'
import { emptySource } from './blocks.ts'
import { useTemplates } from './templates.ts'

export type Beginning = { name: string; source: MailingSource; subject: string }

const EMPTY = 'empty'

/** A mailing begins with a name that only operators see, and from a template or an empty sheet. */
export function NewMailing({ opened, onClose, begin }: { opened: boolean; onClose: () => void; begin?: Beginning }) {
  const [name, setName] = useState('')
  const [chosen, setChosen] = useState(EMPTY)
  const known = useTemplates().data
  const beginnings = [
    ...(known?.items ?? []).map(({ id, ...one }) => ({ key: `own-${id}`, ...one, subject: '' })),
    ...(known?.starters ?? []),
  ]
  const [problem, setProblem] = useState('')
  const client = useQueryClient()
  const navigate = useNavigate()
  const make = useMutation({
    mutationFn: () => {
      const from = begin ?? beginnings.find(({ key }) => key === chosen)
      const { source, subject } = from ?? { source: emptySource('blocks'), subject: '' }
      return post('/mailings', mailing, { name: name.trim(), subject, source })
    },
    onSuccess: async ({ id }) => {
      await client.invalidateQueries({ queryKey: ['mailings'] })
      await navigate({ to: paths.mailing(id) })
    },
    onError: (error) => setProblem(messageOf(error)),
  })
  return (
    <Modal opened={opened} onClose={onClose} title={begin ? `New mailing from ${begin.name}` : 'New mailing'}>
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
        {!begin && (
          <Select
            label="Begin with"
            allowDeselect={false}
            value={chosen}
            data={[
              { value: EMPTY, label: 'An empty sheet' },
              ...beginnings.map(({ key, name: label }) => ({ value: key, label })),
            ]}
            onChange={(value) => setChosen(value ?? EMPTY)}
          />
        )}
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
