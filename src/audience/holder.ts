import { standingOptOut } from '../optouts/optout.ts'
import { type Db, rows, run, sql, type Trx } from '../platform/database.ts'
import { DomainError, isLocked } from '../platform/errors.ts'
import { untilUndisturbed } from './at-once.ts'
import type { ContactEventKind } from './contact-event.ts'
import type { AudienceErrorCode } from './errors.ts'

/** Whom a preferences link belongs to, and what shows later that it was used. */
export type Holder = { accountId: string; addressKey: Buffer; mailingId: string | null; keyId: number }

/** Contacts of the holder's address: the one that got the link's mail first. Spellings of one Gmail mailbox are several. */
export type HeldContacts = [string, ...string[]]

/**
 * Changes what the holder of a link chose: all of `work` or nothing.
 *
 * The contacts are held first, so that an opt-out that arrives meanwhile waits, and one that was before is met (SE-11).
 * Where many are opted out at once the database refuses instead (D3), with the same answer.
 *
 * @throws DomainError contact.not_found when no contact has the address, contact.opted_out
 */
export async function changeAsHolder<Result>(
  db: Db,
  holder: Holder,
  work: (trx: Trx, contacts: HeldContacts) => Promise<Result>,
): Promise<Result> {
  try {
    return await untilUndisturbed(db, async (trx) => {
      const contacts = await holdContacts(trx, holder)
      if (await standingOptOut(trx, holder.accountId, holder.addressKey)) throw optedOut()
      return work(trx, contacts)
    })
  } catch (error) {
    throw isLocked(error) ? optedOut() : error
  }
}

/**
 * Holds the holder's contacts until the end of the transaction; also those who opted out.
 *
 * @throws DomainError contact.not_found
 */
export async function holdContacts(trx: Trx, { accountId, addressKey, mailingId }: Holder): Promise<HeldContacts> {
  const held = await rows(
    trx,
    sql<{ contact_id: string; got_it: boolean }>`
    select contact.contact_id,
           exists (select from messages message
                   where message.account_id = ${accountId} and message.contact_id = contact.contact_id
                     and message.mailing_id = ${mailingId}) as got_it
    from contacts contact where contact.account_id = ${accountId} and contact.address_key = ${addressKey}
    order by contact.contact_id for no key update of contact`,
  )
  const [first, ...others] = held
    .toSorted((one, other) => Number(other.got_it) - Number(one.got_it))
    .map(({ contact_id }) => contact_id)
  if (first === undefined)
    throw new DomainError<AudienceErrorCode>('contact.not_found', 'Nobody has this address any more.')
  return [first, ...others]
}

/** Notes in the transaction of a choice what the holder chose, and with which link. */
export async function noteHolderEvent(
  trx: Trx,
  { accountId, mailingId, keyId }: Holder,
  contactIds: string[],
  kind: ContactEventKind,
  data: Record<string, unknown> = {},
): Promise<void> {
  const facts = { ...data, ...proofOf({ mailingId, keyId }) }
  await run(
    trx,
    sql`
    insert into contact_events (account_id, contact_id, kind, data)
    select ${accountId}, contact_id, ${kind}, ${JSON.stringify(facts)}::jsonb
    from unnest(${contactIds}::bigint[]) as changed (contact_id)`,
  )
}

/** What stands with each of the holder's own acts: where it was done, and the link. */
export const proofOf = ({ mailingId, keyId }: Pick<Holder, 'mailingId' | 'keyId'>) => ({
  via: 'preferences',
  keyId,
  ...(mailingId === null ? {} : { mailingId }),
})

const optedOut = () =>
  new DomainError<AudienceErrorCode>('contact.opted_out', 'This contact opted out. Details and status are locked.')
