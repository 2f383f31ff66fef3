import type { Language } from '../optouts/words.ts'
import { type Db, maybeRow, rows, run, sql, type Trx } from '../platform/database.ts'
import type { Field } from './field.contract.ts'
import { listFields } from './field.ts'
import { changeAsHolder, type HeldContacts, type Holder, noteHolderEvent } from './holder.ts'
import { endPause, type PauseDays, pausedUntil, pauseMail } from './pause.ts'
import { chooseTopics } from './topic-choice.ts'
import { chooseTracking, trackingRefusedBy } from './tracking-refusal.ts'

export type TopicOffer = { id: string; name: string; description: string; chosen: boolean }

/** What a person can choose beside leaving altogether. Never their details: the link may have been forwarded (UX-13). */
export type Preferences = {
  topics: TopicOffer[]
  /** Fields that they may fill in; what stands in them is not shown. */
  fields: Field[]
  pausedUntil: Date | null
  /** Wants no opens and clicks recorded. */
  isUntracked: boolean
  language: string | null
}

/** What the holder of a link can choose, or null when no contact has the address: then opting out is all there is. */
export async function findPreferences(db: Db, holder: Omit<Holder, 'keyId'>): Promise<Preferences | null> {
  const { accountId, addressKey, mailingId } = holder
  const contact = await maybeRow(
    db,
    sql<{ contact_id: string; language: string | null }>`
    select contact.contact_id, chosen.language from contacts contact
    left join contact_languages chosen on chosen.account_id = contact.account_id and chosen.contact_id = contact.contact_id
    where contact.account_id = ${accountId} and contact.address_key = ${addressKey}
    order by exists (select from messages message
                     where message.account_id = ${accountId} and message.contact_id = contact.contact_id
                       and message.mailing_id = ${mailingId}) desc, contact.contact_id
    limit 1`,
  )
  if (!contact) return null
  const [topics, fields, until, refusedBy] = await Promise.all([
    rows(
      db,
      sql<TopicOffer>`
      select topic.topic_id as id, topic.name, topic.description, coalesce(choice.chosen, false) as chosen
      from topics topic
      left join contact_topics choice
        on choice.account_id = topic.account_id and choice.topic_id = topic.topic_id and choice.contact_id = ${contact.contact_id}
      where topic.account_id = ${accountId} and topic.archived_at is null
      order by topic.position, topic.topic_id`,
    ),
    listFields(db, accountId),
    pausedUntil(db, accountId, addressKey),
    trackingRefusedBy(db, accountId, addressKey),
  ])
  const editable = fields.filter((field) => field.editable)
  return { topics, fields: editable, pausedUntil: until, isUntracked: refusedBy !== null, language: contact.language }
}

export type PreferenceChange = {
  offered: string[]
  ticked: string[]
  /** Days from now, the end of a pause, or neither. */
  pause: PauseDays | 'end' | null
  language: Language | null
  /** Null when the form did not ask. */
  isUntracked: boolean | null
}

/**
 * Keeps what the holder of a link chose: topics, how often, language; all in effect when it returns.
 *
 * @throws DomainError contact.not_found, contact.opted_out
 */
export function savePreferences(db: Db, holder: Holder, change: PreferenceChange): Promise<void> {
  return changeAsHolder(db, holder, async (trx, contacts) => {
    await chooseTopics(trx, holder, contacts, change)
    if (change.pause === 'end') await endPause(trx, holder, contacts)
    else if (change.pause !== null) await pauseMail(trx, holder, contacts, change.pause)
    if (change.isUntracked !== null) await chooseTracking(trx, holder, contacts, change.isUntracked)
    if (change.language !== null) await chooseLanguage(trx, holder, contacts, change.language)
  })
}

async function chooseLanguage(trx: Trx, holder: Holder, contacts: HeldContacts, language: Language): Promise<void> {
  const changed = await rows(
    trx,
    sql<{ contact_id: string }>`
    insert into contact_languages as mine (account_id, contact_id, language, at)
    select ${holder.accountId}, contact_id, ${language}, clock_timestamp() from unnest(${contacts}::bigint[]) as held (contact_id)
    on conflict (account_id, contact_id) do update set language = excluded.language, at = excluded.at
      where mine.language <> excluded.language
    returning contact_id`,
  )
  const ids = changed.map(({ contact_id }) => contact_id)
  await noteHolderEvent(trx, holder, ids, 'language_chosen', { language })
}

/** Moves what a person chose from one of two records to the other; of two choices the newer stays. */
export async function uniteChoices(trx: Trx, accountId: string, keptId: string, otherId: string): Promise<void> {
  await run(
    trx,
    sql`
    insert into contact_topics as mine (account_id, contact_id, topic_id, chosen, at, source)
    select ${accountId}, ${keptId}, topic_id, chosen, at, source from contact_topics
    where account_id = ${accountId} and contact_id = ${otherId}
    on conflict (account_id, contact_id, topic_id) do update
      set chosen = excluded.chosen, at = excluded.at, source = excluded.source
      where excluded.at > mine.at`,
  )
  await run(
    trx,
    sql`
    insert into contact_languages as mine (account_id, contact_id, language, at)
    select ${accountId}, ${keptId}, language, at from contact_languages
    where account_id = ${accountId} and contact_id = ${otherId}
    on conflict (account_id, contact_id) do update set language = excluded.language, at = excluded.at
      where excluded.at > mine.at`,
  )
}
