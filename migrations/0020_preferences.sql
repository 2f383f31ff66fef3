-- 0020 preferences: what people choose for themselves on the preferences page, and one opt-out for a whole organization.
-- Why rights and triggers: a topic left, a pause and a request are the holder's; operators, imports and programs may read
-- them and have no statement that takes them back. docs/decisions/0006-scopes-of-an-opt-out.md tells which of them goes before which.

-- Topics: where a choice came from; a locked contact chooses nothing, and nobody removes a choice but with the contact.
alter table contact_topics add column source text not null default 'preferences' check (source in ('preferences', 'form'));
revoke delete, truncate on contact_topics from lastword_app;

-- The language of the public pages, as the person chose it.
create table contact_languages (
  account_id bigint not null,
  contact_id bigint not null,
  language   text not null check (language ~ '^[a-z]{2,3}$'),
  at         timestamptz not null default now(),
  primary key (account_id, contact_id),
  foreign key (account_id, contact_id) references contacts on delete cascade
);
revoke delete, truncate on contact_languages from lastword_app;

create function guard_contact_choice() returns trigger language plpgsql as $$
declare
  key bytea;
begin
  perform pg_advisory_xact_lock_shared(1279738, (new.account_id % 2147483647)::int);
  select contact.address_key into key from contacts contact
    where contact.account_id = new.account_id and contact.contact_id = new.contact_id;
  if exists (select from standing_optouts standing where standing.account_id = new.account_id and standing.address_key = key) then
    raise exception 'this contact opted out: details and status are locked' using errcode = 'LW001';
  end if;
  return new;
end $$;
alter function guard_contact_choice() set enable_seqscan = off;
create trigger locked before insert or update on contact_topics for each row execute function guard_contact_choice();
create trigger locked before insert or update on contact_languages for each row execute function guard_contact_choice();

-- Fields that people may fill in on their preferences page.
alter table fields add column editable boolean not null default false;

-- Pauses: no mail to an address until a moment, by the holder's wish. By key, so that erasing the contact and adding it
-- again does not end one. Written by record_pause alone.
create table pauses (
  account_id  bigint not null,
  address_key bytea not null check (octet_length(address_key) = 16),
  paused_at   timestamptz not null,
  ends_at     timestamptz not null,                 -- moved to the present when the holder ends it
  primary key (account_id, address_key)
);
revoke insert, update, delete, truncate on pauses from lastword_app;

-- Pauses an address for some days from now, or with null days ends its pause; gives until when, null for not paused.
create function record_pause(of_account bigint, of_key bytea, days int) returns timestamptz
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  until_then timestamptz := clock_timestamp() + make_interval(days => days);
begin
  perform from contacts contact where contact.account_id = of_account and contact.address_key = of_key
    order by contact.contact_id for no key update;
  if exists (select from standing_optouts standing where standing.account_id = of_account and standing.address_key = of_key) then
    raise exception 'this contact opted out: details and status are locked' using errcode = 'LW001';
  end if;
  if days is null then
    update pauses set ends_at = clock_timestamp()
      where account_id = of_account and address_key = of_key and ends_at > clock_timestamp();
    return null;
  end if;
  if days not in (30, 60, 90) then
    raise exception 'a pause takes 30, 60 or 90 days' using errcode = '22023';
  end if;
  insert into pauses as pause (account_id, address_key, paused_at, ends_at)
    values (of_account, of_key, clock_timestamp(), until_then)
    on conflict (account_id, address_key) do update set paused_at = excluded.paused_at, ends_at = excluded.ends_at;
  update messages message set state = 'withheld', answer = 'paused by the contact', answered_at = clock_timestamp()
    where message.account_id = of_account and message.address_key = of_key and message.state in ('queued', 'claimed', 'deferred');
  return until_then;
end $$;
grant execute on function record_pause(bigint, bytea, int) to lastword_app;

-- A pause goes with the person to another address, and to the record that theirs is merged into.
create function carry_pause(of_account bigint, of_contact bigint, former bytea) returns void
language sql security definer set search_path = public, pg_temp as $$
  insert into pauses as mine (account_id, address_key, paused_at, ends_at)
  select of_account, contact.address_key, pause.paused_at, pause.ends_at
  from contacts contact
  join pauses pause on pause.account_id = of_account and pause.address_key = former and pause.ends_at > now()
  where contact.account_id = of_account and contact.contact_id = of_contact and contact.address_key <> former
  on conflict (account_id, address_key) do update set paused_at = excluded.paused_at, ends_at = excluded.ends_at
    where excluded.ends_at > mine.ends_at
$$;
grant execute on function carry_pause(bigint, bigint, bytea) to lastword_app;
create function keep_pause() returns trigger language plpgsql as $$
begin
  perform public.carry_pause(old.account_id, old.contact_id, old.address_key);
  return null;
