import { noteAct } from '../accounts/audit.ts'
import type { Caller } from '../accounts/caller.ts'
import { type Db, maybeRow, row, rows, run, sql, type Trx, transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { pageOfRows, readCursor } from '../platform/page.ts'
import { choiceColumns, choose } from './choice.ts'
import type { MailingErrorCode } from './errors.ts'
import type { Mailing, MailingChange, NewMailing, PauseReason } from './mailing.contract.ts'

export type MailingRow = {
  mailing_id: string
  name: string
  subject: string
  from_name: string
  from_address: string
  html: string
  text: string
  source: Mailing['source']
  status: Mailing['status']
  problem: string | null
  pause_reason: PauseReason | null
  group_ids: string[]
  excluded_group_ids: string[]
  segment_ids: string[]
  excluded_segment_ids: string[]
  topic_ids: string[]
  /** Opens and clicks; null: as the account. */
  tracking: boolean | null
  /** Nobody gets it but through test groups. */
  is_test: boolean
  created_at: Date
  updated_at: Date
  send_at: Date | null
  time_zone: string | null
  local_time: string | null
  per_hour: number | null
  started_at: Date | null
  /** Started or resumed: rates are counted from here. */
  watched_from: Date | null
  finished_at: Date | null
  /** Differs after every change, to the microsecond. */
  version: string
}

const columns = sql`
  mailing.mailing_id, mailing.name, mailing.subject, mailing.from_name, mailing.from_address, mailing.html, mailing.text,
  mailing.source, mailing.status, mailing.problem, mailing.tracking, mailing.created_at, mailing.updated_at, mailing.send_at,
  mailing.started_at, mailing.finished_at, mailing.updated_at::text as version, mailing.time_zone, mailing.per_hour,
  mailing.pause_reason, mailing.watched_from, to_char(mailing.local_time, 'YYYY-MM-DD"T"HH24:MI:SS') as local_time,
  ${choiceColumns},
  (select count(*) > 0 and bool_and(chosen_group.kind = 'test') from mailing_groups to_group
   join groups chosen_group on chosen_group.account_id = to_group.account_id and chosen_group.group_id = to_group.group_id
   where to_group.account_id = mailing.account_id and to_group.mailing_id = mailing.mailing_id and not to_group.excluded)
  and not exists (select from mailing_segments to_segment
    where to_segment.account_id = mailing.account_id and to_segment.mailing_id = mailing.mailing_id and not to_segment.excluded) as is_test`

const WRITTEN: Mailing['source'] = { kind: 'html' }

/** The source that a change leaves; null for none of its own. */
function sourceOf({ source, html }: MailingChange): string | null {
  if (source) return JSON.stringify(source)
  return html === undefined ? null : JSON.stringify(WRITTEN)
}

/**
 * Makes a draft; nothing is sent.
 *
 * @throws mailing.invalid when a group or segment is not one of the account's
 */
export async function createMailing(db: Db, caller: Caller, made: NewMailing): Promise<MailingRow> {
  return transaction(db, async (trx) => {
    const { mailing_id } = await row(
      trx,
      sql<{ mailing_id: string }>`
      insert into mailings (account_id, name, subject, from_name, from_address, html, text, source, tracking, created_by, created_at, updated_at)
      values (${caller.accountId}, ${made.name}, ${made.subject ?? ''}, ${made.fromName ?? ''}, ${made.fromAddress ?? ''},
              ${made.html ?? ''}, ${made.text ?? ''}, ${JSON.stringify(made.source ?? WRITTEN)}::jsonb, ${made.tracking ?? null}, ${caller.userId}, clock_timestamp(), clock_timestamp())
      returning mailing_id`,
    )
    await choose(trx, caller.accountId, mailing_id, made)
    return getMailing(trx, caller.accountId, mailing_id)
  })
}

/**
 * Changes the given parts of a draft and leaves the others.
 *
 * @throws mailing.not_found, mailing.not_possible unless it is a draft, mailing.invalid for an unknown group or segment
 */
export async function changeMailing(db: Db, caller: Caller, id: string, change: MailingChange): Promise<MailingRow> {
  return transaction(db, async (trx) => {
    const changed = await run(
      trx,
      sql`
      update mailings set
        name = coalesce(${change.name ?? null}, name),
        subject = coalesce(${change.subject ?? null}, subject),
        from_name = coalesce(${change.fromName ?? null}, from_name),
        from_address = coalesce(${change.fromAddress ?? null}, from_address),
        html = coalesce(${change.html ?? null}, html),
        text = coalesce(${change.text ?? null}, text),
        tracking = case when ${change.tracking !== undefined} then ${change.tracking ?? null}::boolean else tracking end,
        source = coalesce(${sourceOf(change)}::jsonb, source),
        updated_at = clock_timestamp()
      where account_id = ${caller.accountId} and mailing_id = ${id} and status = 'draft'`,
    )
    if (changed === 0) throw await refusal(trx, caller.accountId, id, 'only a draft can be changed.')
    await choose(trx, caller.accountId, id, change)
    return getMailing(trx, caller.accountId, id)
  })
}

/** @throws mailing.not_found */
export async function getMailing(db: Db | Trx, accountId: string, id: string): Promise<MailingRow> {
  const found = await maybeRow(
    db,
    sql<MailingRow>`
    select ${columns} from mailings mailing where mailing.account_id = ${accountId} and mailing.mailing_id = ${id}`,
  )
  if (!found) throw new DomainError<MailingErrorCode>('mailing.not_found', 'There is no such mailing.')
  return found
}

export type MailingsAsked = { limit: number; cursor?: string | undefined; status?: Mailing['status'] | undefined }

/** A page of mailings, the newest first. */
export async function listMailings(db: Db, accountId: string, { limit, cursor, status }: MailingsAsked) {
  const [before = null] = readCursor(cursor, 1) ?? []
  const found = await rows(
    db,
    sql<MailingRow>`
    select ${columns} from mailings mailing
    where mailing.account_id = ${accountId}
      and (${status ?? null}::text is null or mailing.status = ${status ?? null})
      and (${before}::bigint is null or mailing.mailing_id < ${before}::bigint)
    order by mailing.mailing_id desc
    limit ${limit + 1}`,
  )
  return pageOfRows(found, limit, (last) => [last.mailing_id])
}

/**
 * Deletes a mailing that sends nothing any more. Its opt-out links keep working, and what was sent to whom stays known
 * (INV-12).
 *
 * @throws mailing.not_found, mailing.not_possible while it is scheduled, sending or paused
 */
export async function deleteMailing(db: Db, caller: Caller, id: string): Promise<void> {
  await transaction(db, async (trx) => {
    const deleted = await maybeRow(
      trx,
      sql<{ name: string }>`
      delete from mailings
      where account_id = ${caller.accountId} and mailing_id = ${id} and status in ('draft', 'sent', 'cancelled')
      returning name`,
    )
    if (!deleted) throw await refusal(trx, caller.accountId, id, 'cancel it before you delete it.')
    await noteAct(trx, caller, 'mailing.deleted', { mailingId: id, name: deleted.name })
  })
}

const STATES: Record<Mailing['status'], string> = {
  draft: 'a draft',
  scheduled: 'scheduled',
  sending: 'being sent',
  paused: 'paused',
  sent: 'sent',
  cancelled: 'cancelled',
}

/** Why an act is not possible for a mailing in the state it is in. */
export async function refusal(db: Db | Trx, accountId: string, id: string, advice: string): Promise<Error> {
  const { status } = await getMailing(db, accountId, id)
  return new DomainError<MailingErrorCode>('mailing.not_possible', `This mailing is ${STATES[status]}: ${advice}`)
}
