import type { Language } from '../optouts/words.ts'
import { type Db, maybeRow, sql } from '../platform/database.ts'
import type { FieldValues } from './field.contract.ts'
import { hashOf } from './sign-up-token.ts'

/** A sign-up that its link leads to. */
export type FoundSignUp = {
  signUpId: string
  formId: string | null
  formName: string
  version: number | null
  language: Language
  consent: string
  address: string
  canonical: string
  key: Buffer
  fields: FieldValues
  topicIds: string[]
  /** Of those that are still offered. */
  topics: string[]
  ip: string
  userAgent: string
  askedAt: Date
  confirmedAt: Date | null
  /** Of its confirmation mail. */
  messageId: string
  /** When the address opted out, if that stands. */
  optedOutAt: Date | null
}

/** The sign-up that `token` belongs to, as long as its 7 days last; null for any other token. It changes nothing. */
export async function findSignUp(db: Db, accountId: string, token: Buffer): Promise<FoundSignUp | null> {
  const found = await maybeRow(
    db,
    sql<FoundSignUp>`
    select asked.sign_up_id as "signUpId", asked.form_id as "formId", coalesce(form.name, '') as "formName", asked.version,
      asked.language, asked.consent, asked.address, asked.canonical, asked.address_key as key, asked.fields,
      asked.topic_ids::text[] as "topicIds", asked.ip, asked.user_agent as "userAgent", asked.asked_at as "askedAt",
      asked.confirmed_at as "confirmedAt", coalesce(mail.message_id, '') as "messageId", standing.opted_out_at as "optedOutAt",
      array(select topic.name from topics topic
            where topic.account_id = ${accountId} and topic.topic_id = any (asked.topic_ids) and topic.archived_at is null
            order by topic.position, topic.topic_id) as topics
    from sign_ups asked
    join confirmation_mails mail on mail.account_id = asked.account_id and mail.sign_up_id = asked.sign_up_id
    left join forms form on form.account_id = asked.account_id and form.form_id = asked.form_id
    left join standing_optouts standing on standing.account_id = asked.account_id and standing.address_key = asked.address_key
    where asked.account_id = ${accountId} and asked.token_hash = ${hashOf(token)} and asked.ends_at > clock_timestamp()
      and mail.handed_over_at is not null`,
  )
  return found ?? null
}
