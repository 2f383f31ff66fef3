// The groups and segments that a mailing is for, those that it leaves out, and its topics.
import type { RawBuilder } from 'kysely'
import { row, run, sql, type Trx } from '../platform/database.ts'
import { DomainError } from '../platform/errors.ts'
import type { MailingErrorCode } from './errors.ts'
import type { MailingChange } from './mailing.contract.ts'

type Kind = { of: string; chosen: RawBuilder<unknown>; all: RawBuilder<unknown>; id: RawBuilder<unknown> }

const group: Kind = { of: 'groups', chosen: sql`mailing_groups`, all: sql`groups`, id: sql`group_id` }
const segment: Kind = { of: 'segments', chosen: sql`mailing_segments`, all: sql`segments`, id: sql`segment_id` }

const lists = [
  { name: 'groupIds', kind: group, excluded: false },
  { name: 'excludedGroupIds', kind: group, excluded: true },
  { name: 'segmentIds', kind: segment, excluded: false },
  { name: 'excludedSegmentIds', kind: segment, excluded: true },
] as const

/** The lists as columns of a query of `mailings mailing`. */
export const choiceColumns = sql.join([
  column(group, false, sql`group_ids`),
  column(group, true, sql`excluded_group_ids`),
  column(segment, false, sql`segment_ids`),
  column(segment, true, sql`excluded_segment_ids`),
  sql`array(select about.topic_id::text from mailing_topics about
    where about.account_id = mailing.account_id and about.mailing_id = mailing.mailing_id order by about.topic_id) as topic_ids`,
])

function column({ chosen, id }: Kind, excluded: boolean, name: RawBuilder<unknown>) {
  return sql`array(select chosen.${id}::text from ${chosen} chosen
    where chosen.account_id = mailing.account_id and chosen.mailing_id = mailing.mailing_id
      and chosen.excluded = ${sql.lit(excluded)}
    order by chosen.${id}) as ${name}`
}

/**
 * Puts the lists that are given in place of those that a mailing had; the others stay.
 *
 * @throws mailing.invalid for one that the account does not have, that is archived, or that is chosen and left out at once
 */
export async function choose(trx: Trx, accountId: string, mailingId: string, asked: MailingChange): Promise<void> {
  const given = lists.flatMap(({ name, ...list }) => {
    const ids = asked[name]
    return ids === undefined ? [] : [{ name, ids, ...list }]
  })
  for (const { kind, excluded, ids } of given)
    await run(
      trx,
      sql`
      delete from ${kind.chosen}
      where account_id = ${accountId} and mailing_id = ${mailingId} and excluded = ${excluded}
        and ${kind.id} <> all (${ids}::bigint[])`,
    )
  for (const { name, kind, excluded, ids } of given) {
    await run(
      trx,
      sql`
      insert into ${kind.chosen} (account_id, mailing_id, ${kind.id}, excluded)
      select account_id, ${mailingId}, ${kind.id}, ${excluded}::boolean from ${kind.all}
      where account_id = ${accountId} and ${kind.id} = any (${ids}::bigint[]) and archived_at is null
      on conflict do nothing`,
    )
    const { chosen } = await row(
      trx,
      sql<{ chosen: number }>`
      select count(*)::int as chosen from ${kind.chosen}
      where account_id = ${accountId} and mailing_id = ${mailingId} and excluded = ${excluded}
        and ${kind.id} = any (${ids}::bigint[])`,
    )
    if (chosen === new Set(ids).size) continue
    throw wrong(name, `One of these ${kind.of} does not exist, is archived, or is both chosen and left out.`)
  }
  if (asked.topicIds) await chooseTopics(trx, accountId, mailingId, asked.topicIds)
}

async function chooseTopics(trx: Trx, accountId: string, mailingId: string, ids: string[]): Promise<void> {
  await run(
    trx,
    sql`
    delete from mailing_topics
    where account_id = ${accountId} and mailing_id = ${mailingId} and topic_id <> all (${ids}::bigint[])`,
  )
  await run(
    trx,
    sql`
    insert into mailing_topics (account_id, mailing_id, topic_id)
    select account_id, ${mailingId}, topic_id from topics
    where account_id = ${accountId} and topic_id = any (${ids}::bigint[]) and archived_at is null
    on conflict do nothing`,
  )
  const { chosen } = await row(
    trx,
    sql<{ chosen: number }>`
    select count(*)::int as chosen from mailing_topics where account_id = ${accountId} and mailing_id = ${mailingId}`,
  )
  if (chosen !== new Set(ids).size) throw wrong('topicIds', 'One of these topics does not exist or is archived.')
}

const wrong = (list: string, message: string) =>
  new DomainError<MailingErrorCode>('mailing.invalid', message, { fields: [{ path: `/${list}`, message }] })
