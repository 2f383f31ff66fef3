import type { RawBuilder } from 'kysely'
import { type Db, maybeRow, rows, sql } from '../platform/database.ts'
import type { ContactEvent } from './contact.contract.ts'
import { noSuchContact } from './contact-record.ts'
import { type HistoryRow, sentenceOf } from './history-text.ts'

/** More than a person reads; a contact that has more shows the newest. */
const LONGEST = 500

/**
 * What happened to a contact, newest first: opt-outs and ways back from the ledger, operators' acts, its import, mail and responses.
 *
 * An opt-out of many has one entry in the ledger; it is found by the standing opt-out that it made.
 *
 * @throws DomainError contact.not_found
 */
export async function contactHistory(db: Db, accountId: string, contactId: string): Promise<{ items: ContactEvent[] }> {
  const contact = await maybeRow(
    db,
    sql<{ address_key: Buffer }>`
    select address_key from contacts where account_id = ${accountId} and contact_id = ${contactId}`,
  )
  if (!contact) throw noSuchContact()
  const found = await rows(
    db,
    sql<HistoryRow>`
    ${told(
      accountId,
      sql`${optOuts(accountId, contact.address_key)}
      union all ${acts(accountId, contactId)}
      union all ${imported(accountId, contactId)}
      union all ${changedByImports(accountId, contactId)}
      union all ${failures(accountId, contactId)}
      union all ${mail(accountId, contactId)}
      union all ${responses(accountId, contactId)}`,
    )}
    order by happened.at desc, happened.place desc, happened.id desc limit ${LONGEST}`,
  )
  return { items: found.map(present) }
}

/** How the opt-out that stands came about, or undefined. */
export function standingOptOut(db: Db, accountId: string, contactId: string): Promise<HistoryRow | undefined> {
  return maybeRow(
    db,
    sql<HistoryRow>`
    with standing as (
      select standing.address_key, standing.entry_id from contacts contact
      join standing_optouts standing on standing.account_id = contact.account_id and standing.address_key = contact.address_key
      where contact.account_id = ${accountId} and contact.contact_id = ${contactId}
    )
    ${told(accountId, optOuts(accountId, sql`(select address_key from standing)`))}
    where happened.id = (select entry_id from standing)`,
  )
}

/** Rows of `happened` with the names in them. */
const told = (accountId: string, happened: RawBuilder<unknown>) => sql`
  select happened.at, happened.kind, happened.source, happened.mailing_id, happened.data, mailing.name as mailing,
         coalesce(nullif(operator.name, ''), operator.email) as person, api_key.name as key
  from (${happened}) happened
  left join mailings mailing on mailing.account_id = ${accountId} and mailing.mailing_id = happened.mailing_id
  left join users operator on operator.user_id = happened.user_id
  left join api_keys api_key on api_key.account_id = ${accountId} and api_key.api_key_id = happened.api_key_id`

function present(row: HistoryRow): ContactEvent {
  return {
    at: row.at.toISOString(),
    kind: row.kind,
    text: sentenceOf(row),
    source: row.source,
    mailing: row.mailing_id === null ? null : { id: row.mailing_id, name: row.mailing },
    operator: row.person ?? row.key,
  }
}

// Each part gives: at, place (of two things at one moment the greater came later), id, kind, source, mailing, who, data.

const optOuts = (accountId: string, key: Buffer | RawBuilder<unknown>) => sql`
  select entry.at, 6 as place, entry.entry_id as id, case entry.source when 're_consent' then 'reconsented' else 'opted_out' end as kind,
         nullif(entry.source, 're_consent') as source, entry.mailing_id, entry.user_id, entry.api_key_id,
         jsonb_build_object('form', entry.evidence #>> '{form,name}', 'again', entry.address_key is not null and entry.opted_out = 0, 'group', groups.name, 'file', file.file_name,
           'domain', entry.evidence ->> 'domain', 'hashes', (entry.evidence ->> 'hashes')::int) as data
  from (
    select entry_id from optout_ledger where account_id = ${accountId} and address_key = ${key}
    union select entry_id from standing_optouts where account_id = ${accountId} and address_key = ${key}
  ) mine
  join optout_ledger entry on entry.account_id = ${accountId} and entry.entry_id = mine.entry_id
  left join groups on groups.account_id = ${accountId} and groups.group_id = entry.group_id
  left join imports file on file.account_id = ${accountId} and file.import_id = entry.import_id`

