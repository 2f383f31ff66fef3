import { Button, CopyButton } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconArchive, IconCheck, IconCopy, IconDownload, IconUserQuestion } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import type { FullContact } from '../../src/audience/contact-full.contract.ts'
import { anything, post } from '../api.ts'
import { downloads } from '../paths.ts'
import { Banner } from '../ui/Banner.tsx'
import { Confirm } from '../ui/Confirm.tsx'
import { clock, longDay } from '../ui/format.ts'
import { noticeDone } from '../ui/notice.tsx'
import { usePlace } from '../ui/place.tsx'
import { When } from '../ui/When.tsx'
import { nameOf } from './contacts.ts'
import { MailingText } from './MailingText.tsx'

/** What stands above a record: opted out, held, archived. */
export function ContactNotices({ contact }: { contact: FullContact }) {
  return (
    <>
      {contact.archivedAt && (
        <Banner tint="gray" icon={IconArchive} title="This contact is archived">
          Since <When at={contact.archivedAt} as="day" />. It is in no list and gets no mail. Restore is in the menu
          Actions.
        </Banner>
      )}
      {contact.optOut && <OptedOut contact={contact} optOut={contact.optOut} />}
      {contact.error && !contact.optOut && <Failed error={contact.error} />}
      {contact.held && <Held contact={contact} />}
    </>
  )
}

function OptedOut({ contact, optOut }: { contact: FullContact; optOut: NonNullable<FullContact['optOut']> }) {
  const { account, zone } = usePlace()
  const how = optOut.text.replace(/^Opted out (\w)/, (_, letter: string) => letter.toUpperCase())
  return (
    <Banner
      tint="optOut"
      title={`${nameOf(contact) || contact.address} opted out on ${longDay(optOut.at, zone)} at ${clock(optOut.at, zone)}`}
      actions={
        <>
          <CopyLink link={contact.signUpLink} />
          <Button
            component="a"
            variant="default"
            href={downloads.optOutEvidence(contact.id)}
            download
            leftSection={<IconDownload size={16} aria-hidden />}
          >
            Download evidence
          </Button>
        </>
      }
    >
      <p className="flat">
        <MailingText text={how} mailing={optOut.mailing} /> {account} sends no mail to this address. Details and status
        are locked, and no import changes that.
      </p>
      <p className="flat">
        Only the holder of the address can come back: by signing up again and confirming from their own mailbox.
      </p>
    </Banner>
  )
}

function CopyLink({ link }: { link: string }) {
  return (
    <CopyButton value={link}>
      {({ copied, copy }) => (
        <Button
          variant="default"
          leftSection={copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
          onClick={() => {
            copy()
            noticeDone('Copied the sign-up link.')
          }}
        >
          Copy sign-up link
        </Button>
      )}
    </CopyButton>
  )
}

const reasons = {
  format: 'The address cannot be right',
  delivery: 'Mail to this address came back',
  manual: 'Somebody changed the status to Error',
}

/** Why a contact in Error gets no mail, and what ends it. */
function Failed({ error }: { error: NonNullable<FullContact['error']> }) {
  return (
    <Banner tint="errored" title={reasons[error.reason]}>
      <p className="flat">
        Error since <When at={error.at} />
        {error.by && ` by ${error.by}`}
        {error.detail === '' ? '.' : ': '}
        {error.detail !== '' &&
          (error.reason === 'delivery' ? <code className="mono">{error.detail}</code> : error.detail)}
      </p>
      <p className="flat">Correct the address or change the status to Active, and mail goes there again.</p>
    </Banner>
  )
}

function Held({ contact }: { contact: FullContact }) {
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
