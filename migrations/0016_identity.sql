-- 0016 identity: which addresses a contact had before, so that the link in a mail to a former address still works for
-- the person (INV-12), and merging two contacts of one person.

-- Keys only: the former address itself is nowhere kept for this. Written by the trigger and by merge_contacts alone.
create table contact_former_addresses (
  account_id  bigint not null,
  address_key bytea not null check (octet_length(address_key) = 16),
  contact_id  bigint not null,
  since       timestamptz not null default now(),
  primary key (account_id, address_key, contact_id),
  foreign key (account_id, contact_id) references contacts on delete cascade
);
create index contact_former_addresses_by_contact on contact_former_addresses (account_id, contact_id);
revoke insert, update, delete, truncate on contact_former_addresses from lastword_app;

-- Whatever changes an address, the key that it had is remembered.
create function remember_former_address() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into contact_former_addresses (account_id, address_key, contact_id) values (old.account_id, old.address_key, old.contact_id)
    on conflict do nothing;
  return null;
end $$;
create trigger former after update of address_key on contacts for each row
  when (new.address_key <> old.address_key) execute function remember_former_address();

-- Opts out the present address of everybody who formerly had an address that this entry opted out; gives how many.
-- Called while nobody can change an address: the lock (1279738, account) is held alone.
create function carry_optouts(of_account bigint, entry bigint) returns bigint
language plpgsql set search_path = public, pg_temp as $$
declare
  carried bigint;
begin
  insert into standing_optouts (account_id, address_key, entry_id, source, mailing_id, opted_out_at)
    select distinct on (contact.address_key) of_account, contact.address_key, entry, standing.source, standing.mailing_id, standing.opted_out_at
    from contact_former_addresses former
    join standing_optouts standing on standing.account_id = of_account and standing.address_key = former.address_key and standing.entry_id = entry
    join contacts contact on contact.account_id = of_account and contact.contact_id = former.contact_id
    where former.account_id = of_account
    order by contact.address_key
    on conflict do nothing;
  get diagnostics carried = row_count;
  return carried;
end $$;

-- As before; and a person who formerly had one of these addresses is out under the present one too.
-- The contacts of the keys are held first: a change of address under way is finished then, and the table above says where they are.
create or replace function record_optouts(of_account bigint, keys bytea[], via text, from_mailing bigint, by_user bigint,
                                          by_api_key bigint, proof jsonb)
returns table (entry_id bigint, opted_out bigint, already bigint, opted_out_at timestamptz)
language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  asked bigint;
  fresh bigint;
  entry bigint := nextval(pg_get_serial_sequence('optout_ledger', 'entry_id'));
  moment timestamptz;
  present bytea[];
  carried bigint := 0;
