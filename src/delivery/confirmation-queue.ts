import type { Language } from '../optouts/words.ts'
import { type Db, rows, run, sql, type Trx } from '../platform/database.ts'

/** A confirmation mail that this process has taken. Its words are not here: they follow from the sign-up. */
export type ClaimedConfirmation = {
  accountId: string
  signUpId: string
  /** Temporary failures so far. */
  attempts: number
  queuedAt: Date
  address: string
  addressKey: Buffer
  language: Language
  ip: string
  askedAt: Date
  salt: Buffer
  tokenHash: Buffer
  /** Of its form, empty for the built-in one. */
  code: string
  topics: string[]
  /** When the address opted out, if that stands. */
  optedOutAt: Date | null
  senderName: string
  senderAddress: string
}

export type ConfirmationState = 'waiting' | 'accepted' | 'deferred' | 'bounced' | 'unknown' | 'withheld'

const WAITING = sql`('waiting', 'deferred')`

/** The accounts that have confirmation mails to send now. */
export async function accountsWithConfirmations(db: Db): Promise<string[]> {
  const found = await rows(
    db,
    sql<{ account_id: string }>`
    select distinct account_id from confirmation_mails where state in ${WAITING} and due_at <= now() order by account_id`,
  )
  return found.map(({ account_id }) => account_id)
}

/** Takes up to `limit` due confirmation mails of an account for this process. No two processes take the same one. */
export function claimConfirmations(
  db: Db,
  accountId: string,
  processId: number,
  limit: number,
): Promise<ClaimedConfirmation[]> {
  return rows(
    db,
    sql<ClaimedConfirmation>`
    with due as (
      select sign_up_id from confirmation_mails
      where account_id = ${accountId} and state in ${WAITING} and due_at <= now()
      order by due_at limit ${limit} for update skip locked
    ), claimed as (
      update confirmation_mails mail set state = 'claimed', claimed_by = ${processId} from due
      where mail.account_id = ${accountId} and mail.sign_up_id = due.sign_up_id
      returning mail.sign_up_id, mail.attempts, mail.queued_at
    )
    select ${accountId}::text as "accountId", claimed.sign_up_id as "signUpId", claimed.attempts, claimed.queued_at as "queuedAt",
      asked.address, asked.address_key as "addressKey", asked.language, asked.ip, asked.asked_at as "askedAt", asked.salt,
      asked.token_hash as "tokenHash", coalesce(form.code, '') as code, standing.opted_out_at as "optedOutAt",
      coalesce(nullif(account.sender_name, ''), account.name) as "senderName", account.sender_address as "senderAddress",
      array(select topic.name from topics topic
            where topic.account_id = ${accountId} and topic.topic_id = any (asked.topic_ids) and topic.archived_at is null
            order by topic.position, topic.topic_id) as topics
    from claimed
    join sign_ups asked on asked.account_id = ${accountId} and asked.sign_up_id = claimed.sign_up_id
    join accounts account on account.account_id = ${accountId}
    left join forms form on form.account_id = ${accountId} and form.form_id = asked.form_id
    left join standing_optouts standing on standing.account_id = ${accountId} and standing.address_key = asked.address_key`,
  )
}

/**
 * The last check: claimed → handed over, if the sign-up still waits and its domain is not opted out.
 *
 * @param messageId its Message-ID, part of the proof of consent (LW-8)
 */
export async function handOverConfirmation(
  db: Db | Trx,
  { accountId, signUpId }: ClaimedConfirmation,
  processId: number,
  messageId: string,
): Promise<boolean> {
  const passed = await run(
    db,
    sql`
    update confirmation_mails mail set state = 'handed_over', handed_over_at = clock_timestamp(), message_id = ${messageId}
    where mail.account_id = ${accountId} and mail.sign_up_id = ${signUpId}
      and mail.state = 'claimed' and mail.claimed_by = ${processId}
      and exists (select from sign_ups asked
                  where asked.account_id = ${accountId} and asked.sign_up_id = mail.sign_up_id and asked.confirmed_at is null
                    and asked.ends_at > clock_timestamp()
                    and not exists (select from optout_domains rule
                                    where rule.account_id = ${accountId} and rule.domain = split_part(asked.canonical, '@', -1)))`,
  )
  return passed === 1
}

/** Records what became of a mail that this process holds. */
export async function recordConfirmation(
  db: Db | Trx,
  { accountId, signUpId }: ClaimedConfirmation,
  processId: number,
  { state, answer, dueAt }: { state: ConfirmationState; answer: string; dueAt?: Date | undefined },
): Promise<void> {
  await run(
    db,
    sql`
    update confirmation_mails
    set state = ${state}, answer = left(${answer}, 1000), answered_at = now(), due_at = coalesce(${dueAt ?? null}::timestamptz, due_at),
        attempts = attempts + ${state === 'waiting' ? 0 : 1}, claimed_by = null
    where account_id = ${accountId} and sign_up_id = ${signUpId} and claimed_by = ${processId}
      and state in ('claimed', 'handed_over')`,
  )
}

/** Puts back what this process claimed and did not hand over. */
export async function releaseConfirmations(db: Db, processId: number): Promise<void> {
  for (const { account_id } of await accounts(db))
    await run(
      db,
      sql`
      update confirmation_mails set state = 'waiting', claimed_by = null
      where account_id = ${account_id} and claimed_by = ${processId} and state = 'claimed'`,
    )
}

/** Takes over from programs that died: claimed ones wait again; handed-over ones may have arrived and stay unknown. */
export async function inheritConfirmations(trx: Trx, dead: number[]): Promise<void> {
  for (const { account_id } of await accounts(trx))
    await run(
      trx,
      sql`
      update confirmation_mails
      set state = case state when 'claimed' then 'waiting' else 'unknown' end, claimed_by = null,
          answer = case state when 'handed_over' then 'the program ended before the mail server answered' else answer end
      where account_id = ${account_id} and claimed_by = any (${dead}::bigint[]) and state in ('claimed', 'handed_over')`,
    )
}

const accounts = (db: Db | Trx) => rows(db, sql<{ account_id: string }>`select account_id from accounts`)
