import type { Core } from '../platform/core.ts'
import type { ResponseEvent } from './event.ts'
import { BURST_MS, markBursts } from './machine.ts'
import { recordResponses } from './record.ts'

const WRITE_EVERY_MS = 1000
/** So long an event waits for what would show that a machine made it. */
const WAIT_MS = BURST_MS + 500
/** More are not held in memory while the database is away. */
const MOST = 50_000

/** Holds opens and clicks for some seconds and writes them together. A crash loses what it holds. */
export type Recorder = { note: (event: ResponseEvent) => void; stop: () => Promise<void> }

export function openRecorder({ db, log, clock }: Pick<Core, 'db' | 'log' | 'clock'>): Recorder {
  let waiting: ResponseEvent[] = []
  /** Written already; kept for a moment, because they show a burst that goes on. */
  let written: ResponseEvent[] = []
  let writing: Promise<void> = Promise.resolve()

  async function write(until: number) {
    const due = waiting.filter(({ at }) => at.getTime() <= until)
    if (due.length === 0) return
    markBursts([...written, ...waiting])
    const byAccount = Map.groupBy(due, ({ accountId }) => accountId)
    for (const [accountId, events] of byAccount) {
      await recordResponses(db, accountId, events)
      const done = new Set(events)
      waiting = waiting.filter((event) => !done.has(event))
      written.push(...events)
    }
    written = written.filter(({ at }) => at.getTime() > until - BURST_MS)
  }
  function writeNext(until: number): Promise<void> {
    writing = writing
      .then(() => write(until))
      .catch((error: unknown) => log.warn({ err: error }, 'opens and clicks were not written; trying again'))
    return writing
  }
  const timer = setInterval(() => void writeNext(clock().getTime() - WAIT_MS), WRITE_EVERY_MS)
  timer.unref()

  return {
    note: (event) => {
      if (waiting.length < MOST) waiting.push(event)
    },
    stop: async () => {
      clearInterval(timer)
      await writeNext(Number.POSITIVE_INFINITY)
    },
  }
}
