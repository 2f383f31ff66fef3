import { type Db, maybeRow, rows, sql } from '../platform/database.ts'

/** An account as its recipients see it on the public pages. */
export type PageSender = {
  name: string
  postalAddress: string
  /** https: or mailto:, or empty. */
  contactUrl: string
  language: string
  timeZone: string
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
    }>`
    select name, postal_address, contact_url, sender_address, language, time_zone from accounts where account_id = ${accountId}`,
  )
  if (!account) return null
  const sender = {
    name: account.name,
    postalAddress: account.postal_address,
    contactUrl: safeContact(account.contact_url) || (account.sender_address && `mailto:${account.sender_address}`),
    language: account.language,
    timeZone: isTimeZone(account.time_zone) ? account.time_zone : 'UTC',
  }
  lastSeen.set(accountId, sender)
  return sender
}

export const lastSeenSender = (accountId: string): PageSender | null => lastSeen.get(accountId) ?? null

/**
 * The address that a link was sent to, or null when no contact has it: erased, changed, or never one.
 *
 * Gmail spellings share a key: the contact that got the link's mailing comes first.
 */
export async function addressOfLink(
  db: Db,
  link: { accountId: string; addressKey: Buffer; mailingId: string | null },
): Promise<string | null> {
  const contact = await maybeRow(
    db,
    sql<{ address: string }>`
    select contact.address from contacts contact
    where contact.account_id = ${link.accountId} and contact.address_key = ${link.addressKey}
    order by exists (select from messages message
                     where message.account_id = ${link.accountId} and message.contact_id = contact.contact_id
                       and message.mailing_id = ${link.mailingId}) desc, contact.contact_id
    limit 1`,
  )
  return contact?.address ?? null
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
