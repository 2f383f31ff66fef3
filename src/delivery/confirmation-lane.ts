import { setTimeout as sleep } from 'node:timers/promises'
import type { Core } from '../platform/core.ts'
import { run, sql, transaction } from '../platform/database.ts'
import { type MakeConfirmation, NotMade, openConfirmations, type ReadyConfirmation } from './confirmation-mail.ts'
import {
  accountsWithConfirmations,
  type ClaimedConfirmation,
  type ConfirmationState,
  claimConfirmations,
  handOverConfirmation,
  recordConfirmation,
  releaseConfirmations,
} from './confirmation-queue.ts'
import { listenForMessages } from './listen.ts'
import { patiently } from './patience.ts'
import { retryDelay } from './retry.ts'
import type { Sender, SenderOptions } from './sender.ts'
import type { Outcome, SmtpConnection } from './smtp.ts'
import { openAny } from './way.ts'

const AT_ONCE = 20
const POLL_MS = 1000
const LONGEST_PAUSE_MS = 60_000

type Settled = { state: ConfirmationState; answer: string; dueAt?: Date | undefined }

type Lane = {
  core: Core
  processId: number
  make: MakeConfirmation
  connect: () => Promise<SmtpConnection>
  over: AbortController
}

/**
 * Sends the confirmation mails of sign-ups until `stop`, beside the mailings and by a way of their own: over SMTP when it
 * is set, else into the built-in mailbox. They alone may go to an address that opted out (INV-8, AB-7).
 *
 * @throws Error when the DKIM key cannot be used
 */
export function startConfirmations(
  core: Core,
  process: { id: number },
  options: Pick<SenderOptions, 'connect' | 'stopWithinMs'> = {},
): Sender {
  const lane: Lane = {
    core,
    processId: process.id,
    make: openConfirmations(core),
    over: new AbortController(),
    connect: options.connect ?? (() => openAny(core.config)),
  }
  let alarm = new AbortController()
  let stopped = false
  const wake = () => alarm.abort()

  async function rest(ms: number) {
    await sleep(ms, undefined, { signal: alarm.signal }).catch(() => undefined)
    alarm = new AbortController()
  }

  async function work() {
    let failures = 0
    while (!stopped) {
      try {
        const sent = await sendDue(lane, () => stopped)
        failures = 0
        if (sent === 0 && !stopped) await rest(POLL_MS)
      } catch (error) {
        failures += 1
        core.log.warn({ err: error }, 'confirmation mails could not be sent; trying again')
        const until = Date.now() + Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** (failures - 1))
        while (!stopped && Date.now() < until) await rest(Math.max(1, until - Date.now()))
      }
    }
  }

  const working = work()
  const listening = listenForMessages(core, wake)
  return {
    wake,
    stop: async () => {
      stopped = true
      wake()
      const timer = setTimeout(() => lane.over.abort(), options.stopWithinMs ?? 20_000)
      await working
      clearTimeout(timer)
      await listening.stop()
      await releaseConfirmations(core.db, process.id).catch((error: unknown) =>
        core.log.warn({ err: error }, 'confirmation mails were not put back; the next program inherits them'),
      )
    },
  }
}

/** Sends what is due of every account; gives how many were looked at. What is left after an error waits again. */
async function sendDue(lane: Lane, isStopped: () => boolean): Promise<number> {
  const { core, processId } = lane
  let connection: SmtpConnection | null = null
  const breakOff = () => connection?.close()
  lane.over.signal.addEventListener('abort', breakOff)
  let count = 0
  try {
    for (const accountId of await accountsWithConfirmations(core.db)) {
      for (const mail of isStopped() ? [] : await claimConfirmations(core.db, accountId, processId, AT_ONCE)) {
        if (isStopped()) break
        count += 1
        if (core.config.smtp && !connection?.isOpen()) connection = await lane.connect()
        await sendOne(lane, mail, connection)
      }
    }
  } catch (error) {
    await releaseConfirmations(core.db, processId)
    throw error
  } finally {
    lane.over.signal.removeEventListener('abort', breakOff)
    connection?.quit()
  }
  return count
}

async function sendOne(lane: Lane, mail: ClaimedConfirmation, connection: SmtpConnection | null): Promise<void> {
  const { core, processId, over } = lane
  const ready = await lane.make(mail).catch((error: unknown) => {
    if (error instanceof NotMade) return error
    throw error
  })
  const record = (settled: Settled) =>
    patiently(core, over.signal, () => recordConfirmation(core.db, mail, processId, settled))
  if (ready instanceof NotMade) return record(later(mail, ready.message, core.clock()))
  if (!connection) return keep(lane, mail, ready)
  const gate = () => handOverConfirmation(core.db, mail, processId, ready.messageId)
  await record(settledBy(mail, await connection.deliver(ready.envelope, ready.raw, gate), core.clock()))
}

/** Into the built-in mailbox: it is there exactly when it is accepted. */
async function keep({ core, processId }: Lane, mail: ClaimedConfirmation, ready: ReadyConfirmation): Promise<void> {
  await transaction(core.db, async (trx) => {
    if (!(await handOverConfirmation(trx, mail, processId, ready.messageId)))
      return recordConfirmation(trx, mail, processId, NOT_WANTED)
    await run(
      trx,
      sql`
      insert into mailbox_messages (account_id, address_key, recipient, subject, raw)
      values (${mail.accountId}, ${mail.addressKey}, ${ready.envelope.to}, ${ready.subject}, ${ready.raw})`,
    )
    await recordConfirmation(trx, mail, processId, { state: 'accepted', answer: 'in the built-in mailbox' })
  })
}

const NOT_WANTED: Settled = { state: 'withheld', answer: 'the sign-up waits no more, or the domain opted out' }

function settledBy(mail: ClaimedConfirmation, outcome: Outcome, now: Date): Settled {
  switch (outcome.kind) {
    case 'accepted':
    case 'bounced':
      return { state: outcome.kind, answer: outcome.answer }
    case 'withheld':
      return NOT_WANTED
    case 'unknown':
      return { state: 'unknown', answer: `no answer to the finished message: ${outcome.answer}` }
    case 'not_handed':
      return { state: 'waiting', answer: outcome.answer, dueAt: new Date(now.getTime() + 30_000) }
    case 'deferred':
    case 'sender_refused':
      return later(mail, outcome.answer, now)
  }
}

/** Again when other messages would be, or given up (RFC 5321 §4.5.4.1). */
function later({ attempts, queuedAt }: ClaimedConfirmation, answer: string, now: Date): Settled {
  const delay = retryDelay(attempts + 1, (now.getTime() - queuedAt.getTime()) / 1000)
  if (delay === null) return { state: 'bounced', answer: `given up after 5 days: ${answer}` }
  return { state: 'deferred', answer, dueAt: new Date(now.getTime() + delay * 1000) }
}
