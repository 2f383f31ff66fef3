import type { PauseReason } from '../mailings/mailing.contract.ts'
import type { Core } from '../platform/core.ts'
import { recordAnswers } from './answer.ts'
import { type Feed, openFeed } from './feed.ts'
import { listenForMessages } from './listen.ts'
import { mailboxLane } from './mailbox-lane.ts'
import type { Answer, TakenMessage } from './message.ts'
import { patiently } from './patience.ts'
import { handOver, noteProblem, pauseMailing, settleRefused } from './queue.ts'
import { openRender, type Render } from './render.ts'
import type { SmtpConnection } from './smtp.ts'
import { smtpLane } from './smtp-lane.ts'
import { together } from './together.ts'
import { judgeComplaints, openWatch, type Watch } from './watch.ts'
import { openWay, relaysOf, type Way } from './way.ts'

const JUDGE_EVERY_MS = 5000

export type SenderOptions = {
  /** Opens a connection to the configured server; tests hand in one with their own certificates. */
  connect?: () => Promise<SmtpConnection>
  render?: Render
  /** Stands around the last check; tests hold it there. */
  gate?: (message: TakenMessage, check: () => Promise<boolean>) => Promise<boolean>
  /** Messages per claim. */
  batch?: number
  /** How long `stop` waits for answers of the mail server before it breaks the connections. */
  stopWithinMs?: number
}

export type Sender = {
  /** There may be new messages. */
  wake: () => void
  /** Finishes what is on the wire, puts back what is not, and resolves when nothing is under way. */
  stop: () => Promise<void>
}

/** An answer that waits for the next commit of its connection; `answer` is null once it is recorded. */
export type Unrecorded = { answer: Answer | null }

/** What the lanes share. */
export type Desk = {
  core: Core
  processId: number
  feed: Feed
  render: Render
  /** The last check, joined with those of the other connections; records `before` with it. */
  mayLeave: (message: TakenMessage, before?: Unrecorded) => Promise<boolean>
  record: (message: TakenMessage, answer: Answer) => Promise<void>
  refused: (message: TakenMessage) => Promise<void>
  /** The relays; none for the built-in mailbox. */
  ways: Way[]
  /** Says on the mailing why it does not get on, and takes that back once it does. */
  doesNotWork: (message: TakenMessage, problem: string) => Promise<void>
  worksAgain: (message: TakenMessage) => Promise<void>
  /** Stops a mailing until an operator resumes it, and says why. */
  pause: (message: TakenMessage, problem: string, reason?: PauseReason) => Promise<void>
  watch: Watch
  /** Aborted when `stop` has waited long enough. */
  over: AbortSignal
}

/**
 * Sends due messages of every account until `stop`: over SMTP when it is set, else into the built-in mailbox.
 *
 * @throws Error when the DKIM key cannot be used
 */
export function startSender(core: Core, process: { id: number }, options: SenderOptions = {}): Sender {
  const { smtp } = core.config
  const relays = relaysOf(core.config)
  const ways = relays.map((relay) => openWay(core, relay, { several: relays.length > 1, connect: options.connect }))
  const connections = ways.reduce((sum, way) => sum + way.connections, 0)
  const batch = options.batch ?? (smtp ? 100 : 200)
  const over = new AbortController()
  const render = options.render ?? openRender(core)
  const feed = openFeed(core, process.id, { batch, enough: smtp ? Math.max(connections, batch / 2) : 1 })
  const desk = openDesk(core, process.id, { feed, render, ways, over: over.signal, options })
  const lanes = smtp ? ways.flatMap((way) => lanesOf(desk, way)) : [mailboxLane(desk)]
  const listening = listenForMessages(core, feed.wake)
  const judging = setInterval(() => {
    void judgeComplaints(core).catch((error: unknown) => core.log.warn({ err: error }, 'complaints not looked at'))
  }, JUDGE_EVERY_MS)
  return {
    wake: feed.wake,
    stop: async () => {
      const timer = setTimeout(() => over.abort(), options.stopWithinMs ?? 20_000)
      clearInterval(judging)
      await feed.stop()
      await Promise.all(lanes)
      clearTimeout(timer)
      await listening.stop()
    },
  }
}

const lanesOf = (desk: Desk, way: Way) => Array.from({ length: way.connections }, () => smtpLane(desk, way))

type Parts = { feed: Feed; render: Render; ways: Way[]; over: AbortSignal; options: SenderOptions }

function openDesk(core: Core, processId: number, { feed, render, ways, over, options }: Parts): Desk {
  const { db } = core
  type Question = { message: TakenMessage; before: Unrecorded | undefined }
  const check = together<Question, boolean>(async (accountId, questions) => {
    const ids = questions.map(({ message }) => message.messageId)
    const answers = questions.flatMap(({ before }) => before?.answer ?? [])
    const passed = await handOver(db, accountId, processId, ids, answers)
    for (const { before } of questions) if (before) before.answer = null
    return ({ message }) => passed.has(message.messageId)
  })
  const record = together<Answer, void>(async (accountId, answers) => {
    await patiently(core, over, () => recordAnswers(db, accountId, processId, answers))
    return () => undefined
  })
  const troubled = new Set<string>()
  const gate = options.gate ?? ((_message, ask) => ask())
  return {
    core,
    processId,
    feed,
    render,
    ways,
    over,
    mayLeave: (message, before) => gate(message, () => check(message.accountId, { message, before })),
    record: ({ accountId }, answer) => record(accountId, answer),
    refused: ({ accountId, messageId }) => patiently(core, over, () => settleRefused(db, accountId, [messageId])),
    doesNotWork: (message, problem) => {
      troubled.add(message.mailingId)
      return patiently(core, over, () => noteProblem(db, message, problem))
    },
    pause: (message, problem, reason) => patiently(core, over, () => pauseMailing(db, message, problem, reason)),
    watch: openWatch(core.clock),
    worksAgain: async (message) => {
      if (troubled.delete(message.mailingId)) await patiently(core, over, () => noteProblem(db, message, null))
    },
  }
}
