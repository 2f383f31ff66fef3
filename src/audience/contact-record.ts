import type { OptOutSource } from '../optouts/optout.contract.ts'
import { type Db, rows, sql } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import type { Contact } from './contact.contract.ts'
import type { AudienceErrorCode } from './errors.ts'
import type { FieldValues } from './field.contract.ts'
import type { ContactStatus } from './group.contract.ts'

type ContactRow = {
  contact_id: string
  address: string
  fields: FieldValues
  source: Contact['source']
  created_at: Date
  updated_at: Date
  archived_at: Date | null
  status: ContactStatus
  opted_out_at: Date | null
  optout_source: OptOutSource | null
  optout_mailing_id: string | null
  error_at: Date | null
  error_reason: string | null
  held: boolean
  group_ids: string[]
}

/**
 * One contact with its status.
 *
 * @throws DomainError contact.not_found
 */
export async function findContact(db: Db, accountId: string, contactId: string): Promise<Contact> {
  const [found] = await findContacts(db, accountId, [contactId])
  if (!found) throw noSuchContact()
  return found
}

export const noSuchContact = () => new DomainError<AudienceErrorCode>('contact.not_found', 'There is no such contact.')

/** Contacts with their status, in the order of `contactIds`; ids that the account does not have are left out. */
export async function findContacts(db: Db, accountId: string, contactIds: string[]): Promise<Contact[]> {
  const found = await rows(
    db,
    sql<ContactRow>`
    select contact.contact_id, contact.address, contact.fields, own.source, contact.created_at, contact.updated_at, contact.archived_at,
           contact.status, contact.opted_out_at, contact.optout_source, contact.optout_mailing_id, contact.error_at, contact.error_reason,
           exists (select from contact_holds hold
                   where hold.account_id = ${accountId} and hold.contact_id = contact.contact_id and hold.released_at is null) as held,
           array(select member.group_id::text from group_members member
                 join groups on groups.account_id = member.account_id and groups.group_id = member.group_id
                 where member.account_id = ${accountId} and member.contact_id = contact.contact_id and groups.archived_at is null
                 order by member.group_id) as group_ids
    from unnest(${contactIds}::bigint[]) with ordinality as asked (contact_id, place)
    join contact_status contact on contact.account_id = ${accountId} and contact.contact_id = asked.contact_id
    join contacts own on own.account_id = ${accountId} and own.contact_id = asked.contact_id
    order by asked.place`,
  )
  return found.map(present)
}

function present(row: ContactRow): Contact {
  return {
    id: row.contact_id,
    address: row.address,
    status: row.status,
    fields: row.fields,
    groupIds: row.group_ids,
    source: row.source,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    archivedAt: row.archived_at?.toISOString() ?? null,
    optOut:
      row.opted_out_at && row.optout_source
        ? { at: row.opted_out_at.toISOString(), source: row.optout_source, mailingId: row.optout_mailing_id }
        : null,
    error: row.error_at && row.error_reason ? { at: row.error_at.toISOString(), reason: row.error_reason } : null,
    held: row.held,
  }
}
