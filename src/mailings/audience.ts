import type { RawBuilder } from 'kysely'
import { savedCondition } from '../audience/condition.contract.ts'
import { compileCondition } from '../audience/condition.ts'
import type { FieldValues } from '../audience/field.contract.ts'
import { type Db, maybeRow, row, rows, sql } from '../platform/database.ts'

/** Who is chosen and who of them gets the mailing; everybody left out is so for one reason, and the parts add up to `chosen`. */
export type AudienceSums = {
  /** Places in groups and segments: a contact in two of them counts twice. */
  chosen: number
  inSeveral: number
  excluded: number
  optedOut: number
  error: number
  held: number
  paused: number
  archived: number
  leftTopic: number
  withoutTopic: number
  recipients: number
}

/**
 * Two queries of contact ids: `chosen` with the number of `times`, `excluded` with none; and two conditions on a
 * contact_id, whether it chose a topic of the mailing and whether it left one.
 */
type Audience = {
  chosen: RawBuilder<unknown>
  excluded: RawBuilder<unknown>
  choseTopic: (contactId: RawBuilder<unknown>) => RawBuilder<unknown>
  leftTopic: (contactId: RawBuilder<unknown>) => RawBuilder<unknown>
  hasTopics: boolean
}

/**
 * Who a mailing is for, with its segments as they are now. Nobody is chosen by a group or segment in the archive; who is
 * excluded by one stays excluded.
 *
 * A mailing with topics reaches only who chose one of them: of its groups and segments, or of everybody when it has none.
 * A topic in the archive is not counted as chosen, because nobody could leave it any more.
 */
async function audienceOf(db: Db, accountId: string, mailingId: string): Promise<Audience> {
  const segments = await rows(
    db,
    sql<{ condition: unknown; excluded: boolean; archived_at: Date | null }>`
    select segment.condition, chosen.excluded, segment.archived_at
    from mailing_segments chosen
    join segments segment on segment.account_id = chosen.account_id and segment.segment_id = chosen.segment_id
    where chosen.account_id = ${accountId} and chosen.mailing_id = ${mailingId}
    order by chosen.segment_id`,
  )
  const chosen = [membersOf(accountId, mailingId, sql`not chosen.excluded and groups.archived_at is null`)]
  const excluded = [membersOf(accountId, mailingId, sql`chosen.excluded`)]
  for (const segment of segments) {
    const where = await compileCondition(db, accountId, savedCondition.parse(segment.condition))
    const found = sql`
      select contact.contact_id from contacts contact
      where contact.account_id = ${accountId} and contact.archived_at is null and ${where}`
    if (segment.excluded) excluded.push(found)
    else if (!segment.archived_at) chosen.push(found)
  }
  const { topics, hasLists } = await choicesOf(db, accountId, mailingId)
  if (topics.length > 0 && !hasLists) chosen.push(sayersOf(accountId, topics))
  const union = sql` union all `
  const said = (chosenIt: boolean) => (contactId: RawBuilder<unknown>) =>
    sql`exists (
    select from contact_topics choice
    where choice.account_id = ${accountId} and choice.contact_id = ${contactId} and choice.chosen = ${sql.lit(chosenIt)}
      and choice.topic_id = any (${topics.filter(({ open }) => open).map(({ id }) => id)}::bigint[]))`
  return {
    hasTopics: topics.length > 0,
    choseTopic: topics.length === 0 ? () => sql`true` : said(true),
    leftTopic: topics.length === 0 ? () => sql`false` : said(false),
    chosen: sql`select contact_id, count(*) as times from (${sql.join(chosen, union)}) places group by contact_id`,
    excluded: sql.join(excluded, union),
  }
}

type ChosenTopic = { id: string; open: boolean }

