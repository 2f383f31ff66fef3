import { Text } from '@mantine/core'
import type { FullContact } from '../../src/audience/contact-full.contract.ts'
import { paths } from '../paths.ts'
import { Facts } from '../ui/Facts.tsx'
import { count } from '../ui/format.ts'
import { TextLink } from '../ui/links.tsx'
import { Panel } from '../ui/Panel.tsx'
import { When } from '../ui/When.tsx'

/** What the person agreed to on a form, the latest first; the whole proof is in the evidence. */
export function ContactConsent({ contact: { consents } }: { contact: FullContact }) {
  const [latest, ...earlier] = consents
  if (!latest) return null
  const { form, wording, version, topics, confirmedAt, endedOptOut } = latest
  return (
    <Panel title="Consent">
      <div className="stack tight">
        <blockquote className="wording" lang={latest.language}>
          {wording}
        </blockquote>
        <Facts
          items={[
            ['Confirmed', <When key="at" at={confirmedAt} as="second" />],
            ['Form', <FormName key="form" form={form} />],
            ['Version', version === null ? 'Built in' : count(version)],
            ...(topics.length > 0 ? ([['Topics', topics.join(', ')]] as const) : []),
            ...(endedOptOut ? ([['Effect', 'Ended the opt-out']] as const) : []),
          ]}
        />
        {earlier.length > 0 && (
          <Text size="xs" c="dimmed">
            {count(earlier.length)} earlier, in the timeline and in the exported record.
          </Text>
        )}
      </div>
    </Panel>
  )
}

function FormName({ form: { id, name } }: { form: FullContact['consents'][number]['form'] }) {
  if (id === null || name === null) return <>The built-in form</>
  return (
    <TextLink to={paths.form(id)} inherit>
      {name}
    </TextLink>
  )
}