end $$;
create trigger paused after update of address_key on contacts for each row
  when (new.address_key <> old.address_key) execute function keep_pause();
create function keep_pause_of_merged() returns trigger language plpgsql as $$
begin
  perform public.carry_pause(new.account_id, new.contact_id, new.address_key);
  return null;
end $$;
create trigger paused after insert on contact_former_addresses for each row execute function keep_pause_of_merged();

-- "May receive" (D4) as before, and not while paused.
create or replace view mailable_contacts as
  select contact.account_id, contact.contact_id, contact.address, contact.address_key, contact.fields
  from contacts contact
  where contact.archived_at is null
    and not exists (select from standing_optouts optout
                    where optout.account_id = contact.account_id and optout.address_key = contact.address_key)
    and not exists (select from contact_errors failure
                    where failure.account_id = contact.account_id and failure.contact_id = contact.contact_id)
    and not exists (select from contact_holds hold
                    where hold.account_id = contact.account_id and hold.contact_id = contact.contact_id and hold.released_at is null)
    and not exists (select from pauses pause
                    where pause.account_id = contact.account_id and pause.address_key = contact.address_key and pause.ends_at > now());

-- Topics of a mailing: only who chose one of them gets it.
create table mailing_topics (
  account_id bigint not null,
  mailing_id bigint not null,
  topic_id   bigint not null,
  primary key (account_id, mailing_id, topic_id),
  foreign key (account_id, mailing_id) references mailings on delete cascade,
  foreign key (account_id, topic_id) references topics on delete cascade
);

-- Set where the audience of a mailing with topics is frozen: so that other mailings pay nothing for the check below.
alter table messages add column by_topic boolean not null default false;

-- The last check of a mailing with topics. Who left while the audience was being frozen is met here: withheld when the
-- message is queued again, refused when it is handed over. Each look-up is of one table by its key, as in guard_message.
create function guard_message_topics() returns trigger language plpgsql as $$
begin
  if exists (select from public.mailing_topics about
             where about.account_id = new.account_id and about.mailing_id = new.mailing_id
               and exists (select from public.contact_topics choice
                           where choice.account_id = new.account_id and choice.contact_id = new.contact_id
                             and choice.topic_id = about.topic_id and choice.chosen)) then
    return new;
  end if;
  if new.state = 'handed_over' then
    raise exception 'this contact left the topic: the message is withheld' using errcode = 'LW002';
  end if;
  new.state := 'withheld';
  new.answer := 'left the topic';
  new.answered_at := clock_timestamp();
  return new;
end $$;
alter function guard_message_topics() set enable_seqscan = off;
create trigger topics before update of state on messages for each row
  when (new.by_topic and new.state in ('queued', 'handed_over', 'deferred') and new.state is distinct from old.state)
  execute function guard_message_topics();

-- What people ask of the account beyond its mail. The law gives a month (GDPR Art. 12 (3)); a request is never removed.
create table data_requests (
  account_id  bigint not null,
  request_id  bigint generated always as identity,
  kind        text not null check (kind in ('copy', 'erase')),
  contact_id  bigint,                               -- null once the contact is erased
  address_key bytea not null check (octet_length(address_key) = 16),
  mailing_id  bigint,                               -- whose link they used
  evidence    jsonb not null default '{}',          -- request headers without cookies, key id of the link; never an address
  asked_at    timestamptz not null default clock_timestamp(),
  due_on      date not null default ((now() at time zone 'UTC') + interval '1 month')::date,
  settled_at  timestamptz,
  settled_by  bigint,
  settled_key bigint,                               -- the API key, when a program did it
  outcome     text check (outcome in ('answered', 'erased')),
  primary key (account_id, request_id),
  check ((settled_at is null) = (outcome is null))
);
create unique index data_requests_once on data_requests (account_id, address_key, kind) where settled_at is null;
create index data_requests_open on data_requests (account_id, due_on, request_id) where settled_at is null;
create index data_requests_by_contact on data_requests (account_id, contact_id) where contact_id is not null;
revoke update, delete, truncate on data_requests from lastword_app;
grant update (contact_id, settled_at, settled_by, settled_key, outcome) on data_requests to lastword_app;

-- Erasing the contact is the answer to every request of theirs.
create function settle_by_erasure() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update data_requests request
    set contact_id = null, settled_at = coalesce(request.settled_at, clock_timestamp()), outcome = coalesce(request.outcome, 'erased')
    where request.account_id = old.account_id and request.contact_id = old.contact_id;
  return null;
end $$;
create trigger requests after delete on contacts for each row execute function settle_by_erasure();