async function choicesOf(db: Db, accountId: string, mailingId: string) {
  const topics = await rows(
    db,
    sql<ChosenTopic>`
    select topic.topic_id as id, topic.archived_at is null as open
    from mailing_topics about
    join topics topic on topic.account_id = about.account_id and topic.topic_id = about.topic_id
    where about.account_id = ${accountId} and about.mailing_id = ${mailingId}`,
  )
  const { lists } = await row(
    db,
    sql<{ lists: boolean }>`
    select exists (select from mailing_groups where account_id = ${accountId} and mailing_id = ${mailingId} and not excluded)
        or exists (select from mailing_segments where account_id = ${accountId} and mailing_id = ${mailingId} and not excluded) as lists`,
  )
  return { topics, hasLists: lists }
}

/** Everybody who chose or left one of the topics: who left is counted, and left out for that reason. */
const sayersOf = (accountId: string, topics: ChosenTopic[]) => sql`
  select choice.contact_id from contact_topics choice
  where choice.account_id = ${accountId} and choice.topic_id = any (${topics.filter(({ open }) => open).map(({ id }) => id)}::bigint[])`

const membersOf = (accountId: string, mailingId: string, which: RawBuilder<unknown>) => sql`
  select member.contact_id
  from mailing_groups chosen
  join groups on groups.account_id = chosen.account_id and groups.group_id = chosen.group_id
  join group_members member on member.account_id = chosen.account_id and member.group_id = chosen.group_id
  where chosen.account_id = ${accountId} and chosen.mailing_id = ${mailingId} and ${which}`

/** Chosen contacts that may receive (D4): `mailable_contacts contact`, to be followed by more conditions. */
const recipientsOf = (accountId: string, { chosen, excluded, choseTopic }: Audience) => sql`
  (${chosen}) chosen
  join mailable_contacts contact on contact.account_id = ${accountId} and contact.contact_id = chosen.contact_id
  where not exists (select from (${excluded}) excluded where excluded.contact_id = contact.contact_id)
    and ${choseTopic(sql`contact.contact_id`)}`

/** Counts a mailing's audience by what mailable_contacts says (D4), everybody left out under one reason. */
export async function audienceSums(db: Db, accountId: string, mailingId: string): Promise<AudienceSums> {
  const { chosen, excluded, choseTopic, leftTopic } = await audienceOf(db, accountId, mailingId)
  const sums = await row(
    db,
    sql<Record<keyof AudienceSums, string>>`
    with people as (
      select chosen.contact_id, chosen.times, contact.status, mailable.contact_id is not null as mailable,
             hold.contact_id is not null as held, out.contact_id is not null as excluded,
             pause.address_key is not null and contact.archived_at is null as paused,
             ${choseTopic(sql`chosen.contact_id`)} as chose, ${leftTopic(sql`chosen.contact_id`)} as left_it
      from (${chosen}) chosen
      join contact_status contact on contact.account_id = ${accountId} and contact.contact_id = chosen.contact_id
      left join (select distinct contact_id from (${excluded}) excluded) out on out.contact_id = chosen.contact_id
      left join contact_holds hold on hold.account_id = ${accountId} and hold.contact_id = chosen.contact_id
        and hold.released_at is null
      left join pauses pause on pause.account_id = ${accountId} and pause.address_key = contact.address_key and pause.ends_at > now()
      left join mailable_contacts mailable on mailable.account_id = ${accountId} and mailable.contact_id = chosen.contact_id
    )
    select coalesce(sum(times), 0) as chosen,
           coalesce(sum(times - 1), 0) as "inSeveral",
           count(*) filter (where excluded) as excluded,
           count(*) filter (where not excluded and mailable and chose) as recipients,
           count(*) filter (where not excluded and mailable and not chose and left_it) as "leftTopic",
           count(*) filter (where not excluded and mailable and not chose and not left_it) as "withoutTopic",
           count(*) filter (where not excluded and not mailable and status = 'opt_out') as "optedOut",
           count(*) filter (where not excluded and not mailable and status = 'error') as error,
           count(*) filter (where not excluded and not mailable and status = 'active' and held) as held,
           count(*) filter (where not excluded and not mailable and status = 'active' and not held and paused) as paused,
           count(*) filter (where not excluded and not mailable and status = 'active' and not held and not paused) as archived
    from people`,
  )
  return {
    chosen: Number(sums.chosen),
    inSeveral: Number(sums.inSeveral),
    excluded: Number(sums.excluded),
    optedOut: Number(sums.optedOut),
    error: Number(sums.error),
    held: Number(sums.held),
    paused: Number(sums.paused),
    archived: Number(sums.archived),
    leftTopic: Number(sums.leftTopic),
    withoutTopic: Number(sums.withoutTopic),
    recipients: Number(sums.recipients),
  }
}

