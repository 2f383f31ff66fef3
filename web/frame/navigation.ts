import { IconHome, IconMail, IconSettings, IconUsers } from '@tabler/icons-react'
import { paths } from '../paths.ts'
import type { Icon } from '../ui/look.ts'

export type NavPage = { name: string; to: string; key?: string; counts?: 'requests' }
export type NavSection = NavPage & { icon: Icon; within: string; pages?: NavPage[] }

/** Sections and pages in their order; `key` is the second key after "g". Only what exists is listed. */
export const navigation: NavSection[] = [
  { name: 'Home', to: paths.home, within: '/', icon: IconHome, key: 'h' },
  {
    name: 'Audience',
    to: paths.contacts,
    within: '/audience',
    icon: IconUsers,
    pages: [
      { name: 'Contacts', to: paths.contacts, key: 'c' },
      { name: 'Groups', to: paths.groups, key: 'g' },
      { name: 'Segments', to: paths.segments },
      { name: 'Imports', to: paths.imports, key: 'i' },
      { name: 'Opt-outs', to: paths.optOuts },
      { name: 'Requests', to: paths.requests, counts: 'requests' },
      { name: 'Topics', to: paths.topics },
      { name: 'Sign-up forms', to: paths.forms },
      { name: 'Fields', to: paths.fields },
      { name: 'Archive', to: paths.archive },
    ],
  },
  {
    name: 'Mailings',
    to: paths.mailings,
    within: '/mailings',
    icon: IconMail,
    key: 'm',
    pages: [{ name: 'Templates', to: paths.templates }],
  },
  {
    name: 'Settings',
    to: paths.sender,
    within: '/settings',
    icon: IconSettings,
    pages: [
      { name: 'Sender', to: paths.sender },
      { name: 'Sending domain', to: paths.sendingDomain },
      { name: 'API keys', to: paths.apiKeys },
      { name: 'Mailbox', to: paths.mailbox },
    ],
  },
]

export const isWithin = (path: string, within: string) =>
  within === '/' ? path === '/' : path === within || path.startsWith(`${within}/`)
