import { rows, sql, type Trx } from '../../platform/database.ts'
import type { Answer } from '../message.ts'
import { effectInTransaction, type KnownMessage } from './record.ts'

/** Gives what servers refused during SMTP the effect that the same words have in a returned mail (BN-14). */
export async function recordRefusals(trx: Trx, accountId: string, answers: Answer[]): Promise<void> {
  const ids = answers.map(({ messageId }) => messageId)
  const messages = await rows(
    trx,
    sql<KnownMessage>`
    select message_id as "messageId", mailing_id as "mailingId", contact_id as "contactId", address_key as "addressKey", null as address
    from messages where account_id = ${accountId} and message_id = any(${ids}::bigint[]) and state = 'bounced' order by message_id`,
  )
  for (const message of messages) {
    const answer = answers.find(({ messageId }) => messageId === message.messageId)
    if (!answer?.refusal) continue
    await effectInTransaction(trx, accountId, message, {
      way: 'smtp',
      outcome: answer.refusal.outcome,
      said: { ...answer.refusal, words: answer.answer },
    })
  }
}
