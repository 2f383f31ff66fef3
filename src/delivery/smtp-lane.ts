import { setTimeout as sleep } from 'node:timers/promises'
import { answerFor } from './answer.ts'
import type { TakenMessage } from './message.ts'
import { MailingBroken, NotRendered, type ReadyMessage } from './render.ts'
import type { Desk, Unrecorded } from './sender.ts'
import type { Outcome, SmtpConnection } from './smtp.ts'
import type { Way } from './way.ts'

const IDLE_MS = 5000
const LONGEST_PAUSE_MS = 60_000
const REST_MS = 250

/**
 * Sends one message after the other over one connection to a relay, renewed when it breaks, until the feed stops. While
 * the relay rests or has no turn left, other lanes have the messages.
 *
 * While the server works on a message the next one is made and its MAIL FROM written. Its answer is recorded in the same
 * commit that hands over the next, so at most one message of a connection is ever without an answer.
 */
export async function smtpLane(desk: Desk, way: Way): Promise<void> {
  const { feed, over } = desk
  const lane = {}
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
    const [message] = way.admits(lane) ? await feed.take(1, ahead ? 0 : IDLE_MS, way.rank) : []
    if (!way.admits(lane) || (message && !(await hasTurn(desk, way)))) {
      if (message) feed.putBack(message)
      await land()
      await nap(REST_MS, desk)
      continue
    }
    if (message) way.took()
    else {
      if (ahead) await land()
      else {
        connection?.quit()
        connection = null
      }
      continue
    }
    try {
      if (!connection?.isOpen()) await land()
      if (!connection?.isOpen()) connection = await connect(way)
      const ready = await makeReady(desk, message)
      if (ready) {
        const next: Flight = fly(desk, connection, { message, ready, before: ahead, way })
        await next.isChecked
        await land()
        ahead = next
      } else feed.done([message])
    } catch (error) {
      if (error instanceof NoConnection) way.failed()
      else failures += 1 // not handed over: fly and land do not throw
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
  way: Way
  message: TakenMessage
  connection: SmtpConnection
  /** Settles when the last check was made, or will not be. */
  isChecked: Promise<unknown>
  /** What became of it; recorded by then unless it was accepted. */
  outcome: Promise<Outcome>
  unrecorded: Unrecorded
  /** The last check could not be made, which says nothing about the relay. */
  isUnchecked: () => boolean
}

type Start = Pick<Flight, 'message' | 'way'> & { ready: ReadyMessage; before: Flight | null }

function fly(desk: Desk, connection: SmtpConnection, { message, way, ready, before }: Start): Flight {
  const unrecorded: Unrecorded = { answer: null }
  let unchecked = false
  let checked = () => {}
  const isAsked = new Promise<void>((resolve) => {
    checked = resolve
  })
  const ask = async () => {
    try {
      await before?.outcome
      return await desk.mayLeave(message, before?.unrecorded)
    } catch (error) {
      unchecked = true
      throw error
    } finally {
      checked()
    }
  }
  const outcome = connection.deliver(ready.envelope, ready.raw, ask).then(async (given) => {
    const what = heard(desk, way, given)
    const stop = desk.watch.note(message, what)
    if (stop !== null) await desk.pause(message, stop, 'blocks').catch((err: unknown) => notStopped(desk, err))
    if (what.kind === 'accepted') unrecorded.answer = answerFor(message, what, desk.core.clock())
    else await settle(desk, message, what)
    return what
  })
  const isChecked = Promise.race([isAsked, outcome])
  return { way, message, connection, isChecked, outcome, unrecorded, isUnchecked: () => unchecked }
}

/**
 * Waits for the end of a message and records what the next last check did not. Never throws.
 *
 * @returns false when what kept it from leaving is here and likely to keep the next one too
 */
async function landed(desk: Desk, flight: Flight): Promise<boolean> {
  const { way, message, connection, outcome, unrecorded } = flight
  const { kind } = await outcome
  try {
    if (unrecorded.answer) await desk.record(message, unrecorded.answer)
    if (kind === 'accepted') await desk.worksAgain(message)
  } catch (error) {
    desk.core.log.error({ err: error }, 'what became of a message was not recorded before the end')
  }
  desk.feed.done([message])
  if (kind === 'accepted') {
    useful.add(connection)
    way.worked()
  }
  // Servers that end a connection after so many messages are used again at once.
  if (kind !== 'not_handed' || (useful.has(connection) && !connection.isOpen())) return true
  if (flight.isUnchecked()) return false
  way.failed()
  return true
}

const notStopped = ({ core }: Desk, err: unknown) => core.log.error({ err }, 'a mailing that is blocked goes on')

/** Connections over which something was accepted. */
const useful = new WeakSet<SmtpConnection>()

class NoConnection extends Error {}

async function connect(way: Way): Promise<SmtpConnection> {
  try {
    return await way.connect()
  } catch (error) {
    throw new NoConnection(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** The message ready to leave, or null when it cannot be made; the mailing goes on without it. */
async function makeReady(desk: Desk, message: TakenMessage): Promise<ReadyMessage | null> {
  try {
    return await desk.render(message)
  } catch (error) {
    if (!(error instanceof NotRendered)) throw error
    await desk.record(message, { messageId: message.messageId, state: 'bounced', answer: error.message })
    return null
  }
}

/** Records what became of a message on the wire. Never throws: what is not recorded is inherited as unknown. */
async function settle(desk: Desk, message: TakenMessage, outcome: Outcome): Promise<void> {
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

async function giveBack(desk: Desk, message: TakenMessage, error: unknown) {
  const { core } = desk
  const words = error instanceof Error ? error.message : String(error)
  core.log.warn({ err: error }, 'a message could not be sent; trying again')
  try {
    await desk.record(message, { messageId: message.messageId, state: 'queued', answer: words })
    if (error instanceof MailingBroken) await desk.pause(message, words)
    if (!(error instanceof NoConnection) || desk.ways.some((way) => way.works())) return
    const none = desk.ways.length === 1 ? 'The mail server cannot' : `None of the ${desk.ways.length} mail servers can`
    await desk.doesNotWork(message, `${none} be used: ${words}`)
  } catch (failure) {
    core.log.error({ err: failure }, 'a message was not put back; the next program inherits it')
  }
}

/**
 * What a relay said, as it is settled. A relay that takes nothing now (4yz to MAIL FROM) is one that failed as long as
 * another works: the recipient was not named, so that one can have the message at once.
 */
function heard({ ways }: Desk, way: Way, outcome: Outcome): Outcome {
  if (!('answer' in outcome)) return outcome
  const answer = way.said(outcome.answer)
  const isRefusal = outcome.kind === 'deferred' && outcome.command === 'MAIL FROM'
  if (isRefusal && ways.some((other) => other !== way && other.works())) return { kind: 'not_handed', answer }
  return { ...outcome, answer }
}

async function hasTurn({ core }: Desk, way: Way): Promise<boolean> {
  return way.turn().catch((error: unknown) => {
    core.log.warn({ err: error }, 'what a relay may take could not be looked up; trying again')
    return false
  })
}

const pause = (failures: number, desk: Desk) => nap(Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** (failures - 1)), desk)

async function nap(ms: number, { over, feed }: Desk) {
  const until = Date.now() + ms
  while (Date.now() < until && !feed.isStopped())
    await sleep(Math.min(250, until - Date.now()), undefined, { signal: over }).catch(() => undefined)
}
