import { Button, Modal, MultiSelect, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { contact as contactSchema } from '../../src/audience/contact.contract.ts'
import { ApiFailure, post } from '../api.ts'
import { paths } from '../paths.ts'
import { RecordLink } from '../ui/links.tsx'
import { noticeDone } from '../ui/notice.tsx'
import { useFields } from './contacts.ts'
import { useGroups } from './groups.ts'

type Entered = { address: string; fields: Record<string, string>; groupIds: string[] }

export function AddContact({ opened, onClose, groupId }: { opened: boolean; onClose: () => void; groupId?: string }) {
  const blank = (): Entered => ({ address: '', fields: {}, groupIds: groupId ? [groupId] : [] })
  const [entered, setEntered] = useState(blank)
  const [problem, setProblem] = useState('')
  const address = useRef<HTMLInputElement>(null)
  const fields = useFields()
  const groups = useGroups()
  const client = useQueryClient()
  const save = useMutation({
    mutationFn: (_then: 'close' | 'another') =>
      post('/contacts', contactSchema, {
        address: entered.address.trim(),
        fields: Object.fromEntries(Object.entries(entered.fields).filter(([, value]) => value.trim() !== '')),
        groupIds: entered.groupIds,
      }),
    onSuccess: async (made, then) => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ['contacts'] }),
        client.invalidateQueries({ queryKey: ['groups'] }),
      ])
      noticeDone(
        <>
          Added <RecordLink to={paths.contact(made.id)}>{made.address}</RecordLink>
          {made.held && '. They get no mail until you decide: possibly the same person as somebody who opted out'}.
        </>,
      )
      setEntered({ ...blank(), groupIds: entered.groupIds })
      if (then === 'close') onClose()
      else address.current?.focus()
    },
    onError: (error) => {
      setProblem(error instanceof ApiFailure ? error.message : String(error))
      address.current?.focus()
    },
  })
  function submit(then: 'close' | 'another') {
    setProblem('')
    if (entered.address.trim() !== '') return save.mutate(then)
    setProblem('Enter an address.')
    address.current?.focus()
  }
  function close() {
    setProblem('')
    setEntered(blank())
    onClose()
  }
  return (
    <Modal opened={opened} onClose={close} title="Add contact">
      <form
        className="stack tight"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          submit('close')
        }}
      >
        <TextInput
          ref={address}
          label="Address"
          type="email"
          autoComplete="off"
          data-autofocus
          value={entered.address}
          error={problem}
          onChange={(event) => setEntered({ ...entered, address: event.currentTarget.value })}
        />
        {fields.data?.items.map((field) => (
          <TextInput
            key={field.id}
            label={`${field.label} (if you like)`}
            autoComplete="off"
            value={entered.fields[field.name] ?? ''}
            onChange={(event) =>
              setEntered({ ...entered, fields: { ...entered.fields, [field.name]: event.currentTarget.value } })
            }
          />
        ))}
        {(groups.data?.length ?? 0) > 0 && (
          <MultiSelect
            label="Groups (if you like)"
            data={groups.data?.map(({ id, name }) => ({ value: id, label: name })) ?? []}
            value={entered.groupIds}
            onChange={(groupIds) => setEntered({ ...entered, groupIds })}
            searchable
            comboboxProps={{ keepMounted: false }}
          />
        )}
        <Text size="xs" c="dimmed">
          Add only people who agreed to get mail from you. An address that opted out cannot be added.
        </Text>
        <div className="row dialog-acts">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button variant="default" disabled={save.isPending} onClick={() => submit('another')}>
            Save and add another
          </Button>
          <Button type="submit" loading={save.isPending}>
            Save and close
          </Button>
        </div>
      </form>
    </Modal>
  )
}
