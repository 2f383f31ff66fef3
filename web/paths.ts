// Every URL of the operators' application is built here.

const withSearch = (path: string, search: Record<string, string | undefined>) => {
  const given = Object.entries(search).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`
}

export const paths = {
  home: '/',
  signIn: (to?: string) => withSearch('/sign-in', { to }),
  welcome: '/welcome',

  contacts: '/audience/contacts',
  contact: (id: string) => `/audience/contacts/${id}`,
  groups: '/audience/groups',
  group: (id: string) => `/audience/groups/${id}`,
  imports: '/audience/imports',
  topics: '/audience/topics',
  segments: '/audience/segments',
  segment: (id: string) => `/audience/segments/${id}`,
  optOuts: '/audience/opt-outs',
  requests: '/audience/requests',
  forms: '/audience/forms',
  form: (id: string) => `/audience/forms/${id}`,
  fields: '/audience/fields',
  archive: '/audience/archive',
  exports: '/audience/exports',
  newImport: '/audience/imports/new',
  import: (id: string) => `/audience/imports/${id}`,
  importStep: (id: string, step: ImportStepPath) => `/audience/imports/${id}/${step}`,

  mailings: '/mailings',
  templates: '/mailings/templates',
  mailing: (id: string) => `/mailings/${id}`,
  mailingAudience: (id: string) => `/mailings/${id}/audience`,
  mailingSend: (id: string) => `/mailings/${id}/send`,

  sender: '/settings/sender',
  sendingDomain: '/settings/sending-domain',
  apiKeys: '/settings/api-keys',
  mailbox: '/settings/mailbox',
  letter: (id: string) => withSearch('/settings/mailbox', { letter: id }),
}

export type ImportStepPath = 'columns' | 'groups' | 'check' | 'progress' | 'result'

/** URLs of the server that the browser opens itself: downloads. */
export const downloads = {
  exportFile: (id: string) => `/api/v1/exports/${id}/file`,
  contactRecord: (id: string) => `/api/v1/contacts/${id}/record.json`,
  optOutEvidence: (id: string) => `/api/v1/contacts/${id}/evidence.html`,
  optOuts: (reason: string | undefined) =>
    withSearch('/api/v1/opt-outs/export.csv', reason === undefined ? {} : { plain: 'true', reason }),
  importRows: (id: string, asked: Record<string, string | undefined>) =>
    withSearch(`/api/v1/imports/${id}/rows.csv`, asked),
}
