import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { Frame } from './frame/Frame.tsx'
import { NotFound } from './frame/NotFound.tsx'
import { PageFailed, Root } from './frame/Root.tsx'
import { paths } from './paths.ts'
import { SignIn } from './session/SignIn.tsx'
import { Welcome } from './session/Welcome.tsx'

const root = createRootRoute({ component: Root })
const signIn = createRoute({ getParentRoute: () => root, path: '/sign-in', component: SignIn })
const welcome = createRoute({ getParentRoute: () => root, path: '/welcome', component: Welcome })
const inside = createRoute({ getParentRoute: () => root, id: 'inside', component: Frame })

/** A screen inside the frame; its code is loaded when it is first needed. */
const screen = (path: string, component: ReturnType<typeof lazyRouteComponent>) =>
  createRoute({ getParentRoute: () => inside, path, component })
const goTo = (path: string, to: string) =>
  createRoute({
    getParentRoute: () => inside,
    path,
    beforeLoad: () => {
      throw redirect({ to, replace: true })
    },
  })

const contacts = () => import('./audience/ContactsPage.tsx')
const contact = () => import('./audience/ContactPage.tsx')
const groups = () => import('./audience/GroupsPage.tsx')
const group = () => import('./audience/GroupPage.tsx')
const imports = () => import('./audience/ImportsPage.tsx')

const home = () => import('./home/HomePage.tsx')
const mailings = () => import('./mailings/MailingsPage.tsx')
const mailing = () => import('./mailings/MailingPage.tsx')
const sender = () => import('./settings/SenderPage.tsx')
const sendingDomain = () => import('./settings/SendingDomainPage.tsx')
const apiKeys = () => import('./settings/ApiKeysPage.tsx')
const mailbox = () => import('./settings/MailboxPage.tsx')

const screens = [
  screen('/', lazyRouteComponent(home, 'HomePage')),

  goTo('/audience', paths.contacts),
  screen('/audience/contacts', lazyRouteComponent(contacts, 'ContactsPage')),
  screen('/audience/contacts/$id', lazyRouteComponent(contact, 'ContactPage')),
  screen('/audience/groups', lazyRouteComponent(groups, 'GroupsPage')),
  screen('/audience/groups/$id', lazyRouteComponent(group, 'GroupPage')),
  screen(
    '/audience/segments',
    lazyRouteComponent(() => import('./segments/SegmentsPage.tsx'), 'SegmentsPage'),
  ),
  screen(
    '/audience/segments/$id',
    lazyRouteComponent(() => import('./segments/SegmentPage.tsx'), 'SegmentPage'),
  ),
  screen(
    '/audience/opt-outs',
    lazyRouteComponent(() => import('./optouts/OptOutsPage.tsx'), 'OptOutsPage'),
  ),
  screen(
    '/audience/requests',
    lazyRouteComponent(() => import('./audience/RequestsPage.tsx'), 'RequestsPage'),
  ),
  screen(
    '/audience/topics',
    lazyRouteComponent(() => import('./audience/TopicsPage.tsx'), 'TopicsPage'),
  ),
  screen(
    '/audience/forms',
    lazyRouteComponent(() => import('./forms/FormsPage.tsx'), 'FormsPage'),
  ),
  screen(
    '/audience/forms/$id',
    lazyRouteComponent(() => import('./forms/FormPage.tsx'), 'FormPage'),
  ),
  screen(
    '/audience/fields',
    lazyRouteComponent(() => import('./audience/FieldsPage.tsx'), 'FieldsPage'),
  ),
  screen(
    '/audience/exports',
    lazyRouteComponent(() => import('./audience/ExportsPage.tsx'), 'ExportsPage'),
  ),
  screen(
    '/audience/archive',
    lazyRouteComponent(() => import('./archive/ArchivePage.tsx'), 'ArchivePage'),
  ),
  screen('/audience/imports', lazyRouteComponent(imports, 'ImportsPage')),
  screen(
    '/audience/imports/new',
    lazyRouteComponent(() => import('./audience/ImportUpload.tsx'), 'ImportUpload'),
  ),
  screen(
    '/audience/imports/$id',
    lazyRouteComponent(() => import('./audience/ImportForward.tsx'), 'ImportForward'),
  ),
  screen(
    '/audience/imports/$id/columns',
    lazyRouteComponent(() => import('./audience/ImportColumns.tsx'), 'ImportColumns'),
  ),
  screen(
    '/audience/imports/$id/groups',
    lazyRouteComponent(() => import('./audience/ImportGroups.tsx'), 'ImportGroups'),
  ),
  screen(
    '/audience/imports/$id/check',
    lazyRouteComponent(() => import('./audience/ImportCheck.tsx'), 'ImportCheck'),
  ),
  screen(
    '/audience/imports/$id/progress',
    lazyRouteComponent(() => import('./audience/ImportProgress.tsx'), 'ImportProgress'),
  ),
  screen(
    '/audience/imports/$id/result',
    lazyRouteComponent(() => import('./audience/ImportResult.tsx'), 'ImportResult'),
  ),

  screen('/mailings', lazyRouteComponent(mailings, 'MailingsPage')),
  screen(
    '/mailings/templates',
    lazyRouteComponent(() => import('./mailings/TemplatesPage.tsx'), 'TemplatesPage'),
  ),
  screen('/mailings/$id', lazyRouteComponent(mailing, 'WritePage')),
  screen('/mailings/$id/audience', lazyRouteComponent(mailing, 'AudiencePage')),
  screen('/mailings/$id/send', lazyRouteComponent(mailing, 'SendPage')),

  goTo('/settings', paths.sender),
  screen('/settings/sender', lazyRouteComponent(sender, 'SenderPage')),
  screen('/settings/sending-domain', lazyRouteComponent(sendingDomain, 'SendingDomainPage')),
  screen('/settings/api-keys', lazyRouteComponent(apiKeys, 'ApiKeysPage')),
  screen('/settings/mailbox', lazyRouteComponent(mailbox, 'MailboxPage')),

  createRoute({ getParentRoute: () => inside, path: '/$', component: NotFound }),
]

/** Every screen. Search is plain text: what stands in the address is what the page reads. */
export const router = createRouter({
  routeTree: root.addChildren([signIn, welcome, inside.addChildren(screens)]),
  defaultPreload: 'intent',
  defaultErrorComponent: PageFailed,
  scrollRestoration: true,
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const given = Object.entries(search).flatMap(([name, value]) => (value ? [[name, String(value)]] : []))
    return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
  },
})
