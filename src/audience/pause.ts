import { type Db, maybeRow, row, sql, type Trx } from '../platform/database.ts'
import { type HeldContacts, type Holder, noteHolderEvent } from './holder.ts'

/** Days that a pause may take. */
export const PAUSES = [30, 60, 90] as const
export type PauseDays = (typeof PAUSES)[number]

/** Until when an address gets no mail by its holder's wish, or null. */
export async function pausedUntil(db: Db, accountId: string, addressKey: Buffer): Promise<Date | null> {
  const pause = await maybeRow(
    db,
    sql<{ ends_at: Date }>`
    select ends_at from pauses where account_id = ${accountId} and address_key = ${addressKey} and ends_at > now()`,
  )
  return pause?.ends_at ?? null
}

/**
 * Stops mail to the holder's address for some days from now, in place of any pause before, and withholds what waits.
 *
 * The database alone writes pauses; it refuses for an address that opted out, and it ends one by itself.
 */
export async function pauseMail(trx: Trx, holder: Holder, contacts: HeldContacts, days: PauseDays): Promise<void> {
  const { ends_at } = await row(
    trx,
    sql<{ ends_at: Date }>`select record_pause(${holder.accountId}, ${holder.addressKey}, ${days}) as ends_at`,
  )
  await noteHolderEvent(trx, holder, contacts, 'paused', { days, until: ends_at.toISOString() })
}

/** Ends the holder's pause now; nothing happens when there is none. */
export async function endPause(trx: Trx, holder: Holder, contacts: HeldContacts): Promise<void> {
  if ((await pausedUntil(trx, holder.accountId, holder.addressKey)) === null) return
  await row(trx, sql`select record_pause(${holder.accountId}, ${holder.addressKey}, null)`)
  await noteHolderEvent(trx, holder, contacts, 'pause_ended')
}
