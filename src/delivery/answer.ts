import { type Db, run, sql, transaction } from '../platform/database.ts'
import { classify } from './feedback/classify.ts'
import { replyIn, statusIn } from './feedback/codes.ts'
import { recordRefusals } from './feedback/refusals.ts'
import type { Answer, Refusal, TakenMessage } from './message.ts'
import { retryDelay } from './retry.ts'
import type { Outcome } from './smtp.ts'

/**
 * What to record about `message` after an attempt; null when the last check refused it.
 *
 * RFC 5321 §4.2.1: 4yz is tried again, 5yz is not (MP-9).
 */
export function answerFor(message: TakenMessage, outcome: Exclude<Outcome, { kind: 'withheld' }>, now: Date): Answer {
  const { messageId } = message
  const { answer } = outcome
  switch (outcome.kind) {
    case 'accepted':
      return { messageId, state: 'accepted', answer }
    case 'bounced':
      return { messageId, state: 'bounced', answer, ...refusalOf(outcome.command, answer) }
    case 'unknown':
      return { messageId, state: 'unknown', answer: `no answer to the finished message: ${answer}` }
    case 'not_handed':
    case 'sender_refused':
      return { messageId, state: 'queued', answer }
    case 'deferred': {
      const delay = retryDelay(message.attempts + 1, (now.getTime() - message.queuedAt.getTime()) / 1000)
      if (delay === null)
        return {
          messageId,
          state: 'bounced',
          answer: `given up after 5 days: ${answer}`,
          ...refusalOf(outcome.command, answer),
        }
      return { messageId, state: 'deferred', answer, dueAt: new Date(now.getTime() + delay * 1000) }
    }
  }
}

/** What a server's no means (BN-14). What we found out ourselves before any command is no word of a server. */
function refusalOf(command: string, words: string): { refusal?: Refusal } {
  if (command === 'API') return {}
  const [status, reply] = [statusIn(words), replyIn(words)]
  const { outcome, reason } = classify({ status, reply, words, command })
  const meant = outcome === 'hard' || outcome === 'block' ? outcome : 'soft'
  return { refusal: { outcome: meant, reason, status, reply } }
}

/**
 * Records answers of messages that this process holds, and what refusals for good mean: Error for a dead address, a count,
 * or a pause of the mailing.
 *
 * A message that opted out meanwhile does not come back: the database turns queued and deferred into withheld.
 */
export async function recordAnswers(db: Db, accountId: string, processId: number, answers: Answer[]): Promise<void> {
  const refused = answers.filter(({ refusal }) => refusal !== undefined)
  if (refused.length === 0) return void (await run(db, sql`select ${recording(accountId, processId, answers)}`))
  await transaction(db, async (trx) => {
    await run(trx, sql`select ${recording(accountId, processId, answers)}`)
    await recordRefusals(trx, accountId, refused)
  })
}

/** The call that records answers of messages that this process holds, none of which makes a contact Error. */
export const recording = (accountId: string, processId: number, answers: Answer[]) => sql`
    record_answers(${accountId}, ${processId}, ${answers.map(({ messageId }) => messageId)}::bigint[],
                   ${answers.map(({ state }) => state)}::text[], ${answers.map(({ answer }) => answer)}::text[],
                   ${answers.map(({ dueAt }) => dueAt ?? null)}::timestamptz[])`
