import { Text } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconFileImport, IconLock, IconMailFast, IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { useContactCounts } from '../audience/contacts.ts'
import { MailingTable } from '../mailings/MailingsPage.tsx'
import { useMailings } from '../mailings/mailings.ts'
import { paths } from '../paths.ts'
import { useMe } from '../session/session.ts'
import { Banner } from '../ui/Banner.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { count, weekday } from '../ui/format.ts'
import { ButtonLink, TextLink } from '../ui/links.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Panel } from '../ui/Panel.tsx'
import { usePlace } from '../ui/place.tsx'
import { Tile } from '../ui/Tile.tsx'
import { Waiting } from '../ui/Waiting.tsx'

const RECENT = 5

export function HomePage() {
  const { account, zone } = usePlace()
  const [today] = useState(() => new Date().toISOString())
  const counts = useContactCounts({})
  const mailings = useMailings(undefined)
  const me = useMe().data
  const recent = mailings.data?.items.slice(0, RECENT) ?? []
  const sent = mailings.data?.items.reduce((sum, one) => sum + one.counts.accepted, 0) ?? 0
  return (
    <>
      <PageHeader
        title="Home"
        note={`${weekday(today, zone)}, ${account}`}
        actions={
          <ButtonLink to={paths.mailings} leftSection={<IconMailFast size={16} aria-hidden />}>
            Mailings
          </ButtonLink>
        }
      />
      <div className="body">
        {me?.account.postalAddress === '' && (
          <Banner
            tint="errored"
            title="Enter your postal address"
            actions={
              <ButtonLink to={paths.sender} variant="default">
                Open Sender
              </ButtonLink>
            }
          >
            It stands in the footer of every mailing. Nothing can be sent without it.
          </Banner>
        )}
        {counts.error && !counts.data ? (
          <ErrorPanel
            title="The figures could not be loaded"
            error={counts.error}
            onRetry={() => void counts.refetch()}
          />
        ) : counts.data ? (
          <div className="tiles">
            <Tile label="Contacts who get mail" icon={IconCheck} tint="active" value={count(counts.data.active)} />
            <Tile
              label="Opted out"
              icon={IconLock}
              tint="optOut"
              value={count(counts.data.optOut)}
              note="none of them gets mail"
            />
            <Tile label="Error" icon={IconAlertTriangle} tint="errored" value={count(counts.data.error)} />
            <Tile
              label="Messages accepted"
              icon={IconMailFast}
              value={count(sent)}
              note={`in the latest ${count(mailings.data?.items.length ?? 0)} mailings`}
            />
          </div>
        ) : (
          <Waiting />
        )}
        {counts.data?.total === 0 && (
          <Panel title="Begin here">
            <Text size="sm">Import a file with your contacts. Opt-outs in it are recognised and kept.</Text>
            <div className="row banner-acts">
              <ButtonLink to={paths.newImport} leftSection={<IconFileImport size={16} aria-hidden />}>
                Import contacts
              </ButtonLink>
            </div>
          </Panel>
        )}
        {recent.length > 0 && (
          <>
            <MailingTable mailings={recent} />
            <TextLink to={paths.mailings} size="sm">
              All mailings
            </TextLink>
          </>
        )}
        {mailings.data && recent.length === 0 && counts.data && counts.data.total > 0 && (
          <Panel title="Write your first mailing">
            <Text size="sm">
              It goes to the groups that you choose. You can look at every message before anything leaves this machine.
            </Text>
            <div className="row banner-acts">
              <ButtonLink to={paths.mailings} leftSection={<IconPlus size={16} aria-hidden />}>
                Open Mailings
              </ButtonLink>
            </div>
          </Panel>
        )}
      </div>
    </>
  )
}
