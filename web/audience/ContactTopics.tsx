import { Text } from '@mantine/core'
import { IconCheck, IconX } from '@tabler/icons-react'
import type { FullContact } from '../../src/audience/contact-full.contract.ts'
import { Panel } from '../ui/Panel.tsx'
import { When } from '../ui/When.tsx'

const languages: Record<string, string> = { en: 'English', de: 'German', ar: 'Arabic' }
const places = { preferences: 'on the preferences page', form: 'with a sign-up form' }

/** What the contact chose, as text: nobody else chooses for it. */
export function ContactTopics({ contact: { topics, language } }: { contact: FullContact }) {
  return (
    <Panel title="Topics" aside={<span className="dim page-note">Chosen by the contact</span>}>
      {topics.length === 0 ? (
        <Text size="sm" c="dimmed">
          Nothing chosen yet
        </Text>
      ) : (
        <ul className="stack ticks-list plain">
          {topics.map(({ id, name, chosen, at, source }) => (
            <li key={id} className="row one note">
              {chosen ? <IconCheck size={16} className="fg-active" aria-hidden /> : <IconX size={16} aria-hidden />}
              <span className="grow">
                {name}
                {!chosen && <span className="dim"> (left)</span>}
                <span className="dim note"> {places[source]}</span>
              </span>
              <span className="dim">
                <When at={at} as="day" />
              </span>
            </li>
          ))}
        </ul>
      )}
      {language && (
        <Text size="sm" mt={12}>
          <span className="dim">Language of the pages</span> {languages[language] ?? language}
        </Text>
      )}
    </Panel>
  )
}
