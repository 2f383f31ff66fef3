import type { ReactNode } from 'react'
import type { FullContact } from '../../src/audience/contact-full.contract.ts'
import { paths } from '../paths.ts'
import { Facts } from '../ui/Facts.tsx'
import { count } from '../ui/format.ts'
import { TextLink } from '../ui/links.tsx'
import { Panel } from '../ui/Panel.tsx'
import { When } from '../ui/When.tsx'
import { bases } from './ImportBasis.tsx'

/** What mail the contact got, where it came from, and why one may write to it. */
export function ContactMail({ contact }: { contact: FullContact }) {
  const { lastMailing, accepted, handedOver, lastOpenedAt } = contact.mail
  const items: [string, ReactNode][] = []
  if (lastMailing)
    items.push(
      [
        'Last mailing',
        lastMailing.name ? (
          <TextLink key="mailing" to={paths.mailing(lastMailing.id)} inherit>
            {lastMailing.name}
          </TextLink>
        ) : (
          'One that was deleted'
        ),
      ],
      ['Accepted', `${count(accepted)} of ${count(handedOver)}`],
      ['Last opened', lastOpenedAt ? <When key="opened" at={lastOpenedAt} as="day" /> : 'Not known'],
    )
  else items.push(['Last mailing', 'None yet'])
  items.push(['Source', <Source key="source" contact={contact} />])
  const basis = contact.import?.basis
  if (contact.source === 'import')
    items.push(['Basis', basis ? `${bases[basis.kind]}${basis.note ? `: ${basis.note}` : ''}` : 'None was given'])
  return (
    <Panel title="Mail">
      <Facts items={items} />
    </Panel>
  )
}

function Source({ contact: { source, addedBy, import: file } }: { contact: FullContact }) {
  if (file)
    return (
      <>
        Import{' '}
        <TextLink to={paths.import(file.id)} inherit>
          {file.fileName ?? 'of a file'}
        </TextLink>
        {file.line !== null && `, line ${count(file.line)}`}
        {addedBy && `, by ${addedBy}`}
      </>
    )
  const words = { operator: 'Added by hand', api: 'API', import: 'An import', form: 'Sign-up form' }[source]
  return (
    <>
      {words}
      {addedBy && `, by ${addedBy}`}
    </>
  )
}
