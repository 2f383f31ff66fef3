import { setTimeout as sleep } from 'node:timers/promises'
import { answerFor } from './answer.ts'
import type { ClaimedMessage } from './message.ts'
import { MailingBroken, NotRendered, type ReadyMessage } from './render.ts'
import type { Desk, Unrecorded } from './sender.ts'
import type { Outcome, SmtpConnection } from './smtp.ts'

const IDLE_MS = 5000
const LONGEST_PAUSE_MS = 60_000

/**
 * Sends one message after the other over one connection, renewed when it breaks, until the feed stops.
 *
 * While the server works on a message the next one is made and its MAIL FROM written. Its answer is recorded in the same
 * commit that hands over the next, so at most one message of a connection is ever without an answer.
 */
export async function smtpLane(desk: Desk): Promise<void> {
  const { feed, over } = desk
  let connection: SmtpConnection | null = null
  let ahead: Flight | null = null
  let failures = 0
  const breakOff = () => connection?.close()
  over.addEventListener('abort', breakOff)
  async function land() {
    if (!ahead) return
    failures = (await landed(desk, ahead)) ? 0 : failures + 1
    ahead = null
  }
  while (!feed.isStopped()) {
    const [message] = await feed.take(1, ahead ? 0 : IDLE_MS)
    if (!message) {
      if (ahead) await land()
      else {
        connection?.quit()
        connection = null
      }
      continue
    }
    try {
      if (!connection?.isOpen()) await land()
      if (!connection?.isOpen()) connection = await connect(desk)
      const ready = await makeReady(desk, message)
      if (ready) {
        const next: Flight = fly(desk, connection, { message, ready, before: ahead })
        await next.isChecked
        await land()
        ahead = next
      } else feed.done([message])
    } catch (error) {
      failures += 1 // not handed over: fly and land do not throw
      await giveBack(desk, message, error)
      feed.done([message])
    }
    if (failures > 0) await pause(failures, desk)
  }
  await land()
  over.removeEventListener('abort', breakOff)
  connection?.quit()
}

/** A message on the wire. */
type Flight = {
  message: ClaimedMessage
  connection: SmtpConnection
  /** Settles when the last check was made, or will not be. */
  isChecked: Promise<unknown>
  /** What became of it; recorded by then unless it was accepted. */
  outcome: Promise<Outcome>
  unrecorded: Unrecorded
}

type Start = { message: ClaimedMessage; ready: ReadyMessage; before: Flight | null }

function fly(desk: Desk, connection: SmtpConnection, { message, ready, before }: Start): Flight {
  const unrecorded: Unrecorded = { answer: null }
  let checked = () => {}
  const isAsked = new Promise<void>((resolve) => {
    checked = resolve
  })
  const ask = async () => {
    try {
      await before?.outcome
      return await desk.mayLeave(message, before?.unrecorded)
    } finally {
      checked()
    }
  }
  const outcome = connection.deliver(ready.envelope, ready.raw, ask).then(async (what) => {
    if (what.kind === 'accepted') unrecorded.answer = answerFor(message, what, desk.core.clock())
    else await settle(desk, message, what)
    return what
  })
  return { message, connection, isChecked: Promise.race([isAsked, outcome]), outcome, unrecorded }
}

/**
 * Waits for the end of a message and records what the next last check did not. Never throws.
 *
 * @returns false when whatever kept it from leaving is likely to keep the next one too
 */
async function landed(desk: Desk, { message, connection, outcome, unrecorded }: Flight): Promise<boolean> {
  const { kind } = await outcome
  try {
    if (unrecorded.answer) await desk.record(message, unrecorded.answer)
    if (kind === 'accepted') await desk.worksAgain(message)
  } catch (error) {
    desk.core.log.error({ err: error }, 'what became of a message was not recorded before the end')
  }
  desk.feed.done([message])
  if (kind === 'accepted') useful.add(connection)
  // Servers that end a connection after so many messages are used again at once.
  return kind !== 'not_handed' || (useful.has(connection) && !connection.isOpen())
}

/** Connections over which something was accepted. */
const useful = new WeakSet<SmtpConnection>()

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
