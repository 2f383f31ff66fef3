import type { RawBuilder } from 'kysely'
import { type Db, maybeRow, row, sql, type Trx } from '../platform/database.ts'
import { isRetryable, isUnavailable } from '../platform/errors.ts'
import type { OptOutSource } from './optout.contract.ts'

/** Who asked, and what shows it later (LW-9). Never an address, never a cookie. */
export type OptOutOrigin = {
  source: OptOutSource
  mailingId?: string | null
  userId?: string | null
  apiKeyId?: string | null
  evidence?: Record<string, unknown>
}

export type RecordedOptOut = { optedOut: number; alreadyOptedOut: number; since: Date }

/**
 * Stops all mail of an account to the addresses with `keys` (16 bytes each, at most 10,000) from the moment this commits.
 *
 * One ledger entry, the standing rows and the withheld messages in one transaction, durable when it returns (INV-10).
 * An address that is out already keeps its first date; the stronger source stays (INV-21). Outside a transaction it is
 * tried again after a deadlock or a broken connection: recording it twice changes nothing.
 * Source: RFC 8058 §3.1; 15 U.S.C. 7704(a)(4) allows 10 business days, we take none.
 */
export async function optOut(
  db: Db | Trx,
  accountId: string,
  keys: Buffer[],
  origin: OptOutOrigin,
): Promise<RecordedOptOut> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await record(db, accountId, keys, origin)
    } catch (error) {
      if (db.isTransaction || attempt === 3 || !(isRetryable(error) || isUnavailable(error))) throw error
    }
  }
}

async function record(db: Db | Trx, accountId: string, keys: Buffer[], origin: OptOutOrigin): Promise<RecordedOptOut> {
  const recorded = await row(
    db,
    sql<{ opted_out: string; already: string; opted_out_at: Date }>`
    select opted_out, already, opted_out_at from record_optouts(${accountId}, ${keys}::bytea[], ${origin.source}, ${origin.mailingId ?? null},
      ${origin.userId ?? null}, ${origin.apiKeyId ?? null}, ${JSON.stringify(origin.evidence ?? {})}::jsonb)`,
  )
  return {
    optedOut: Number(recorded.opted_out),
    alreadyOptedOut: Number(recorded.already),
    since: recorded.opted_out_at,
  }
}

/**
 * Stops all mail of an account to every address that `keys` gives: any number, in one ledger entry (INV-17).
 *
 * @param keys a query of one column with address keys; it and the opt-outs are one statement
 */
export async function optOutMany(
  trx: Trx,
  accountId: string,
  keys: RawBuilder<unknown>,
  origin: Omit<OptOutOrigin, 'mailingId'>,
): Promise<Omit<RecordedOptOut, 'since'> & { entryId: string }> {
  const recorded = await row(
    trx,
    sql<{ entry_id: string; opted_out: string; already: string }>`
    select entry_id, opted_out, already
    from record_many_optouts(${accountId}, array(${keys}), ${origin.source}, ${origin.userId ?? null}, ${origin.apiKeyId ?? null},
                             ${JSON.stringify(origin.evidence ?? {})}::jsonb)`,
  )
  return { entryId: recorded.entry_id, optedOut: Number(recorded.opted_out), alreadyOptedOut: Number(recorded.already) }
}

export type StandingOptOut = { opted_out_at: Date; source: OptOutSource; mailing_id: string | null }

/** The standing opt-out of an address, or undefined. */
export function standingOptOut(db: Db, accountId: string, key: Buffer): Promise<StandingOptOut | undefined> {
  return maybeRow(
    db,
    sql<StandingOptOut>`
    select opted_out_at, source, mailing_id from standing_optouts where account_id = ${accountId} and address_key = ${key}`,
  )
}
