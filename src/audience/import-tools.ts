// Exports of other programs, recognised by the columns that they have. What they say about opting out is understood in
// the safe way: a cleaned, bounced or complaining address counts as an opt-out as well.
// The columns are those that the programs' own help pages and public sample exports show.

export type Tool = {
  /** As people call it. */
  name: string
  /** Who in the file is out: those whose `column` says so, everybody, or nothing is said about it. */
  says: 'column' | 'everybody' | 'nobody'
  /** Name of that column in the file. */
  column: string | null
  /** One sentence for the operator. */
  text: string
}

type Kind = {
  name: string
  what: string
  says: Tool['says']
  /** All of these columns must be there. */
  has: string[]
  /** And one of these, when there are any. */
  oneOf?: string[]
  /** And no others: so few columns would be those of many files. */
  alone?: true
  /** Columns that say who is out, the best first. */
  column?: string[]
}

const kinds: Kind[] = [
  {
    name: 'Mailchimp',
    what: 'unsubscribed contacts',
    says: 'everybody',
    has: ['email address'],
    oneOf: ['unsub_time', 'unsub_campaign_title', 'unsub_reason'],
  },
  {
    name: 'Mailchimp',
    what: 'cleaned contacts',
    says: 'everybody',
    has: ['email address'],
    oneOf: ['clean_time', 'clean_campaign_title'],
  },
  { name: 'Mailchimp', what: 'contacts', says: 'nobody', has: ['email address', 'leid', 'euid'] },
  { name: 'SendGrid', what: 'bounces or blocks', says: 'everybody', has: ['email', 'created', 'reason', 'status'] },
  {
    name: 'SendGrid',
    what: 'invalid addresses',
    says: 'everybody',
    alone: true,
    has: ['email', 'created', 'reason'],
  },
  { name: 'SendGrid', what: 'spam reports', says: 'everybody', has: ['email', 'created', 'ip'] },
  {
    name: 'SendGrid',
    what: 'unsubscribes',
    says: 'everybody',
    alone: true,
    has: ['email', 'created'],
  },
  {
    name: 'Brevo',
    what: 'contacts',
    says: 'column',
    has: ['email'],
    oneOf: ['email_blacklisted', 'emailblacklisted', 'email blacklisted', 'blocklisted_email'],
    column: ['email_blacklisted', 'emailblacklisted', 'email blacklisted', 'blocklisted_email'],
  },
  {
    name: 'Klaviyo',
    what: 'profiles',
    says: 'column',
    has: ['email'],
    oneOf: ['email marketing consent', 'email suppressions'],
    column: ['email marketing consent', 'email suppressions'],
  },
  { name: 'Klaviyo', what: 'suppressed profiles', says: 'everybody', has: ['email', 'suppression reason'] },
  {
    name: 'HubSpot',
    what: 'contacts',
    says: 'column',
    has: ['email'],
    oneOf: ['unsubscribed from all email', 'opted out of all email', 'email opt out'],
    column: ['unsubscribed from all email', 'opted out of all email', 'email opt out'],
  },
  {
    name: 'Campaign Monitor',
    what: 'subscribers',
    says: 'column',
    has: ['email address', 'state'],
    oneOf: ['date', 'joined date', 'date joined', 'list joined date'],
    column: ['state'],
  },
  {
    name: 'Emma',
    what: 'contacts',
    says: 'column',
    has: ['email'],
    oneOf: ['member_status_id', 'member status', 'member_status'],
    column: ['member_status_id', 'member status', 'member_status'],
  },
  {
    name: 'Emma',
    what: 'opted-out contacts',
    says: 'everybody',
    has: ['email'],
    oneOf: ['optout_date', 'opt-out date', 'date opted out'],
  },
  {
    name: 'listmonk',
    what: 'subscribers',
    says: 'column',
    has: ['uuid', 'email', 'attributes', 'status'],
    column: ['status'],
  },
  {
    name: 'Mautic',
    what: 'contacts',
    says: 'column',
    has: ['email'],
    oneOf: ['dnc_reason', 'dnc', 'do not contact', 'donotcontact'],
    column: ['dnc_reason', 'dnc', 'do not contact', 'donotcontact'],
  },
  {
    name: 'MailerLite',
    what: 'subscribers',
    says: 'column',
    has: ['subscriber', 'status'],
    oneOf: ['subscribed', 'opt-in time', 'opens count', 'sent', 'unsubscribed'],
    column: ['status'],
  },
  {
    name: 'MailerLite',
    what: 'subscribers',
    says: 'column',
    has: ['email', 'status', 'subscribed'],
    column: ['status'],
  },
]

/** Words of one program's column that mean something else elsewhere, or nothing. */
const words = (says: Record<string, boolean>) => new Map(Object.entries(says))
const toolWords = new Map([
  ['Emma', words({ a: false, o: true, e: true, f: false, 'opt-out': true, error: true, forwarded: false })],
  ['Mautic', words({ 0: false, 1: true, 2: true, 3: true, contactable: false, 'is contactable': false, manual: true })],
  ['Klaviyo', words({ never_subscribed: false, 'never subscribed': false, suppressed: true })],
  ['Campaign Monitor', words({ deleted: true })],
  ['MailerLite', words({ junk: true, unconfirmed: false })],
  ['listmonk', words({ disabled: true })],
])

const plain = (text: string) => text.trim().toLowerCase()

/** The program whose export this is, or null; `headers` as they stand in the file. */
export function recogniseTool(headers: string[], hasHeader: boolean): Tool | null {
  if (!hasHeader) return null
  const named = new Map(headers.map((header) => [plain(header), header]))
  const kind = kinds.find(
    ({ has, oneOf, alone }) =>
      has.every((name) => named.has(name)) &&
      (!alone || named.size === has.length) &&
      (oneOf === undefined || oneOf.some((name) => named.has(name))),
  )
  if (!kind) return null
  const column = kind.column?.find((name) => named.has(name))
  return {
    name: kind.name,
    says: kind.says,
    column: (column && named.get(column)) ?? null,
    text: `This looks like ${possessive(kind.name)} export of ${kind.what}. ${consequence(kind.says, (column && named.get(column)) ?? '')}`,
  }
}

const possessive = (name: string) => `${name}’s`

function consequence(says: Tool['says'], column: string): string {
  if (says === 'everybody') return 'Everybody in it is opted out, and nobody is added.'
  if (says === 'column') return `Whoever has left according to “${column}” is opted out.`
  return 'It holds nobody who opted out; those stand in files of their own, which you can import as well.'
}

/** What a word means in the column of this program, or undefined where it means what it means everywhere. */
export const wordOfTool = (tool: string | null, cell: string): boolean | undefined =>
  tool === null ? undefined : toolWords.get(tool)?.get(plain(cell))
