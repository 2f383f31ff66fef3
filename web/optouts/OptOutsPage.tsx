import { Text } from '@mantine/core'
import { useDebouncedValue, useDisclosure } from '@mantine/hooks'
import { useRef, useState } from 'react'
import { messageOf } from '../api.ts'
import { BulkJobs } from '../audience/BulkJobs.tsx'
import { useGroups } from '../audience/groups.ts'
import { paths } from '../paths.ts'
import { Confirm } from '../ui/Confirm.tsx'
import { counted } from '../ui/format.ts'
import { TextLink } from '../ui/links.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { type Done, useOptOut } from './act.ts'
import { GivePanel } from './GivePanel.tsx'
import { OptOutList } from './OptOutList.tsx'
import { OptOutRules } from './OptOutRules.tsx'
import { type Given, howMany, nothingGiven, tooMany, useOutlook, type Way } from './question.ts'
import { WhatHappened } from './WhatHappened.tsx'
import { WillHappen } from './WillHappen.tsx'

export function OptOutsPage() {
  const [way, setWay] = useState<Way>('paste')
  const [given, setGiven] = useState<Given>(nothingGiven)
  const [done, setDone] = useState<Done>()
  const [asking, ask] = useDisclosure(false)
  const [rested] = useDebouncedValue(given, 300)
  const field = useRef<HTMLTextAreaElement>(null)
  const groups = useGroups()
  const { data: outlook, error, isOld } = useOutlook(way, rested, groups.data)
  const optOut = useOptOut()
  const n = outlook ? outlook.contacts + outlook.notContacts : 0
  const problem = tooMany(way, given)
    ? 'That is more than goes at once here. Put them into a file and choose it under File.'
    : error
      ? messageOf(error)
      : ''
  return (
    <>
      <PageHeader
        crumbs={[{ name: 'Audience', to: paths.contacts }]}
        title="Opt-outs"
        note="For people who asked you directly or left in another system. They need not be contacts."
      />
      <div className="body">
        <BulkJobs />
        {done && <WhatHappened done={done} onClose={() => setDone(undefined)} />}
        <div className="two">
          <div className="stack">
            <GivePanel
              way={way}
              given={given}
              problem={problem}
              field={field}
              onWay={(next) => {
                setWay(next)
                setDone(undefined)
              }}
              onGive={(next) => setGiven({ ...given, ...next })}
            />
            <Text size="sm" c="dimmed">
              You can also go through a group:{' '}
              <TextLink to={paths.newImport} inherit>
                import the file
              </TextLink>
              , add everybody to a{' '}
              <TextLink to={paths.groups} inherit>
                group
              </TextLink>
              , open it and choose <em>Actions</em>, <em>Change status of all</em>, <em>Opt-Out</em>.
            </Text>
          </div>
          <WillHappen
            way={way}
            outlook={outlook}
            isOld={isOld || rested !== given}
            onCorrect={(line) => goTo(field.current, line)}
            onOptOut={ask.open}
          />
        </div>
        <OptOutList />
        <OptOutRules />
      </div>
      <Confirm
        opened={asking}
        title={questionOf(way, given, n)}
        consequence="optOut"
        onYes={async () => {
          if (!outlook) return
          setDone(await optOut(way, given, outlook))
          setGiven(nothingGiven)
          window.scrollTo({ top: 0 })
        }}
        onClose={ask.close}
      >
        <Text>
          They get no more mail from this account, from this moment on. Their details and status are locked. It cannot
          be undone by anybody but themselves.
        </Text>
        {way === 'domain' && (
          <Text>
            {counted(n, 'contact')} opt out now, and so does everybody who comes to this domain later. The rule cannot
            be ended.
          </Text>
        )}
        {outlook && outlook.invalid.length > 0 && (
          <Text>
            {counted(outlook.invalid.length, 'line')} cannot be read and {outlook.invalid.length === 1 ? 'is' : 'are'}{' '}
            left out.
          </Text>
        )}
      </Confirm>
    </>
  )
}

function questionOf(way: Way, given: Given, n: number): string {
  if (way === 'domain') return `Opt out everybody at ${given.domain.trim().replace(/^\*?@/, '')}?`
  return `Opt out ${howMany(way, n)}?`
}

/** Puts the cursor on a line. */
function goTo(field: HTMLTextAreaElement | null, line: number) {
  if (!field) return
  const lines = field.value.split('\n')
  const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0)
  field.focus()
  field.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0))
}
