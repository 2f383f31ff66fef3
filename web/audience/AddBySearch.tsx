import { Button, Checkbox, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type Contact, contacts } from '../../src/audience/contact.contract.ts'
import { type Group, membersResult } from '../../src/audience/group.contract.ts'
import { get, messageOf, post } from '../api.ts'
import { Address } from '../ui/Address.tsx'
import { count, counted } from '../ui/format.ts'
import { noticeDone } from '../ui/notice.tsx'
import { StatusBadge } from '../ui/StatusBadge.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { nameOf } from './contacts.ts'

const SHOWN = 20

/** What is ticked stays ticked through other searches. */
export function AddBySearch({ group, onClose }: { group: Group; onClose: () => void }) {
  const [text, setText] = useState('')
  const [search] = useDebouncedValue(text.trim(), 200)
  const [ticked, setTicked] = useState<string[]>([])
  const [problem, setProblem] = useState('')
  const client = useQueryClient()
  const found = useQuery({
    queryKey: ['contacts', 'to-add', search],
    queryFn: () => get('/contacts', contacts, { search, limit: SHOWN }),
    placeholderData: keepPreviousData,
  })
  const add = useMutation({
    mutationFn: () => post(`/groups/${group.id}/members`, membersResult, { contactIds: ticked }),
    onSuccess: async ({ changed, optedOut }) => {
      await Promise.all(['groups', 'contacts'].map((key) => client.invalidateQueries({ queryKey: [key] })))
      const left = optedOut > 0 ? ` ${count(optedOut)} opted out meanwhile and joined no group.` : ''
      noticeDone(`Added ${counted(changed, 'contact')} to ${group.name}.${left}`)
      onClose()
    },
    onError: (error) => setProblem(messageOf(error)),
  })
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        if (ticked.length > 0) add.mutate()
      }}
    >
      <TextInput
        label="Search contacts to add"
        placeholder="Address, name or any field"
        leftSection={<IconSearch size={15} aria-hidden />}
        autoComplete="off"
        data-autofocus
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {found.data ? (
        <Found items={found.data.items} more={found.data.nextCursor !== null} {...{ group, ticked, setTicked }} />
      ) : found.error ? (
        <Text c="red">{messageOf(found.error)}</Text>
      ) : (
        <Waiting />
      )}
      {problem && (
        <Text size="sm" c="red" role="alert">
          {problem}
        </Text>
      )}
      <div className="row dialog-acts">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={add.isPending} disabled={ticked.length === 0}>
          {ticked.length > 0 ? `Add ${counted(ticked.length, 'contact')}` : 'Add contacts'}
        </Button>
      </div>
    </form>
  )
}

function Found({
  items,
  more,
  group,
  ticked,
  setTicked,
}: {
  items: Contact[]
  more: boolean
  group: Group
  ticked: string[]
  setTicked: (ids: string[]) => void
}) {
  if (items.length === 0) return <Text c="dimmed">No contact matches.</Text>
  return (
    <div>
      <ul className="pick" aria-label="Contacts that were found">
        {items.map((contact) => (
          <li key={contact.id}>
            <Checkbox
              label={
                <>
                  <Address>{contact.address}</Address> <span className="dim">{nameOf(contact)}</span>
                </>
              }
              checked={ticked.includes(contact.id)}
              disabled={contact.optOut !== null || contact.groupIds.includes(group.id)}
              onChange={({ currentTarget: { checked } }) =>
                setTicked(checked ? [...ticked, contact.id] : ticked.filter((id) => id !== contact.id))
              }
            />
            {contact.groupIds.includes(group.id) ? (
              <span className="dim nowrap small">In the group</span>
            ) : (
              <StatusBadge status={contact.status} />
            )}
          </li>
        ))}
      </ul>
      {more && (
        <Text size="xs" c="dimmed" mt={6}>
          The newest {SHOWN} are shown. Enter more of an address or a name to find others.
        </Text>
      )}
    </div>
  )
}
