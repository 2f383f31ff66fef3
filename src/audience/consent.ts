import { type Db, rows, sql } from '../platform/database.ts'
import type { Consent } from './consent.contract.ts'

type ConsentRow = Omit<Consent, 'form' | 'askedAt' | 'confirmedAt'> & {
  form_id: string | null
  form_name: string
  asked_at: Date
  confirmed_at: Date
}

/** What a contact agreed to on forms, latest first. */
export async function consentsOf(db: Db, accountId: string, contactId: string): Promise<Consent[]> {
  const found = await rows(
    db,
    sql<ConsentRow>`
    select form_id, form_name, wording, version, language, topics, asked_at, asked_ip as "askedIp",
      asked_user_agent as "askedUserAgent", mail_message_id as "messageId", confirmed_at, confirmed_ip as "confirmedIp",
      confirmed_user_agent as "confirmedUserAgent", entry_id is not null as "endedOptOut"
    from consents where account_id = ${accountId} and contact_id = ${contactId}
    order by confirmed_at desc, consent_id desc`,
  )
  return found.map(({ form_id, form_name, asked_at, confirmed_at, ...consent }) => ({
    ...consent,
    form: { id: form_id, name: form_name || null },
    askedAt: asked_at.toISOString(),
    confirmedAt: confirmed_at.toISOString(),
  }))
}
