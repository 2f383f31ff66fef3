import { Select, Text } from '@mantine/core'
import {
  IconArchive,
  IconArrowBackUp,
  IconArrowMerge,
  IconBan,
  IconCheck,
  IconEye,
  IconEyeOff,
  IconFileImport,
  IconForms,
  IconInfoCircle,
  IconLanguage,
  IconLock,
  IconMail,
  IconMailOff,
  IconMailOpened,
  IconMessages,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconPointer,
  IconRestore,
  IconUserMinus,
  IconUserPlus,
  IconUserQuestion,
  IconUserSearch,
  IconUsersGroup,
} from '@tabler/icons-react'
import { useState } from 'react'
import type { Contact, ContactEvent } from '../../src/audience/contact.contract.ts'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { Event } from '../ui/Event.tsx'
import type { Icon, Tint } from '../ui/look.ts'
import { Panel } from '../ui/Panel.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { When } from '../ui/When.tsx'
import { useHistory } from './contacts.ts'
import { MailingText } from './MailingText.tsx'

type Sort = 'status' | 'mail' | 'edits'
type Look = { icon: Icon; tint?: Tint; sort: Sort }

const kinds: Record<string, Look> = {
  opted_out: { icon: IconLock, tint: 'optOut', sort: 'status' },
  reconsented: { icon: IconCheck, tint: 'active', sort: 'status' },
  signed_up: { icon: IconForms, tint: 'active', sort: 'status' },
  to_error: { icon: IconBan, tint: 'errored', sort: 'status' },
  to_active: { icon: IconCheck, tint: 'active', sort: 'status' },
  held: { icon: IconUserQuestion, tint: 'errored', sort: 'status' },
  released: { icon: IconCheck, tint: 'active', sort: 'status' },
  added: { icon: IconUserPlus, tint: 'active', sort: 'edits' },
  imported: { icon: IconFileImport, sort: 'edits' },
  edited: { icon: IconPencil, sort: 'edits' },
  joined_group: { icon: IconUsersGroup, sort: 'edits' },
  left_group: { icon: IconUserMinus, sort: 'edits' },
  import_undone: { icon: IconArrowBackUp, sort: 'edits' },
  merged: { icon: IconArrowMerge, sort: 'edits' },
  topic_chosen: { icon: IconMessages, sort: 'edits' },
  topic_left: { icon: IconMessages, sort: 'edits' },
  paused: { icon: IconPlayerPause, sort: 'status' },
  pause_ended: { icon: IconPlayerPlay, sort: 'status' },
  language_chosen: { icon: IconLanguage, sort: 'edits' },
  data_requested: { icon: IconUserSearch, tint: 'errored', sort: 'status' },
  data_request_settled: { icon: IconCheck, sort: 'status' },
  tracking_refused: { icon: IconEyeOff, sort: 'edits' },
  tracking_allowed: { icon: IconEye, sort: 'edits' },
  archived: { icon: IconArchive, sort: 'edits' },
  restored: { icon: IconRestore, sort: 'edits' },
  accepted: { icon: IconMail, sort: 'mail' },
  withheld: { icon: IconMailOff, tint: 'optOut', sort: 'mail' },
  bounced: { icon: IconMailOff, tint: 'errored', sort: 'mail' },
  deferred: { icon: IconMail, sort: 'mail' },
  queued: { icon: IconMail, sort: 'mail' },
  handed_over: { icon: IconMail, sort: 'mail' },
  unknown: { icon: IconMail, sort: 'mail' },
  cancelled: { icon: IconMailOff, sort: 'mail' },
  opened: { icon: IconMailOpened, sort: 'mail' },
  clicked: { icon: IconPointer, sort: 'mail' },
}

const filters = [
  { value: 'all', label: 'Everything' },
  { value: 'status', label: 'Status changes' },
  { value: 'mail', label: 'Mail' },
  { value: 'edits', label: 'Edits' },
]

export function ContactTimeline({ contact }: { contact: Contact }) {
  const history = useHistory(contact.id)
  const [shown, setShown] = useState('all')
  const events = history.data?.items.filter((event) => shown === 'all' || lookOf(event).sort === shown) ?? []
  return (
    <Panel
      title="Timeline"
      aside={
        <Select
          aria-label="Show in timeline"
          data={filters}
          value={shown}
          onChange={(value) => setShown(value ?? 'all')}
          w={150}
        />
      }
    >
      {history.error && !history.data ? (
        <ErrorPanel
          title="The timeline could not be loaded"
          error={history.error}
          onRetry={() => void history.refetch()}
        />
      ) : !history.data ? (
        <Waiting />
      ) : events.length === 0 ? (
        <Text size="sm" c="dimmed">
          Nothing of this kind happened yet.
        </Text>
      ) : (
        <ol className="line">
          {events.map((event, index) => (
            <Line key={`${event.at} ${event.kind} ${index}`} event={event} />
          ))}
        </ol>
      )}
    </Panel>
  )
}

function Line({ event }: { event: ContactEvent }) {
  const { icon, tint } = lookOf(event)
  return (
    <Event
      icon={icon}
      {...(tint ? { tint } : {})}
      at={<When at={event.at} as={event.source || event.kind === 'reconsented' ? 'second' : 'minute'} />}
    >
      <MailingText text={event.text} mailing={event.mailing} />
    </Event>
  )
}

function lookOf({ kind, source }: ContactEvent): Look {
  return kinds[kind] ?? (source ? kinds['opted_out'] : undefined) ?? { icon: IconInfoCircle, sort: 'edits' }
}
