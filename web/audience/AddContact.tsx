import { Button, Modal, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useRef, useState } from 'react'
import { contact as contactSchema } from '../../src/audience/contact.contract.ts'
import type { FieldValues } from '../../src/audience/field.contract.ts'
import { ApiFailure, faultsOf, messageOf, post } from '../api.ts'
import { paths } from '../paths.ts'
import { RecordLink, TextLink } from '../ui/links.tsx'
import { noticeDone } from '../ui/notice.tsx'
import { useFields } from './contacts.ts'
import { emptyOnes, FaultCount, isEmpty, useFaults } from './FieldFaults.tsx'
import { FieldInput } from './FieldInput.tsx'
import { GroupTicks } from './GroupTicks.tsx'

type Props = { opened: boolean; onClose: () => void; groupId?: string }

export function AddContact({ opened, onClose, groupId }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="Add contact">
      {opened && <AddForm onClose={onClose} {...(groupId === undefined ? {} : { groupId })} />}
    </Modal>
  )
}

function AddForm({ onClose, groupId }: Omit<Props, 'opened'>) {
  const [address, setAddress] = useState('')
  const [values, setValues] = useState<FieldValues>({})
  const [groupIds, setGroupIds] = useState(groupId ? [groupId] : [])
  const [other, setOther] = useState<ReactNode>(null)
  const first = useRef<HTMLInputElement>(null)
  const form = useRef<HTMLFormElement>(null)
  const { faults, show, clear } = useFaults(form)
  const fields = useFields()
  const known = fields.data?.items ?? []
  const client = useQueryClient()
  const save = useMutation({
    mutationFn: (_then: 'close' | 'another') =>
      post('/contacts', contactSchema, {
        address: address.trim(),
        fields: Object.fromEntries(Object.entries(values).filter(([, value]) => !isEmpty(value))),
        groupIds,
      }),
    onSuccess: async (made, then) => {
      noticeDone(
        <>
          Added <RecordLink to={paths.contact(made.id)}>{made.address}</RecordLink>
          {made.held && '. They get no mail until you decide: possibly the same person as somebody who opted out'}.
        </>,
      )
      setAddress('')
      setValues({})
      if (then === 'close') onClose()
      else first.current?.focus()
      await Promise.all([
        client.invalidateQueries({ queryKey: ['contacts'] }),
        client.invalidateQueries({ queryKey: ['groups'] }),
      ])
    },
    onError: (error) => {
      const found = faultsOf(error)
      if (Object.keys(found).length > 0) return show(found)
      if (!(error instanceof ApiFailure) || !error.code.startsWith('contact.')) return setOther(messageOf(error))
      show({ address: error.message })
      setOther(<TheOther error={error} />)
    },
  })
  function submit(then: 'close' | 'another') {
    setOther(null)
    const found = {
      ...(address.trim() === '' ? { address: 'Enter an address.' } : {}),
      ...emptyOnes(known, (name) => values[name]),
    }
    show(found)
    if (Object.keys(found).length === 0) save.mutate(then)
  }
  return (
    <form
      ref={form}
      className="stack tight"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        submit('close')
      }}
    >
      <FaultCount faults={faults} />
      <TextInput
        ref={first}
        label="Email address"
        type="email"
        autoComplete="off"
        data-autofocus
        value={address}
        error={faults['address']}
        onChange={(event) => {
          setAddress(event.currentTarget.value)
          clear('address')
          setOther(null)
        }}
      />
      {other && (
        <Text size="sm" component="div" role="alert">
          {other}
        </Text>
      )}
      {known.map((field) => (
        <FieldInput
          key={field.id}
          field={field}
          says
          value={values[field.name] ?? ''}
          error={faults[`fields/${field.name}`]}
          onChange={(value) => {
            setValues((before) => ({ ...before, [field.name]: value }))
            clear(`fields/${field.name}`)
          }}
        />
      ))}
      <GroupTicks label="Groups (if you like)" chosen={groupIds} onChange={setGroupIds} />
      <Text size="xs" c="dimmed">
        Add only people who agreed to get mail from you. An address that opted out cannot be added.
      </Text>
      <div className="row dialog-acts">
        <Button variant="default" onClick={onClose}>
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
  )
}

/** The way to the contact that has the address already. */
function TheOther({ error: { fields } }: { error: ApiFailure }) {
  if (typeof fields !== 'object' || fields === null || !('contactId' in fields)) return null
  return (
    <TextLink to={paths.contact(String(fields.contactId))} inherit>
      Open that contact
    </TextLink>
  )
}
