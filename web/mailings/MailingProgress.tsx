import { Button, Progress, Text, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import {
  IconAlertTriangle,
  IconHourglass,
  IconLock,
  IconMailCheck,
  IconMailX,
  IconPlayerPause,
  IconPlayerPlay,
  IconQuestionMark,
} from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type Mailing, mailing as mailingSchema } from '../../src/mailings/mailing.contract.ts'
import { post } from '../api.ts'
import { useGroups } from '../audience/groups.ts'
import { paths } from '../paths.ts'
import { Address } from '../ui/Address.tsx'
import { Banner } from '../ui/Banner.tsx'
import { Confirm } from '../ui/Confirm.tsx'
import { Facts } from '../ui/Facts.tsx'
import { count, counted, moment, percent } from '../ui/format.ts'
import { noticeFault } from '../ui/notice.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Panel } from '../ui/Panel.tsx'
import { usePlace } from '../ui/place.tsx'
import { Tile } from '../ui/Tile.tsx'
import { When } from '../ui/When.tsx'
import { MailingResponse } from './MailingResponse.tsx'
import { settled } from './mailings.ts'
import { Preview } from './Preview.tsx'
import { nextOf, paceOf, reasonOf } from './progressWords.ts'
import { SplitProgress } from './SplitProgress.tsx'

export function MailingProgress({ mailing }: { mailing: Mailing }) {
  const [asking, ask] = useDisclosure(false)
  const [confirming, confirm] = useDisclosure(false)
  const client = useQueryClient()
  const despite = mailing.pauseReason ? { despite: mailing.pauseReason } : {}
  const act = useMutation({
    mutationFn: (what: 'pause' | 'resume' | 'cancel') =>
      post(`/mailings/${mailing.id}/${what}`, mailingSchema, what === 'resume' ? despite : undefined),
    onSuccess: (changed) => client.setQueryData(['mailings', 'one', mailing.id], changed),
    onError: noticeFault,
  })
  const open = mailing.counts.recipients - settled(mailing)
  const canCancel = ['scheduled', 'sending', 'paused'].includes(mailing.status)
  return (
    <>
      <PageHeader
        crumbs={[{ name: 'Mailings', to: paths.mailings }]}
        title={mailing.name}
        note={<Note mailing={mailing} />}
        actions={
          <>
            {canCancel && (
              <Button variant="subtle" color="red" onClick={ask.open}>
                Cancel mailing
              </Button>
            )}
            {mailing.status === 'sending' && (
              <Button
                variant="default"
                leftSection={<IconPlayerPause size={16} aria-hidden />}
                onClick={() => act.mutate('pause')}
              >
                Pause
              </Button>
            )}
            {mailing.status === 'paused' && (
              <Button
                leftSection={<IconPlayerPlay size={16} aria-hidden />}
                onClick={() => (mailing.pauseReason ? confirm.open() : act.mutate('resume'))}
              >
                Resume
              </Button>
            )}
          </>
        }
      />
      <div className="body">
        {mailing.problem && <Problem mailing={mailing} />}
        {mailing.status === 'sending' && <Bar mailing={mailing} />}
        {mailing.status !== 'scheduled' && <Tiles mailing={mailing} />}
        {mailing.status !== 'scheduled' && <SplitProgress mailing={mailing} />}
        {mailing.startedAt && <MailingResponse mailing={mailing} />}
        <div className="split">
          <Preview id={mailing.id} version={mailing.updatedAt} />
          <About mailing={mailing} />
        </div>
      </div>
      <Confirm
        opened={asking}
        title="Cancel this mailing?"
        consequence="red"
        onYes={() => act.mutateAsync('cancel')}
        onClose={ask.close}
      >
        <Text>
          {mailing.status === 'scheduled'
            ? 'Nobody has it yet. It cannot be started again.'
            : `${counted(mailing.counts.accepted, 'person', 'people')} ${mailing.counts.accepted === 1 ? 'has' : 'have'} it already. The other ${count(open)} will not get it, and it cannot be started again.`}
        </Text>
      </Confirm>
      <Confirm
        opened={confirming}
        title={`Resume although ${shortReason(mailing)}?`}
        consequence="brand"
        onYes={() => act.mutateAsync('resume')}
        onClose={confirm.close}
      >
        <Text>{reasonOf(mailing).long}</Text>
        <Text>{counted(open, 'person', 'people')} would still get it. It pauses again when it goes on like this.</Text>
      </Confirm>
    </>
  )
}

/** "5.2% were blocked" */
const shortReason = (mailing: Mailing) =>
  reasonOf(mailing).short.replace('% ', mailing.pauseReason === 'blocks' ? '% were ' : '% ')

