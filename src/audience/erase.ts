import { noteAct } from '../accounts/audit.ts'
import { maybeRow, row, sql, type Trx } from '../platform/database.ts'
import { startJob } from '../platform/jobs.ts'
import type { Actor } from './contact-event.ts'

/** The kind of the job that deletes files of exports whose time is over. */
export const DROP_EXPORTS = 'drop_exports'

/**
 * Removes people's addresses and details everywhere, also from the files of exports; their opt-outs stay under the
 * address keys (INV-16, LW-12). Ids that the account does not have are no error.
 *
 * @returns how many contacts were erased
 */
export async function eraseContacts(trx: Trx, actor: Actor, contactIds: string[]): Promise<number> {
  const { accountId } = actor
  const { erased } = await row(
    trx,
    sql<{ erased: string }>`select erase_contacts(${accountId}, ${contactIds}::bigint[]) as erased`,
  )
  const count = Number(erased)
  if (count === 0) return 0
  await noteAct(trx, actor, count === 1 ? 'contact.erased' : 'contacts.erased', {
    count,
    contactIds: contactIds.slice(0, 100),
  })
  const kept = await maybeRow(
    trx,
    sql`select from exports where account_id = ${accountId} and path is not null and expires_at <= clock_timestamp() limit 1`,
  )
  if (kept) await startJob(trx, { accountId, kind: DROP_EXPORTS })
  return count
}
