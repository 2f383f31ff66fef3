import { type Db, run, sql } from '../platform/database.ts'
import type { ResponseEvent } from './event.ts'

/** What comes this soon after the receiving server took the message was a scanner on the way (AB-2). */
const TOO_SOON_SECONDS = 3

/**
 * Writes opens and clicks of one account: per person, per link and per hour, in one statement.
 *
 * Nothing is kept of erased contacts, of addresses that opted out (LW-11) and of those that refuse tracking (LW-15).
 * Machines are counted per link and hour and never stand at a person. No status depends on any of it (AB-1).
 */
export async function recordResponses(db: Db, accountId: string, events: ResponseEvent[]): Promise<void> {
  await run(
    db,
    sql`
    with known as materialized (
      select message.mailing_id, message.contact_id, event.kind, event.number, event.at,
        date_trunc('hour', event.at, 'UTC') as hour,
        event.machine or event.at < coalesce(message.answered_at, 'infinity') + make_interval(secs => ${TOO_SOON_SECONDS}) as machine
      from unnest(${events.map(({ messageId }) => messageId)}::bigint[], ${events.map(({ kind }) => kind)}::text[],
                  ${events.map(({ number }) => number)}::int[], ${events.map(({ at }) => at)}::timestamptz[],
                  ${events.map(({ isMachine }) => isMachine)}::boolean[]) as event (message_id, kind, number, at, machine)
      join messages message on message.account_id = ${accountId} and message.message_id = event.message_id
      where message.contact_id is not null
        and not exists (select from standing_optouts optout
                        where optout.account_id = ${accountId} and optout.address_key = message.address_key)
        and not exists (select from tracking_refusals refusal
                        where refusal.account_id = ${accountId} and refusal.address_key = message.address_key)
    ), people as (
      select mailing_id, contact_id, kind, min(at) as first_at, count(*)::int as times,
        coalesce(array_agg(distinct number order by number) filter (where number > 0), '{}') as links
      from known where not machine group by mailing_id, contact_id, kind
    ), saved as (
      insert into responses as mine (account_id, mailing_id, contact_id, kind, first_at, times, links)
      select ${accountId}, mailing_id, contact_id, kind, first_at, times, links from people
      order by mailing_id, kind, contact_id
      on conflict (account_id, mailing_id, kind, contact_id) do update
        set first_at = least(mine.first_at, excluded.first_at), times = mine.times + excluded.times,
            links = array(select distinct unnest(mine.links || excluded.links) order by 1)
      returning mailing_id, contact_id, kind, first_at, xmax = 0 as is_first
    ), newcomers as (
      select people.mailing_id, link.number, count(*) as people
      from people
      cross join unnest(people.links) as link (number)
      left join responses before on before.account_id = ${accountId} and before.mailing_id = people.mailing_id
        and before.kind = people.kind and before.contact_id = people.contact_id
      where before.links is null or link.number <> all(before.links)
      group by people.mailing_id, link.number
    ), by_link as (
      select mailing_id, number, count(*) filter (where not machine) as clicks, count(*) filter (where machine) as machines
      from known where kind = 'clicked' group by mailing_id, number
    ), counted as (
      update mailing_links link
      set people = link.people + coalesce(newcomers.people, 0), clicks = link.clicks + by_link.clicks,
          machine_clicks = link.machine_clicks + by_link.machines
      from by_link left join newcomers using (mailing_id, number)
      where link.account_id = ${accountId} and link.mailing_id = by_link.mailing_id and link.number = by_link.number
    ), by_hour as (
      select mailing_id, date_trunc('hour', first_at, 'UTC') as hour, kind = 'opened' as opened, kind = 'clicked' as clicked,
        false as an_open, false as a_click, false as machine_open, false as machine_click
      from saved where is_first
      union all
      select mailing_id, hour, false, false, kind = 'opened' and not machine, kind = 'clicked' and not machine,
        kind = 'opened' and machine, kind = 'clicked' and machine
      from known
    )
    insert into response_hours as kept (account_id, mailing_id, hour, opened, clicked, opens, clicks, machine_opens, machine_clicks)
    select ${accountId}, mailing_id, hour, count(*) filter (where opened), count(*) filter (where clicked),
      count(*) filter (where an_open), count(*) filter (where a_click),
      count(*) filter (where machine_open), count(*) filter (where machine_click)
    from by_hour group by mailing_id, hour order by mailing_id, hour
    on conflict (account_id, mailing_id, hour) do update
      set opened = kept.opened + excluded.opened, clicked = kept.clicked + excluded.clicked,
          opens = kept.opens + excluded.opens, clicks = kept.clicks + excluded.clicks,
          machine_opens = kept.machine_opens + excluded.machine_opens,
          machine_clicks = kept.machine_clicks + excluded.machine_clicks`,
  )
}
