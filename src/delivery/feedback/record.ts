import { optOut } from '../../optouts/optout.ts'
import type { Core } from '../../platform/core.ts'
import { type Db, maybeRow, row, run, sql, type Trx, transaction } from '../../platform/database.ts'
import { isRetryable } from '../../platform/errors.ts'
import { pauseMailing } from '../queue.ts'
import type { ReferencedMessage } from '../reference.ts'
import { pauseReason } from './pause-reason.ts'
import type { ReturnedRecipient } from './returned.ts'

/** The way in; whatever it is, the same event counts once. */
export type Way = 'smtp' | 'mail' | 'provider'

/** A message of ours that something came back about. */
export type KnownMessage = {
  messageId: string
  mailingId: string
  contactId: string | null
  addressKey: Buffer
  /** Of the contact now; null when it was erased. */
  address: string | null
}

export type Said = Pick<ReturnedRecipient, 'status' | 'reply' | 'reason' | 'words'>

/** The message that a valid reference names, or undefined. */
export const findMessage = (db: Db, { accountId, messageId }: ReferencedMessage): Promise<KnownMessage | undefined> =>
  maybeRow(
    db,
    sql<KnownMessage>`
    select message.message_id as "messageId", message.mailing_id as "mailingId", message.contact_id as "contactId",
      message.address_key as "addressKey", contact.address
    from messages message
    left join contacts contact on contact.account_id = message.account_id and contact.contact_id = message.contact_id
    where message.account_id = ${accountId} and message.message_id = ${messageId}`,
  )

/** hard: the contact becomes Error with the server's words. An Opt-Out stays one (BN-10). @returns false when it counted before */
export const recordHard = (core: Core, accountId: string, message: KnownMessage, way: Way, said: Said) =>
  inOneTransaction(core.db, (trx) => effectInTransaction(trx, accountId, message, { way, outcome: 'hard', said }))

/** soft: counted; the fifth mailing in a row that failed so, over 14 days or more, makes the contact Error (BN-9). */
export const recordSoft = (core: Core, accountId: string, message: KnownMessage, way: Way, said: Said) =>
  inOneTransaction(core.db, (trx) => effectInTransaction(trx, accountId, message, { way, outcome: 'soft', said }))

/** block: no word about the contact. The mailing pauses when more than 5 % of it are blocked (BN-9). */
export const recordBlock = (core: Core, accountId: string, message: KnownMessage, way: Way, said: Said) =>
  inOneTransaction(core.db, (trx) => effectInTransaction(trx, accountId, message, { way, outcome: 'block', said }))

/** A bounce with all that follows from it, as a part of the caller's transaction. @returns false when it counted before */
export async function effectInTransaction(
  trx: Trx,
  accountId: string,
  message: KnownMessage,
  event: Bounce,
): Promise<boolean> {
  const { outcome, said } = event
  if (!(await note(trx, accountId, message, event))) return false
  await setBounced(trx, accountId, message, said)
  if (outcome === 'hard') await setError(trx, accountId, message, said.words)
  if (outcome === 'soft' && (await failsAlways(trx, accountId, message)))
    await setError(trx, accountId, message, said.words)
  if (outcome === 'block') await pauseWhenBlocked(trx, accountId, message.mailingId, said)
  return true
}

/** complaint: the person called it spam, which is an opt-out from everything (CP-4, DEC-1). */
export const recordComplaint = (core: Core, accountId: string, message: KnownMessage, way: Way, said: Said) =>
  inOneTransaction(core.db, async (trx) => {
    const isNew = await note(trx, accountId, message, { way, outcome: 'complaint', said })
    await optOut(trx, accountId, [message.addressKey], {
      source: 'complaint',
      mailingId: message.mailingId,
      evidence: { way, type: said.words },
    })
    return isNew
  })

type Bounce = { way: Way; outcome: 'hard' | 'soft' | 'block'; said: Said }
type Event = Omit<Bounce, 'outcome'> & { outcome: Bounce['outcome'] | 'complaint' }

