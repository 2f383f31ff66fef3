import { Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQueryClient } from '@tanstack/react-query'
import { type Contact, contact as contactSchema } from '../../src/audience/contact.contract.ts'
import type { ContactStatus as Status } from '../../src/audience/group.contract.ts'
import { post } from '../api.ts'
import { Confirm } from '../ui/Confirm.tsx'
import { noticeDone, noticeFault } from '../ui/notice.tsx'
import { usePlace } from '../ui/place.tsx'
import { statusLook } from '../ui/StatusBadge.tsx'
import { StatusSelect } from '../ui/StatusSelect.tsx'

/** Active and Error can be undone and act at once; Opt-Out cannot and asks. */
export function ContactStatus({ contact }: { contact: Contact }) {
  const { account } = usePlace()
  const [asking, ask] = useDisclosure(false)
  const client = useQueryClient()
  async function change(status: Status) {
    await post(`/contacts/${contact.id}/status`, contactSchema, { status })
    await Promise.all([
      client.invalidateQueries({ queryKey: ['contacts'] }),
      client.invalidateQueries({ queryKey: ['groups'] }),
    ])
  }
  async function changeAndTell(status: Status) {
    const before = contact.status
    try {
      await change(status)
      noticeDone(`Status changed to ${statusLook[status].word}.`, () => change(before))
    } catch (error) {
      noticeFault(error)
      await client.invalidateQueries({ queryKey: ['contacts'] })
    }
  }
  return (
    <>
      <StatusSelect
        status={contact.status}
        onChoose={(status) => (status === 'opt_out' ? ask.open() : void changeAndTell(status))}
      />
      <Confirm
        opened={asking}
        title="Change status to Opt-Out?"
        consequence="optOut"
        onClose={ask.close}
        onYes={async () => {
          await change('opt_out')
          noticeDone(`${contact.address} is opted out.`)
        }}
      >
        <Text>
          <b>{contact.address}</b> gets no more mail from {account}. Messages that are waiting are held back.
        </Text>
        <Text>
          Details and status are then locked. You cannot undo this: only the holder of the address can, by signing up
          again and confirming.
        </Text>
      </Confirm>
    </>
  )
}
