import type { RawBuilder } from 'kysely'
import { noteAct } from '../accounts/audit.ts'
import type { Caller } from '../accounts/caller.ts'
import { type Db, maybeRow, rows, run, sql, type Trx, transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import type { MailingErrorCode } from './errors.ts'
import type { PreparedMailing } from './fill.ts'
import { getMailing, type MailingRow, refusal } from './mailing.ts'
import type { Alternative, SplitPlan, VariantName } from './split.contract.ts'

const NAMES = ['A', 'B', 'C', 'D'] as const
export const variantNamed = (number: number): VariantName => NAMES[number - 1] ?? 'A'
export const numberOf = (name: VariantName) => NAMES.indexOf(name) + 1

const parts = {
  subject: ['subject'],
  sender: ['fromName', 'fromAddress'],
  content: ['html', 'text'],
} as const

export type SplitRow = Omit<SplitPlan, 'alternatives' | 'waitMinutes'> & {
  wait_minutes: number | null
  winner: number | null
  decided_at: Date | null
}

/**
 * Gives a draft a split test in place of the one it had.
 *
 * @param compile makes the prepared form: what cannot be sent is refused here already
 * @throws mailing.not_found, mailing.not_possible unless it is a draft, mailing.invalid for alternatives that change nothing,
 * or something else than is tested, or cannot be compiled
 */
export async function setSplit(
  db: Db,
  caller: Caller,
  id: string,
  plan: SplitPlan,
  compile: (mailing: MailingRow) => PreparedMailing,
): Promise<void> {
  const { accountId } = caller
  await changeSplit(db, caller, id, async (trx) => {
    const mailing = await getMailing(trx, accountId, id)
    for (const [index, alternative] of plan.alternatives.entries()) {
      refuseOddParts(plan, alternative, index)
      if (plan.tests === 'content' || mailing.html !== '' || mailing.text !== '')
        compile(withParts(mailing, alternative))
    }
    await run(
      trx,
      sql`
      insert into split_tests (account_id, mailing_id, tests, share, measure, wait_minutes)
      values (${accountId}, ${id}, ${plan.tests}, ${plan.share}, ${plan.measure}, ${plan.waitMinutes})`,
    )
    for (const [index, { subject, fromName, fromAddress, html, text }] of plan.alternatives.entries())
      await run(
        trx,
        sql`
        insert into mailing_variants (account_id, mailing_id, variant, subject, from_name, from_address, html, text)
        values (${accountId}, ${id}, ${index + 2}, ${subject ?? null}, ${fromName ?? null}, ${fromAddress ?? null},
                ${html ?? null}, ${text ?? null})`,
      )
  })
}

/** Takes the split test off a draft. @throws mailing.not_found, mailing.not_possible unless it is a draft */
export async function removeSplit(db: Db, caller: Caller, id: string): Promise<void> {
  await changeSplit(db, caller, id, async () => undefined)
}

async function changeSplit(db: Db, caller: Caller, id: string, write: (trx: Trx) => Promise<void>): Promise<void> {
  const { accountId } = caller
  await transaction(db, async (trx) => {
    const changed = await run(
      trx,
      sql`
      update mailings set updated_at = clock_timestamp()
      where account_id = ${accountId} and mailing_id = ${id} and status = 'draft'`,
    )
    if (changed === 0) throw await refusal(trx, accountId, id, 'only a draft can be changed.')
    await run(trx, sql`delete from split_tests where account_id = ${accountId} and mailing_id = ${id}`)
    await write(trx)
  })
}

/** The split test of a mailing, or undefined. */
export function findSplit(db: Db, accountId: string, id: string): Promise<SplitRow | undefined> {
  return maybeRow(
    db,
    sql<SplitRow>`
    select tests, share, measure, wait_minutes, winner, decided_at from split_tests
    where account_id = ${accountId} and mailing_id = ${id}`,
  )
}

/** What the alternatives of a mailing change, B first. */
export async function alternativesOf(db: Db, accountId: string, id: string): Promise<Alternative[]> {
  const found = await rows(
    db,
    sql<Record<'subject' | 'from_name' | 'from_address' | 'html' | 'text', string | null>>`
    select subject, from_name, from_address, html, text from mailing_variants
    where account_id = ${accountId} and mailing_id = ${id} order by variant`,
  )
  return found.map(({ subject, from_name, from_address, html, text }) => ({
    ...(subject === null ? {} : { subject }),
    ...(from_name === null ? {} : { fromName: from_name }),
    ...(from_address === null ? {} : { fromAddress: from_address }),
    ...(html === null ? {} : { html }),
    ...(text === null ? {} : { text }),
  }))
}

/** The mailing as an alternative has it. New HTML without a text part of its own is not sent with the old text. */
export const withParts = (
  mailing: MailingRow,
  { subject, fromName, fromAddress, html, text }: Alternative,
): MailingRow => ({
  ...mailing,
  subject: subject ?? mailing.subject,
  from_name: fromName ?? mailing.from_name,
  from_address: fromAddress ?? mailing.from_address,
  html: html ?? mailing.html,
  text: text ?? (html === undefined ? mailing.text : ''),
})

/** Fixes the prepared forms of the alternatives, in the transaction that schedules the mailing. */
export async function compileVariants(
  trx: Trx,
  accountId: string,
  mailing: MailingRow,
  compile: (mailing: MailingRow) => PreparedMailing,
): Promise<void> {
  const alternatives = await alternativesOf(trx, accountId, mailing.mailing_id)
  for (const [index, alternative] of alternatives.entries())
    await run(
      trx,
      sql`
      update mailing_variants set compiled = ${JSON.stringify(compile(withParts(mailing, alternative)))}::jsonb
      where account_id = ${accountId} and mailing_id = ${mailing.mailing_id} and variant = ${index + 2}`,
    )
}

/** The prepared form of `mailing` (the alias in the statement around it) for a message's variant: null stands for the winner. */
export const compiledFor = (variant: RawBuilder<unknown>) => sql`coalesce((
  select other.compiled from split_tests split
  join mailing_variants other on other.account_id = split.account_id and other.mailing_id = split.mailing_id
    and other.variant = coalesce(${variant}, split.winner)
  where split.account_id = mailing.account_id and split.mailing_id = mailing.mailing_id), mailing.compiled)`

/**
 * Lets the rest of the audience have a variant.
 *
 * @param by the caller who chose it; null: the figures did
 * @throws mailing.not_possible when there is no such variant, the mailing has not started, or a winner is chosen already
 */
export async function chooseWinner(
  db: Db,
  accountId: string,
  id: string,
  variant: VariantName,
  by: Caller | null,
): Promise<void> {
  await transaction(db, async (trx) => {
    const chosen = await run(
      trx,
      sql`
      update split_tests split set winner = ${numberOf(variant)}, decided_at = clock_timestamp(), decided_by = ${by?.userId ?? null}
      from mailings mailing
      where split.account_id = ${accountId} and split.mailing_id = ${id} and split.winner is null
        and mailing.account_id = ${accountId} and mailing.mailing_id = ${id} and mailing.started_at is not null
        and mailing.status in ('sending', 'paused')
        and (${numberOf(variant)} = 1 or exists (
          select from mailing_variants other
          where other.account_id = ${accountId} and other.mailing_id = ${id} and other.variant = ${numberOf(variant)}))`,
    )
    if (chosen === 0)
      throw await refusal(trx, accountId, id, 'a winner is chosen once, of the variants there are, while it is sent.')
    await run(
      trx,
      sql`
      update messages set due_at = clock_timestamp()
      where account_id = ${accountId} and mailing_id = ${id} and state = 'queued' and due_at = 'infinity'`,
    )
    if (by) await noteAct(trx, by, 'mailing.winner_chosen', { mailingId: id, variant })
    await run(trx, sql`select pg_notify('messages', ${accountId})`)
  })
}

function refuseOddParts({ tests }: SplitPlan, alternative: Alternative, index: number) {
  const allowed: readonly string[] = parts[tests]
  const given = Object.keys(alternative)
  const isEmpty =
    given.length === 0 || (tests !== 'sender' && Object.values(alternative).every((part) => part?.trim() === ''))
  if (given.every((part) => allowed.includes(part)) && !isEmpty) return
  const message = `Variant ${variantNamed(index + 2)} has to change the ${tests}, and nothing else.`
  throw new DomainError<MailingErrorCode>('mailing.invalid', message, {
    fields: [{ path: `/alternatives/${index}`, message }],
  })
}
