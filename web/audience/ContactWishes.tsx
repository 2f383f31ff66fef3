import { Button } from '@mantine/core'
import { IconDownload, IconPlayerPause, IconUserSearch } from '@tabler/icons-react'
import type { FullContact } from '../../src/audience/contact-full.contract.ts'
import type { DataRequest } from '../../src/audience/data-request.contract.ts'
import { downloads } from '../paths.ts'
import { Banner } from '../ui/Banner.tsx'
import { longDay } from '../ui/format.ts'
import { usePlace } from '../ui/place.tsx'
import { When } from '../ui/When.tsx'
import { useSettle } from './dataRequests.ts'

/** What the contact asked for on its preferences page: a pause, and what is to be done with its data. */
export function ContactWishes({ contact }: { contact: FullContact }) {
  const { zone } = usePlace()
  return (
    <>
      {contact.requests.map((request) => (
        <Request key={request.id} contact={contact} request={request} />
      ))}
      {contact.pausedUntil && !contact.optOut && (
        <Banner tint="gray" icon={IconPlayerPause} title={`Mail is paused until ${longDay(contact.pausedUntil, zone)}`}>
          The contact asked for it on the preferences page, and no mailing goes there before. It ends by itself; only
          the contact can end it earlier.
        </Banner>
      )}
    </>
  )
}

function Request({ contact, request }: { contact: FullContact; request: DataRequest }) {
  const settle = useSettle()
  const isErasure = request.kind === 'erase'
  return (
    <Banner
      tint="errored"
      icon={IconUserSearch}
      title={`${isErasure ? 'Asked to have their data erased' : 'Asked for a copy of their data'}: answer by ${longDay(request.dueOn, 'UTC')}`}
      actions={
        <>
          {!isErasure && (
            <Button
              component="a"
              variant="default"
              href={downloads.contactRecord(contact.id)}
              download
              leftSection={<IconDownload size={16} aria-hidden />}
            >
              Download the record
            </Button>
          )}
          <Button variant="default" loading={settle.isPending} onClick={() => settle.mutate(request.id)}>
            Mark as answered
          </Button>
        </>
      }
    >
      Asked on <When at={request.askedAt} /> on the preferences page.{' '}
      {isErasure
        ? 'Erase is in the menu Actions and settles this. An opt-out stays after it.'
        : 'Send the file to their address, then mark this as answered.'}
    </Banner>
  )
}
