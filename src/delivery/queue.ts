import { type Db, rows, run, sql, type Trx } from '../platform/database.ts'
import { isRetryable, isWithheld } from '../platform/errors.ts'
import { recordAnswers, recording } from './answer.ts'
import type { Answer, ClaimedMessage } from './message.ts'

export type SendingMailing = { accountId: string; mailingId: string }

/** The mailings that are being sent, of every account: where to look for work. */
export function sendingMailings(db: Db): Promise<SendingMailing[]> {
  return rows(
    db,
    sql<SendingMailing>`
    select account_id as "accountId", mailing_id as "mailingId" from mailings where status = 'sending'
    order by account_id, mailing_id`,
  )
}

type ClaimedRow = Omit<ClaimedMessage, 'accountId'> & { state: string }

/**
 * Takes up to `limit` due messages of a mailing for this process.
 *
 * Reads mailable_contacts in the same statement: a message whose contact may not receive is withheld with the reason
 * instead of claimed, so that a mailing can finish. Two processes never take the same message.
 * @returns what was claimed, and whether there was anything due at all
 */
export async function claimMessages(
  db: Db,
  { accountId, mailingId }: SendingMailing,
  processId: number,
  limit: number,
): Promise<{ claimed: ClaimedMessage[]; withheld: number }> {
  const taken = await rows(
    db,
    sql<ClaimedRow>`
    with due as (
      select message.message_id, message.contact_id, message.address_key
      from messages message
      join mailings mailing on mailing.account_id = message.account_id and mailing.mailing_id = message.mailing_id
      where message.account_id = ${accountId} and message.mailing_id = ${mailingId}
        and message.state in ('queued', 'deferred') and message.due_at <= now() and mailing.status = 'sending'
      order by message.due_at
      limit ${limit}
      for update of message skip locked
    ), checked as (
      select due.message_id, contact.address, contact.fields
      from due
      left join mailable_contacts contact on contact.account_id = ${accountId} and contact.contact_id = due.contact_id
        and contact.address_key = due.address_key
    )
    update messages message
    set state = case when checked.address is null then 'withheld' else 'claimed' end,
        claimed_by = case when checked.address is null then null else ${processId}::bigint end,
        answer = case when checked.address is null then ${withheldReason()} end,
        answered_at = case when checked.address is null then now() end
    from checked
    where message.account_id = ${accountId} and message.message_id = checked.message_id
    returning message.message_id as "messageId", message.mailing_id as "mailingId", message.contact_id as "contactId",
      message.address_key as "addressKey", checked.address, checked.fields, message.attempts, message.queued_at as "queuedAt",
      exists (select from tracking_refusals refusal
              where refusal.account_id = message.account_id and refusal.address_key = message.address_key) as "isUntracked",
      message.state`,
  )
  const claimed = taken
    .filter((message) => message.state === 'claimed')
    .map(({ state: _state, ...message }) => ({ ...message, accountId }))
  return { claimed, withheld: taken.length - claimed.length }
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
 * The last check: claimed → handed over, for those whose contact may still receive, in one committed statement.
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
 * Settles messages that the last check refused: withheld with the reason, or queued again when only the mailing is
 * paused. Those that an opt-out or a cancellation has settled already stay as they are.
 */
export async function settleRefused(db: Db, accountId: string, processId: number, messageIds: string[]): Promise<void> {
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
    set state = case when checked.mailable then 'queued' else 'withheld' end, claimed_by = null,
        answer = case when checked.mailable then message.answer else ${withheldReason()} end,
        answered_at = case when checked.mailable then message.answered_at else now() end
    from checked
    where message.account_id = ${accountId} and message.message_id = checked.message_id
      and message.state = 'claimed' and message.claimed_by = ${processId}`,
  )
}

/** Puts back what this process claimed and did not hand over, but for the messages `inHand`. */
export async function releaseClaims(db: Db, processId: number, inHand: string[] = []): Promise<void> {
  for (const { account_id } of await accounts(db))
    await run(
      db,
      sql`
      update messages set state = 'queued', claimed_by = null
      where account_id = ${account_id} and claimed_by = ${processId} and state = 'claimed'
        and message_id <> all(${inHand}::bigint[])`,
    )
}

/**
 * Takes over from programs that died: what they had claimed is queued again; what they had handed over may have
 * arrived, so it becomes unknown and is never sent again by itself.
 */
export async function inheritMessages(trx: Trx, dead: number[]): Promise<void> {
  for (const { account_id } of await accounts(trx))
    await run(
      trx,
      sql`
      update messages
      set state = case state when 'claimed' then 'queued' else 'unknown' end,
          answered_at = case state when 'handed_over' then now() end,
          answer = case state when 'handed_over' then 'the program ended before the mail server answered' else answer end
      where account_id = ${account_id} and claimed_by = any(${dead}::bigint[]) and state in ('claimed', 'handed_over')`,
    )
}

const accounts = (db: Db | Trx) => rows(db, sql<{ account_id: string }>`select account_id from accounts`)

/** Notes the end of a mailing when none of its messages is open any more. */
export async function finishMailing(db: Db, { accountId, mailingId }: SendingMailing): Promise<boolean> {
  const finished = await run(
    db,
    sql`
    update mailings mailing set status = 'sent', finished_at = now(), updated_at = now(), problem = null
    where mailing.account_id = ${accountId} and mailing.mailing_id = ${mailingId}
      and mailing.status = 'sending' and mailing.started_at is not null
      and not exists (select from messages message
                      where message.account_id = ${accountId} and message.mailing_id = ${mailingId}
                        and message.state in ('queued', 'deferred'))
      and not exists (select from messages message
                      where message.account_id = ${accountId} and message.mailing_id = ${mailingId}
                        and message.state in ('claimed', 'handed_over') and message.claimed_by is not null)`,
  )
  return finished > 0
}

/** Stops a mailing until an operator resumes it, and says why. */
export async function pauseMailing(db: Db, { accountId, mailingId }: SendingMailing, problem: string): Promise<void> {
  await run(
    db,
    sql`
    update mailings set status = 'paused', problem = ${problem}, updated_at = now()
    where account_id = ${accountId} and mailing_id = ${mailingId} and status = 'sending'`,
  )
}

/** Says on the mailing why it does not get on, or with null that it does again. */
export async function noteProblem(db: Db, mailing: SendingMailing, problem: string | null): Promise<void> {
  await run(
    db,
    sql`
    update mailings set problem = ${problem}
    where account_id = ${mailing.accountId} and mailing_id = ${mailing.mailingId} and status = 'sending'
      and problem is distinct from ${problem}::text`,
  )
}
