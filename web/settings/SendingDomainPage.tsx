import { ActionIcon, Button } from '@mantine/core'
import {
  IconAlertTriangle,
  IconCheck,
  IconCircleCheck,
  IconCopy,
  IconHelp,
  IconRefresh,
  IconWorld,
} from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type DnsRecord, type SendingDomain, sendingDomain } from '../../src/mailings/sending-domain.contract.ts'
import { get } from '../api.ts'
import { paths } from '../paths.ts'
import { Banner } from '../ui/Banner.tsx'
import { Copy } from '../ui/Copy.tsx'
import { EmptyState } from '../ui/EmptyState.tsx'
import { ErrorPanel } from '../ui/ErrorPanel.tsx'
import { counted } from '../ui/format.ts'
import { ButtonLink } from '../ui/links.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { Waiting } from '../ui/Waiting.tsx'
import { When } from '../ui/When.tsx'

const key = ['sending-domain']

export function SendingDomainPage() {
  const client = useQueryClient()
  const found = useQuery({ queryKey: key, queryFn: () => get('/sending-domain', sendingDomain) })
  const again = useMutation({
    mutationFn: () => get('/sending-domain', sendingDomain, { again: 'true' }),
    onSuccess: (fresh) => client.setQueryData(key, fresh),
  })
  const { data } = found
  const error = again.error ?? found.error
  return (
    <>
      <PageHeader
        title="Sending domain"
        note={
          data?.domain ? (
            <>
              {data.domain},{' '}
              {data.lookedUpAt ? (
                <>
                  looked up <When at={data.lookedUpAt} as="brief" />
                </>
              ) : (
                'not looked up'
              )}
            </>
          ) : (
            'What the DNS says about the domain of the sender'
          )
        }
        actions={
          data?.lookedUpAt ? (
            <Button
              variant="default"
              leftSection={<IconRefresh size={16} aria-hidden />}
              loading={again.isPending}
              onClick={() => again.mutate()}
            >
              Look up again
            </Button>
          ) : undefined
        }
      />
      <div className="body narrow">
        {error ? (
          <ErrorPanel
            title="The domain could not be looked up. Nothing was changed."
            error={error}
            onRetry={() => void (again.error ? again.mutate() : found.refetch())}
          />
        ) : !data ? (
          <Waiting label="Looking up" />
        ) : data.domain === '' ? (
          <EmptyState
            icon={IconWorld}
            title="No sender address yet"
            action={<ButtonLink to={paths.sender}>Enter the sender</ButtonLink>}
          >
            The domain of the sender's address is looked up here.
          </EmptyState>
        ) : (
          <>
            <Summary found={data} />
            <Records records={data.records} />
          </>
        )}
      </div>
    </>
  )
}

function Summary({ found: { domain, lookedUpAt, records, signs } }: { found: SendingDomain }) {
  const wrong = records.filter(({ state }) => state === 'missing' || state === 'other').length
  const unknown = records.filter(({ state }) => state === 'unknown').length
  const unsigned = signs
    ? ''
    : ' This program does not sign mail with DKIM. Set DKIM_DOMAIN, DKIM_SELECTOR and DKIM_KEY_FILE, or see that your mail server signs.'
  if (lookedUpAt === null)
    return (
      <Banner tint="brand" icon={IconHelp} title="Nothing was looked up">
        BASE_URL is of this machine, so no mail leaves it. Below is what the DNS of {domain} will need.{unsigned}
      </Banner>
    )
  if (wrong > 0)
    return (
      <Banner
        tint="errored"
        icon={IconAlertTriangle}
        title={`${wrong} of ${counted(records.length, 'DNS record')} ${wrong === 1 ? 'needs' : 'need'} a change`}
      >
        You can send. Receivers treat the mail with more trust once this is right. Give the marked lines to whoever
        keeps your DNS.{unsigned}
      </Banner>
    )
  if (unknown > 0 || !signs)
    return (
      <Banner
        tint="errored"
        icon={IconAlertTriangle}
        title={unknown > 0 ? 'Some name servers did not answer' : 'The DNS records are there'}
      >
        {unknown > 0 ? 'Look up again in a few minutes.' : ''}
        {unsigned}
      </Banner>
    )
  return (
    <Banner tint="active" icon={IconCircleCheck} title="Every DNS record is there">
      They agree with the sender.
    </Banner>
  )
}

const states = {
  found: { icon: IconCircleCheck, tint: 'active', word: 'Found' },
  missing: { icon: IconAlertTriangle, tint: 'errored', word: 'Missing' },
  other: { icon: IconAlertTriangle, tint: 'errored', word: 'Needs a change' },
  unknown: { icon: IconHelp, tint: 'gray', word: 'Not known' },
} as const

function Records({ records }: { records: DnsRecord[] }) {
  return (
    <section className="panel scroll" aria-label="DNS records">
      <table className="grid">
        <thead>
          <tr>
            <th>For</th>
            <th className="only-wide">Type</th>
            <th>Name and value</th>
            <th className="only-wide">State</th>
            <th>
              <span className="sr">Copy</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {records.map((record) => {
            const { icon: Sign, tint, word } = states[record.state]
            return (
              <tr key={record.for}>
                <th scope="row">
                  {record.for}
                  <div className="only-narrow dim">{word}</div>
                </th>
                <td className="mono only-wide">{record.type}</td>
                <td className="dns-cell">
                  <div className="mono dns">{record.name}</div>
                  <div className="mono dim dns">{record.value}</div>
                  <div className="dim">{record.text}</div>
                </td>
                <td className="nowrap only-wide">
                  <Sign size={16} className={`fg-${tint} dns-sign`} aria-hidden /> {word}
                </td>
                <td className="right">
                  <Copy value={record.value}>
                    {(copy, copied) => (
                      <ActionIcon aria-label={`Copy the value for ${record.for}`} title="Copy the value" onClick={copy}>
                        {copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
                      </ActionIcon>
                    )}
                  </Copy>
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </section>
  )
}
