-- 0021 tracking: opens and clicks, off until an account, a mailing and the contact allow them (LW-15).
-- Why roll-ups: pages read sums per hour and per link, never single events; no IP address and no user agent is kept.
alter table accounts add column tracking boolean not null default false;
alter table mailings add column tracking boolean;    -- null: as the account

-- Addresses whose holder, or an operator for them, wants no tracking. By key, so that it outlives the contact.
create table tracking_refusals (
  account_id  bigint not null,
  address_key bytea not null check (octet_length(address_key) = 16),
  refused_at  timestamptz not null default now(),
  by_holder   boolean not null,                     -- said on the preferences page; an operator cannot end it
  primary key (account_id, address_key)
);

-- A refusal goes with the person to another address, and to the record that theirs is merged into.
create function carry_tracking_refusal(of_account bigint, of_contact bigint, former bytea) returns void
language sql security definer set search_path = public, pg_temp as $$
  insert into tracking_refusals as mine (account_id, address_key, refused_at, by_holder)
  select of_account, contact.address_key, refusal.refused_at, refusal.by_holder
  from contacts contact
  join tracking_refusals refusal on refusal.account_id = of_account and refusal.address_key = former
  where contact.account_id = of_account and contact.contact_id = of_contact and contact.address_key <> former
  on conflict (account_id, address_key) do update set by_holder = true where excluded.by_holder and not mine.by_holder
$$;
grant execute on function carry_tracking_refusal(bigint, bigint, bytea) to lastword_app;
create function keep_tracking_refusal() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'contacts' then
    perform public.carry_tracking_refusal(old.account_id, old.contact_id, old.address_key);
  else
    perform public.carry_tracking_refusal(new.account_id, new.contact_id, new.address_key);
  end if;
  return null;
end $$;
create trigger untracked after update of address_key on contacts for each row
  when (new.address_key <> old.address_key) execute function keep_tracking_refusal();
create trigger untracked after insert on contact_former_addresses for each row execute function keep_tracking_refusal();

-- Where a mailing's links lead, fixed when it is sent: the database takes counts afterwards, and no other place (AB-8).
-- No foreign key: links in mail that was sent still lead there when the mailing is deleted.
create table mailing_links (
  account_id     bigint not null,
  mailing_id     bigint not null,
  number         int not null check (number > 0),
  url            text not null check (url ~ '^https?://'),
  people         bigint not null default 0,         -- who clicked it, each once
  clicks         bigint not null default 0,         -- without machines
  machine_clicks bigint not null default 0,
  primary key (account_id, mailing_id, number)
);
revoke update, delete, truncate on mailing_links from lastword_app;
grant update (people, clicks, machine_clicks) on mailing_links to lastword_app;

-- What came back of a mailing in each hour.
create table response_hours (
  account_id     bigint not null,
  mailing_id     bigint not null,
  hour           timestamptz not null,              -- its begin, whole in UTC
  opened         bigint not null default 0,         -- people, in the hour of their first
  clicked        bigint not null default 0,
  opens          bigint not null default 0,         -- every one, without machines
  clicks         bigint not null default 0,
  machine_opens  bigint not null default 0,
  machine_clicks bigint not null default 0,
  primary key (account_id, mailing_id, hour)
);
create index response_hours_by_hour on response_hours (account_id, hour);

-- Which links somebody clicked; gone with the person's other responses when they are erased.
alter table responses add column links int[] not null default '{}';

insert into response_hours (account_id, mailing_id, hour, opened, clicked, opens, clicks)
select account_id, mailing_id, date_trunc('hour', first_at, 'UTC'),
       count(*) filter (where kind = 'opened'), count(*) filter (where kind = 'clicked'),
       coalesce(sum(times) filter (where kind = 'opened'), 0), coalesce(sum(times) filter (where kind = 'clicked'), 0)
from responses group by 1, 2, 3;
