import { compileMailing } from '../src/mailings/compile.ts'
import { addressKey, isAddress, readAddress } from '../src/optouts/address.ts'
import type { Core } from '../src/platform/core.ts'
import { row, rows, run, sql } from '../src/platform/database.ts'

export type SampleContact = { contactId: string; address: string; addressKey: Buffer }

/** Puts contacts n1@post.example … into the table, as an import would; `prefix` keeps calls apart. */
export async function insertContacts(
  core: Core,
  accountId: string,
  count: number,
  prefix = 'n',
): Promise<SampleContact[]> {
  const addresses = Array.from({ length: count }, (_, index) => `${prefix}${index + 1}@post.example`)
  const keys = addresses.map((address) => {
    const read = readAddress(address)
    if (!isAddress(read)) throw new Error(read.problem)
    return addressKey(core.keys.address, read.optOutForm)
  })
  const inserted = await rows(
    core.db,
    sql<SampleContact>`
    insert into contacts (account_id, address, canonical, address_key, fields)
    select ${accountId}, address, address, key, jsonb_build_object('first_name', 'Ann ' || place)
    from unnest(${addresses}::text[], ${keys}::bytea[]) with ordinality as given (address, key, place)
    returning contact_id as "contactId", address, address_key as "addressKey"`,
  )
  return inserted
}

/** A mailing that is being sent to `contacts`: compiled, its audience frozen from mailable_contacts. */
export async function insertSendingMailing(
  core: Core,
  accountId: string,
  contacts: SampleContact[],
  {
    subject = 'Hello {{ contact.first_name }}',
    html = '<p>Good day, {{ contact.first_name | default: "friend" }}.</p>',
    tracking = false,
  } = {},
): Promise<string> {
  const { mailing_id: mailingId } = await row(
    core.db,
    sql<{ mailing_id: string }>`
    insert into mailings (account_id, name, subject, html, status, started_at)
    values (${accountId}, 'Garden news', ${subject}, ${html}, 'sending', now()) returning mailing_id`,
  )
  const source = {
    mailingId,
    subject,
    html,
    text: '',
    fromName: 'Fernmoor Garden',
    fromAddress: 'news@fernmoor.example',
    tracking,
  }
  const account = {
    accountId,
    name: 'Fernmoor Garden',
    senderName: 'Fernmoor Garden',
    senderAddress: 'news@fernmoor.example',
    postalAddress: '4 Glasshouse Lane, Fernmoor FM1 2GH',
    contactUrl: '',
    language: 'en',
  }
  const compiled = JSON.stringify(compileMailing(source, account, core.config.baseUrl))
  await run(
    core.db,
    sql`update mailings set compiled = ${compiled}::jsonb where account_id = ${accountId} and mailing_id = ${mailingId}`,
  )
  await run(
    core.db,
    sql`
    insert into messages (account_id, mailing_id, contact_id, address_key)
    select account_id, ${mailingId}, contact_id, address_key from mailable_contacts
    where account_id = ${accountId} and contact_id = any(${contacts.map(({ contactId }) => contactId)}::bigint[])
    order by contact_id`,
  )
  return mailingId
}

export type MessageRow = {
  message_id: string
  contact_id: string | null
  state: string
  answer: string | null
  attempts: number
}

export const messagesOf = (core: Core, accountId: string, mailingId: string): Promise<MessageRow[]> =>
  rows(
    core.db,
    sql<MessageRow>`
    select message_id, contact_id, state, answer, attempts from messages
    where account_id = ${accountId} and mailing_id = ${mailingId} order by message_id`,
  )

/** How many messages are in each state, such as {accepted: 3, withheld: 1}. */
export async function statesOf(core: Core, accountId: string, mailingId: string): Promise<Record<string, number>> {
  const counted = await rows(
    core.db,
    sql<{ state: string; count: string }>`
    select state, count(*) from messages where account_id = ${accountId} and mailing_id = ${mailingId} group by state`,
  )
  return Object.fromEntries(counted.map(({ state, count }) => [state, Number(count)]))
}

export async function statusOf(core: Core, accountId: string, mailingId: string) {
  return row(
    core.db,
    sql<{ status: string; problem: string | null; finished_at: Date | null }>`
    select status, problem, finished_at from mailings where account_id = ${accountId} and mailing_id = ${mailingId}`,
  )
}
