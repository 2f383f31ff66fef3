import { type Db, maybeRow, run, sql, type Trx } from '../platform/database.ts'
import type { Holder } from './holder.ts'

/** True when the holder of an address wants no opens and clicks recorded (LW-15). */
export async function refusesTracking(db: Db, accountId: string, addressKey: Buffer): Promise<boolean> {
  const refusal = await maybeRow(
    db,
    sql`select from tracking_refusals where account_id = ${accountId} and address_key = ${addressKey}`,
  )
  return refusal !== undefined
}

/** Keeps what the holder chose about tracking; it wins over what account and mailing say, in mail already sent too. */
export async function chooseTracking(
  trx: Trx,
  { accountId, addressKey }: Pick<Holder, 'accountId' | 'addressKey'>,
  isRefused: boolean,
): Promise<void> {
  await run(
    trx,
    isRefused
      ? sql`
        insert into tracking_refusals as mine (account_id, address_key, by_holder)
        values (${accountId}, ${addressKey}, true)
        on conflict (account_id, address_key) do update set by_holder = true where not mine.by_holder`
      : sql`delete from tracking_refusals where account_id = ${accountId} and address_key = ${addressKey}`,
  )
}
