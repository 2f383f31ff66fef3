import { Button, Title } from '@mantine/core'
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCopy,
  IconLock,
  IconUserQuestion,
  IconUsers,
} from '@tabler/icons-react'
import { useEffect, useId, useRef } from 'react'
import type { PastedResult } from '../../src/audience/group.contract.ts'
import { Address } from '../ui/Address.tsx'
import { count, counted } from '../ui/format.ts'
import { TallyLine } from '../ui/TallyLine.tsx'

/** What became of every line that was pasted; the numbers add up to the lines. */
export function PasteResult({
  result,
  onMore,
  onClose,
}: {
  result: PastedResult
  onMore: () => void
  onClose: () => void
}) {
  const id = useId()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  const { added, already, optedOut, duplicate, made, held, optedOutAddresses, unknown, invalid } = result
  const left = unknown.length + invalid.length
  return (
    <section className="stack" aria-labelledby={id}>
      <Title order={2} size="h4" id={id} ref={heading} tabIndex={-1}>
        What happened
      </Title>
      <ul className="tally paste-tally">
        <TallyLine icon={IconCircleCheck} tint="active" title="Added to the group" n={added}>
          {made > 0 && `${counted(made, 'address', 'addresses')} became ${made === 1 ? 'a contact' : 'contacts'}.`}
          {held > 0 &&
            ` ${counted(held, 'contact')} ${held === 1 ? 'gets' : 'get'} no mail until you decide: possibly somebody who opted out.`}
        </TallyLine>
        {already > 0 && <TallyLine icon={IconUsers} tint="gray" title="Already in the group" n={already} />}
        {optedOut > 0 && (
          <TallyLine icon={IconLock} tint="optOut" title="Opted out" n={optedOut}>
            They join no group.
            <Addresses of={optedOutAddresses} />
          </TallyLine>
        )}
        {duplicate > 0 && <TallyLine icon={IconCopy} tint="gray" title="Pasted more than once" n={duplicate} />}
        {unknown.length > 0 && (
          <TallyLine icon={IconUserQuestion} tint="brand" title="Not a contact" n={unknown.length}>
            They were left out.
            <Addresses of={unknown} />
          </TallyLine>
        )}
        {invalid.length > 0 && (
          <TallyLine icon={IconAlertTriangle} tint="errored" title="Not an address" n={invalid.length}>
            <ul className="pasted" aria-label="Lines that are no addresses">
              {invalid.map(({ line, text, problem }) => (
                <li key={`${line} ${text}`}>
                  Line {count(line)}: <span className="mono any-wrap">{text}</span> {problem}
                </li>
              ))}
            </ul>
          </TallyLine>
        )}
      </ul>
      <div className="row dialog-acts">
        <Button variant="default" onClick={onMore}>
          {left > 0 ? `Go on with the other ${count(left)}` : 'Paste more'}
        </Button>
        <Button onClick={onClose}>Close</Button>
      </div>
    </section>
  )
}

const Addresses = ({ of }: { of: string[] }) => (
  <ul className="pasted">
    {of.map((address) => (
      <li key={address} className="mono any-wrap">
        <Address>{address}</Address>
      </li>
    ))}
  </ul>
)
