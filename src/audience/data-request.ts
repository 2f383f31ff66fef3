import type { z } from 'zod'
import { type Db, maybeRow, row, rows, run, sql, type Trx, transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import { pageOfRows, readCursor } from '../platform/page.ts'
import { untilUndisturbed } from './at-once.ts'
import { type Actor, noteContactEvent } from './contact-event.ts'
import type { DataRequest, dataRequestsQuery } from './data-request.contract.ts'
import type { AudienceErrorCode } from './errors.ts'
import { type Holder, holdContacts, noteHolderEvent } from './holder.ts'

/**
 * Notes that the holder of a link asks for their data or for its erasure, also one who opted out (DEC-8).
 *
 * Asked again while it is open, it is the same request with the same day. Nothing else changes.
 *
 * @param evidence the request's headers, as for an opt-out (LW-9)
 * @returns the day by which it is to be answered, YYYY-MM-DD in UTC: a month from the request (GDPR Art. 12 (3))
 * @throws DomainError contact.not_found
 */
export function askForData(
  db: Db,
  holder: Holder,
  kind: DataRequest['kind'],
  evidence: Record<string, unknown>,
): Promise<string> {
  const { accountId, addressKey, mailingId } = holder
  return untilUndisturbed(db, async (trx) => {
    const [contactId] = await holdContacts(trx, holder)
    const made = await maybeRow(
      trx,
      sql<{ due_on: string }>`
      insert into data_requests (account_id, kind, contact_id, address_key, mailing_id, evidence)
      values (${accountId}, ${kind}, ${contactId}, ${addressKey}, ${mailingId}, ${JSON.stringify(evidence)}::jsonb)
      on conflict (account_id, address_key, kind) where settled_at is null do nothing
      returning due_on::text`,
    )
    if (made) {
      await noteHolderEvent(trx, holder, [contactId], 'data_requested', { request: kind, dueOn: made.due_on })
      return made.due_on
    }
    const open = await row(
      trx,
      sql<{ due_on: string }>`
      select due_on::text from data_requests
      where account_id = ${accountId} and address_key = ${addressKey} and kind = ${kind} and settled_at is null`,
    )
    return open.due_on
  })
}

type Asked = z.infer<typeof dataRequestsQuery>

/**
 * A page of requests: the open ones by the day they are due, or the settled ones, latest first.
 *
 * @throws DomainError request.invalid_cursor
 */
export async function listDataRequests(db: Db, accountId: string, { limit, cursor, settled }: Asked) {
  const [id = null] = readCursor(cursor, 1) ?? []
  const found = await rows(
    db,
    settled
      ? sql<RequestRow>`
        ${requests(accountId)} and request.settled_at is not null and (${id}::bigint is null or request.request_id < ${id}::bigint)
        order by request.request_id desc limit ${limit + 1}`
      : sql<RequestRow>`
        ${requests(accountId)} and request.settled_at is null and (${id}::bigint is null or request.request_id > ${id}::bigint)
        order by request.request_id limit ${limit + 1}`,
  )
  const { page, nextCursor } = pageOfRows(found, limit, ({ request_id }) => [request_id])
  return { items: page.map(present), nextCursor }
}

/** How many requests are still to be answered. */
export async function countOpenRequests(db: Db, accountId: string): Promise<{ open: number }> {
  return row(
    db,
    sql<{ open: number }>`
    select count(*)::int as open from data_requests where account_id = ${accountId} and settled_at is null`,
  )
}

/** What a contact asked and that is still to be answered. */
export async function openRequestsOf(db: Db, accountId: string, contactId: string): Promise<DataRequest[]> {
  const found = await rows(
    db,
    sql<RequestRow>`
    ${requests(accountId)} and request.contact_id = ${contactId} and request.settled_at is null order by request.request_id`,
  )
  return found.map(present)
}

/**
 * Notes that an operator answered a request; erasing the contact notes it by itself. A settled one stays as it is.
 *
 * @throws DomainError data_request.not_found
 */
export function settleDataRequest(db: Db, actor: Actor, requestId: string): Promise<DataRequest> {
  const { accountId, userId, apiKeyId } = actor
  return transaction(db, async (trx) => {
    const settled = await maybeRow(
      trx,
      sql<{ contact_id: string | null; kind: string }>`
      update data_requests set settled_at = clock_timestamp(), settled_by = ${userId}, settled_key = ${apiKeyId}, outcome = 'answered'
      where account_id = ${accountId} and request_id = ${requestId} and settled_at is null
      returning contact_id, kind`,
    )
    if (settled?.contact_id)
      await noteContactEvent(trx, actor, [settled.contact_id], 'data_request_settled', { request: settled.kind })
    const found = await maybeRow(trx, sql<RequestRow>`${requests(accountId)} and request.request_id = ${requestId}`)
    if (!found) throw new DomainError<AudienceErrorCode>('data_request.not_found', 'There is no such request.')
    return present(found)
  })
}

/** Moves the requests of a record that ends by being merged into another. */
export async function moveRequests(trx: Trx, accountId: string, keptId: string, otherId: string): Promise<void> {
  await run(
    trx,
    sql`
    update data_requests set contact_id = ${keptId} where account_id = ${accountId} and contact_id = ${otherId}`,
  )
}

type RequestRow = {
  request_id: string
  kind: DataRequest['kind']
  contact_id: string | null
  address: string | null
  asked_at: Date
  due_on: string
  settled_at: Date | null
  outcome: 'answered' | 'erased' | null
  by: string | null
}

const requests = (accountId: string) => sql`
  select request.request_id, request.kind, request.contact_id, contact.address, request.asked_at, request.due_on::text,
         request.settled_at, request.outcome, coalesce(nullif(operator.name, ''), operator.email, api_key.name) as by
  from data_requests request
  left join contacts contact on contact.account_id = request.account_id and contact.contact_id = request.contact_id
  left join users operator on operator.user_id = request.settled_by
  left join api_keys api_key on api_key.account_id = request.account_id and api_key.api_key_id = request.settled_key
  where request.account_id = ${accountId}`

const present = (found: RequestRow): DataRequest => ({
  id: found.request_id,
  kind: found.kind,
  contact:
    found.contact_id !== null && found.address !== null ? { id: found.contact_id, address: found.address } : null,
  askedAt: found.asked_at.toISOString(),
  dueOn: found.due_on,
  settled:
    found.settled_at && found.outcome
      ? { at: found.settled_at.toISOString(), outcome: found.outcome, by: found.by }
      : null,
})
