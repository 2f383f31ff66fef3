import { Button, Group, List, Modal, Radio, Select, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type Contact, contact as contactSchema } from '../../src/audience/contact.contract.ts'
import { type MergeCheck, mergeCheck } from '../../src/audience/merge.contract.ts'
import { get, messageOf, post } from '../api.ts'
import { counted, listed, longDay } from '../ui/format.ts'
import { noticeDone } from '../ui/notice.tsx'
import { usePlace } from '../ui/place.tsx'
import { useContacts } from './contacts.ts'

/** Makes one contact of this one and another: choose the other, see what happens, decide where the two differ. */
export function MergeContact({ contact, opened, onClose }: { contact: Contact; opened: boolean; onClose: () => void }) {
  const [search, setSearch] = useState('')
  const [otherId, setOtherId] = useState<string | null>(null)
  const [take, setTake] = useState<Record<string, 'kept' | 'other'>>({})
  const client = useQueryClient()
  const found = useContacts({ search: search || undefined }, undefined)
  const check = useQuery({
    queryKey: ['contacts', 'merge', contact.id, otherId],
    queryFn: () => get(`/contacts/${contact.id}/merge`, mergeCheck, { otherId: otherId ?? '' }),
    enabled: opened && otherId !== null,
  })
  const merge = useMutation({
    mutationFn: () => post(`/contacts/${contact.id}/merge`, contactSchema, { otherId, take }),
    onSuccess: async () => {
      const other = check.data?.other.address
      close()
      await client.invalidateQueries({ queryKey: ['contacts'] })
      await client.invalidateQueries({ queryKey: ['groups'] })
      noticeDone(`Merged ${other ?? 'the other contact'} into ${contact.address}.`)
    },
  })
  function close() {
    setSearch('')
    setOtherId(null)
    setTake({})
    merge.reset()
    onClose()
  }
  const others = (found.data?.items ?? []).filter(({ id }) => id !== contact.id)
  const problem = merge.error ?? check.error
  return (
    <Modal opened={opened} onClose={close} title="Merge with another contact" closeOnClickOutside={false}>
      <div className="stack tight">
        <Text>
          <b>{contact.address}</b> is kept. The record of the other contact ends.
        </Text>
        <Select
          label="Other contact"
          description="Search by address, name or any field"
          data={others.map(({ id, address }) => ({ value: id, label: address }))}
          value={otherId}
          onChange={(id) => {
            setOtherId(id)
            setTake({})
          }}
          searchable
          onSearchChange={(text) => setSearch(others.some(({ address }) => address === text) ? '' : text)}
          filter={({ options }) => options}
          nothingFoundMessage="Nobody matches"
        />
        {check.data && <Consequences check={check.data} take={take} onTake={setTake} />}
        {problem && (
          <Text c="red" role="alert">
            {messageOf(problem)}
          </Text>
        )}
        <div className="row dialog-acts">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button
            color={check.data?.optsOut ? 'optOut' : 'brand'}
            disabled={!check.data}
            loading={merge.isPending}
            onClick={() => merge.mutate()}
          >
            Merge
          </Button>
        </div>
      </div>
    </Modal>
  )
}

type Choice = Record<string, 'kept' | 'other'>
type Props = { check: MergeCheck; take: Choice; onTake: (take: Choice) => void }

function Consequences({ check, take, onTake }: Props) {
  const { zone } = usePlace()
  const { gains, groups, conflicts, other, optedOutSince } = check
  if (optedOutSince)
    return (
      <Text role="status">
        One of them opted out on {longDay(optedOutSince, zone)}. Both addresses are opted out afterwards, and no detail
        or group changes. History and mail are moved. This cannot be undone.
      </Text>
    )
  const names = (items: string[]) => (items.length === 0 ? 'none' : listed(items))
  return (
    <div className="stack tight">
      <List size="sm" withPadding={false}>
        <List.Item>Details that are added: {names(gains.map(({ label }) => label))}.</List.Item>
        <List.Item>Groups that are joined: {names(groups.map(({ name }) => name))}.</List.Item>
        <List.Item>History, mail and the newer choice of each topic are moved.</List.Item>
        <List.Item>
          An opt-out link in mail to {other.address} opts this contact out too. This cannot be undone.
        </List.Item>
      </List>
      {conflicts.length > 0 && <Text>{counted(conflicts.length, 'detail')} differ. Choose what is kept.</Text>}
      {conflicts.map(({ name, label, kept, other: theirs }) => (
        <Radio.Group
          key={name}
          label={label}
          value={take[name] ?? 'kept'}
          onChange={(value) => onTake({ ...take, [name]: value === 'other' ? 'other' : 'kept' })}
        >
          <Group gap="lg">
            <Radio value="kept" label={shown(kept)} />
            <Radio value="other" label={shown(theirs)} />
          </Group>
        </Radio.Group>
      ))}
    </div>
  )
}

const shown = (value: unknown) =>
  Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : JSON.stringify(value)
