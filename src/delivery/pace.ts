// How fast messages may leave: what a mailing, a relay or a recipient's domain may take, over all programs together.
import type { Core } from '../platform/core.ts'
import { type Db, row, rows, run, sql } from '../platform/database.ts'
import type { TakenMessage } from './message.ts'
import { type SendingMailing, type Share, takeMessages } from './queue.ts'

/** At most `most` messages in `seconds`. */
export type Limit = { most: number; seconds: number }

/** What a limit is about: a mailing of an account, or a relay or domain of the whole installation. */
export type Limited = { accountId: string; subject: string; limit: Limit }

/** Takes up to `wanted` turns, fewer when the limit says so; all programs take from the same. Negative puts back. */
export async function takeTurns(db: Db, { accountId, subject, limit }: Limited, wanted: number): Promise<number> {
  const { given } = await row(
    db,
    sql<{ given: number }>`
    select take_turns(${accountId}, ${subject}, ${limit.most}, ${limit.seconds}, ${wanted}) as given`,
  )
  return given
}

export const EVERYBODY = '0'

/** Forgets limits that nothing was taken of for two days: they are full, as new ones are. */
export async function pruneRates(db: Db): Promise<void> {
  const old = await rows(
    db,
    sql<{ account_id: string; subject: string }>`
    select account_id, subject from sending_rates where at < now() - interval '2 days'`,
  )
  for (const { account_id, subject } of old)
    await run(
      db,
      sql`
      delete from sending_rates
      where account_id = ${account_id} and subject = ${subject} and at < now() - interval '2 days'`,
    )
}

export type Pace = {
  core: Core
  /** The last time to which something of a mailing and domain was put off, in ms. */
  slots: Map<string, number>
}

/**
 * Takes what may leave now: at most `batch`, no more than the mailing's rate, and of each limited domain no more than its
 * share. What is too much for a domain is put off.
 *
 * @returns what was taken, and how many others were moved, so that it is worth looking again at once
 */
export async function takeInPace(
  { core, slots }: Pace,
  mailing: SendingMailing,
  share: Share,
  batch: number,
): Promise<{ taken: TakenMessage[]; moved: number }> {
  const { db } = core
  const rate = rateOf(mailing)
  const most = rate ? await takeTurns(db, rate, batch) : batch
  if (most === 0) return { taken: [], moved: 0 }
  const due = await takeMessages(db, mailing, share, most)
  const taken = await withinDomains({ core, slots }, due.taken)
  if (rate && taken.length < most) await takeTurns(db, rate, taken.length - most)
  return { taken, moved: due.withheld + due.taken.length - taken.length }
}

const rateOf = ({ accountId, mailingId, perHour }: SendingMailing): Limited | null =>
  perHour === null ? null : { accountId, subject: `mailing ${mailingId}`, limit: { most: perHour, seconds: 3600 } }

/** Of what was taken, what the domains take now. */
async function withinDomains({ core, slots }: Pace, taken: TakenMessage[]): Promise<TakenMessage[]> {
  const { db, config } = core
  if (config.domainLimits.size === 0) return taken
  const byDomain = Map.groupBy(taken, ({ address }) => domainOf(address))
  const late: { message: TakenMessage; dueAt: Date }[] = []
  for (const [domain, messages] of byDomain) {
    const most = config.domainLimits.get(domain)
    if (most === undefined) continue
    const limit: Limit = { most, seconds: 60 }
    const turns = await takeTurns(db, { accountId: EVERYBODY, subject: `domain ${domain}`, limit }, messages.length)
    const rest = messages.slice(turns)
    const line = `${messages[0]?.mailingId} ${domain}`
    for (const message of rest) late.push({ message, dueAt: nextSlot(slots, line, limit, core.clock()) })
  }
  await putOff(db, late)
  const isLate = new Set(late.map(({ message }) => message.messageId))
  return taken.filter(({ messageId }) => !isLate.has(messageId))
}

const domainOf = (address: string) => address.slice(address.lastIndexOf('@') + 1).toLowerCase()

const MOST_LINES = 1000

/**
 * When it is worth asking again, one message after the other as fast as the limit: so a message is put off about once
 * however many wait. The limit itself is kept when they come due, whatever the times are.
 */
function nextSlot(slots: Pace['slots'], line: string, { most, seconds }: Limit, now: Date): Date {
  if (slots.size > MOST_LINES) for (const [other, at] of slots) if (at < now.getTime()) slots.delete(other)
  const at = Math.max(now.getTime(), slots.get(line) ?? 0) + (seconds * 1000) / most
  slots.set(line, at)
  return new Date(at)
}

async function putOff(db: Db, late: { message: TakenMessage; dueAt: Date }[]): Promise<void> {
  const [first] = late
  if (!first) return
  await run(
    db,
    sql`
    update messages message set due_at = given.due_at
    from unnest(${late.map(({ message }) => message.messageId)}::bigint[], ${late.map(({ dueAt }) => dueAt)}::timestamptz[])
      as given (message_id, due_at)
    where message.account_id = ${first.message.accountId} and message.message_id = given.message_id
      and message.state in ('queued', 'deferred')`,
  )
}
