import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconMail, IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import type { Mailing } from '../../src/mailings/mailing.contract.ts'
import { paths } from '../paths.ts'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { count } from '../ui/format.ts'
import { RecordLink } from '../ui/links.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Pager } from '../ui/Pager.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { When } from '../ui/When.tsx'
import { perPage, recipients, stateOf, useMailings } from './mailings.ts'
import { NewMailing } from './NewMailing.tsx'

export function MailingsPage() {
  const [trail, setTrail] = useState<string[]>([])
  const list = useMailings(trail.at(-1))
  const [naming, name] = useDisclosure(false)
  const empty = list.data?.items.length === 0 && trail.length === 0
  const next = list.data?.nextCursor
  const newMailing = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={name.open} data-primary>
      New mailing
    </Button>
  )
  return (
    <>
      <PageHeader title="Mailings" actions={empty ? undefined : newMailing} />
      {empty ? (
        <div className="body blank">
          <EmptyState icon={IconMail} title="No mailings yet" action={newMailing}>
            A mailing goes to the groups that you choose. Whoever opted out is left out, always.
          </EmptyState>
        </div>
      ) : (
        <div className="body">
          {list.error && !list.data ? (
            <ErrorPanel
              title="The list could not be loaded. Nothing was changed."
              error={list.error}
              onRetry={() => void list.refetch()}
            />
          ) : !list.data ? (
            <Waiting />
          ) : (
            <MailingTable mailings={list.data.items} />
          )}
          <Pager
            page={trail.length + 1}
            perPage={perPage}
            shown={list.data?.items.length ?? 0}
            total={undefined}
            onPrevious={trail.length > 0 ? () => setTrail(trail.slice(0, -1)) : undefined}
            onNext={next ? () => setTrail([...trail, next]) : undefined}
          />
        </div>
      )}
      <NewMailing opened={naming} onClose={name.close} />
    </>
  )
}

export function MailingTable({ mailings }: { mailings: Mailing[] }) {
  return (
    <section className="panel scroll" aria-label="Mailings">
      <table className="grid">
        <thead>
          <tr>
            <th>Mailing</th>
            <th>State</th>
            <th className="right only-wide">Recipients</th>
            <th className="right only-wide">Accepted</th>
            <th className="right only-wide">Opted out</th>
            <th className="right only-wide">Time</th>
          </tr>
        </thead>
        <tbody>
          {mailings.map((one) => (
            <tr key={one.id}>
              <td>
                <RecordLink to={paths.mailing(one.id)}>{one.name}</RecordLink>
              </td>
              <td>{stateOf(one)}</td>
              <td className="right only-wide">{recipients(one)}</td>
              <td className="right only-wide">{one.startedAt ? count(one.counts.accepted) : '–'}</td>
              <td className="right only-wide">{one.startedAt ? count(one.counts.optedOut) : '–'}</td>
              <td className="right only-wide">
                <When at={one.startedAt ?? one.sendAt ?? one.createdAt} as="brief" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
