import type { z } from 'zod'
import type { Core } from '../platform/core.ts'
import { rows, sql } from '../platform/database.ts'
import { pageOfRows, readCursor } from '../platform/page.ts'
import { addressKey, isAddress, readAddress } from './address.ts'
import type { OptOut, OptOutSource, optOutsQuery } from './optout.contract.ts'

/**
 * A page of the addresses that are out now, latest first; null for an address that no contact has.
 *
 * A whole address as `search` is found by its key, even when no contact has it; else part of a contact's address.
 * @throws DomainError request.invalid_cursor
 */
export async function listOptOuts(
  { db, keys }: Pick<Core, 'db' | 'keys'>,
  accountId: string,
  { limit, cursor, search, source, since, until }: z.infer<typeof optOutsQuery>,
): Promise<{ items: OptOut[]; nextCursor: string | null }> {
  const after = readCursor(cursor, 2)
  const found = await rows(
    db,
    sql<StandingRow>`
    select encode(standing.address_key, 'hex') as key, standing.source, standing.mailing_id, standing.opted_out_at,
           (extract(epoch from standing.opted_out_at) * 1000000)::bigint as moment,
           (select contact.address from contacts contact
            where contact.account_id = ${accountId} and contact.address_key = standing.address_key
            order by contact.contact_id limit 1) as address
    from standing_optouts standing
    where standing.account_id = ${accountId}
      ${source ? sql`and standing.source = ${source}` : sql``}
      ${since ? sql`and standing.opted_out_at >= ${since}` : sql``}
      ${until ? sql`and standing.opted_out_at < ${until}` : sql``}
      ${search?.trim() ? matches(keys.address, accountId, search.trim()) : sql``}
      ${after ? sql`and (standing.opted_out_at, standing.address_key) < (${instantOf(after[1])}, ${keyOf(after[0])})` : sql``}
    order by standing.opted_out_at desc, standing.address_key desc limit ${limit + 1}`,
  )
  const { page, nextCursor } = pageOfRows(found, limit, ({ key, moment }) => [key, moment])
  const items = page.map(({ address, source, mailing_id, opted_out_at }) => ({
    address,
    source,
    at: opted_out_at.toISOString(),
    mailingId: mailing_id,
  }))
  return { items, nextCursor }
}

type StandingRow = {
  key: string
  source: OptOutSource
  mailing_id: string | null
  opted_out_at: Date
  /** Microseconds since 1970: a Date would lose the last three digits, and rows with them. */
  moment: string
  address: string | null
}

const instantOf = (moment = '0') => sql`timestamptz 'epoch' + ${moment}::bigint * interval '1 microsecond'`
const keyOf = (hex = '') => Buffer.from(hex, 'hex')

function matches(secret: Buffer, accountId: string, search: string) {
  const address = readAddress(search)
  if (isAddress(address)) return sql`and standing.address_key = ${addressKey(secret, address.optOutForm)}`
  const text = search.toWellFormed().replaceAll('\0', '').toLowerCase()
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`
  // The index over contacts knows runs of three plain letters; lower(address) is exact.
  const isIndexed = /^[!#-[\]-~]*$/.test(text) && /[a-z0-9]{3}/.test(text)
  return sql`and standing.address_key in (
    select contact.address_key from contacts contact
    where contact.account_id = ${accountId} and lower(contact.address collate "und-x-icu") like ${pattern}
      ${isIndexed ? sql`and contact_search(contact.address, contact.fields) like ${pattern}` : sql``})`
}
