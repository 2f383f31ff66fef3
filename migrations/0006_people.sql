-- 0006 people: where a contact came from, typed fields, topics, segments, and opt-outs of any set of addresses at once.
alter table contacts add column source text not null default 'operator' check (source in ('operator', 'api', 'import', 'form'));
update contacts set source = 'import' where import_id is not null;
update contacts contact set source = 'api' from contact_events event
  where event.account_id = contact.account_id and event.contact_id = contact.contact_id and event.kind = 'added' and event.api_key_id is not null;

-- What a field holds; values stand in contacts.fields as JSON of the fitting kind. The type never changes.
alter table fields
  add column type text not null default 'short'
    check (type in ('short', 'long', 'number', 'date', 'one_of', 'several_of', 'yes_no')),
  add column options jsonb not null default '[]' check (jsonb_typeof(options) = 'array'),  -- of one_of and several_of, in their order
  add column required boolean not null default false,
  add column archived_at timestamptz;

-- What a contact chooses to receive; operators do not choose for it.
create table topics (
  account_id  bigint not null,
  topic_id    bigint generated always as identity,
  name        text not null check (name <> ''),
  description text not null default '',
  position    int not null default 0,
  created_at  timestamptz not null default now(),
  archived_at timestamptz,
  primary key (account_id, topic_id)
);
create unique index topics_name on topics (account_id, lower(name)) where archived_at is null;

create table contact_topics (
  account_id bigint not null,
  contact_id bigint not null,
  topic_id   bigint not null,
  chosen     boolean not null,                      -- false: left this topic, which is no opt-out
  at         timestamptz not null default now(),
  primary key (account_id, contact_id, topic_id),
  foreign key (account_id, contact_id) references contacts on delete cascade,
  foreign key (account_id, topic_id) references topics on delete cascade
);
create index contact_topics_by_topic on contact_topics (account_id, topic_id, contact_id);

-- Contacts picked by a saved condition; who is in it is worked out whenever it is asked.
create table segments (
  account_id  bigint not null,
  segment_id  bigint generated always as identity,
  name        text not null check (name <> ''),
  condition   jsonb not null,                       -- condition.contract.ts
  created_by  bigint,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  archived_at timestamptz,
  primary key (account_id, segment_id)
);
create unique index segments_name on segments (account_id, lower(name)) where archived_at is null;

-- Who gets a mailing: groups and segments, less the excluded ones.
alter table mailing_groups add column excluded boolean not null default false;
create table mailing_segments (
  account_id bigint not null,
  mailing_id bigint not null,
  segment_id bigint not null,
  excluded   boolean not null default false,
  primary key (account_id, mailing_id, segment_id),
  foreign key (account_id, mailing_id) references mailings on delete cascade,
  foreign key (account_id, segment_id) references segments on delete cascade
);

alter table contact_events drop constraint contact_events_kind_check;
alter table contact_events add constraint contact_events_kind_check
  check (kind in ('added', 'edited', 'to_error', 'to_active', 'joined_group', 'left_group', 'archived', 'restored', 'held', 'released',
                  'imported', 'import_undone', 'merged', 'topic_chosen', 'topic_left'));

-- Opts out any number of addresses by key in one statement and one ledger entry: a selection, a segment, a pasted list (INV-17).
create function record_many_optouts(of_account bigint, keys bytea[], via text, by_user bigint, by_api_key bigint, proof jsonb)
returns table (entry_id bigint, opted_out bigint, already bigint)
language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  entry bigint := nextval(pg_get_serial_sequence('optout_ledger', 'entry_id'));
  asked bigint;
  fresh bigint;
  moment timestamptz;
begin
  perform pg_advisory_xact_lock(1279738, (of_account % 2147483647)::int);  -- nobody joins or is edited meanwhile
  moment := clock_timestamp();
  select count(distinct key) into asked from unnest(keys) key;
  insert into standing_optouts (account_id, address_key, entry_id, source, opted_out_at)
    select distinct of_account, key, entry, via, moment from unnest(keys) key
    on conflict do nothing;
  get diagnostics fresh = row_count;
  insert into optout_ledger (account_id, entry_id, source, user_id, api_key_id, evidence, opted_out, already, at)
    overriding system value
    values (of_account, entry, via, by_user, by_api_key, coalesce(proof, '{}'), fresh, asked - fresh, moment);
  perform withhold_messages(of_account);
  return query select entry, fresh, asked - fresh;
end $$;
grant execute on function record_many_optouts(bigint, bytea[], text, bigint, bigint, jsonb) to lastword_app;