/** Names of the chosen groups, segments and topics that are in the archive by now: nobody gets the mailing through them. */
export async function archivedChoices(db: Db, accountId: string, mailingId: string): Promise<string[]> {
  const found = await rows(
    db,
    sql<{ name: string }>`
    select groups.name from mailing_groups chosen
    join groups on groups.account_id = chosen.account_id and groups.group_id = chosen.group_id
    where chosen.account_id = ${accountId} and chosen.mailing_id = ${mailingId} and not chosen.excluded and groups.archived_at is not null
    union all
    select segment.name from mailing_segments chosen
    join segments segment on segment.account_id = chosen.account_id and segment.segment_id = chosen.segment_id
    where chosen.account_id = ${accountId} and chosen.mailing_id = ${mailingId} and not chosen.excluded and segment.archived_at is not null
    union all
    select topic.name from mailing_topics about
    join topics topic on topic.account_id = about.account_id and topic.topic_id = about.topic_id
    where about.account_id = ${accountId} and about.mailing_id = ${mailingId} and topic.archived_at is not null
    order by name`,
  )
  return found.map(({ name }) => name)
}

/** How many recipients have nothing in each of the fields `names`; those that nobody lacks are absent. */
export async function countMissing(
  db: Db,
  accountId: string,
  mailingId: string,
  names: string[],
): Promise<Map<string, number>> {
  if (names.length === 0) return new Map()
  const audience = await audienceOf(db, accountId, mailingId)
  const found = await rows(
    db,
    sql<{ name: string; people: string }>`
    select asked.name, count(*) as people
    from unnest(${names}::text[]) as asked(name) cross join ${recipientsOf(accountId, audience)}
      and coalesce(contact.fields ->> asked.name, '') = ''
    group by asked.name`,
  )
  return new Map(found.map(({ name, people }) => [name, Number(people)]))
}

export type AudienceContact = { address: string; address_key: Buffer; fields: FieldValues }

/** One contact that gets the mailing, or undefined. */
export async function oneRecipient(db: Db, accountId: string, mailingId: string): Promise<AudienceContact | undefined> {
  const audience = await audienceOf(db, accountId, mailingId)
  return maybeRow(
    db,
    sql<AudienceContact>`
    select contact.address, contact.address_key, contact.fields from ${recipientsOf(accountId, audience)} limit 1`,
  )
}

export type FrozenParts = Partial<Record<'dueAt' | 'variant' | 'draw', RawBuilder<unknown>>>

/**
 * Writes one queued message for every contact that may receive, in one statement. Running it again adds nobody twice.
 *
 * @param parts when `contact` gets it, which variant, and the window that these are drawn in
 * @returns how many were added
 */
export async function freezeAudience(
  db: Db,
  accountId: string,
  mailingId: string,
  { dueAt = sql`now()`, variant = sql`null::smallint`, draw = sql`` }: FrozenParts = {},
): Promise<number> {
  const audience = await audienceOf(db, accountId, mailingId)
  const frozen = await sql`
    insert into messages (account_id, mailing_id, contact_id, address_key, by_topic, due_at, variant)
    select contact.account_id, ${mailingId}, contact.contact_id, contact.address_key, ${audience.hasTopics}::boolean, ${dueAt}, ${variant}
    from ${recipientsOf(accountId, audience)}
    ${draw}
    on conflict (account_id, mailing_id, contact_id) do nothing`.execute(db)
  return Number(frozen.numAffectedRows ?? 0)
}
