import { Select, Tabs, Text, Textarea, TextInput } from '@mantine/core'
import type { Ref } from 'react'
import { useGroups } from '../audience/groups.ts'
import { OptOutFile } from './OptOutFile.tsx'
import type { Given, Way } from './question.ts'
import { useSegments } from './segments.ts'

const ways: [Way, string][] = [
  ['paste', 'Paste'],
  ['file', 'File'],
  ['group', 'Group'],
  ['segment', 'Segment'],
  ['domain', 'Domain'],
  ['hashes', 'Hashed list'],
]

/** On the left: who is to be opted out, in one of six ways. */
export function GivePanel({
  way,
  given,
  problem,
  field,
  onWay,
  onGive,
}: {
  way: Way
  given: Given
  problem: string
  field: Ref<HTMLTextAreaElement>
  onWay: (way: Way) => void
  onGive: (next: Partial<Given>) => void
}) {
  return (
    <section className="panel" aria-label="Who is to be opted out">
      <div className="pad">
        <Tabs
          value={way}
          onChange={(value) => onWay(ways.find(([one]) => one === value)?.[0] ?? 'paste')}
          keepMounted={false}
        >
          <div className="tabs-scroll">
            <Tabs.List>
              {ways.map(([value, name]) => (
                <Tabs.Tab key={value} value={value}>
                  {name}
                </Tabs.Tab>
              ))}
            </Tabs.List>
          </div>
          <div className="stack tabs-body">
            <Tabs.Panel value="paste">
              <Textarea
                ref={field}
                label="Addresses"
                description="One a line, or separated by commas. Names around them do no harm."
                rows={10}
                className="mono-field"
                value={given.text}
                error={problem}
                onChange={(event) => onGive({ text: event.currentTarget.value })}
              />
            </Tabs.Panel>
            <Tabs.Panel value="file">
              <OptOutFile />
            </Tabs.Panel>
            <Tabs.Panel value="group">
              <GroupField given={given} onGive={onGive} />
            </Tabs.Panel>
            <Tabs.Panel value="segment">
              <SegmentField given={given} onGive={onGive} />
            </Tabs.Panel>
            <Tabs.Panel value="domain">
              <TextInput
                label="Domain"
                description="Such as *@example.com. Everybody at it is opted out, and whoever comes to it later. This cannot be ended."
                autoComplete="off"
                spellCheck={false}
                value={given.domain}
                error={problem}
                onChange={(event) => onGive({ domain: event.currentTarget.value })}
              />
            </Tabs.Panel>
            <Tabs.Panel value="hashes">
              <Textarea
                ref={field}
                label="Hashes"
                description="One a line: MD5, SHA-1 or SHA-256 of addresses in lower case. They are compared with your contacts now and with everybody who comes later."
                rows={10}
                className="mono-field"
                value={given.hashes}
                error={problem}
                onChange={(event) => onGive({ hashes: event.currentTarget.value })}
              />
            </Tabs.Panel>
            {(way === 'paste' || way === 'domain' || way === 'hashes') && (
              <TextInput
                label="Note for the record"
                description="Shown with the opt-outs as their reason. Addresses in it are masked."
                maxLength={1000}
                value={given.note}
                onChange={(event) => onGive({ note: event.currentTarget.value })}
              />
            )}
          </div>
        </Tabs>
      </div>
    </section>
  )
}

type FieldProps = { given: Given; onGive: (next: Partial<Given>) => void }

function GroupField({ given, onGive }: FieldProps) {
  const groups = useGroups()
  return (
    <>
      <Select
        label="Group"
        description="Everybody in it, also in Error and in the archive. The group stays as it is."
        placeholder="Choose a group"
        searchable
        data={(groups.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        value={given.groupId || null}
        onChange={(value) => onGive({ groupId: value ?? '' })}
      />
      {groups.data?.length === 0 && (
        <Text size="sm" c="dimmed" mt="xs">
          There are no groups yet.
        </Text>
      )}
    </>
  )
}

function SegmentField({ given, onGive }: FieldProps) {
  const segments = useSegments()
  return (
    <>
      <Select
        label="Segment"
        description="Everybody who is in it when you press the button."
        placeholder="Choose a segment"
        searchable
        data={(segments.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        value={given.segmentId || null}
        onChange={(value) => onGive({ segmentId: value ?? '' })}
      />
      {segments.data?.length === 0 && (
        <Text size="sm" c="dimmed" mt="xs">
          There are no segments yet.
        </Text>
      )}
    </>
  )
}
