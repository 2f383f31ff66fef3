import type { PauseReason } from '../mailings/mailing.contract.ts'
import { type Db, row, rows, run, sql, type Trx } from '../platform/database.ts'
import { isRetryable, isWithheld } from '../platform/errors.ts'
import { recordAnswers, recording } from './answer.ts'
import type { Answer, TakenMessage } from './message.ts'

export type MailingName = { accountId: string; mailingId: string }
export type SendingMailing = MailingName & { perHour: number | null }

/** The mailings that are being sent, of every account: where to look for work. */
export function sendingMailings(db: Db): Promise<SendingMailing[]> {
  return rows(
    db,
    sql<SendingMailing>`
    select account_id as "accountId", mailing_id as "mailingId", per_hour as "perHour" from mailings where status = 'sending'
    order by account_id, mailing_id`,
  )
}

type DueRow = Omit<TakenMessage, 'accountId' | 'mailingId' | 'address' | 'fields'> & {
  address: string | null
  fields: TakenMessage['fields'] | null
}

/** What this process does not look at: messages that it has already, and the share of other processes. */
export type Share = { inHand: string[]; part: number; parts: number }

/**
 * Takes up to `limit` due messages of a mailing into memory. Nothing is written for those: the hand-over decides, of two
 * processes that took the same message one gets it.
 *
 * Messages whose contact may not receive are withheld with the reason at once, so that a mailing can finish.
 * @returns what was taken, and how many were withheld
 */
export async function takeMessages(
  db: Db,
  { accountId, mailingId }: MailingName,
  { inHand, part, parts }: Share,
  limit: number,
): Promise<{ taken: TakenMessage[]; withheld: number }> {
  const due = await rows(
    db,
    sql<DueRow>`
    select message_id as "messageId", contact_id as "contactId", address_key as "addressKey", address, fields, attempts,
      queued_at as "queuedAt", variant, is_untracked as "isUntracked"
    from due_messages(${accountId}, ${mailingId}, ${inHand}::bigint[], ${part}, ${parts}, ${limit})`,
  )
  const taken = due.flatMap(({ address, fields, ...message }) =>
    address === null ? [] : { ...message, accountId, mailingId, address, fields: fields ?? {} },
  )
  const held = due.filter(({ address }) => address === null).map(({ messageId }) => messageId)
  if (held.length > 0) await settleRefused(db, accountId, held)
  return { taken, withheld: held.length }
}

/** This process's share of what is due, so that several programs seldom read the same messages. */
export async function shareOf(db: Db, processId: number): Promise<{ part: number; parts: number }> {
  const { before, parts } = await row(
    db,
    sql<{ before: number; parts: number }>`
    select count(*) filter (where process_id < ${processId})::int as before, count(*)::int as parts
    from processes where ended_at is null`,
  )
  return { part: Math.min(before, parts - 1), parts: Math.max(parts, 1) }
}

/** Why the contact of `message` (the alias in the statement around it) may not receive. */
const withheldReason = () => sql`(
  select case
    when exists (select from standing_optouts optout
                 where optout.account_id = message.account_id and optout.address_key = message.address_key) then 'opted out'
    when contact.contact_id is null then 'the contact was erased'
    when contact.address_key <> message.address_key then 'the contact has another address now'
    when contact.archived_at is not null then 'the contact is archived'
    when exists (select from contact_errors failure
                 where failure.account_id = contact.account_id and failure.contact_id = contact.contact_id) then 'the contact is in Error'
    when exists (select from pauses pause
                 where pause.account_id = contact.account_id and pause.address_key = contact.address_key
                   and pause.ends_at > now()) then 'paused by the contact'
    else 'the contact is held back' end
  from (select) as always
  left join contacts contact on contact.account_id = message.account_id and contact.contact_id = message.contact_id)`

/**
 * The last check: waiting → handed over, for those whose contact may still receive, in one committed statement.
 *
 * What it gives may go out; everything else must not. An opt-out that commits later was answered later.
 * Fails closed: an error means that nothing of the batch may go out (INV-7, INV-9).
 * @param answers to the messages before on the same connections, recorded with it: one commit serves both
 * @throws the database's error when the check cannot be made; then no answer is recorded either
 */
