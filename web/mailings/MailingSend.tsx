import { Button, Radio, Text, TextInput, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconLock, IconRefresh, IconSend } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import {
  type Finding,
  type Mailing,
  type MailingCheck,
  mailing as mailingSchema,
} from '../../src/mailings/mailing.contract.ts'
import { post } from '../api.ts'
import { useGroups } from '../audience/groups.ts'
import { useTopics } from '../audience/topics.ts'
import { paths } from '../paths.ts'
import { Confirm } from '../ui/Confirm.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { count, counted } from '../ui/format.ts'
import { TextLink } from '../ui/links.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Panel } from '../ui/Panel.tsx'
import { usePlace } from '../ui/place.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { MailingSteps } from './MailingSteps.tsx'
import { useCheck } from './mailings.ts'
import { zonedTime } from './zonedTime.ts'

export function MailingSend({ mailing }: { mailing: Mailing }) {
  const check = useCheck(mailing.id)
  return (
    <>
      <PageHeader
        crumbs={[{ name: 'Mailings', to: paths.mailings }]}
        title={mailing.name}
        note={mailing.subject || 'No subject yet'}
      />
      <div className="body">
        <MailingSteps id={mailing.id} at="Check and send" />
        {check.error ? (
          <ErrorPanel
            title="The mailing could not be checked. Nothing was sent."
            error={check.error}
            onRetry={() => void check.refetch()}
          />
        ) : !check.data ? (
          <Waiting label="Checking" />
        ) : (
          <div className="split">
            <Findings check={check.data} busy={check.isFetching} onAgain={() => void check.refetch()} />
            <aside className="stack" aria-label="Audience and time">
              <Audience mailing={mailing} check={check.data} />
              <Time mailing={mailing} check={check.data} />
            </aside>
          </div>
        )}
      </div>
    </>
  )
}

function Findings({ check, busy, onAgain }: { check: MailingCheck; busy: boolean; onAgain: () => void }) {
  const stops = check.findings.filter(({ level }) => level === 'stops')
  const looks = check.findings.filter(({ level }) => level === 'look')
  const passed = check.findings.filter(({ level }) => level === 'passed')
  return (
    <div className="stack">
      <section className="panel" aria-labelledby="mend">
        <header>
          <Title order={2} id="mend">
            {summary(stops.length, looks.length)}
          </Title>
          <Button
            variant="subtle"
            size="compact-sm"
            loading={busy}
            leftSection={<IconRefresh size={15} aria-hidden />}
            onClick={onAgain}
          >
            Check again
          </Button>
        </header>
        {stops.length + looks.length > 0 && (
          <ul className="tally checks">
            {[...stops, ...looks].map((finding) => (
              <FindingLine key={finding.title + finding.text} finding={finding} />
            ))}
          </ul>
        )}
      </section>
      {passed.length > 0 && (
        <section className="panel" aria-labelledby="fine">
          <header>
            <Title order={2} id="fine">
              {counted(passed.length, 'check')} passed
            </Title>
          </header>
          <ul className="tally checks">
            {passed.map((finding) => (
              <FindingLine key={finding.title + finding.text} finding={finding} />
            ))}
          </ul>
        </section>
      )}
    </div>
  )
}

function summary(stops: number, looks: number): string {
  if (stops > 0) return `${counted(stops, 'thing')} to mend before this can be sent`
  if (looks > 0) return `${counted(looks, 'thing')} to look at, nothing that stops you`
  return 'Nothing to mend'
}

const signs = {
  stops: { icon: IconCircleX, tint: 'red', word: 'Stops' },
  look: { icon: IconAlertTriangle, tint: 'errored', word: 'Look' },
  passed: { icon: IconCircleCheck, tint: 'active', word: 'Passed' },
} as const

function FindingLine({ finding }: { finding: Finding }) {
  const { icon: Sign, tint, word } = signs[finding.level]
  return (
    <li>
      <Sign size={20} stroke={1.8} className={`fg-${tint}`} aria-hidden />
      <div>
        <div className="t">{finding.title}</div>
        <div className="dim">{finding.text}</div>
      </div>
      <span className="dim">{word}</span>
    </li>
  )
}

