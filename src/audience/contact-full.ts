import type { Core } from '../platform/core.ts'
import { type Db, maybeRow, row, rows, sql } from '../platform/database.ts'
import { consentsOf } from './consent.ts'
import type { FullContact } from './contact-full.contract.ts'
import { findContact, noSuchContact } from './contact-record.ts'
import { openRequestsOf } from './data-request.ts'
import { standingOptOut } from './history.ts'
import { sentenceOf } from './history-text.ts'
import { importBasis } from './import.contract.ts'

/**
 * One contact with where it came from, why it has its status, what it chose and what mail it got.
 *
 * @throws DomainError contact.not_found
 */
export async function findFullContact(
  { db, config }: Pick<Core, 'db' | 'config'>,
  accountId: string,
  contactId: string,
): Promise<FullContact> {
  const { optOut, ...contact } = await findContact(db, accountId, contactId)
  const how = optOut ? await standingOptOut(db, accountId, contactId) : undefined
  return {
    ...contact,
    optOut: optOut && {
      ...optOut,
      mailing: how?.mailing_id ? { id: how.mailing_id, name: how.mailing } : null,
      operator: how?.person ?? how?.key ?? null,
      text: `${how ? sentenceOf(how) : 'Opted out'}.`,
    },
    error: await errorOf(db, accountId, contactId),
    ...(await originOf(db, accountId, contactId)),
    topics: await topicsOf(db, accountId, contactId),
    ...(await choicesOf(db, accountId, contactId)),
    requests: await openRequestsOf(db, accountId, contactId),
    mail: await mailOf(db, accountId, contactId),
    consents: await consentsOf(db, accountId, contactId),
    signUpLink: `${config.baseUrl}/s/${accountId}`,
  }
}

async function errorOf(db: Db, accountId: string, contactId: string): Promise<FullContact['error']> {
  const error = await maybeRow(
    db,
    sql<{ reason: 'format' | 'delivery' | 'manual'; detail: string; at: Date; by: string | null }>`
    select failure.reason, failure.detail, failure.at,
           coalesce(nullif(operator.name, ''), operator.email, case when failure.reason = 'manual' then program.name end) as by
    from contact_errors failure
    left join users operator on operator.user_id = failure.user_id
    left join lateral (
      select api_key.name from contact_events event
      left join api_keys api_key on api_key.account_id = event.account_id and api_key.api_key_id = event.api_key_id
      where event.account_id = failure.account_id and event.contact_id = failure.contact_id and event.kind = 'to_error'
      order by event.event_id desc limit 1) program on true
    where failure.account_id = ${accountId} and failure.contact_id = ${contactId}`,
  )
  return error ? { ...error, at: error.at.toISOString() } : null
}

async function originOf(
  db: Db,
  accountId: string,
  contactId: string,
): Promise<Pick<FullContact, 'addedBy' | 'import'>> {
  const found = await maybeRow(
    db,
    sql<{
      import_id: string | null
      file_name: string | null
      import_line: number | null
      basis: unknown
      by: string | null
    }>`
    select contact.import_id, file.file_name, contact.import_line, file.options -> 'basis' as basis,
           coalesce(nullif(operator.name, ''), operator.email, api_key.name) as by
    from contacts contact
    left join imports file on file.account_id = contact.account_id and file.import_id = contact.import_id
    left join lateral (
      select event.user_id, event.api_key_id from contact_events event
      where event.account_id = contact.account_id and event.contact_id = contact.contact_id and event.kind = 'added'
      order by event.event_id limit 1) added on true
    left join users operator on operator.user_id = coalesce(file.started_by, added.user_id)
    left join api_keys api_key on api_key.account_id = contact.account_id and api_key.api_key_id = added.api_key_id
    where contact.account_id = ${accountId} and contact.contact_id = ${contactId}`,
  )
  if (!found) throw noSuchContact()
  const { by, import_id: id, file_name: fileName, import_line: line, basis } = found
  return {
    addedBy: by,
    import: id === null ? null : { id, fileName, line, basis: importBasis.nullable().catch(null).parse(basis) },
  }
}

async function topicsOf(db: Db, accountId: string, contactId: string): Promise<FullContact['topics']> {
  const found = await rows(
    db,
    sql<{ id: string; name: string; chosen: boolean; at: Date; source: 'preferences' | 'form' }>`
    select topic.topic_id as id, topic.name, choice.chosen, choice.at, choice.source
    from contact_topics choice
    join topics topic on topic.account_id = choice.account_id and topic.topic_id = choice.topic_id
    where choice.account_id = ${accountId} and choice.contact_id = ${contactId} and topic.archived_at is null
    order by topic.position, topic.topic_id`,
  )
  return found.map(({ at, ...choice }) => ({ ...choice, at: at.toISOString() }))
}

/** What else was chosen: a pause, the language of the public pages, and that nothing is tracked. */
export async function choicesOf(
  db: Db,
  accountId: string,
  contactId: string,
): Promise<Pick<FullContact, 'pausedUntil' | 'language' | 'trackingRefusedBy'>> {
  const found = await maybeRow(
    db,
    sql<{ ends_at: Date | null; language: string | null; refused_by: 'holder' | 'operator' | null }>`
    select pause.ends_at, chosen.language,
           case when refusal.by_holder then 'holder' when not refusal.by_holder then 'operator' end as refused_by
    from contacts contact
    left join pauses pause
      on pause.account_id = contact.account_id and pause.address_key = contact.address_key and pause.ends_at > now()
    left join contact_languages chosen on chosen.account_id = contact.account_id and chosen.contact_id = contact.contact_id
    left join tracking_refusals refusal
      on refusal.account_id = contact.account_id and refusal.address_key = contact.address_key
    where contact.account_id = ${accountId} and contact.contact_id = ${contactId}`,
  )
  return {
    pausedUntil: found?.ends_at?.toISOString() ?? null,
    language: found?.language ?? null,
    trackingRefusedBy: found?.refused_by ?? null,
  }
}

async function mailOf(db: Db, accountId: string, contactId: string): Promise<FullContact['mail']> {
  const last = await maybeRow(
    db,
    sql<{ id: string; name: string | null; at: Date }>`
    select message.mailing_id as id, mailing.name, message.handed_over_at as at
    from messages message
    left join mailings mailing on mailing.account_id = message.account_id and mailing.mailing_id = message.mailing_id
    where message.account_id = ${accountId} and message.contact_id = ${contactId} and message.handed_over_at is not null
    order by message.handed_over_at desc, message.message_id desc limit 1`,
  )
  const { handed_over, accepted, opened_at } = await row(
    db,
    sql<{ handed_over: number; accepted: number; opened_at: Date | null }>`
    select count(*) filter (where handed_over_at is not null)::int as handed_over,
           count(*) filter (where state = 'accepted')::int as accepted,
           (select max(first_at) from responses
            where account_id = ${accountId} and contact_id = ${contactId} and kind = 'opened') as opened_at
    from messages where account_id = ${accountId} and contact_id = ${contactId}`,
  )
  return {
    lastMailing: last ? { ...last, at: last.at.toISOString() } : null,
    accepted,
    handedOver: handed_over,
    lastOpenedAt: opened_at?.toISOString() ?? null,
  }
}
