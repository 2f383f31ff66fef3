import type { RawBuilder } from 'kysely'
import { z } from 'zod'
import { type Db, row, rows, sql, transaction } from '../platform/database.ts'
import type { JobHandler } from '../platform/jobs.ts'
import { startJob } from '../platform/jobs.ts'
import type { VariantFigures } from './split.contract.ts'
import { chooseWinner, findSplit, type SplitRow, variantNamed } from './split.ts'

const LOOK_AGAIN_MS = 5 * 60_000

/** The kind of job that chooses the winner by the figures. */
export const DECIDE_SPLIT = 'decide_split'

const payload = z.object({ mailingId: z.string() })

/**
 * Who gets which variant, as columns of the statement that freezes the audience: as many of each as the share allows, at
 * least one, drawn by lot. The rest is due when a winner is chosen.
 */
export function drawnParts({ share }: SplitRow, variants: number) {
  const place = sql`row_number() over draw`
  const isTested = sql`${place} <= greatest(${variants}::int, ceil(count(*) over () * ${share}::int / 100.0))`
  return {
    variant: sql`case when ${isTested} then ((${place} - 1) % ${variants}::int + 1)::smallint end`,
    dueAt: sql`case when ${isTested} then now() else 'infinity'::timestamptz end`,
    draw: sql`window draw as (order by random())`,
  } satisfies Record<string, RawBuilder<unknown>>
}

/**
 * Chooses the winner once the last tested message has left and the wait is over; looks again later while it is not. With
 * equal figures the first variant wins.
 */
export const decideSplit: JobHandler = async ({ db, accountId, payload: given }) => {
  const { mailingId } = payload.parse(given)
  const split = await findSplit(db, accountId, mailingId)
  if (!split || split.winner !== null || split.wait_minutes === null) return { winner: null }
  const { status, open, ready_at } = await standing(db, accountId, mailingId, split.wait_minutes)
  if (status !== 'sending' && status !== 'paused') return { winner: null }
  const now = Date.now()
  if (open > 0 || (ready_at && ready_at.getTime() > now)) {
    const runAt = new Date(open > 0 || !ready_at ? now + LOOK_AGAIN_MS : ready_at.getTime())
    await transaction(db, (trx) => startJob(trx, decision(accountId, mailingId, runAt)))
    return { winner: null }
  }
  const figures = await splitFigures(db, accountId, mailingId)
  const rate = ({ accepted, opened, clicked }: VariantFigures) =>
    accepted === 0 ? 0 : (split.measure === 'opens' ? opened : clicked) / accepted
  const best = figures.reduce((one, other) => (rate(other) > rate(one) ? other : one))
  await chooseWinner(db, accountId, mailingId, best.variant, null)
  return { winner: best.variant }
}

/** The job that chooses the winner, not before `runAt`. */
export const decision = (accountId: string, mailingId: string, runAt: Date) => ({
  accountId,
  kind: DECIDE_SPLIT,
  payload: { mailingId },
  subject: `mailing:${mailingId}`,
  runAt,
})

/** How far the tested messages are, and when the wait after the last of them is over. */
const standing = (db: Db, accountId: string, mailingId: string, waitMinutes: number) =>
  row(
    db,
    sql<{ status: string; open: number; ready_at: Date | null }>`
    select (select status from mailings where account_id = ${accountId} and mailing_id = ${mailingId}),
           count(*) filter (where state in ('queued', 'handed_over'))::int as open,
           max(answered_at) filter (where state = 'accepted') + make_interval(mins => ${waitMinutes}) as ready_at
    from messages where account_id = ${accountId} and mailing_id = ${mailingId} and variant is not null`,
  )

/** What became of the tested messages, variant by variant. */
export async function splitFigures(db: Db, accountId: string, mailingId: string): Promise<VariantFigures[]> {
  const found = await rows(
    db,
    sql<Omit<VariantFigures, 'variant'> & { variant: number }>`
    select message.variant, count(*)::int as recipients,
           count(*) filter (where message.state = 'accepted')::int as accepted,
           count(opened.contact_id)::int as opened, count(clicked.contact_id)::int as clicked
    from messages message
    left join responses opened on opened.account_id = message.account_id and opened.mailing_id = message.mailing_id
      and opened.kind = 'opened' and opened.contact_id = message.contact_id
    left join responses clicked on clicked.account_id = message.account_id and clicked.mailing_id = message.mailing_id
      and clicked.kind = 'clicked' and clicked.contact_id = message.contact_id
    where message.account_id = ${accountId} and message.mailing_id = ${mailingId} and message.variant is not null
    group by message.variant order by message.variant`,
  )
  return found.map(({ variant, ...figures }) => ({ variant: variantNamed(variant), ...figures }))
}
