import { type Db, run, sql, transaction } from '../platform/database.ts'
import type { Answer, ClaimedMessage } from './message.ts'
import { retryDelay } from './retry.ts'
import type { Outcome } from './smtp.ts'

/**
 * What to record about `message` after an attempt; null when the last check refused it.
 *
 * RFC 5321 §4.2.1: 4yz is tried again, 5yz is not (MP-9).
 */
export function answerFor(message: ClaimedMessage, outcome: Exclude<Outcome, { kind: 'withheld' }>, now: Date): Answer {
  const { messageId } = message
  const { answer } = outcome
  switch (outcome.kind) {
    case 'accepted':
      return { messageId, state: 'accepted', answer }
    case 'bounced':
      return { messageId, state: 'bounced', answer, addressRefused: refusesAddress(outcome.command, answer) }
    case 'unknown':
      return { messageId, state: 'unknown', answer: `no answer to the finished message: ${answer}` }
    case 'not_handed':
    case 'sender_refused':
      return { messageId, state: 'queued', answer }
    case 'deferred': {
      const delay = retryDelay(message.attempts + 1, (now.getTime() - message.queuedAt.getTime()) / 1000)
      if (delay === null) return { messageId, state: 'bounced', answer: `given up after 5 days: ${answer}` }
      return { messageId, state: 'deferred', answer, dueAt: new Date(now.getTime() + delay * 1000) }
    }
  }
}

/**
 * True when the server says of the recipient itself that there is none.
 *
 * Narrow on purpose: a rejection by policy, for content or of the sender is no word about the contact (MP-12, BN-8).
 */
function refusesAddress(command: string, answer: string): boolean {
  return command === 'RCPT TO' && /^55[013][ -]5\.1\.(?:1|2|3|6|10)\b/.test(answer)
}

/**
 * Records answers of messages that this process holds. Contacts whose address is refused for good become Error.
 *
 * A message that opted out meanwhile does not come back: the database turns queued and deferred into withheld.
 */
export async function recordAnswers(db: Db, accountId: string, processId: number, answers: Answer[]): Promise<void> {
  const refused = answers.filter((answer) => answer.addressRefused).map(({ messageId }) => messageId)
  if (refused.length === 0) return void (await run(db, sql`select ${recording(accountId, processId, answers)}`))
  await transaction(db, async (trx) => {
    await run(trx, sql`select ${recording(accountId, processId, answers)}`)
    await run(
      trx,
      sql`
      insert into contact_errors (account_id, contact_id, reason, detail)
      select message.account_id, message.contact_id, 'delivery', message.answer
      from messages message
      join contacts contact on contact.account_id = message.account_id and contact.contact_id = message.contact_id
        and contact.address_key = message.address_key
      where message.account_id = ${accountId} and message.message_id = any(${refused}::bigint[]) and message.state = 'bounced'
      on conflict do nothing`,
    )
  })
}

/** The call that records answers of messages that this process holds, none of which makes a contact Error. */
export const recording = (accountId: string, processId: number, answers: Answer[]) => sql`
    record_answers(${accountId}, ${processId}, ${answers.map(({ messageId }) => messageId)}::bigint[],
                   ${answers.map(({ state }) => state)}::text[], ${answers.map(({ answer }) => answer)}::text[],
                   ${answers.map(({ dueAt }) => dueAt ?? null)}::timestamptz[])`
