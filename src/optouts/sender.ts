import { type Db, maybeRow, rows, sql } from '../platform/database.ts'

/** An account as its recipients see it on the public pages. */
export type PageSender = {
  name: string
  postalAddress: string
  /** https: or mailto:, or empty. */
  contactUrl: string
  language: string
  timeZone: string
  /** The organization whose several accounts an opt-out covers; null when it covers this one alone. */
  organization: string | null
}

/** The last facts seen of each account, for the page that says that the database does not answer. */
const lastSeen = new Map<string, PageSender>()

/** The account behind a link, or null when there is none any more: its links work all the same (INV-12). */
export async function findSender(db: Db, accountId: string): Promise<PageSender | null> {
  const account = await maybeRow(
    db,
    sql<{
      name: string
      postal_address: string
      contact_url: string
      sender_address: string
      language: string
      time_zone: string
      organization: string | null
    }>`
    select account.name, account.postal_address, account.contact_url, account.sender_address, account.language, account.time_zone,
           case when organization.one_optout_since is not null
                  and exists (select from accounts other where other.organization_id = organization.organization_id
                              and other.account_id <> account.account_id)
                then organization.name end as organization
    from accounts account
    left join organizations organization on organization.organization_id = account.organization_id
    where account.account_id = ${accountId}`,
  )
  if (!account) return null
  const sender = {
    name: account.name,
    postalAddress: account.postal_address,
    contactUrl: safeContact(account.contact_url) || (account.sender_address && `mailto:${account.sender_address}`),
    language: account.language,
    timeZone: isTimeZone(account.time_zone) ? account.time_zone : 'UTC',
    organization: account.organization,
  }
  lastSeen.set(accountId, sender)
  return sender
}

export const lastSeenSender = (accountId: string): PageSender | null => lastSeen.get(accountId) ?? null

/**
 * The address that a link was sent to, with the language that its holder chose, or null when no contact has it: erased,
 * changed, or never one.
 *
 * Gmail spellings share a key: the contact that got the link's mailing comes first.
 */
export async function holderOfLink(
  db: Db,
  link: { accountId: string; addressKey: Buffer; mailingId: string | null },
): Promise<{ address: string; language?: string | undefined } | null> {
  const contact = await maybeRow(
    db,
    sql<{ address: string; language: string | null }>`
    select contact.address, chosen.language from contacts contact
    left join contact_languages chosen on chosen.account_id = contact.account_id and chosen.contact_id = contact.contact_id
    where contact.account_id = ${link.accountId} and contact.address_key = ${link.addressKey}
    order by exists (select from messages message
                     where message.account_id = ${link.accountId} and message.contact_id = contact.contact_id
                       and message.mailing_id = ${link.mailingId}) desc, contact.contact_id
    limit 1`,
  )
  return contact ? { address: contact.address, language: contact.language ?? undefined } : null
}

/** The accounts that a typed address is opted out of: those with a contact of it, and the only one there is. */
export async function accountsToLeave(db: Db, addressKey: Buffer): Promise<string[]> {
  const accounts = await rows(
    db,
    sql<{ account_id: string }>`
    select account.account_id from accounts account
    where exists (select from contacts contact
                  where contact.account_id = account.account_id and contact.address_key = ${addressKey})
       or (select count(*) from accounts) = 1
    order by account.account_id`,
  )
  return accounts.map(({ account_id }) => account_id)
}

const safeContact = (url: string) => (/^(https|mailto):/i.test(url) ? url : '')

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false // a name that this runtime does not know; UTC is shown instead
  }
}
