import { rows, run, sql, type Trx } from '../platform/database.ts'
import { type HeldContacts, type Holder, proofOf } from './holder.ts'

/**
 * Records which of the topics that a page offered its holder ticked; what was not offered stays as it is.
 *
 * Ticked means chosen, by the contact that the page showed. Not ticked means left where it was chosen before, for every
 * spelling of the mailbox, and says nothing where it was not. What waits to be sent about a topic left is withheld (OC-32).
 */
export async function chooseTopics(
  trx: Trx,
  holder: Holder,
  contacts: HeldContacts,
  { offered, ticked }: { offered: string[]; ticked: string[] },
): Promise<void> {
  const { accountId } = holder
  const changed = await rows(
    trx,
    sql<{ chosen: boolean }>`
    with asked as (
      select topic_id, name, topic_id = any (${ticked}::bigint[]) as chosen from topics
      where account_id = ${accountId} and archived_at is null and topic_id = any (${offered}::bigint[])
    ), changed as (
      insert into contact_topics as choice (account_id, contact_id, topic_id, chosen, at, source)
      select ${accountId}, mine.contact_id, asked.topic_id, asked.chosen, clock_timestamp(), 'preferences'
      from asked cross join unnest(${contacts}::bigint[]) as mine (contact_id)
      left join contact_topics before
        on before.account_id = ${accountId} and before.contact_id = mine.contact_id and before.topic_id = asked.topic_id
      where case when asked.chosen then mine.contact_id = ${contacts[0]} else before.chosen end
      on conflict (account_id, contact_id, topic_id) do update
        set chosen = excluded.chosen, at = excluded.at, source = excluded.source
        where choice.chosen <> excluded.chosen
      returning contact_id, topic_id, chosen
    )
    insert into contact_events (account_id, contact_id, kind, data)
    select ${accountId}, changed.contact_id, case when changed.chosen then 'topic_chosen' else 'topic_left' end,
           ${JSON.stringify(proofOf(holder))}::jsonb || jsonb_build_object('topicId', changed.topic_id::text, 'topic', asked.name)
    from changed join asked on asked.topic_id = changed.topic_id
    returning kind = 'topic_chosen' as chosen`,
  )
  if (changed.some(({ chosen }) => !chosen)) await withholdLeft(trx, accountId, contacts)
}

async function withholdLeft(trx: Trx, accountId: string, contacts: HeldContacts): Promise<void> {
  await run(
    trx,
    sql`
    update messages message set state = 'withheld', answer = 'left the topic', answered_at = clock_timestamp()
    where message.account_id = ${accountId} and message.contact_id = any (${contacts}::bigint[])
      and message.is_open and message.state in ('queued', 'deferred') and message.by_topic
      and not exists (select from mailing_topics about
                      join contact_topics choice on choice.account_id = about.account_id and choice.topic_id = about.topic_id
                      where about.account_id = ${accountId} and about.mailing_id = message.mailing_id
                        and choice.contact_id = message.contact_id and choice.chosen)`,
  )
}
