import { setTimeout as sleep } from 'node:timers/promises'
import type { Core } from '../platform/core.ts'
import type { TakenMessage } from './message.ts'
import { type Pace, takeInPace } from './pace.ts'
import { finishMailing, type SendingMailing, sendingMailings, shareOf } from './queue.ts'

const POLL_MS = 1000

const EVERYTHING = { part: 0, parts: 1 }

/** Messages for the connections of this process. */
export type Feed = {
  /**
   * Waits for 1 to `most` messages; none after `patienceMs` or once the feed is stopped. Of those that wait the lowest
   * `rank` is first.
   */
  take: (most: number, patienceMs?: number, rank?: () => number) => Promise<TakenMessage[]>
  /** To be called once for every message taken, when nothing more happens to it here. */
  done: (messages: TakenMessage[]) => void
  /** A message taken and not used: another lane may have it. */
  putBack: (message: TakenMessage) => void
  /** There may be something new. */
  wake: () => void
  isStopped: () => boolean
  /** Hands out nothing more; resolves when no statement of the feed is under way. */
  stop: () => Promise<void>
}

/**
 * Reads due messages in small batches, mailing after mailing, as long as fewer than `enough` wait to be taken.
 *
 * Each process begins with its own share of a mailing and helps with the rest once it is done with that.
 * @param batch messages per reading: how many are in memory while their contacts may still change
 */
export function openFeed(core: Core, processId: number, { batch, enough }: { batch: number; enough: number }): Feed {
  const ready: TakenMessage[] = []
  const inHand = new Set<string>()
  const takers = new Map<() => void, () => number>()
  const pace: Pace = { core, slots: new Map() }
  let stopped = false
  let alarm = new AbortController()

  const wake = () => alarm.abort()
  async function rest(ms: number) {
    await sleep(ms, undefined, { signal: alarm.signal }).catch(() => undefined)
    alarm = new AbortController()
  }

  const inMemory = () => [...inHand, ...ready.map(({ messageId }) => messageId)]
  async function claim(mailing: SendingMailing, share: { part: number; parts: number }): Promise<number> {
    const { taken, moved } = await takeInPace(pace, mailing, { ...share, inHand: inMemory() }, batch)
    ready.push(...taken)
    const found = taken.length + moved
    if (found > 0 || share.parts === 1) return found
    return claim(mailing, EVERYTHING)
  }

  async function takeRound(): Promise<number> {
    let found = 0
    const share = await shareOf(core.db, processId)
    for (const mailing of await sendingMailings(core.db)) {
      if (stopped) return found
      const more = await claim(mailing, share)
      found += more
      if (more === 0) await finishMailing(core.db, mailing)
      wakeTakers()
      while (!stopped && ready.length >= enough) await rest(POLL_MS)
    }
    return found
  }

  async function supply() {
    while (!stopped) {
      const found = await takeRound().catch((error: unknown) => {
        core.log.warn({ err: error }, 'messages could not be taken; trying again')
        return 0
      })
      if (found === 0 && !stopped) await rest(POLL_MS)
    }
  }
  const supplying = supply()

  function wakeTakers() {
    for (const [taker] of [...takers].sort(([, one], [, other]) => one() - other())) taker()
  }

  function arrival(withinMs: number, rank: () => number): Promise<void> {
    return new Promise((resolve) => {
      function taker() {
        clearTimeout(timer)
        takers.delete(taker)
        resolve()
      }
      const timer = setTimeout(taker, withinMs)
      takers.set(taker, rank)
    })
  }

  async function take(most: number, patienceMs = 60_000, rank = () => 0): Promise<TakenMessage[]> {
    const deadline = Date.now() + patienceMs
    while (ready.length === 0 && !stopped && Date.now() < deadline) await arrival(deadline - Date.now(), rank)
    const taken = stopped ? [] : ready.splice(0, most)
    for (const { messageId } of taken) inHand.add(messageId)
    if (ready.length < enough) wake()
    return taken
  }

  return {
    take,
    done: (messages) => {
      for (const { messageId } of messages) inHand.delete(messageId)
      if (inHand.size === 0 && ready.length === 0) wake()
    },
    putBack: (message) => {
      inHand.delete(message.messageId)
      ready.unshift(message)
      wakeTakers()
    },
    wake,
    isStopped: () => stopped,
    stop: async () => {
      stopped = true
      wake()
      wakeTakers()
      await supplying
    },
  }
}