function Problem({ mailing }: { mailing: Mailing }) {
  const { short, long } = reasonOf(mailing)
  const title = mailing.status === 'paused' ? 'Paused' : 'Sending does not get on'
  return long === '' ? (
    <Banner tint="errored" title={mailing.status === 'paused' ? 'This mailing is paused' : title}>
      {short}
    </Banner>
  ) : (
    <Banner tint="errored" title={`${title}: ${short}`}>
      {long}
    </Banner>
  )
}

function Note({ mailing }: { mailing: Mailing }) {
  if (mailing.status === 'scheduled' && mailing.sendAt)
    return (
      <>
        Will be sent <StartTime mailing={mailing} at={mailing.sendAt} />
      </>
    )
  if (mailing.status === 'sent' && mailing.finishedAt)
    return (
      <>
        Sent <When at={mailing.finishedAt} />
      </>
    )
  if (mailing.status === 'cancelled') return <>Cancelled</>
  return mailing.startedAt ? (
    <>
      {mailing.status === 'paused' ? 'Paused, started' : 'Sending since'} <When at={mailing.startedAt} as="brief" />
    </>
  ) : (
    <>Starting</>
  )
}

function StartTime({ mailing: { timeZone, localTime }, at }: { mailing: Mailing; at: string }) {
  const { zone } = usePlace()
  if (localTime) return <>{moment(`${localTime}Z`, 'UTC')}, by each person's own clock</>
  if (timeZone === null || timeZone === zone) return <When at={at} />
  return (
    <time className="num" dateTime={at} title={`${moment(at, zone)} ${zone}`}>
      {moment(at, timeZone)} {timeZone}
    </time>
  )
}

function Bar({ mailing }: { mailing: Mailing }) {
  const { progress } = mailing
  const [now] = useState(() => new Date())
  const done = settled(mailing)
  const { recipients } = mailing.counts
  const share = recipients === 0 ? 0 : (done / recipients) * 100
  return (
    <Panel>
      <div className="stack tight">
        <div className="row">
          <Title order={2} className="num">
            {count(done)} of {counted(recipients, 'message')}
          </Title>
          <span className="dim num grow">{percent(done, recipients)}</span>
          {progress && <span className="num">{progress.next ? nextOf(progress.next, now) : paceOf(progress)}</span>}
        </div>
        <Progress value={share} size={10} aria-label={`Sending, ${Math.floor(share)} per cent done`} />
        <span className="sr" role="status">
          {`${Math.floor(share / 25) * 25} per cent done`}
        </span>
        <Text size="sm" c="dimmed">
          You can close this page. Sending goes on, and this page shows where it stands.
        </Text>
      </div>
    </Panel>
  )
}

function Tiles({ mailing: { counts, status } }: { mailing: Mailing }) {
  const complaints = counts.accepted === 0 ? '' : percent(counts.complained, counts.accepted)
  const pauses = status === 'sending' || status === 'paused' ? 'pauses at 0.3%' : ''
  const complaintNote = [complaints, pauses].filter(Boolean).join(', ')
  return (
    <div className="tiles">
      <Tile
        icon={IconMailCheck}
        tint="active"
        label="Accepted"
        value={count(counts.accepted)}
        note="by the receiving servers"
      />
      <Tile icon={IconHourglass} label="Will be tried again" value={count(counts.deferred)} note="for up to 5 days" />
      <Tile
        icon={IconMailX}
        tint="errored"
        label="Bounced"
        value={count(counts.bounced)}
        note={percent(counts.bounced, counts.recipients)}
      />
      <Tile icon={IconLock} tint="optOut" label="Held back" value={count(counts.withheld)} note="at the last moment" />
      <Tile icon={IconLock} tint="optOut" label="Opted out" value={count(counts.optedOut)} note="from this mailing" />
      <Tile
        icon={IconAlertTriangle}
        tint="red"
        label="Complaints"
        value={count(counts.complained)}
        note={complaintNote}
      />
      {counts.unknown > 0 && (
        <Tile
          icon={IconQuestionMark}
          label="Not known"
          value={count(counts.unknown)}
          note="may have arrived; not sent again"
        />
      )}
    </div>
  )
}

function About({ mailing }: { mailing: Mailing }) {
  const groups = useGroups().data?.filter(({ id }) => mailing.groupIds.includes(id)) ?? []
  const { counts } = mailing
  return (
    <aside className="stack" aria-label="This mailing">
      <Panel title="This mailing">
        <Facts
          items={[
            ['Subject', mailing.subject],
            ['From', mailing.fromName],
            ['Address', <Address key="address">{mailing.fromAddress}</Address>],
            ['Groups', groups.map(({ name }) => name).join(', ') || '–'],
            ['Recipients', count(counts.recipients)],
            ...(mailing.perHour ? [['Most an hour', count(mailing.perHour)] as const] : []),
            ['Opened', `${count(counts.opened)}, ${percent(counts.opened, counts.accepted)}`],
            ['Clicked', `${count(counts.clicked)}, ${percent(counts.clicked, counts.accepted)}`],
          ]}
        />
      </Panel>
    </aside>
  )
}