begin
  if cardinality(keys) > 1 then  -- stands in line with opt-outs of a group or file, which write the same rows in another order
    perform pg_advisory_xact_lock_shared(1279738, (of_account % 2147483647)::int);
  end if;
  perform from contacts contact where contact.account_id = of_account and contact.address_key = any (keys)
    order by contact.contact_id for no key update;
  present := array(
    select contact.address_key from contacts contact
    where contact.account_id = of_account
      and contact.contact_id in (select former.contact_id from contact_former_addresses former
                                 where former.account_id = of_account and former.address_key = any (keys))
    order by contact.contact_id for no key update);
  moment := clock_timestamp();
  with recorded as (
    insert into standing_optouts as standing (account_id, address_key, entry_id, source, mailing_id, opted_out_at)
    select of_account, key, entry, via, from_mailing, moment from (select distinct key from unnest(keys) key order by key) ordered
    on conflict (account_id, address_key) do update
      set source = excluded.source, mailing_id = coalesce(excluded.mailing_id, standing.mailing_id)
      where optout_strength(excluded.source) > optout_strength(standing.source)
    returning standing.entry_id
  )
  select count(*) filter (where recorded.entry_id = entry), (select count(distinct key) from unnest(keys) key) into fresh, asked from recorded;
  if cardinality(present) > 0 then
    with recorded as (
      insert into standing_optouts as standing (account_id, address_key, entry_id, source, mailing_id, opted_out_at)
      select of_account, key, entry, via, from_mailing, moment
      from (select distinct key from unnest(present) key where key <> all (keys) order by key) ordered
      on conflict (account_id, address_key) do update
        set source = excluded.source, mailing_id = coalesce(excluded.mailing_id, standing.mailing_id)
        where optout_strength(excluded.source) > optout_strength(standing.source)
      returning standing.entry_id
    )
    select count(*) filter (where recorded.entry_id = entry) into carried from recorded;
  end if;
  insert into optout_ledger (account_id, entry_id, source, address_key, mailing_id, user_id, api_key_id, evidence, opted_out, already, at)
    overriding system value
    values (of_account, entry, via, case when asked = 1 then keys[1] end, from_mailing, by_user, by_api_key,
            case when carried > 0 then coalesce(proof, '{}') || jsonb_build_object('presentAddresses', carried) else coalesce(proof, '{}') end,
            fresh, asked - fresh, moment);
  update messages message set state = 'withheld', answer = 'opted out', answered_at = clock_timestamp()
    where message.account_id = of_account and message.address_key = any (keys || present) and message.state in ('queued', 'claimed', 'deferred');
  return query select entry, fresh, asked - fresh,
    (select min(standing.opted_out_at) from standing_optouts standing where standing.account_id = of_account and standing.address_key = any (keys));
end $$;

create or replace function record_group_optouts(of_account bigint, of_group bigint, by_user bigint, by_api_key bigint, proof jsonb)
returns table (entry_id bigint, opted_out bigint, already bigint)
language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  entry bigint;
  asked bigint;
  fresh bigint;
  carried bigint;
  moment timestamptz;
  keys bytea[];
begin
  perform pg_advisory_xact_lock(1279738, (of_account % 2147483647)::int);  -- nobody joins or is edited meanwhile
  moment := clock_timestamp();
  entry := nextval(pg_get_serial_sequence('optout_ledger', 'entry_id'));
  keys := array(  -- in order: an index that grows from left to right is written in half the time
    select distinct contact.address_key
    from group_members member join contacts contact using (account_id, contact_id)
    where member.account_id = of_account and member.group_id = of_group order by contact.address_key);
  asked := cardinality(keys);
  insert into standing_optouts (account_id, address_key, entry_id, source, opted_out_at)
    select of_account, key, entry, 'bulk', moment from unnest(keys) key
    on conflict do nothing;
  get diagnostics fresh = row_count;
  carried := carry_optouts(of_account, entry);
  insert into optout_ledger (account_id, entry_id, source, group_id, user_id, api_key_id, evidence, opted_out, already, at)
    overriding system value
    values (of_account, entry, 'bulk', of_group, by_user, by_api_key, optout_evidence(proof, carried), fresh, asked - fresh, moment);
  perform withhold_messages(of_account);
  return query select entry, fresh, asked - fresh;
end $$;

create or replace function record_import_optouts(of_account bigint, of_import bigint, by_user bigint, by_api_key bigint, proof jsonb)
returns table (entry_id bigint, opted_out bigint, already bigint)
language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  entry bigint;
  asked bigint;
  fresh bigint;
  carried bigint;
  moment timestamptz;
  keys bytea[];
begin
  perform pg_advisory_xact_lock(1279738, (of_account % 2147483647)::int);
  moment := clock_timestamp();
  entry := nextval(pg_get_serial_sequence('optout_ledger', 'entry_id'));
  keys := array(
    select distinct row.address_key from import_rows row
    where row.account_id = of_account and row.import_id = of_import and row.opt_out and row.address_key is not null
    order by row.address_key);
  asked := cardinality(keys);
  insert into standing_optouts (account_id, address_key, entry_id, source, opted_out_at)
    select of_account, key, entry, 'import', moment from unnest(keys) key
    on conflict do nothing;
  get diagnostics fresh = row_count;
  carried := carry_optouts(of_account, entry);
  insert into optout_ledger (account_id, entry_id, source, import_id, user_id, api_key_id, evidence, opted_out, already, at)
    overriding system value
    values (of_account, entry, 'import', of_import, by_user, by_api_key, optout_evidence(proof, carried), fresh, asked - fresh, moment);
  perform withhold_messages(of_account);
  return query select entry, fresh, asked - fresh;
