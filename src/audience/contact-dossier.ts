import { type Db, maybeRow, row, rows, sql } from '../platform/database.ts'
import { consentsOf } from './consent.ts'
import { choicesOf } from './contact-full.ts'
import { findContact, noSuchContact } from './contact-record.ts'
import type { ContactRecord } from './evidence.contract.ts'
import { optOutEvidence } from './evidence.ts'
import { contactHistory } from './history.ts'

/**
 * Everything that is known of one person, for a request of theirs (GDPR Art. 15; LW-8, LW-9, LW-14); also of one who
 * opted out or is in the archive.
 *
 * @throws DomainError contact.not_found
 */
export async function contactDossier(
  db: Db,
  accountId: string,
  contactId: string,
  madeAt: Date,
): Promise<ContactRecord> {
  const contact = await findContact(db, accountId, contactId)
  const { name } = await row(db, sql<{ name: string }>`select name from accounts where account_id = ${accountId}`)
  return {
    madeAt: madeAt.toISOString(),
    account: name,
    contact,
    groups: await groupsOf(db, accountId, contactId),
    topics: await topicsOf(db, accountId, contactId),
    ...(await wishesOf(db, accountId, contactId)),
    source: await sourceOf(db, accountId, contactId),
    formerAddresses: await formerAddresses(db, accountId, contactId),
    ...(await factsOf(db, accountId, contactId)),
    messages: await messagesOf(db, accountId, contactId),
    responses: await responsesOf(db, accountId, contactId),
    consents: await consentsOf(db, accountId, contactId),
    optOut: await optOutEvidence(db, accountId, contactId),
    history: (await contactHistory(db, accountId, contactId)).items,
  }
}

async function groupsOf(db: Db, accountId: string, contactId: string): Promise<ContactRecord['groups']> {
  const found = await rows(
    db,
    sql<{ name: string; added_at: Date }>`
    select groups.name, member.added_at from group_members member
    join groups on groups.account_id = member.account_id and groups.group_id = member.group_id
    where member.account_id = ${accountId} and member.contact_id = ${contactId} order by member.added_at, member.group_id`,
  )
  return found.map(({ name, added_at }) => ({ name, since: added_at.toISOString() }))
}

async function topicsOf(db: Db, accountId: string, contactId: string): Promise<ContactRecord['topics']> {
  const found = await rows(
    db,
    sql<{ name: string; chosen: boolean; at: Date; source: string }>`
    select topic.name, choice.chosen, choice.at, choice.source from contact_topics choice
    join topics topic on topic.account_id = choice.account_id and topic.topic_id = choice.topic_id
    where choice.account_id = ${accountId} and choice.contact_id = ${contactId} order by choice.at, topic.topic_id`,
  )
  return found.map(({ at, ...choice }) => ({ ...choice, at: at.toISOString() }))
}

async function wishesOf(
  db: Db,
  accountId: string,
  contactId: string,
): Promise<Pick<ContactRecord, 'language' | 'pausedUntil' | 'trackingRefusedBy' | 'requests'>> {
  const asked = await rows(
    db,
    sql<{ kind: string; asked_at: Date; due_on: string; settled_at: Date | null }>`
    select kind, asked_at, due_on::text, settled_at from data_requests
    where account_id = ${accountId} and contact_id = ${contactId} order by request_id`,
  )
  return {
    ...(await choicesOf(db, accountId, contactId)),
    requests: asked.map(({ kind, asked_at, due_on, settled_at }) => ({
      kind,
      askedAt: asked_at.toISOString(),
      dueOn: due_on,
      settledAt: settled_at?.toISOString() ?? null,
    })),
  }
}