export async function handOver(
  db: Db,
  accountId: string,
  processId: number,
  messageIds: string[],
  answers: Answer[] = [],
): Promise<Set<string>> {
  try {
    return await handOverTogether(db, accountId, processId, messageIds, answers)
  } catch (error) {
    if (!isWithheld(error) && !isRetryable(error)) throw error
    if (answers.length > 0) await recordAnswers(db, accountId, processId, answers)
    const single = messageIds.length === 1
    if (single && isWithheld(error)) return new Set()
    if (single) return handOverTogether(db, accountId, processId, messageIds)
    const passed = new Set<string>() // one of them met an opt-out at this very moment; the others need not suffer
    for (const messageId of messageIds)
      for (const id of await handOver(db, accountId, processId, [messageId])) passed.add(id)
    return passed
  }
}

/** handOver without second tries, also inside a transaction. */
export async function handOverTogether(
  db: Db | Trx,
  accountId: string,
  processId: number,
  messageIds: string[],
  answers: Answer[] = [],
): Promise<Set<string>> {
  const passed = await rows(
    db,
    sql<{ message_id: string }>`
    select message_id from ${answers.length > 0 ? sql`(select ${recording(accountId, processId, answers)}) recorded,` : sql``}
      hand_over(${accountId}, ${processId}, ${messageIds}::bigint[]) message_id`,
  )
  return new Set(passed.map(({ message_id }) => message_id))
}

/**
 * Settles messages that may not leave: withheld with the reason, unless only their mailing is paused. Those that an
 * opt-out, a cancellation or another process has settled already stay as they are.
 */
export async function settleRefused(db: Db, accountId: string, messageIds: string[]): Promise<void> {
  await run(
    db,
    sql`
    with checked as (
      select message.message_id, contact.contact_id is not null as mailable
      from messages message
      left join mailable_contacts contact on contact.account_id = message.account_id
        and contact.contact_id = message.contact_id and contact.address_key = message.address_key
      where message.account_id = ${accountId} and message.message_id = any(${messageIds}::bigint[])
    )
    update messages message
    set state = 'withheld', answered_at = now(),
        answer = case when checked.mailable then 'left the topic' else ${withheldReason()} end
    from checked
    where message.account_id = ${accountId} and message.message_id = checked.message_id
      and message.state in ('queued', 'deferred')
      and (not checked.mailable or (message.by_topic and not exists (
        select from mailing_topics about
        join contact_topics choice on choice.account_id = about.account_id and choice.topic_id = about.topic_id
        where about.account_id = ${accountId} and about.mailing_id = message.mailing_id
          and choice.contact_id = message.contact_id and choice.chosen)))`,
  )
}

/**
 * Takes over from programs that died: what they had handed over may have arrived, so it becomes unknown and is never sent
 * again by itself. What they had only read waits as before.
 */
export async function inheritMessages(trx: Trx, dead: number[]): Promise<void> {
  for (const { account_id } of await accounts(trx))
    await run(
      trx,
      sql`
      update messages
      set state = 'unknown', answered_at = now(), answer = 'the program ended before the mail server answered'
      where account_id = ${account_id} and is_open and state = 'handed_over' and handed_over_by = any(${dead}::bigint[])`,
    )
}

const accounts = (db: Db | Trx) => rows(db, sql<{ account_id: string }>`select account_id from accounts`)

/** Notes the end of a mailing when none of its messages is open any more. */
export async function finishMailing(db: Db, { accountId, mailingId }: MailingName): Promise<boolean> {
  const finished = await run(
    db,
    sql`
    update mailings mailing set status = 'sent', finished_at = now(), updated_at = now(), problem = null
    where mailing.account_id = ${accountId} and mailing.mailing_id = ${mailingId}
      and mailing.status = 'sending' and mailing.started_at is not null
      and not exists (select from messages message
                      where message.account_id = ${accountId} and message.mailing_id = ${mailingId} and message.is_open)`,
  )
  return finished > 0
}

/** Stops a mailing until an operator resumes it, and says why; one with a `reason` is resumed by who names it. */
export async function pauseMailing(
  db: Db | Trx,
  { accountId, mailingId }: MailingName,
  problem: string,
  reason: PauseReason | null = null,
): Promise<void> {
  await run(
    db,
    sql`
    update mailings set status = 'paused', problem = ${problem}, pause_reason = ${reason}, updated_at = now()
    where account_id = ${accountId} and mailing_id = ${mailingId} and status = 'sending'`,
  )
}

/** Says on the mailing why it does not get on, or with null that it does again. */
export async function noteProblem(db: Db, mailing: MailingName, problem: string | null): Promise<void> {
  await run(
    db,
    sql`
    update mailings set problem = ${problem}
    where account_id = ${mailing.accountId} and mailing_id = ${mailing.mailingId} and status = 'sending'
      and problem is distinct from ${problem}::text`,
  )
}