end $$;

create or replace function record_many_optouts(of_account bigint, keys bytea[], via text, by_user bigint, by_api_key bigint, proof jsonb)
returns table (entry_id bigint, opted_out bigint, already bigint)
language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  entry bigint := nextval(pg_get_serial_sequence('optout_ledger', 'entry_id'));
  asked bigint;
  fresh bigint;
  carried bigint;
  moment timestamptz;
  sorted bytea[];
begin
  perform pg_advisory_xact_lock(1279738, (of_account % 2147483647)::int);  -- nobody joins or is edited meanwhile
  moment := clock_timestamp();
  sorted := array(select distinct key from unnest(keys) key order by key);
  asked := cardinality(sorted);
  insert into standing_optouts (account_id, address_key, entry_id, source, opted_out_at)
    select of_account, key, entry, via, moment from unnest(sorted) key
    on conflict do nothing;
  get diagnostics fresh = row_count;
  carried := carry_optouts(of_account, entry);
  insert into optout_ledger (account_id, entry_id, source, user_id, api_key_id, evidence, opted_out, already, at)
    overriding system value
    values (of_account, entry, via, by_user, by_api_key, optout_evidence(proof, carried), fresh, asked - fresh, moment);
  perform withhold_messages(of_account);
  return query select entry, fresh, asked - fresh;
end $$;

-- What is kept as evidence, with how many present addresses went out because a former one did.
create function optout_evidence(proof jsonb, carried bigint) returns jsonb language sql immutable as $$
  select coalesce(proof, '{}') || case when carried > 0 then jsonb_build_object('presentAddresses', carried) else '{}' end
$$;

-- Gives one contact everything that happened to another of the same person and removes that one; the caller holds both,
-- has opted both out when one was, and has changed the details. The other's address stays as a former one of the kept.
create function merge_contacts(of_account bigint, kept bigint, other bigint) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update contact_events set contact_id = kept where account_id = of_account and contact_id = other;
  update messages message set contact_id = case when not exists (  -- of a mailing that both got the kept one's message stays
      select from messages mine where mine.account_id = of_account and mine.mailing_id = message.mailing_id and mine.contact_id = kept)
    then kept end
    where message.account_id = of_account and message.contact_id = other;
  with gone as (
    delete from responses where account_id = of_account and contact_id = other returning mailing_id, kind, first_at, times
  )
  insert into responses as mine (account_id, mailing_id, contact_id, kind, first_at, times)
    select of_account, gone.mailing_id, kept, gone.kind, gone.first_at, gone.times from gone
    on conflict (account_id, mailing_id, kind, contact_id) do update
      set first_at = least(mine.first_at, excluded.first_at), times = mine.times + excluded.times;
  insert into contact_holds as mine (account_id, contact_id, because_key, held_at)
    select of_account, kept, because_key, held_at from contact_holds
    where account_id = of_account and contact_id = other and released_at is null
    on conflict (account_id, contact_id) do update set because_key = excluded.because_key, held_at = excluded.held_at, released_at = null, released_by = null
      where mine.released_at is not null and mine.because_key <> excluded.because_key;
  delete from import_changes where account_id = of_account and contact_id = other;  -- an undo does not reach the kept one
  insert into contact_former_addresses (account_id, address_key, contact_id, since)
    select of_account, address_key, kept, now() from contacts where account_id = of_account and contact_id = other
    union select of_account, address_key, kept, since from contact_former_addresses where account_id = of_account and contact_id = other
    on conflict do nothing;
  delete from contacts where account_id = of_account and contact_id = other;
end $$;
grant execute on function merge_contacts(bigint, bigint, bigint) to lastword_app;