async function sourceOf(db: Db, accountId: string, contactId: string): Promise<ContactRecord['source']> {
  const found = await maybeRow(
    db,
    sql<{
      source: string
      created_at: Date
      import_id: string | null
      import_line: number | null
      file_name: string | null
      basis: unknown
      starter: string | null
    }>`
    select contact.source, contact.created_at, contact.import_id, contact.import_line, file.file_name, file.options -> 'basis' as basis,
           coalesce(nullif(starter.name, ''), starter.email) as starter
    from contacts contact
    left join imports file on file.account_id = contact.account_id and file.import_id = contact.import_id
    left join users starter on starter.user_id = file.started_by
    where contact.account_id = ${accountId} and contact.contact_id = ${contactId}`,
  )
  if (!found) throw noSuchContact()
  const { import_id: id, import_line: line, file_name, basis, starter: by } = found
  return {
    kind: found.source,
    at: found.created_at.toISOString(),
    import: id === null ? null : { id, fileName: file_name ?? '', line, basis: basis ?? null, by },
  }
}

async function formerAddresses(
  db: Db,
  accountId: string,
  contactId: string,
): Promise<ContactRecord['formerAddresses']> {
  const found = await rows(
    db,
    sql<{ address: string; at: Date }>`
    select coalesce(change ->> 'from', event.data ->> 'address') as address, event.at
    from contact_events event
    left join lateral jsonb_path_query(event.data, '$.changes[*] ? (@.label == "Address")') change on true
    where event.account_id = ${accountId} and event.contact_id = ${contactId}
      and (change is not null or (event.kind = 'merged' and event.data ? 'address'))
    order by event.at, event.event_id`,
  )
  return found.map(({ address, at }) => ({ address, until: at.toISOString() }))
}

async function factsOf(db: Db, accountId: string, contactId: string): Promise<Pick<ContactRecord, 'hold' | 'error'>> {
  const hold = await maybeRow(
    db,
    sql<{ held_at: Date; released_at: Date | null }>`
    select held_at, released_at from contact_holds where account_id = ${accountId} and contact_id = ${contactId}`,
  )
  const error = await maybeRow(
    db,
    sql<{ reason: string; detail: string; at: Date }>`
    select reason, detail, at from contact_errors where account_id = ${accountId} and contact_id = ${contactId}`,
  )
  return {
    hold: hold ? { since: hold.held_at.toISOString(), releasedAt: hold.released_at?.toISOString() ?? null } : null,
    error: error ? { reason: error.reason, detail: error.detail, at: error.at.toISOString() } : null,
  }
}

async function messagesOf(db: Db, accountId: string, contactId: string): Promise<ContactRecord['messages']> {
  const found = await rows(
    db,
    sql<{
      mailing_id: string
      name: string | null
      state: string
      queued_at: Date
      handed_over_at: Date | null
      answered_at: Date | null
      answer: string | null
    }>`
    select message.mailing_id, mailing.name, message.state, message.queued_at, message.handed_over_at, message.answered_at, message.answer
    from messages message
    left join mailings mailing on mailing.account_id = message.account_id and mailing.mailing_id = message.mailing_id
    where message.account_id = ${accountId} and message.contact_id = ${contactId} order by message.queued_at, message.message_id`,
  )
  return found.map((message) => ({
    mailing: { id: message.mailing_id, name: message.name },
    state: message.state,
    queuedAt: message.queued_at.toISOString(),
    handedOverAt: message.handed_over_at?.toISOString() ?? null,
    answeredAt: message.answered_at?.toISOString() ?? null,
    answer: message.answer,
  }))
}

async function responsesOf(db: Db, accountId: string, contactId: string): Promise<ContactRecord['responses']> {
  const found = await rows(
    db,
    sql<{ mailing_id: string; name: string | null; kind: string; first_at: Date; times: number }>`
    select response.mailing_id, mailing.name, response.kind, response.first_at, response.times
    from responses response
    left join mailings mailing on mailing.account_id = response.account_id and mailing.mailing_id = response.mailing_id
    where response.account_id = ${accountId} and response.contact_id = ${contactId} order by response.first_at, response.mailing_id`,
  )
  return found.map(({ mailing_id: id, name, kind, first_at, times }) => ({
    mailing: { id, name },
    kind,
    firstAt: first_at.toISOString(),
    times,
  }))
}
