import {
  IconArrowRight,
  IconBan,
  IconFileImport,
  IconFilter,
  IconForms,
  IconMail,
  IconUsersGroup,
} from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { type Contact, contacts } from '../../src/audience/contact.contract.ts'
import { forms } from '../../src/audience/form.contract.ts'
import { groups } from '../../src/audience/group.contract.ts'
import { segments } from '../../src/audience/segment.contract.ts'
import { mailings } from '../../src/mailings/mailing.contract.ts'
import { get } from '../api.ts'
import { paths } from '../paths.ts'
import type { Icon } from '../ui/look.ts'
import { statusLook } from '../ui/StatusBadge.tsx'
import { navigation } from './navigation.ts'

export type Found = { key: string; name: string; note: string; to: string; icon: Icon; status?: string }

const SHOWN = 5

/** What the palette lists for `query`; contacts come from the server for `searched`, the same text a moment later. */
export function useFound(query: string, searched: string): Found[] {
  const people = useQuery({
    queryKey: ['contacts', 'palette', searched],
    queryFn: () => get('/contacts', contacts, { search: searched, limit: SHOWN }),
    enabled: searched.length > 1,
    placeholderData: keepPreviousData,
  })
  const things = useThings()
  if (query === '') return [...acts, ...pages]
  const found = [...things, ...acts, ...pages].filter(({ name }) => name.toLowerCase().includes(query.toLowerCase()))
  return [...(query.length > 1 ? (people.data?.items ?? []).map(ofContact) : []), ...found.slice(0, 3 * SHOWN)]
}

/** Names change seldom: they are read when the palette opens, and at most every half minute. */
function useThings(): Found[] {
  const named = useQuery({
    queryKey: ['groups', 'palette'],
    queryFn: () => get('/groups', groups, { limit: 500 }),
    staleTime: 30_000,
  })
  const saved = useQuery({
    queryKey: ['segments', 'palette'],
    queryFn: () => get('/segments', segments, { limit: 500 }),
    staleTime: 30_000,
  })
  const asking = useQuery({
    queryKey: ['forms', 'palette'],
    queryFn: () => get('/forms', forms, { limit: 500 }),
    staleTime: 30_000,
  })
  const written = useQuery({
    queryKey: ['mailings', 'palette'],
    queryFn: () => get('/mailings', mailings, { limit: 100 }),
    staleTime: 30_000,
  })
  return [
    ...(named.data?.items ?? []).map(({ id, name }) => thing('Group', id, name, paths.group(id), IconUsersGroup)),
    ...(saved.data?.items ?? []).map(({ id, name }) => thing('Segment', id, name, paths.segment(id), IconFilter)),
    ...(asking.data?.items ?? []).map(({ id, name }) => thing('Sign-up form', id, name, paths.form(id), IconForms)),
    ...(written.data?.items ?? []).map(({ id, name }) => thing('Mailing', id, name, paths.mailing(id), IconMail)),
  ]
}

const thing = (kind: string, id: string, name: string, to: string, icon: Icon): Found => ({
  key: `${kind} ${id}`,
  name,
  note: kind,
  to,
  icon,
})

function ofContact({ id, address, fields, status }: Contact): Found {
  const name = [fields['first_name'], fields['last_name']].filter(Boolean).join(' ')
  const { word, icon } = statusLook[status]
  return {
    key: `Contact ${id}`,
    name: name || address,
    note: name && address,
    status: word,
    to: paths.contact(id),
    icon,
  }
}

const acts: Found[] = [
  { key: 'import', name: 'Import contacts', note: 'Start an import', to: paths.newImport, icon: IconFileImport },
  {
    key: 'form',
    name: 'Create a sign-up form',
    note: 'Go to Audience, Sign-up forms',
    to: paths.form('new'),
    icon: IconForms,
  },
  { key: 'opt-out', name: 'Opt out many at once', note: 'Go to Audience, Opt-outs', to: paths.optOuts, icon: IconBan },
]

const pages: Found[] = navigation
  .flatMap((section) => section.pages?.map((page) => ({ ...page, note: section.name })) ?? [{ ...section, note: '' }])
  .map(({ name, to, note }) => ({ key: to, name, note: note && `Go to ${note}`, to, icon: IconArrowRight }))
