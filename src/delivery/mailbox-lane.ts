import { setTimeout as sleep } from 'node:timers/promises'
import { type Db, run, sql, transaction } from '../platform/database.ts'
import { isRetryable, isWithheld } from '../platform/errors.ts'
import { recordAnswers } from './answer.ts'
import type { TakenMessage } from './message.ts'
import { patiently } from './patience.ts'
import { handOverTogether, settleRefused } from './queue.ts'
import { MailingBroken, NotRendered, type ReadyMessage } from './render.ts'
import type { Desk } from './sender.ts'

const AT_ONCE = 200

/** Puts messages into the built-in mailbox by the same steps and the same last check as over SMTP. */
export async function mailboxLane(desk: Desk): Promise<void> {
  const { feed, core } = desk
  while (!feed.isStopped()) {
    const messages = await feed.take(AT_ONCE)
    try {
      for (const accountId of new Set(messages.map((message) => message.accountId)))
        await deliverAll(
          desk,
          accountId,
          messages.filter((message) => message.accountId === accountId),
        )
    } catch (error) {
      const [first] = messages
      if (first && error instanceof MailingBroken) await desk.pause(first, error.message)
      core.log.warn({ err: error }, 'messages did not reach the built-in mailbox; trying again')
      await putBack(desk, messages)
      await sleep(500)
    } finally {
      feed.done(messages)
    }
  }
}

type Ready = { message: TakenMessage; ready: ReadyMessage }

async function deliverAll(desk: Desk, accountId: string, messages: TakenMessage[]) {
  const { core, processId, over } = desk
  const letters: Ready[] = []
  for (const message of messages) {
    const ready = await desk.render(message).catch(notRendered)
    if (ready instanceof NotRendered)
      await desk.record(message, { messageId: message.messageId, state: 'bounced', answer: ready.message })
    else letters.push({ message, ready })
  }
  const passed = await deliver(core.db, accountId, processId, letters)
  const refused = letters.map(({ message }) => message.messageId).filter((id) => !passed.has(id))
  if (refused.length > 0) await patiently(core, over, () => settleRefused(core.db, accountId, refused))
}

function notRendered(error: unknown): NotRendered {
  if (error instanceof NotRendered) return error
  throw error
}

/** Checks, keeps and accepts in one transaction: a letter is in the mailbox exactly when its message is accepted. */
async function deliver(db: Db, accountId: string, processId: number, letters: Ready[]): Promise<Set<string>> {
  const ids = letters.map(({ message }) => message.messageId)
  try {
    return await transaction(db, async (trx) => {
      const passed = await handOverTogether(trx, accountId, processId, ids)
      const leaving = letters.filter(({ message }) => passed.has(message.messageId))
      await keep(trx, accountId, leaving)
      const answers = [...passed].map((messageId) => ({
        messageId,
        state: 'accepted' as const,
        answer: 'in the built-in mailbox',
      }))
      await recordAnswers(trx, accountId, processId, answers)
      return passed
    })
  } catch (error) {
    if (letters.length === 1 && isWithheld(error)) return new Set()
    if (letters.length === 1 || !(isWithheld(error) || isRetryable(error))) throw error
    const passed = new Set<string>() // one of them met an opt-out at this very moment
    for (const letter of letters) for (const id of await deliver(db, accountId, processId, [letter])) passed.add(id)
    return passed
  }
}

async function keep(db: Db, accountId: string, letters: Ready[]) {
  await run(
    db,
    sql`
    insert into mailbox_messages (account_id, message_id, mailing_id, address_key, recipient, subject, raw)
    select ${accountId}, letter.message_id, letter.mailing_id, letter.address_key, letter.recipient, letter.subject, letter.raw
    from unnest(${letters.map(({ message }) => message.messageId)}::bigint[], ${letters.map(({ message }) => message.mailingId)}::bigint[],
                ${letters.map(({ message }) => message.addressKey)}::bytea[], ${letters.map(({ ready }) => ready.envelope.to)}::text[],
                ${letters.map(({ ready }) => ready.subject)}::text[], ${letters.map(({ ready }) => ready.raw)}::bytea[])
      as letter (message_id, mailing_id, address_key, recipient, subject, raw)`,
  )
}

async function putBack(desk: Desk, messages: TakenMessage[]) {
  await Promise.all(
    messages.map((message) => desk.record(message, { messageId: message.messageId, state: 'queued', answer: '' })),
  ).catch((error: unknown) => desk.core.log.error({ err: error }, 'messages not put back'))
}
