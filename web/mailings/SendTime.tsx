import { Button, NumberInput, Radio, Select, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconSend } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import {
  type Mailing,
  type MailingCheck,
  mailing as mailingSchema,
  type SendMailing,
} from '../../src/mailings/mailing.contract.ts'
import { post } from '../api.ts'
import { Confirm } from '../ui/Confirm.tsx'
import { count, counted } from '../ui/format.ts'
import { Panel } from '../ui/Panel.tsx'
import { usePlace } from '../ui/place.tsx'
import { useTimeZones } from './mailings.ts'
import { about } from './progressWords.ts'
import { zonedTime } from './zonedTime.ts'
import { zonesWith } from './zones.ts'

type When = 'now' | 'at' | 'own'

const begins: Record<When, string> = {
  now: 'Sending begins at once.',
  at: 'Sending begins at that time. You can cancel it until then.',
  own: 'Everybody gets it when their own clock shows that time. Where it has passed already, at once.',
}

/** When a mailing goes out and how fast, and the button that sends it. */
export function SendTime({ mailing, check }: { mailing: Mailing; check: MailingCheck }) {
  const place = usePlace()
  const [when, setWhen] = useState<When>('now')
  const [at, setAt] = useState('')
  const [zone, setZone] = useState(place.zone)
  const [perHour, setPerHour] = useState<number | null>(null)
  const [problem, setProblem] = useState('')
  const [asking, ask] = useDisclosure(false)
  const client = useQueryClient()
  const { recipients } = check.audience
  const without = useTimeZones(mailing.id, when === 'own').data?.recipientsWithout
  const people = counted(recipients, 'person', 'people')
  const send = async () => {
    const time: SendMailing = when === 'now' ? {} : { at, timeZone: zone, inRecipientZone: when === 'own' }
    const sent = await post(`/mailings/${mailing.id}/send`, mailingSchema, { ...time, perHour })
    client.setQueryData(['mailings', 'one', mailing.id], sent)
    await client.invalidateQueries({ queryKey: ['mailings', 'list'] })
  }
  const start = () => {
    const wrong = when === 'now' ? '' : problemWith(at, zone)
    setProblem(wrong)
    if (wrong === '') ask.open()
  }
  return (
    <Panel title="When">
      <div className="stack tight">
        <Radio.Group
          aria-label="When"
          value={when}
          onChange={(value) => setWhen(whens.find((w) => w === value) ?? 'now')}
        >
          <div className="stack tight">
            <Radio value="now" label="Now" />
            <Radio value="at" label="At a time" />
            <Radio
              value="own"
              label="At a time where each person is"
              description="By the field “Time zone” of each contact, such as Europe/Vienna. Who has none gets it by the time zone below."
            />
          </div>
        </Radio.Group>
        {when !== 'now' && (
          <>
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
            <Select
              label="Time zone"
              description={
                when === 'own' && without !== undefined ? `For ${withoutWords(without, recipients)}.` : undefined
              }
              data={zonesWith(place.zone)}
              nothingFoundMessage="No time zone is called that. Try the largest city nearby."
              value={zone}
              searchable
              allowDeselect={false}
              onChange={(chosen) => setZone(chosen ?? place.zone)}
            />
          </>
        )}
        <NumberInput
          label="Most messages an hour (if you like)"
          description={
            perHour
              ? `Takes about ${about((recipients / perHour) * 3600)}.`
              : 'Empty: as fast as the mail server takes them.'
          }
          value={perHour ?? ''}
          min={1}
          max={10_000_000}
          allowDecimal={false}
          thousandSeparator=","
          onChange={(value) => setPerHour(typeof value === 'number' && value >= 1 ? value : null)}
        />
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
          {begins[when]}{' '}
          {perHour
            ? `With ${counted(perHour, 'message')} an hour it takes about ${about((recipients / perHour) * 3600)}. `
            : ''}
          {when === 'at' ? '' : 'You can pause it.'}
        </Text>
      </Confirm>
    </Panel>
  )
}

function withoutWords(without: number, recipients: number): string {
  if (without === 0) return 'people whose time zone is not known; everybody has one'
  return `${counted(without, 'person', 'people')} of ${count(recipients)} who ${without === 1 ? 'has' : 'have'} no time zone`
}

const whens: When[] = ['now', 'at', 'own']

function problemWith(at: string, zone: string): string {
  const moment = zonedTime(at, zone)
  if (moment === null) return 'Enter a day and a time.'
  return Date.parse(moment) < Date.now() ? 'This time has passed. Choose a later one, or Now.' : ''
}
