import { Button, Group, Text, VisuallyHidden } from '@mantine/core'
import { IconArchive, IconEraser, IconRestore } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Contact } from '../../src/audience/contact.contract.ts'
import { anything, del } from '../api.ts'
import { perPage, useContactCounts, useContacts } from '../audience/contacts.ts'
import { paths } from '../paths.ts'
import { Address } from '../ui/Address.tsx'
import { Confirm } from '../ui/Confirm.tsx'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { RecordLink } from '../ui/links.tsx'
import { noticeDone } from '../ui/notice.tsx'
import { Pager } from '../ui/Pager.tsx'
import { SearchField } from '../ui/SearchField.tsx'
import { StatusBadge } from '../ui/StatusBadge.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { When } from '../ui/When.tsx'
import { useRestore } from './archived.ts'

/** Archived contacts: search, restore, erase. */
export function ArchivedContacts() {
  const [search, setSearch] = useState('')
  const [trail, setTrail] = useState<string[]>([])
  const filter = { archived: true, search: search || undefined }
  const contacts = useContacts(filter, trail.at(-1))
  const counts = useContactCounts(filter)
  const [erasing, erase] = useState<Contact | null>(null)
  const found = contacts.data?.items
  const next = contacts.data?.nextCursor
  return (
    <div className="stack">
      <div className="row">
        <SearchField
          label="Search the archive"
          placeholder="Address, name or any field"
          value={search}
          onSearch={(text) => {
            setSearch(text)
            setTrail([])
          }}
        />
      </div>
      {contacts.error && !found ? (
        <ErrorPanel
          title="The archive could not be loaded. Nothing was changed."
          error={contacts.error}
          onRetry={() => void contacts.refetch()}
        />
      ) : !found ? (
        <Waiting />
      ) : found.length === 0 ? (
        <EmptyState icon={IconArchive} title={search ? 'Nobody matches' : 'No contacts in the archive'}>
          {search
            ? 'Search for another part of the address or of a field.'
            : 'Archived contacts wait here and can be restored.'}
        </EmptyState>
      ) : (
        <ContactTable contacts={found} onErase={erase} />
      )}
      <Pager
        page={trail.length + 1}
        perPage={perPage}
        shown={found?.length ?? 0}
        total={counts.data?.total}
        onPrevious={trail.length > 0 ? () => setTrail(trail.slice(0, -1)) : undefined}
        onNext={next ? () => setTrail([...trail, next]) : undefined}
      />
      <EraseContact contact={erasing} onClose={() => erase(null)} />
    </div>
  )
}

function ContactTable({ contacts, onErase }: { contacts: Contact[]; onErase: (contact: Contact) => void }) {
  const restore = useRestore('contacts')
  return (
    <section className="panel scroll" aria-label="Archived contacts">
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">Email</th>
            <th scope="col">Status</th>
            <th scope="col" className="right only-wide">
              Archived
            </th>
            <th scope="col">
              <VisuallyHidden>Actions</VisuallyHidden>
            </th>
          </tr>
        </thead>
        <tbody>
          {contacts.map((one) => (
            <tr key={one.id}>
              <td>
                <RecordLink to={paths.contact(one.id)}>
                  <Address>{one.address}</Address>
                </RecordLink>
              </td>
              <td>
                <StatusBadge status={one.status} />
              </td>
              <td className="right only-wide">{one.archivedAt && <When at={one.archivedAt} as="day" />}</td>
              <td>
                <Group justify="flex-end" gap="xs" py={4}>
                  <Button
                    variant="default"
                    size="compact-md"
                    leftSection={<IconRestore size={16} aria-hidden />}
                    aria-label={`Restore ${one.address}`}
                    onClick={() => void restore(one.id, one.address)}
                  >
                    Restore
                  </Button>
                  <Button
                    variant="default"
                    c="red"
                    size="compact-md"
                    leftSection={<IconEraser size={16} aria-hidden />}
                    aria-label={`Erase ${one.address}`}
                    onClick={() => onErase(one)}
                  >
                    Erase
                  </Button>
                </Group>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function EraseContact({ contact, onClose }: { contact: Contact | null; onClose: () => void }) {
  const client = useQueryClient()
  return (
    <Confirm
      opened={contact !== null}
      title="Erase 1 contact?"
      consequence="red"
      onClose={onClose}
      onYes={async () => {
        await del(`/contacts/${contact?.id}`, anything)
        await client.invalidateQueries({ queryKey: ['contacts'] })
        noticeDone('Erased 1 contact.')
      }}
    >
      <Text>
        The details of <b>{contact?.address}</b> are removed everywhere and cannot be brought back.
      </Text>
      {contact?.optOut && <Text>The opt-out stays: no mail goes to this address, even when it is imported again.</Text>}
    </Confirm>
  )
}
