import { Tabs } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { paths } from '../paths.ts'
import { PageHeader } from '../ui/PageHeader.tsx'
import { ArchivedContacts } from './ArchivedContacts.tsx'
import { ArchivedList } from './ArchivedList.tsx'
import type { Kind } from './archived.ts'

const tabs: Record<Kind, { label: string; meaning: string }> = {
  contacts: { label: 'Contacts', meaning: 'Archived contacts get no mail. An opt-out stays.' },
  groups: {
    label: 'Groups',
    meaning: 'An archived group gets no mail and nobody joins it. Its contacts stay contacts.',
  },
  segments: { label: 'Segments', meaning: 'An archived segment is offered nowhere. Its condition is kept.' },
  fields: { label: 'Fields', meaning: 'An archived field is shown nowhere. What contacts have in it is kept.' },
}
const isKind = (text: unknown): text is Kind => typeof text === 'string' && text in tabs

/** What was put away, and the way back. */
export function ArchivePage() {
  const search: Record<string, unknown> = useSearch({ strict: false })
  const kind = isKind(search['show']) ? search['show'] : 'contacts'
  const navigate = useNavigate()
  const show = (value: string | null) =>
    void navigate({ to: paths.archive, search: isKind(value) && value !== 'contacts' ? { show: value } : {} })
  return (
    <>
      <PageHeader title="Archive" note={tabs[kind].meaning} />
      <Tabs value={kind} onChange={show} keepMounted={false} className="body">
        <Tabs.List aria-label="What is archived">
          {Object.entries(tabs).map(([value, { label }]) => (
            <Tabs.Tab key={value} value={value}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="contacts">
          <ArchivedContacts />
        </Tabs.Panel>
        {(['groups', 'segments', 'fields'] as const).map((each) => (
          <Tabs.Panel key={each} value={each}>
            <ArchivedList kind={each} label={tabs[each].label} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  )
}
