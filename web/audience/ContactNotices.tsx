import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconArchive, IconUserQuestion } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Contact, ContactEvent } from '../../src/audience/contact.contract.ts'
import type { OptOutSource } from '../../src/optouts/optout.contract.ts'
import { anything, post } from '../api.ts'
import { paths } from '../paths.ts'
import { Banner } from '../ui/Banner.tsx'
import { Confirm } from '../ui/Confirm.tsx'
import { clock, longDay } from '../ui/format.ts'
import { TextLink } from '../ui/links.tsx'
import { noticeDone } from '../ui/notice.tsx'
import { usePlace } from '../ui/place.tsx'
import { When } from '../ui/When.tsx'
import { nameOf, useHistory } from './contacts.ts'

/** What stands above a record: opted out, held, archived. */
export function ContactNotices({ contact }: { contact: Contact }) {
  return (
    <>
      {contact.archivedAt && (
        <Banner tint="gray" icon={IconArchive} title="This contact is archived">
          Since <When at={contact.archivedAt} as="day" />. It is in no list and gets no mail. Restore is in the menu
          Actions.
        </Banner>
      )}
      {contact.optOut && <OptedOut contact={contact} optOut={contact.optOut} />}
      {contact.held && <Held contact={contact} />}
    </>
  )
}

function OptedOut({ contact, optOut }: { contact: Contact; optOut: NonNullable<Contact['optOut']> }) {
  const { account, zone } = usePlace()
  const history = useHistory(contact.id)
  const event = history.data?.items.find(({ source }) => source === optOut.source)
  return (
    <Banner
      tint="optOut"
      title={`${nameOf(contact) || contact.address} opted out on ${longDay(optOut.at, zone)} at ${clock(optOut.at, zone)}`}
    >
      <p className="flat">
        <How source={optOut.source} event={event} /> {account} sends no mail to this address. Details and status are
        locked, and no import changes that.
      </p>
      <p className="flat">
        Only the holder of the address can come back: by signing up again and confirming from their own mailbox.
      </p>
    </Banner>
  )
}

function How({ source, event }: { source: OptOutSource; event: ContactEvent | undefined }) {
  const mailing = event?.mailing
  const where = mailing?.name ? (
    <TextLink to={paths.mailing(mailing.id)} inherit>
      {mailing.name}
    </TextLink>
  ) : (
    'a mailing'
  )
  const who = event?.operator ? ` by ${event.operator}` : ' by an operator'
  const words: Record<OptOutSource, ReactNode> = {
    link: <>With the link in {where}.</>,
    one_click: <>With the button that the mail program shows, in {where}.</>,
    preferences: <>On the preferences page, opened from {where}.</>,
    mailto: <>By mail to the opt-out address of {where}.</>,
    complaint: <>By reporting {where} as unwanted.</>,
    provider: <>Told by the mail provider.</>,
    operator: <>By hand{who}.</>,
    bulk: <>With a change of status of a whole group{who}.</>,
    import: <>By an imported file{who}.</>,
    api: <>Through the API.</>,
    emma_api: <>Through the Emma-compatible API.</>,
  }
  return words[source]
}

function Held({ contact }: { contact: Contact }) {
  const [asking, ask] = useDisclosure(false)
  const client = useQueryClient()
  return (
    <>
      <Banner
        tint="errored"
        icon={IconUserQuestion}
        title="Possibly the same person as somebody who opted out"
        actions={
          <Button variant="default" onClick={ask.open}>
            Allow mail
          </Button>
        }
      >
        The address differs only in what stands after its +. It gets no mail until you decide.
      </Banner>
      <Confirm
        opened={asking}
        title={`Allow mail to ${contact.address}?`}
        consequence="brand"
        onClose={ask.close}
        onYes={async () => {
          await post(`/contacts/${contact.id}/release`, anything)
          await client.invalidateQueries({ queryKey: ['contacts'] })
          noticeDone('Mail is allowed. Your decision is in the timeline.')
        }}
      >
        <p className="flat">
          Do so only when you know that it is somebody else. The opt-out of the other address stays.
        </p>
      </Confirm>
    </>
  )
}
