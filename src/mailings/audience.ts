import { type Db, maybeRow, row, rows, sql } from '../platform/database.ts'

/** Who is in the chosen groups and who of them gets the mailing; the parts add up to `inGroups`. */
export type AudienceSums = {
  /** Places in the groups: a contact in two of them counts twice. */
  inGroups: number
  inSeveral: number
  optedOut: number
  error: number
  held: number
  archived: number
  recipients: number
}

/** The contacts in any of a mailing's groups that are not archived, each once, with how many of them it is in. */
const chosenContacts = (accountId: string, mailingId: string) => sql`
  select member.contact_id, count(*) as times
  from mailing_groups chosen
  join groups on groups.account_id = chosen.account_id and groups.group_id = chosen.group_id and groups.archived_at is null
  join group_members member on member.account_id = chosen.account_id and member.group_id = chosen.group_id
  where chosen.account_id = ${accountId} and chosen.mailing_id = ${mailingId}
  group by member.contact_id`

/** Counts a mailing's audience by what mailable_contacts says (D4), everybody left out under one reason. */
export async function audienceSums(db: Db, accountId: string, mailingId: string): Promise<AudienceSums> {
  const sums = await row(
    db,
    sql<Record<keyof AudienceSums, string>>`
    select coalesce(sum(chosen.times), 0) as "inGroups",
           coalesce(sum(chosen.times - 1), 0) as "inSeveral",
           count(mailable.contact_id) as recipients,
           count(*) filter (where mailable.contact_id is null and contact.status = 'opt_out') as "optedOut",
           count(*) filter (where mailable.contact_id is null and contact.status = 'error') as error,
           count(*) filter (where mailable.contact_id is null and contact.status = 'active' and hold.contact_id is not null) as held,
           count(*) filter (where mailable.contact_id is null and contact.status = 'active' and hold.contact_id is null) as archived
    from (${chosenContacts(accountId, mailingId)}) chosen
    join contact_status contact on contact.account_id = ${accountId} and contact.contact_id = chosen.contact_id
    left join contact_holds hold on hold.account_id = ${accountId} and hold.contact_id = chosen.contact_id
      and hold.released_at is null
    left join mailable_contacts mailable on mailable.account_id = ${accountId} and mailable.contact_id = chosen.contact_id`,
  )
  return {
    inGroups: Number(sums.inGroups),
    inSeveral: Number(sums.inSeveral),
    optedOut: Number(sums.optedOut),
    error: Number(sums.error),
    held: Number(sums.held),
    archived: Number(sums.archived),
    recipients: Number(sums.recipients),
  }
}

/** How many recipients have nothing in each of the fields `names`; those that nobody lacks are absent. */
export async function countMissing(
  db: Db,
  accountId: string,
  mailingId: string,
  names: string[],
): Promise<Map<string, number>> {
  if (names.length === 0) return new Map()
  const found = await rows(
    db,
    sql<{ name: string; people: string }>`
    select asked.name, count(*) as people
    from (${chosenContacts(accountId, mailingId)}) chosen
    join mailable_contacts contact on contact.account_id = ${accountId} and contact.contact_id = chosen.contact_id
    cross join unnest(${names}::text[]) as asked(name)
    where coalesce(contact.fields ->> asked.name, '') = ''
    group by asked.name`,
  )
  return new Map(found.map(({ name, people }) => [name, Number(people)]))
}

export type AudienceContact = { address: string; address_key: Buffer; fields: Record<string, string> }

/** One contact that gets the mailing, or undefined. */
export function oneRecipient(db: Db, accountId: string, mailingId: string): Promise<AudienceContact | undefined> {
  return maybeRow(
    db,
    sql<AudienceContact>`
    select contact.address, contact.address_key, contact.fields
    from mailing_groups chosen
    join group_members member on member.account_id = chosen.account_id and member.group_id = chosen.group_id
    join mailable_contacts contact on contact.account_id = member.account_id and contact.contact_id = member.contact_id
    where chosen.account_id = ${accountId} and chosen.mailing_id = ${mailingId}
    limit 1`,
  )
}

/**
 * Writes one queued message for every contact that may receive, in one statement. Running it again adds nobody twice.
 *
 * @returns how many were added
 */
export async function freezeAudience(db: Db, accountId: string, mailingId: string): Promise<number> {
  const frozen = await sql`
    insert into messages (account_id, mailing_id, contact_id, address_key)
    select contact.account_id, ${mailingId}, contact.contact_id, contact.address_key
    from (${chosenContacts(accountId, mailingId)}) chosen
    join mailable_contacts contact on contact.account_id = ${accountId} and contact.contact_id = chosen.contact_id
    on conflict (account_id, mailing_id, contact_id) do nothing`.execute(db)
  return Number(frozen.numAffectedRows ?? 0)
}
