import { Text } from '@mantine/core'
import { useParams } from '@tanstack/react-router'
import type { Contact } from '../../src/audience/contact.contract.ts'
import { isNotFound } from '../api.ts'
import { NotFound } from '../frame/NotFound.tsx'
import { paths } from '../paths.ts'
import { Address } from '../ui/Address.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { Facts } from '../ui/Facts.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Panel } from '../ui/Panel.tsx'
import { StatusBadge } from '../ui/StatusBadge.tsx'
import { Rows, Waiting } from '../ui/Waiting.tsx'
import { When } from '../ui/When.tsx'
import { ContactActions } from './ContactActions.tsx'
import { ContactDetails } from './ContactDetails.tsx'
import { ContactGroups } from './ContactGroups.tsx'
import { ContactNotices } from './ContactNotices.tsx'
import { ContactTimeline } from './ContactTimeline.tsx'
import { nameOf, useContact, useFields } from './contacts.ts'

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

function Record({ contact }: { contact: Contact }) {
  const name = nameOf(contact)
  return (
    <>
      <PageHeader
        crumbs={crumbs}
        title={contact.address}
        heading={<Address>{contact.address}</Address>}
        note={
          <>
            {name && `${name}, `}added <When at={contact.createdAt} as="day" />
          </>
        }
        actions={<ContactActions contact={contact} />}
      />
      <div className="body">
        <ContactNotices contact={contact} />
        <div className="split">
          <div className="stack">
            {contact.optOut ? <LockedDetails contact={contact} /> : <ContactDetails contact={contact} />}
            <ContactTimeline contact={contact} />
          </div>
          <aside className="stack" aria-label="Belongs to">
            <ContactGroups contact={contact} />
            {contact.optOut && <StillPossible />}
          </aside>
        </div>
      </div>
    </>
  )
}

/** An opted-out contact is text with a lock, never a form of greyed fields. */
function LockedDetails({ contact }: { contact: Contact }) {
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
          ...known
            .filter(({ name }) => contact.fields[name])
            .map(({ name, label }) => [label, contact.fields[name] ?? ''] as const),
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
          ['Archive', 'Hides the record; the opt-out stays'],
          ['Erase', 'Removes the details; the opt-out stays'],
        ]}
      />
      <Text size="xs" c="dimmed" mt={12}>
        Both are in the menu Actions.
      </Text>
    </Panel>
  )
}
