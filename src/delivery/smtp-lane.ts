import { setTimeout as sleep } from 'node:timers/promises'
import { answerFor } from './answer.ts'
import type { ClaimedMessage } from './message.ts'
import { MailingBroken, NotRendered, type ReadyMessage } from './render.ts'
import type { Desk } from './sender.ts'
import type { Outcome, SmtpConnection } from './smtp.ts'

const IDLE_MS = 5000
const LONGEST_PAUSE_MS = 60_000

/** Sends one message after the other over one connection, renewed when it breaks, until the feed stops. */
export async function smtpLane(desk: Desk): Promise<void> {
  const { feed, over } = desk
  let connection: SmtpConnection | null = null
  let failures = 0
  const breakOff = () => connection?.close()
  over.addEventListener('abort', breakOff)
  while (!feed.isStopped()) {
    const [message] = await feed.take(1, IDLE_MS)
    if (!message) {
      connection?.quit()
      connection = null
      continue
    }
    try {
      if (!connection?.isOpen()) connection = await connect(desk)
      const ready = await makeReady(desk, message)
      const outcome = ready && (await connection.deliver(ready.envelope, ready.raw, () => desk.mayLeave(message)))
      failures = outcome?.kind === 'not_handed' ? failures + 1 : 0
      if (outcome) await settle(desk, message, outcome)
    } catch (error) {
      failures += 1 // not handed over: settle and deliver do not throw
      await giveBack(desk, message, error)
    } finally {
      feed.done([message])
    }
    if (failures > 0) await pause(failures, desk)
  }
  over.removeEventListener('abort', breakOff)
  connection?.quit()
}

class NoConnection extends Error {}

async function connect(desk: Desk): Promise<SmtpConnection> {
  try {
    return await desk.connect()
  } catch (error) {
    throw new NoConnection(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** The message ready to leave, or null when it cannot be made; the mailing goes on without it. */
async function makeReady(desk: Desk, message: ClaimedMessage): Promise<ReadyMessage | null> {
  try {
    return await desk.render(message)
  } catch (error) {
    if (!(error instanceof NotRendered)) throw error
    await desk.record(message, { messageId: message.messageId, state: 'bounced', answer: error.message })
    return null
  }
}

/** Records what became of a message on the wire. Never throws: what is not recorded is inherited as unknown. */
async function settle(desk: Desk, message: ClaimedMessage, outcome: Outcome): Promise<void> {
  const { core } = desk
  try {
    if (outcome.kind === 'withheld') return await desk.refused(message)
    await desk.record(message, answerFor(message, outcome, core.clock()))
    if (outcome.kind === 'not_handed') core.log.warn({ answer: outcome.answer }, 'a message was not handed over')
    if (outcome.kind === 'accepted') await desk.worksAgain(message)
    if (outcome.kind !== 'sender_refused') return
    await desk.pause(message, `The mail server refuses the sender: ${outcome.answer}`)
  } catch (error) {
    core.log.error({ err: error }, 'what became of a message was not recorded before the end')
  }
}

async function giveBack(desk: Desk, message: ClaimedMessage, error: unknown) {
  const { core } = desk
  const words = error instanceof Error ? error.message : String(error)
  core.log.warn({ err: error }, 'a message could not be sent; trying again')
  try {
    await desk.record(message, { messageId: message.messageId, state: 'queued', answer: words })
    if (error instanceof MailingBroken) await desk.pause(message, words)
    if (error instanceof NoConnection) await desk.doesNotWork(message, `The mail server cannot be used: ${words}`)
  } catch (failure) {
    core.log.error({ err: failure }, 'a message was not put back; the next program inherits it')
  }
}

async function pause(failures: number, { over, feed }: Desk) {
  const until = Date.now() + Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** (failures - 1))
  while (Date.now() < until && !feed.isStopped())
    await sleep(Math.min(250, until - Date.now()), undefined, { signal: over }).catch(() => undefined)
}
