import { z } from 'zod'
import { getAccount } from '../accounts/account.ts'
import { noteAct } from '../accounts/audit.ts'
import type { Caller } from '../accounts/caller.ts'
import type { Core } from '../platform/core.ts'
import { type Db, maybeRow, run, sql, type Trx, transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { type JobHandler, startJob } from '../platform/jobs.ts'
import { type FrozenParts, freezeAudience } from './audience.ts'
import { checkMailing } from './check.ts'
import { compileMailing } from './compile.ts'
import type { MailingErrorCode } from './errors.ts'
import type { ResumeMailing, SendMailing } from './mailing.contract.ts'
import { getMailing, type MailingRow, refusal } from './mailing.ts'
import { readPlan } from './plan.ts'
import { ownMoment } from './recipient-zone.ts'
import { sendingAccount, sourceOf } from './source.ts'
import { alternativesOf, compileVariants, findSplit, variantNamed, withParts } from './split.ts'
import { decision, drawnParts } from './split-decide.ts'

/**
 * Sends a mailing now or at the time that is asked for: checks it, compiles it, and leaves the rest to a job. What is
 * written is fixed from now on; who gets it is decided when it starts.
 *
 * @throws mailing.not_found; mailing.not_possible unless it is a draft; mailing.not_sendable with the findings in
 * `fields`; mailing.invalid for a time zone that is not known
 */
export async function sendMailing(
  core: Core,
  caller: Caller,
  id: string,
  asked: SendMailing = {},
): Promise<MailingRow> {
  const { accountId } = caller
  const mailing = await getMailing(core.db, accountId, id)
  if (mailing.status !== 'draft') throw await refusal(core.db, accountId, id, 'only a draft can be sent.')
  const alternatives = await alternativesOf(core.db, accountId, id)
  const audience = await refuseUnsendable(core, accountId, mailing)
  for (const [index, alternative] of alternatives.entries())
    await refuseUnsendable(core, accountId, withParts(mailing, alternative), `Variant ${variantNamed(index + 2)}: `)
  const owner = await getAccount(core.db, accountId)
  let links: string[] = [] // of all variants in one line of numbers
  const compile = (row: MailingRow) => {
    const prepared = compileMailing(sourceOf(row), sendingAccount(owner), core.config.baseUrl, links)
    links = prepared.links
    return prepared
  }
  const compiled = compile(mailing)
  const now = core.clock()
  const { sendAt: at, timeZone, localTime, perHour } = await readPlan(core.db, owner, asked, now)
  const isLater = at > now
  if (localTime && alternatives.length > 0)
    throw new DomainError<MailingErrorCode>(
      'mailing.invalid',
      'A split test goes out at one time for everybody. Choose such a time, or take the test off.',
    )
  const split = await findSplit(core.db, accountId, id)
  if (split && split.wait_minutes !== null && !compiled.tracked)
    throw new DomainError<MailingErrorCode>(
      'mailing.invalid',
      `This split test goes by ${split.measure}, and tracking is off. Switch tracking on, or choose the winner yourself.`,
    )
  await transaction(core.db, async (trx) => {
    const taken = await run(
      trx,
      sql`
      update mailings set status = ${isLater ? 'scheduled' : 'sending'},
        from_name = ${mailing.from_name || owner.senderName}, from_address = ${mailing.from_address || owner.senderAddress}, compiled = ${JSON.stringify(compiled)}::jsonb,
        send_at = ${isLater ? at : now}, time_zone = ${timeZone}, local_time = ${localTime}::timestamp, per_hour = ${perHour},
        updated_at = clock_timestamp(), problem = null
      where account_id = ${accountId} and mailing_id = ${id} and status = 'draft' and updated_at::text = ${mailing.version}`,
    )
    if (taken === 0) throw await refusal(trx, accountId, id, 'it was changed meanwhile. Check it again.')
    await compileVariants(trx, accountId, mailing, compile)
    await fixLinks(trx, accountId, id, links)
    await startJob(trx, {
      accountId,
      kind: START_MAILING,
      payload: { mailingId: id },
      subject: `mailing:${id}`,
      startedBy: caller.userId,
      total: audience.recipients,
      ...(isLater ? { runAt: at } : {}),
    })
    await noteAct(trx, caller, 'mailing.sent', { mailingId: id, at: (isLater ? at : now).toISOString() })
  })
  return getMailing(core.db, accountId, id)
}

/** @throws mailing.not_sendable with the findings in `fields` */
async function refuseUnsendable(core: Core, accountId: string, mailing: MailingRow, who = '') {
  const { sendable, findings, audience } = await checkMailing(core, accountId, mailing)
  if (sendable) return audience
  const stops = findings.filter(({ level }) => level === 'stops').map(({ text }) => text)
  throw new DomainError<MailingErrorCode>('mailing.not_sendable', who + stops.join(' '), { fields: findings })
}

/** Writes down where the mailing's tracked links lead; from now on nothing changes that (AB-8). */
async function fixLinks(trx: Trx, accountId: string, mailingId: string, links: string[]) {
  await run(
    trx,
    sql`
    insert into mailing_links (account_id, mailing_id, number, url)
    select ${accountId}, ${mailingId}, number, url from unnest(${links}::text[]) with ordinality as link (url, number)`,
  )
}

/** The kind of job that freezes a mailing's audience and lets its messages go. */
export const START_MAILING = 'start_mailing'

const payload = z.object({ mailingId: z.string() })

/**
 * Freezes the audience in one statement and starts the sending, together or not at all: a program that is killed leaves
 * a mailing that has not started, and the next one does it again.
 */
export const startMailing: JobHandler = async (job) => {
  const { mailingId } = payload.parse(job.payload)
  const { accountId } = job
  return transaction(job.db, async (trx) => {
    const waiting = await maybeRow(
      trx,
      sql<{ time_zone: string | null; local_time: string | null }>`
      select time_zone, local_time::text from mailings
      where account_id = ${accountId} and mailing_id = ${mailingId} and started_at is null
        and status in ('scheduled', 'sending', 'paused')
      for update`,
    )
    if (!waiting) return { recipients: 0 }
    const recipients = await freezeAudience(
      trx,
      accountId,
      mailingId,
      await frozenParts(trx, accountId, mailingId, waiting),
    )
    await run(
      trx,
      sql`
      update mailings set status = case when status = 'scheduled' then 'sending' else status end,
        started_at = clock_timestamp(), watched_from = clock_timestamp(), updated_at = clock_timestamp()
      where account_id = ${accountId} and mailing_id = ${mailingId}`,
    )
    await notify(trx, accountId)
    return { recipients }
  })
}

/** When each message is due and which variant it is; a split test without a rest to wait has nothing to decide. */
async function frozenParts(
  trx: Trx,
  accountId: string,
  mailingId: string,
  { local_time, time_zone }: Pick<MailingRow, 'local_time' | 'time_zone'>,
): Promise<FrozenParts> {
  if (local_time) return { dueAt: await ownMoment(trx, local_time, time_zone ?? 'UTC') }
  const split = await findSplit(trx, accountId, mailingId)
  if (!split) return {}
  if (split.wait_minutes !== null && split.share < 100)
    await startJob(trx, decision(accountId, mailingId, new Date(Date.now() + split.wait_minutes * 60_000)))
  return drawnParts(split, 1 + (await alternativesOf(trx, accountId, mailingId)).length)
}

/** Stops the sending until somebody resumes it. @throws mailing.not_found, mailing.not_possible unless it is being sent */
export async function pauseMailing(db: Db, caller: Caller, id: string): Promise<MailingRow> {
  return turn(db, caller, id, 'paused', async (trx) => {
    const paused = await run(
      trx,
      sql`
      update mailings set status = 'paused', updated_at = clock_timestamp()
      where account_id = ${caller.accountId} and mailing_id = ${id} and status = 'sending'`,
    )
    if (paused === 0) throw await refusal(trx, caller.accountId, id, 'only a mailing that is being sent can be paused.')
  })
}

/**
 * Goes on with a paused mailing. One that was paused by itself goes on only for who names the reason.
 *
 * @throws mailing.not_found, mailing.not_possible unless it is paused, mailing.needs_reason with the reason in `fields`
 */
export async function resumeMailing(
  db: Db,
  caller: Caller,
  id: string,
  { despite }: ResumeMailing = {},
): Promise<MailingRow> {
  return turn(db, caller, id, 'resumed', async (trx) => {
    await run(trx, sql`select from mailings where account_id = ${caller.accountId} and mailing_id = ${id} for update`)
    const { pause_reason, problem } = await getMailing(trx, caller.accountId, id)
    if (pause_reason !== null && pause_reason !== despite)
      throw new DomainError<MailingErrorCode>(
        'mailing.needs_reason',
        `This mailing was paused by itself: ${problem}\nTo go on, send {"despite": "${pause_reason}"}.`,
        { fields: { pauseReason: pause_reason } },
      )
    const resumed = await run(
      trx,
      sql`
      update mailings set status = 'sending', problem = null, pause_reason = null,
        watched_from = clock_timestamp(), updated_at = clock_timestamp()
      where account_id = ${caller.accountId} and mailing_id = ${id} and status = 'paused'`,
    )
    if (resumed === 0) throw await refusal(trx, caller.accountId, id, 'only a paused mailing can be resumed.')
    await notify(trx, caller.accountId)
  })
}

/**
 * Ends a mailing for good: who has not got it does not get it.
 *
 * @throws mailing.not_found, mailing.not_possible unless it is scheduled, being sent or paused
 */
export async function cancelMailing(db: Db, caller: Caller, id: string): Promise<MailingRow> {
  return turn(db, caller, id, 'cancelled', async (trx) => {
    const cancelled = await run(
      trx,
      sql`
      update mailings set status = 'cancelled', finished_at = clock_timestamp(), updated_at = clock_timestamp()
      where account_id = ${caller.accountId} and mailing_id = ${id} and status in ('scheduled', 'sending', 'paused')`,
    )
    if (cancelled === 0) throw await refusal(trx, caller.accountId, id, 'there is nothing to cancel.')
    await run(
      trx,
      sql`
      update messages set state = 'cancelled', answered_at = clock_timestamp()
      where account_id = ${caller.accountId} and mailing_id = ${id} and is_open and state in ('queued', 'deferred')`,
    )
  })
}

async function turn(db: Db, caller: Caller, id: string, to: string, work: (trx: Trx) => Promise<void>) {
  return transaction(db, async (trx) => {
    await work(trx)
    await noteAct(trx, caller, `mailing.${to}`, { mailingId: id })
    return getMailing(trx, caller.accountId, id)
  })
}

/** Programs that send listen for this; it arrives when the transaction commits. */
const notify = (trx: Trx, accountId: string) => run(trx, sql`select pg_notify('messages', ${accountId})`)
