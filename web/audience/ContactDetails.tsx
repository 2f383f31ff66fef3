import { Button, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { type Contact, contact as contactSchema } from '../../src/audience/contact.contract.ts'
import type { FieldValue, FieldValues } from '../../src/audience/field.contract.ts'
import { ApiFailure, faultsOf, messageOf, patch } from '../api.ts'
import { LeaveGuard } from '../ui/LeaveGuard.tsx'
import { noticeDone } from '../ui/notice.tsx'
import { Panel } from '../ui/Panel.tsx'
import { ContactStatus } from './ContactStatus.tsx'
import { useFields } from './contacts.ts'
import { emptyOnes, FaultCount, isEmpty, useFaults } from './FieldFaults.tsx'
import { FieldInput } from './FieldInput.tsx'

type Draft = { address?: string; fields: FieldValues }
const untouched: Draft = { fields: {} }

/** The editable details of a contact that is not locked; the draft holds only what differs. */
export function ContactDetails({ contact }: { contact: Contact }) {
  const fields = useFields()
  const known = fields.data?.items ?? []
  const [draft, setDraft] = useState<Draft>(untouched)
  const form = useRef<HTMLFormElement>(null)
  const { faults, show, clear } = useFaults(form)
  const client = useQueryClient()
  const changed = Object.entries(draft.fields).filter(([name, value]) => !isSame(value, contact.fields[name]))
  const addressChanged = draft.address !== undefined && draft.address.trim() !== contact.address
  const dirty = changed.length > 0 || addressChanged
  const valueOf = (name: string) => draft.fields[name] ?? contact.fields[name]
  const save = useMutation({
    mutationFn: (_sent: Draft) =>
      patch(`/contacts/${contact.id}`, contactSchema, {
        ...(addressChanged ? { address: draft.address?.trim() } : {}),
        ...(changed.length > 0
          ? { fields: Object.fromEntries(changed.map(([name, value]) => [name, isEmpty(value) ? null : value])) }
          : {}),
      }),
    onSuccess: async (_saved, sent) => {
      await client.invalidateQueries({ queryKey: ['contacts'] })
      setDraft((now) => typedSince(sent, now))
      noticeDone('Saved.')
    },
    onError: async (error) => {
      const found = faultsOf(error)
      if (Object.keys(found).length > 0) show(found)
      else if (addressChanged && error instanceof ApiFailure && error.code.startsWith('contact.'))
        show({ address: error.message })
      if (error instanceof ApiFailure && error.code === 'contact.opted_out')
        await client.invalidateQueries({ queryKey: ['contacts'] })
    },
  })
  function discard() {
    setDraft(untouched)
    show({})
    save.reset()
  }
  function submit() {
    if (!dirty) return
    const found = {
      ...(draft.address?.trim() === '' ? { address: 'Enter an address.' } : {}),
      ...emptyOnes(known, valueOf),
    }
    show(found)
    if (Object.keys(found).length === 0) save.mutate(draft)
  }
  return (
    <Panel title="Details" aside={<ContactStatus contact={contact} />}>
      <form
        ref={form}
        className="stack tight"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <FaultCount faults={faults} />
        <TextInput
          label="Address"
          type="email"
          autoComplete="off"
          value={draft.address ?? contact.address}
          error={faults['address']}
          onChange={(event) => {
            setDraft({ ...draft, address: event.currentTarget.value })
            clear('address')
          }}
        />
        <div className="two">
          {known.map((field) => (
            <div key={field.id} className={field.type === 'long' ? 'both' : ''}>
              <FieldInput
                field={field}
                value={valueOf(field.name) ?? ''}
                error={faults[`fields/${field.name}`]}
                onChange={(value) => {
                  setDraft((before) => ({ ...before, fields: { ...before.fields, [field.name]: value } }))
                  clear(`fields/${field.name}`)
                }}
              />
            </div>
          ))}
        </div>
        {save.error && Object.keys(faults).length === 0 && (
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

/** What was typed while the rest was being saved. */
function typedSince(sent: Draft, now: Draft): Draft {
  const fields = Object.entries(now.fields).filter(([name, value]) => value !== sent.fields[name])
  return {
    ...(now.address === undefined || now.address === sent.address ? {} : { address: now.address }),
    fields: Object.fromEntries(fields),
  }
}

function isSame(one: FieldValue, other: FieldValue | undefined): boolean {
  if (other === undefined) return isEmpty(one)
  return JSON.stringify(one) === JSON.stringify(other)
}