function Audience({ mailing, check: { audience } }: { mailing: Mailing; check: MailingCheck }) {
  const groups = useGroups().data?.filter(({ id }) => mailing.groupIds.includes(id)) ?? []
  const topics = useTopics().data?.filter(({ id }) => mailing.topicIds.includes(id)) ?? []
  const left: [string, number, 'optOut' | 'errored' | null][] = [
    ['Opted out', audience.optedOut, 'optOut'],
    ['Error', audience.error, 'errored'],
    ['In several of them, counted once', audience.inSeveral, null],
    ['Left out by you', audience.excluded, null],
    ['Waiting for your decision', audience.held, null],
    ['Paused by themselves', audience.paused, null],
    ['Archived', audience.archived, null],
    ['Left the topic', audience.leftTopic, null],
    ['Did not choose the topic', audience.withoutTopic, null],
  ]
  return (
    <Panel
      title={`${counted(audience.recipients, 'person', 'people')} ${audience.recipients === 1 ? 'gets' : 'get'} this mailing`}
      aside={
        <TextLink to={paths.mailingAudience(mailing.id)} size="sm">
          Edit
        </TextLink>
      }
    >
      <div className="stack tight">
        <div className="row">
          {groups.map(({ id, name }) => (
            <span key={`group ${id}`} className="chip">
              {name}
            </span>
          ))}
          {topics.map(({ id, name }) => (
            <span key={`topic ${id}`} className="chip">
              Topic {name}
            </span>
          ))}
        </div>
        <table className="grid sums">
          <tbody>
            <tr>
              <th scope="row">Chosen</th>
              <td className="right">{count(audience.chosen)}</td>
            </tr>
            {left
              .filter(([, n]) => n > 0)
              .map(([label, n, tint]) => (
                <tr key={label}>
                  <th scope="row">
                    {tint === 'optOut' && <IconLock size={14} className="fg-optOut" aria-hidden />}
                    {tint === 'errored' && <IconAlertTriangle size={14} className="fg-errored" aria-hidden />} {label}
                  </th>
                  <td className="right">−{count(n)}</td>
                </tr>
              ))}
            <tr className="sum">
              <th scope="row">Get the mailing</th>
              <td className="right">{count(audience.recipients)}</td>
            </tr>
          </tbody>
        </table>
      </div>
    </Panel>
  )
}

function Time({ mailing, check }: { mailing: Mailing; check: MailingCheck }) {
  const [when, setWhen] = useState('now')
  const [at, setAt] = useState('')
  const [problem, setProblem] = useState('')
  const [asking, ask] = useDisclosure(false)
  const { zone } = usePlace()
  const client = useQueryClient()
  const people = counted(check.audience.recipients, 'person', 'people')
  const send = async () => {
    const time = when === 'at' ? zonedTime(at, zone) : null
    const sent = await post(`/mailings/${mailing.id}/send`, mailingSchema, time ? { at: time } : {})
    client.setQueryData(['mailings', 'one', mailing.id], sent)
    await client.invalidateQueries({ queryKey: ['mailings', 'list'] })
  }
  const start = () => {
    if (when === 'at' && zonedTime(at, zone) === null) setProblem('Enter a day and a time.')
    else ask.open()
  }
  return (
    <Panel title="When">
      <div className="stack tight">
        <Radio.Group aria-label="When" value={when} onChange={setWhen}>
          <div className="stack tight">
            <Radio value="now" label="Now" />
            <Radio value="at" label="At a time" description={`In the account's time zone, ${zone}`} />
          </div>
        </Radio.Group>
        {when === 'at' && (
          <TextInput
            type="datetime-local"
            label="Day and time"
            value={at}
            error={problem}
            onChange={(event) => {
              setProblem('')
              setAt(event.currentTarget.value)
            }}
          />
        )}
        <Button
          fullWidth
          leftSection={<IconSend size={16} aria-hidden />}
          disabled={!check.sendable}
          onClick={start}
          data-primary
        >
          Send to {people}
        </Button>
        <Text size="sm" c="dimmed">
          {check.sendable
            ? 'Who opts out before or during the sending is left out.'
            : 'Mend what stops the mailing first.'}
        </Text>
      </div>
      <Confirm opened={asking} title={`Send to ${people}?`} consequence="brand" onYes={send} onClose={ask.close}>
        <Text>
          {when === 'now'
            ? 'Sending begins at once. You can pause it.'
            : 'Sending begins at that time. You can cancel it until then.'}
        </Text>
      </Confirm>
    </Panel>
  )
}
