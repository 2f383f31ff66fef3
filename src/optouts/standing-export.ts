import { csvCell } from '../platform/csv.ts'
import { type Db, rows, sql } from '../platform/database.ts'
import type { OptOutCounts, OptOutSource } from './optout.contract.ts'

/** How many opt-outs stand, and how many of them came which way, most first. */
export async function countOptOuts(db: Db, accountId: string): Promise<OptOutCounts> {
  const bySource = await rows(
    db,
    sql<{ source: OptOutSource; count: number }>`
    select source, count(*)::int as count from standing_optouts where account_id = ${accountId}
    group by source order by count(*) desc, source`,
  )
  return { total: bySource.reduce((sum, { count }) => sum + count, 0), bySource }
}

const AT_ONCE = 10_000

/**
 * Every standing opt-out as CSV: the address key, which says nothing without the secret, and how it came; with `plain`
 * also the addresses of contacts. Rule LW-6: addresses that opted out are given to nobody but to comply
 * (15 U.S.C. 7704(a)(4)(A)(iv)).
 */
export async function* optOutsCsv(db: Db, accountId: string, plain: boolean): AsyncGenerator<string> {
  yield `\ufeffaddress_key${plain ? ',address' : ''},source,opted_out_at\r\n`
  let after: Buffer = Buffer.alloc(0)
  for (;;) {
    const page = await rows(
      db,
      sql<{ address_key: Buffer; address: string | null; source: string; opted_out_at: Date }>`
      select standing.address_key, standing.source, standing.opted_out_at,
        ${plain ? sql`(select contact.address from contacts contact where contact.account_id = ${accountId} and contact.address_key = standing.address_key order by contact.contact_id limit 1)` : sql`null`} as address
      from standing_optouts standing
      where standing.account_id = ${accountId} and standing.address_key > ${after}
      order by standing.address_key limit ${AT_ONCE}`,
    )
    yield page
      .map(
        (one) =>
          `${one.address_key.toString('hex')}${plain ? `,${csvCell(one.address ?? '')}` : ''},${one.source},${one.opted_out_at.toISOString()}\r\n`,
      )
      .join('')
    const last = page.at(-1)
    if (!last || page.length < AT_ONCE) return
    after = last.address_key
  }
}