const acts = (accountId: string, contactId: string) => sql`
  select event.at, 2, event.event_id, event.kind, null, case when event.data ->> 'via' = 'preferences' then (event.data ->> 'mailingId')::bigint end,
         event.user_id, event.api_key_id, event.data
  from contact_events event
  where event.account_id = ${accountId} and event.contact_id = ${contactId}`

const imported = (accountId: string, contactId: string) => sql`
  select contact.created_at, 1, contact.contact_id, 'imported', null, null::bigint, file.started_by, null::bigint,
         jsonb_build_object('file', file.file_name, 'line', contact.import_line, 'basis', file.options -> 'basis')
  from contacts contact
  left join imports file on file.account_id = contact.account_id and file.import_id = contact.import_id
  where contact.account_id = ${accountId} and contact.contact_id = ${contactId} and contact.import_id is not null`

const changedByImports = (accountId: string, contactId: string) => sql`
  select coalesce(file.finished_at, file.started_at), 2, change.import_id, 'imported', null, null::bigint, file.started_by, null::bigint,
         jsonb_build_object('file', file.file_name, 'changes', (
           select jsonb_agg(jsonb_build_object('label', coalesce(field.label, detail.key), 'from', ${inWords(sql`detail.value -> 0`)},
                                               'to', ${inWords(sql`detail.value -> 1`)}) order by field.position, detail.key)
           from jsonb_each(change.changes) detail
           left join fields field on field.account_id = change.account_id and field.name = detail.key))
  from import_changes change
  join imports file on file.account_id = change.account_id and file.import_id = change.import_id
  where change.account_id = ${accountId} and change.contact_id = ${contactId} and change.changes <> '{}'`

/** A detail of any kind as text: the parts of a list one after the other, yes or no. */
const inWords = (value: ReturnType<typeof sql>) => sql`
  case jsonb_typeof(${value})
    when 'array' then (select string_agg(part, ', ') from jsonb_array_elements_text(${value}) part)
    when 'boolean' then case (${value}) #>> '{}' when 'true' then 'yes' else 'no' end
    else (${value}) #>> '{}' end`

/** Errors that mail servers caused stand as facts only; those of operators are among the acts. */
const failures = (accountId: string, contactId: string) => sql`
  select failure.at, 3, failure.contact_id, 'to_error', null, null::bigint, failure.user_id, null::bigint,
         jsonb_build_object('answer', failure.detail)
  from contact_errors failure
  where failure.account_id = ${accountId} and failure.contact_id = ${contactId}
    and not exists (select from contact_events event
                    where event.account_id = failure.account_id and event.contact_id = failure.contact_id
                      and event.kind = 'to_error' and event.at = failure.at)`

const mail = (accountId: string, contactId: string) => sql`
  select coalesce(message.answered_at, message.handed_over_at, message.queued_at), 4, message.message_id, message.state,
         null, message.mailing_id, null::bigint, null::bigint, jsonb_build_object('answer', message.answer)
  from messages message
  where message.account_id = ${accountId} and message.contact_id = ${contactId}`

const responses = (accountId: string, contactId: string) => sql`
  select response.first_at, 5, response.mailing_id, response.kind, null, response.mailing_id, null::bigint, null::bigint,
         jsonb_build_object('times', response.times)
  from responses response
  where response.account_id = ${accountId} and response.contact_id = ${contactId}`
