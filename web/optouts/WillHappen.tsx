import { Button, Text } from '@mantine/core'
import { IconAlertTriangle, IconBan, IconCheck, IconCopy, IconUsers, IconWorld } from '@tabler/icons-react'
import { count, counted } from '../ui/format.ts'
import { TallyLine } from '../ui/TallyLine.tsx'
import { howMany, type Outlook, type Way } from './question.ts'

/** On the right: what pressing the button will do, in numbers. */
export function WillHappen({
  way,
  outlook,
  isOld,
  onCorrect,
  onOptOut,
}: {
  way: Way
  outlook: Outlook | null
  isOld: boolean
  onCorrect: (line: number) => void
  onOptOut: () => void
}) {
  const n = outlook ? outlook.contacts + outlook.notContacts : 0
  return (
    <section className="panel" aria-label="What will happen">
      <header>
        <h2 className="grow">What will happen</h2>
        {outlook && (
          <span className="dim num" role="status">
            {counted(outlook.given, way === 'paste' || way === 'hashes' ? 'line' : 'contact')} checked
          </span>
        )}
      </header>
      <div style={isOld ? { opacity: 0.6 } : {}}>
        {outlook ? (
          <ul className="tally">{linesOf(way, outlook, onCorrect)}</ul>
        ) : (
          <Text className="pad" c="dimmed" size="sm">
            {way === 'file' ? 'The check of the file shows it, line by line.' : 'Nothing is given yet.'}
          </Text>
        )}
      </div>
      {way !== 'file' && (
        <div className="pad stack tight">
          <Button
            fullWidth
            color="optOut"
            leftSection={<IconBan size={16} aria-hidden />}
            disabled={isOld || (n === 0 && way !== 'domain') || outlook === null}
            onClick={onOptOut}
          >
            {way === 'domain' ? 'Opt out this domain' : `Opt out ${howMany(way, n)}`}
          </Button>
          <Text size="sm" c="dimmed" ta="center">
            Takes effect at once. It cannot be undone here.
          </Text>
        </div>
      )}
    </section>
  )
}

function linesOf(way: Way, outlook: Outlook, onCorrect: (line: number) => void) {
  const first = outlook.invalid[0]
  const waits =
    outlook.waiting > 0
      ? `${counted(outlook.waiting, 'message')} waiting for them ${outlook.waiting === 1 ? 'is' : 'are'} held back`
      : 'No message is waiting for them'
  return [
    <TallyLine key="contacts" icon={IconUsers} tint="optOut" title="Contacts that opt out" n={outlook.contacts}>
      {way === 'group' || way === 'segment' ? 'In Error or Active now' : waits}
    </TallyLine>,
    (way === 'paste' || way === 'hashes') && (
      <TallyLine
        key="others"
        icon={IconWorld}
        tint="optOut"
        title={way === 'hashes' ? 'Hashes of nobody here' : 'Addresses that are not contacts'}
        n={outlook.notContacts}
      >
        Kept, so that no later import brings them in
      </TallyLine>
    ),
    <TallyLine key="already" icon={IconCheck} tint="gray" title="Already opted out" n={outlook.already}>
      Stay as they are, with their first reason
    </TallyLine>,
    outlook.duplicates > 0 && (
      <TallyLine key="twice" icon={IconCopy} tint="gray" title="Given twice" n={outlook.duplicates}>
        Each counts once
      </TallyLine>
    ),
    first && (
      <TallyLine
        key="invalid"
        icon={IconAlertTriangle}
        tint="errored"
        title={way === 'hashes' ? 'Not a hash' : 'Not an address'}
        n={outlook.invalid.length}
        action={
          <Button variant="subtle" color="gray" size="compact-sm" onClick={() => onCorrect(first.line)}>
            Correct
          </Button>
        }
      >
        <InvalidLines invalid={outlook.invalid} />
      </TallyLine>
    ),
  ]
}

const NAMED = 5

function InvalidLines({ invalid }: { invalid: Outlook['invalid'] }) {
  return (
    <>
      {invalid.slice(0, NAMED).map(({ line, text, problem, suggestion }) => (
        <div key={`${line} ${text}`}>
          Line {count(line)}: <span className="mono any-wrap">{text.slice(0, 80)}</span>.{' '}
          {suggestion ? `Is it ${suggestion}?` : problem}
        </div>
      ))}
      {invalid.length > NAMED && <div>And {counted(invalid.length - NAMED, 'more line')}.</div>}
      <div>These do not opt out until corrected.</div>
    </>
  )
}