/** Keeps an event unless it is known. */
async function note(
  trx: Trx,
  accountId: string,
  message: KnownMessage,
  { way, outcome, said }: Event,
): Promise<boolean> {
  const { messageId, mailingId, contactId, addressKey } = message
  const added = await run(
    trx,
    sql`
    insert into returns (account_id, event, way, outcome, message_id, mailing_id, contact_id, address_key, status, reply, reason, words)
    values (${accountId}, ${`${messageId}:${outcome}`}, ${way}, ${outcome}, ${messageId}, ${mailingId}, ${contactId}, ${addressKey},
            ${said.status}, ${said.reply}, ${said.reason}, ${said.words.slice(0, 1000)})
    on conflict (account_id, event) do nothing`,
  )
  return added === 1
}

/** A message that was accepted and came back did not arrive. */
const setBounced = (trx: Trx, accountId: string, { messageId }: KnownMessage, { words }: Said) =>
  run(
    trx,
    sql`
    update messages set state = 'bounced', answer = ${words.slice(0, 1000)}
    where account_id = ${accountId} and message_id = ${messageId} and state in ('accepted', 'unknown')`,
  )

/** Nobody becomes Error for an address that they had once. */
const setError = (trx: Trx, accountId: string, { contactId, addressKey }: KnownMessage, words: string) =>
  run(
    trx,
    sql`
    insert into contact_errors (account_id, contact_id, reason, detail)
    select account_id, contact_id, 'delivery', ${words.slice(0, 1000)} from contacts
    where account_id = ${accountId} and contact_id = ${contactId} and address_key = ${addressKey}
    on conflict do nothing`,
  )

const FAILURES = 5

/** True when the last five mailings to a contact came back, the first of them at least 14 days ago, and nothing was opened since. */
async function failsAlways(trx: Trx, accountId: string, { contactId }: KnownMessage): Promise<boolean> {
  const { always } = await row(
    trx,
    sql<{ always: boolean }>`
    select count(*) = ${FAILURES} and bool_and(came_back) and max(at) - min(at) >= interval '14 days'
       and not exists (select from responses response where response.account_id = ${accountId}
                         and response.contact_id = ${contactId} and response.first_at > min(at)) as always
    from (
      select coalesce(message.handed_over_at, message.queued_at) as at,
        exists (select from returns back where back.account_id = message.account_id and back.message_id = message.message_id
                  and back.outcome = 'soft') as came_back
      from messages message
      where message.account_id = ${accountId} and message.contact_id = ${contactId} and message.state in ('accepted', 'bounced', 'unknown')
      order by message.message_id desc limit ${FAILURES}
    ) last`,
  )
  return always
}

/** How many messages of a mailing were blocked by policy, whatever way that came in. */
export async function blockedOf(db: Db | Trx, accountId: string, mailingId: string): Promise<number> {
  const { blocked } = await row(
    db,
    sql<{ blocked: number }>`
    select count(*)::int as blocked from returns
    where account_id = ${accountId} and mailing_id = ${mailingId} and outcome = 'block'`,
  )
  return blocked
}

/** Fewer say nothing about a mailing; it is also how often the share is looked at, which reads every message. */
const LOOK_EVERY = 20
const BLOCKED_SHARE = 0.05

async function pauseWhenBlocked(trx: Trx, accountId: string, mailingId: string, said: Said): Promise<void> {
  const blocked = await blockedOf(trx, accountId, mailingId)
  if (blocked === 0 || blocked % LOOK_EVERY !== 0) return
  const { sent } = await row(
    trx,
    sql<{ sent: number }>`
    select count(*)::int as sent from messages
    where account_id = ${accountId} and mailing_id = ${mailingId} and handed_over_at is not null`,
  )
  if (blocked > sent * BLOCKED_SHARE)
    await pauseMailing(trx, { accountId, mailingId }, pauseReason(said, blocked), 'blocks')
}

/** One transaction, again after a deadlock: recording an event twice changes nothing. */
async function inOneTransaction(db: Db, work: (trx: Trx) => Promise<boolean>): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transaction(db, work)
    } catch (error) {
      if (attempt === 3 || !isRetryable(error)) throw error
    }
  }
}
