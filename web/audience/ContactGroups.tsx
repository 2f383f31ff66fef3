import { Button, Text } from '@mantine/core'
import { IconLock } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Contact } from '../../src/audience/contact.contract.ts'
import { anything, del, messageOf, post } from '../api.ts'
import { paths } from '../paths.ts'
import { TextLink } from '../ui/links.tsx'
import { noticeDone } from '../ui/notice.tsx'
import { Panel } from '../ui/Panel.tsx'
import { GroupTicks } from './GroupTicks.tsx'
import { useGroups } from './groups.ts'

export function ContactGroups({ contact }: { contact: Contact }) {
  const groups = useGroups()
  const [editing, setEditing] = useState(false)
  const mine = groups.data?.filter(({ id }) => contact.groupIds.includes(id)) ?? []
  const locked = contact.optOut !== null
  return (
    <Panel
      title="Groups"
      aside={
        !locked &&
        !editing && (
          <Button variant="subtle" size="compact-sm" aria-label="Edit groups" onClick={() => setEditing(true)}>
            Edit
          </Button>
        )
      }
    >
      {editing && !locked ? (
        <EditGroups contact={contact} onClose={() => setEditing(false)} />
      ) : (
        <>
          <div className="row">
            {mine.map(({ id, name }) => (
              <span key={id} className="chip">
                {locked && <IconLock size={12} aria-hidden />}
                <TextLink to={paths.group(id)} inherit c="inherit" underline="hover">
                  {name}
                </TextLink>
              </span>
            ))}
            {groups.data && mine.length === 0 && (
              <Text size="sm" c="dimmed">
                In no group
              </Text>
            )}
          </div>
          {locked && mine.length > 0 && (
            <Text size="sm" c="dimmed" mt={8}>
              Kept for the record. Mailings to {mine.length === 1 ? 'this group' : 'these groups'} leave this contact
              out.
            </Text>
          )}
        </>
      )}
    </Panel>
  )
}

function EditGroups({ contact, onClose }: { contact: Contact; onClose: () => void }) {
  const [chosen, setChosen] = useState(contact.groupIds)
  const client = useQueryClient()
  const save = useMutation({
    mutationFn: async () => {
      const joined = chosen.filter((id) => !contact.groupIds.includes(id))
      const left = contact.groupIds.filter((id) => !chosen.includes(id))
      if (joined.length > 0) await post(`/contacts/${contact.id}/groups`, anything, { groupIds: joined })
      for (const id of left) await del(`/contacts/${contact.id}/groups/${id}`, anything)
    },
    onSuccess: () => {
      noticeDone('Saved.')
      onClose()
    },
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['contacts'] }),
        client.invalidateQueries({ queryKey: ['groups'] }),
      ]),
  })
  return (
    <div className="stack tight">
      <GroupTicks label="Groups" chosen={chosen} onChange={setChosen} />
      {save.error && (
        <Text size="sm" c="red" role="alert">
          {messageOf(save.error)}
        </Text>
      )}
      <div className="row">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button aria-label="Save groups" loading={save.isPending} onClick={() => save.mutate()}>
          Save
        </Button>
      </div>
    </div>
  )
}
