import { UnstyledButton } from '@mantine/core'
import { IconUserMinus } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import type { Contact } from '../../src/audience/contact.contract.ts'
import { type Group, membersResult } from '../../src/audience/group.contract.ts'
import { anything, del, post } from '../api.ts'
import { counted } from '../ui/format.ts'
import { noticeDone, noticeFault } from '../ui/notice.tsx'

/** Removes the ticked contacts at once; it can be undone. */
export function useRemoveFromGroup(group: Group, contacts: Contact[], onDone: () => void) {
  const client = useQueryClient()
  const refresh = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: ['contacts'] }),
      client.invalidateQueries({ queryKey: ['groups'] }),
    ])
  return async () => {
    const members = `/groups/${group.id}/members`
    try {
      const { changed } = await del(members, membersResult, { contactIds: contacts.map(({ id }) => id) })
      await refresh()
      // An opted-out contact cannot be put back: its membership is part of what is locked.
      const contactIds = contacts.filter(({ optOut }) => !optOut).map(({ id }) => id)
      const undo = async () => {
        await post(members, anything, { contactIds })
        await refresh()
      }
      noticeDone(`Removed ${counted(changed, 'contact')} from ${group.name}.`, contactIds.length > 0 ? undo : undefined)
      onDone()
    } catch (error) {
      noticeFault(error)
    }
  }
}

export function RemoveButton(props: { group: Group; contacts: Contact[]; onDone: () => void }) {
  const remove = useRemoveFromGroup(props.group, props.contacts, props.onDone)
  return (
    <UnstyledButton onClick={() => void remove()}>
      <IconUserMinus size={16} aria-hidden />
      Remove from group
    </UnstyledButton>
  )
}
