import { Button, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type Contact, contact as contactSchema } from '../../src/audience/contact.contract.ts'
import { messageOf, patch } from '../api.ts'
import { LeaveGuard } from '../ui/LeaveGuard.tsx'
import { noticeDone } from '../ui/notice.tsx'
import { Panel } from '../ui/Panel.tsx'
import { ContactStatus } from './ContactStatus.tsx'
import { useFields } from './contacts.ts'
import { ErrorNote } from './ErrorNote.tsx'

type Draft = { address?: string; fields: Record<string, string> }
const untouched: Draft = { fields: {} }

/** The editable details of a contact that is not locked; the draft holds only what differs. */
export function ContactDetails({ contact }: { contact: Contact }) {
  const fields = useFields()
  const [draft, setDraft] = useState<Draft>(untouched)
  const client = useQueryClient()
  const changed = Object.entries(draft.fields).filter(([name, value]) => value !== (contact.fields[name] ?? ''))
  const addressChanged = draft.address !== undefined && draft.address.trim() !== contact.address
  const dirty = changed.length > 0 || addressChanged
  const save = useMutation({
    mutationFn: () =>
      patch(`/contacts/${contact.id}`, contactSchema, {
        ...(addressChanged ? { address: draft.address?.trim() } : {}),
        ...(changed.length > 0
          ? { fields: Object.fromEntries(changed.map(([name, value]) => [name, value.trim() || null])) }
          : {}),
      }),
    onSuccess: async (saved) => {
      client.setQueryData(['contacts', 'one', contact.id], saved)
      setDraft(untouched)
      await client.invalidateQueries({ queryKey: ['contacts'] })
      noticeDone('Saved.')
    },
  })
  function discard() {
    setDraft(untouched)
    save.reset()
  }
  return (
    <Panel title="Details" aside={<ContactStatus contact={contact} />}>
      <form
        className="stack tight"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (dirty) save.mutate()
        }}
      >
        {contact.error && <ErrorNote error={contact.error} />}
        <TextInput
          label="Address"
          type="email"
          autoComplete="off"
          value={draft.address ?? contact.address}
          onChange={(event) => setDraft({ ...draft, address: event.currentTarget.value })}
        />
        <div className="two">
          {fields.data?.items.map(({ id, name, label }) => (
            <TextInput
              key={id}
              label={label}
              autoComplete="off"
              value={draft.fields[name] ?? contact.fields[name] ?? ''}
              onChange={(event) =>
                setDraft({ ...draft, fields: { ...draft.fields, [name]: event.currentTarget.value } })
              }
            />
          ))}
        </div>
        {save.error && (
          <Text size="sm" c="red" role="alert">
            {messageOf(save.error)}
          </Text>
        )}
        <div className="row form-acts">
          <span className="dim grow" role="status">
            {dirty ? 'Not saved yet' : 'No unsaved changes'}
          </span>
          <Button variant="default" disabled={!dirty} onClick={discard}>
            Discard
          </Button>
          <Button type="submit" disabled={!dirty} loading={save.isPending}>
            Save
          </Button>
        </div>
      </form>
      <LeaveGuard active={dirty} />
    </Panel>
  )
}
