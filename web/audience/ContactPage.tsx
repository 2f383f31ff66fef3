import { Text } from '@mantine/core'
import { useParams } from '@tanstack/react-router'
import type { FullContact } from '../../src/audience/contact-full.contract.ts'
import { isNotFound } from '../api.ts'
import { NotFound } from '../frame/NotFound.tsx'
import { paths } from '../paths.ts'
import { Address } from '../ui/Address.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { Facts } from '../ui/Facts.tsx'
import { TextLink } from '../ui/links.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Panel } from '../ui/Panel.tsx'
import { StatusBadge } from '../ui/StatusBadge.tsx'
import { Rows, Waiting } from '../ui/Waiting.tsx'
import { When } from '../ui/When.tsx'
import { ContactActions } from './ContactActions.tsx'
import { ContactConsent } from './ContactConsent.tsx'
import { ContactDetails } from './ContactDetails.tsx'
import { ContactGroups } from './ContactGroups.tsx'
import { ContactMail } from './ContactMail.tsx'
import { ContactNotices } from './ContactNotices.tsx'
import { ContactTimeline } from './ContactTimeline.tsx'
import { ContactTopics } from './ContactTopics.tsx'
import { ContactTracking } from './ContactTracking.tsx'
import { ContactWishes } from './ContactWishes.tsx'
import { nameOf, useContact, useFields } from './contacts.ts'
import { FieldValueText } from './FieldValueText.tsx'

const crumbs = [
  { name: 'Audience', to: paths.contacts },
  { name: 'Contacts', to: paths.contacts },
]

export function ContactPage() {
  const { id = '' } = useParams({ strict: false })
  const contact = useContact(id)
  if (isNotFound(contact.error)) return <NotFound />
  if (contact.error && !contact.data)
    return (
      <>
        <PageHeader crumbs={crumbs} title="Contact" />
        <div className="body">
          <ErrorPanel
            title="The contact could not be loaded"
            error={contact.error}
            onRetry={() => void contact.refetch()}
          />
        </div>
      </>
    )
  if (!contact.data)
    return (
      <div className="body">
        <Waiting>
          <Rows n={4} />
        </Waiting>
      </div>
    )
  return <Record key={id} contact={contact.data} />
}

function Record({ contact }: { contact: FullContact }) {
  const name = nameOf(contact)
  return (
    <>
      <PageHeader
        crumbs={crumbs}
        title={contact.address}
        heading={<Address>{contact.address}</Address>}
        note={
          <>
            {name && `${name}, `}added <When at={contact.createdAt} as="day" /> <Origin contact={contact} />
          </>
        }
        actions={<ContactActions contact={contact} />}
      />
      <div className="body">
        <ContactNotices contact={contact} />
        <ContactWishes contact={contact} />
        <div className="split">
          <div className="stack">
            {contact.optOut ? <LockedDetails contact={contact} /> : <ContactDetails contact={contact} />}
            <ContactTimeline contact={contact} />
          </div>
          <aside className="stack" aria-label="Belongs to">
            <ContactGroups contact={contact} />
            <ContactTopics contact={contact} />
            <ContactMail contact={contact} />
            <ContactTracking contact={contact} />
            <ContactConsent contact={contact} />
            {contact.optOut && <StillPossible />}
          </aside>
        </div>
      </div>
    </>
  )
}

function Origin({ contact }: { contact: FullContact }) {
  const { addedBy, import: from, source } = contact
  if (from)
    return (
      <>
        by the import{' '}
        <TextLink to={paths.import(from.id)} inherit>
          {from.fileName ?? 'that is gone'}
        </TextLink>
      </>
    )
  const who = addedBy ?? 'an operator'
  const words = { operator: `by ${who}`, api: `through the API`, import: 'by an import', form: 'with the sign-up form' }
  return <>{words[source]}</>
}

/** An opted-out contact is text with a lock, never a form of greyed fields. */
function LockedDetails({ contact }: { contact: FullContact }) {
  const fields = useFields()
  const known = fields.data?.items ?? []
  return (
    <Panel
      title="Details"
      aside={
        <span className="row status-line">
          <span className="dim">Status</span>
          <StatusBadge status="opt_out" />
        </span>
      }
    >
      <Facts
        items={[
          ['Address', <Address key="address">{contact.address}</Address>],
          ...known.flatMap(({ name, label, type }) => {
            const value = contact.fields[name]
            return value === undefined
              ? []
              : [[label, <FieldValueText key={name} type={type} value={value} />] as const]
          }),
        ]}
      />
    </Panel>
  )
}

function StillPossible() {
  return (
    <Panel title="Still possible">
      <Facts
        items={[
          ['Export', 'Everything that is held about this person, as one file'],
          ['Archive', 'Hides the record; the opt-out stays'],
          ['Erase', 'Removes the details; the opt-out stays'],
        ]}
      />
      <Text size="xs" c="dimmed" mt={12}>
        All are in the menu Actions.
      </Text>
    </Panel>
  )
}
