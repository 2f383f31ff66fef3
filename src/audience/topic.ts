import { type Db, maybeRow, row, rows, run, sql, transaction } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import type { AudienceErrorCode } from './errors.ts'
import type { NewTopic, Topic, TopicChange } from './topic.contract.ts'
import { unlessTaken } from './unless-taken.ts'

const MOST = 100

type TopicRow = {
  topic_id: string
  name: string
  description: string
  created_at: Date
  archived_at: Date | null
  chosen: string
  left_it: string
}

/** The account's topics in the order of the preferences page. */
export async function listTopics(db: Db, accountId: string, archived = false): Promise<Topic[]> {
  const which = archived ? sql`topic.archived_at is not null` : sql`topic.archived_at is null`
  return (await rows(db, sql<TopicRow>`${topics(accountId)} and ${which} order by topic.position, topic.topic_id`)).map(
    present,
  )
}

/**
 * Adds a topic at the end.
 *
 * @throws DomainError topic.exists, topic.too_many beyond 100
 */
export async function createTopic(db: Db, accountId: string, { name, description }: NewTopic): Promise<Topic> {
  const topicId = await unlessTaken('topic', name, () =>
    transaction(db, async (trx) => {
      await run(trx, sql`select from accounts where account_id = ${accountId} for no key update`)
      const { open, last } = await row(
        trx,
        sql<{ open: number; last: number }>`
        select count(*) filter (where archived_at is null)::int as open, coalesce(max(position), 0) as last
        from topics where account_id = ${accountId}`,
      )
      if (open >= MOST)
        throw new DomainError<AudienceErrorCode>(
          'topic.too_many',
          `There are ${MOST} topics already. Archive one first.`,
        )
      const made = await row(
        trx,
        sql<{ topic_id: string }>`
        insert into topics (account_id, name, description, position)
        values (${accountId}, ${name}, ${description}, ${last + 1}) returning topic_id`,
      )
      return made.topic_id
    }),
  )
  return findTopic(db, accountId, topicId)
}

/**
 * Gives a topic another name or description; who chose it stays.
 *
 * @throws DomainError topic.not_found, topic.exists
 */
export async function changeTopic(db: Db, accountId: string, topicId: string, change: TopicChange): Promise<Topic> {
  await unlessTaken('topic', change.name, () =>
    run(
      db,
      sql`
      update topics set name = coalesce(${change.name ?? null}, name), description = coalesce(${change.description ?? null}, description)
      where account_id = ${accountId} and topic_id = ${topicId}`,
    ),
  )
  return findTopic(db, accountId, topicId)
}

/**
 * Takes a topic off the preferences page or brings it back; what people chose is kept.
 *
 * @throws DomainError topic.not_found, topic.exists when another one took the name meanwhile
 */
export async function archiveTopic(
  db: Db,
  accountId: string,
  topicId: string,
  to: 'archived' | 'restored',
): Promise<Topic> {
  await unlessTaken('topic', undefined, () =>
    run(
      db,
      sql`
      update topics set archived_at = case when ${to} = 'archived' then coalesce(archived_at, now()) end
      where account_id = ${accountId} and topic_id = ${topicId}`,
    ),
  )
  return findTopic(db, accountId, topicId)
}

/** Puts the topics in the order of `ids`; those that are not named follow in the order they had. */
export async function orderTopics(db: Db, accountId: string, ids: string[]): Promise<Topic[]> {
  await run(
    db,
    sql`
    update topics set position = placed.place
    from (select topic.topic_id, row_number() over (order by asked.place nulls last, topic.position, topic.topic_id) as place
          from topics topic left join unnest(${ids}::bigint[]) with ordinality as asked (topic_id, place) using (topic_id)
          where topic.account_id = ${accountId}) placed
    where topics.account_id = ${accountId} and topics.topic_id = placed.topic_id`,
  )
  return listTopics(db, accountId)
}

async function findTopic(db: Db, accountId: string, topicId: string): Promise<Topic> {
  const found = await maybeRow(db, sql<TopicRow>`${topics(accountId)} and topic.topic_id = ${topicId}`)
  if (!found) throw new DomainError<AudienceErrorCode>('topic.not_found', 'There is no such topic.')
  return present(found)
}

const topics = (accountId: string) => sql`
  select topic.topic_id, topic.name, topic.description, topic.created_at, topic.archived_at,
    (select count(*) from contact_topics choice
     join mailable_contacts contact on contact.account_id = choice.account_id and contact.contact_id = choice.contact_id
     where choice.account_id = ${accountId} and choice.topic_id = topic.topic_id and choice.chosen) as chosen,
    (select count(*) from contact_topics choice
     where choice.account_id = ${accountId} and choice.topic_id = topic.topic_id and not choice.chosen) as left_it
  from topics topic where topic.account_id = ${accountId}`

const present = (found: TopicRow): Topic => ({
  id: found.topic_id,
  name: found.name,
  description: found.description,
  counts: { chosen: Number(found.chosen), left: Number(found.left_it) },
  createdAt: found.created_at.toISOString(),
  archivedAt: found.archived_at?.toISOString() ?? null,
})
