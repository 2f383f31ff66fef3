import { Button, Title } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconLock, IconRefresh } from '@tabler/icons-react'
import type { Finding, Mailing, MailingCheck } from '../../src/mailings/mailing.contract.ts'
import { useGroups } from '../audience/groups.ts'
import { useTopics } from '../audience/topics.ts'
import { paths } from '../paths.ts'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { count, counted } from '../ui/format.ts'
import { TextLink } from '../ui/links.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Panel } from '../ui/Panel.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { MailingSteps } from './MailingSteps.tsx'
import { useCheck } from './mailings.ts'
import { SendTest } from './SendTest.tsx'
import { SendTime } from './SendTime.tsx'
import { SplitTest } from './SplitTest.tsx'

export function MailingSend({ mailing }: { mailing: Mailing }) {
  const check = useCheck(mailing.id)
  return (
    <>
      <PageHeader
        crumbs={[{ name: 'Mailings', to: paths.mailings }]}
        title={mailing.name}
        note={mailing.subject || 'No subject yet'}
        actions={<SendTest mailingId={mailing.id} />}
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
              <SplitTest mailing={mailing} recipients={check.data.audience.recipients} />
              <SendTime mailing={mailing} check={check.data} />
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