alter table contact_events drop constraint contact_events_kind_check;
alter table contact_events add constraint contact_events_kind_check
  check (kind in ('added', 'edited', 'to_error', 'to_active', 'joined_group', 'left_group', 'archived', 'restored', 'held', 'released',
                  'imported', 'import_undone', 'merged', 'topic_chosen', 'topic_left', 'signed_up', 'paused', 'pause_ended', 'language_chosen',
                  'data_requested', 'data_request_settled'));

-- One opt-out for all accounts of an organization, while its owner wants it so.
alter table organizations
  add column one_optout_since timestamptz,
  add column one_optout_by bigint;
revoke update, delete, truncate on organizations from lastword_app;
grant update (name) on organizations to lastword_app;

-- Opt-outs by holders hold the advisory lock (1279739, organization) shared while they read the switch and the accounts;
-- turning it, and adding an account, holds it alone. So nobody opts out between the two.
alter function record_optouts(bigint, bytea[], text, bigint, bigint, bigint, jsonb) rename to record_account_optouts;
revoke execute on function record_account_optouts(bigint, bytea[], text, bigint, bigint, bigint, jsonb) from lastword_app;
create function record_optouts(of_account bigint, keys bytea[], via text, from_mailing bigint, by_user bigint,
                               by_api_key bigint, proof jsonb)
returns table (entry_id bigint, opted_out bigint, already bigint, opted_out_at timestamptz)
language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  org bigint;
  one bigint;
begin
  if via in ('link', 'one_click', 'preferences') then
    select account.organization_id into org from accounts account where account.account_id = of_account;
  end if;
  if org is not null then
    perform pg_advisory_xact_lock_shared(1279739, (org % 2147483647)::int);
    if exists (select from organizations where organization_id = org and one_optout_since is not null) then
      for one in select account.account_id from accounts account where account.organization_id = org order by account.account_id loop
        if one = of_account then
          return query select recorded.* from record_account_optouts(one, keys, via, from_mailing, by_user, by_api_key, proof) recorded;
        else
          perform from record_account_optouts(one, keys, via, null, null, null,
            coalesce(proof, '{}') || jsonb_build_object('organization', org, 'account', of_account));
        end if;
      end loop;
      return;
    end if;
  end if;
  return query select recorded.* from record_account_optouts(of_account, keys, via, from_mailing, by_user, by_api_key, proof) recorded;
end $$;
grant execute on function record_optouts(bigint, bytea[], text, bigint, bigint, bigint, jsonb) to lastword_app;

-- Gives an account the opt-outs that holders made in the other accounts of its organization; in effect there from now.
create function share_optouts_with(of_account bigint, org bigint) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  via text;
  entry bigint;
  fresh bigint;
  moment timestamptz;
begin
  perform pg_advisory_xact_lock(1279738, (of_account % 2147483647)::int);
  foreach via in array array['link', 'one_click', 'preferences'] loop
    moment := clock_timestamp();
    entry := nextval(pg_get_serial_sequence('optout_ledger', 'entry_id'));
    insert into standing_optouts as standing (account_id, address_key, entry_id, source, opted_out_at)
      select distinct of_account, other.address_key, entry, via, moment
      from standing_optouts other
      where other.account_id in (select account.account_id from accounts account where account.organization_id = org and account.account_id <> of_account)
        and other.source = via
      order by other.address_key
      on conflict (account_id, address_key) do nothing;
    get diagnostics fresh = row_count;
    continue when fresh = 0;
    insert into optout_ledger (account_id, entry_id, source, evidence, opted_out, already, at)
      overriding system value
      values (of_account, entry, via,
              optout_evidence(jsonb_build_object('organization', org), carry_optouts(of_account, entry)), fresh, 0, moment);
  end loop;
  perform withhold_messages(of_account);
end $$;

-- Turns the switch. Turning it off frees nobody: every account keeps its own standing opt-outs.
create function set_one_optout(org bigint, wanted boolean, by_user bigint) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  one bigint;
begin
  perform pg_advisory_xact_lock(1279739, (org % 2147483647)::int);
  if wanted then
    for one in select account.account_id from accounts account where account.organization_id = org order by account.account_id loop
      perform share_optouts_with(one, org);
    end loop;
  end if;
  update organizations set one_optout_since = case when wanted then coalesce(one_optout_since, clock_timestamp()) end,
                           one_optout_by = case when wanted then coalesce(one_optout_by, by_user) end
    where organization_id = org;
end $$;
grant execute on function set_one_optout(bigint, boolean, bigint) to lastword_app;

-- An account that is added later starts with the opt-outs of the others.
create function cover_new_account() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(1279739, (new.organization_id % 2147483647)::int);
  if exists (select from organizations where organization_id = new.organization_id and one_optout_since is not null) then
    perform share_optouts_with(new.account_id, new.organization_id);
  end if;
  return null;
end $$;
create trigger one_optout after insert or update of organization_id on accounts for each row execute function cover_new_account();
