-- 0005 opt-outs: facts about an address, never a value in a contact row.
-- Why here: every other table has many writers. These two have one way in, the routines below, and no way out.

-- Every opt-out ever recorded, in the order it came. Append-only, by trigger and by role (INV-25, LW-9).
create table optout_ledger (
  account_id  bigint not null,
  entry_id    bigint generated always as identity,
  source      text not null check (source in ('link', 'one_click', 'preferences', 'mailto', 'complaint', 'provider',
                                              'operator', 'bulk', 'import', 'api', 'emma_api')),
  address_key bytea check (octet_length(address_key) = 16),  -- null: an entry about many, see standing_optouts.entry_id
  mailing_id  bigint,                               -- the mailing it came from; that row may be gone
  group_id    bigint,
  import_id   bigint,
  user_id     bigint,
  api_key_id  bigint,
  evidence    jsonb not null default '{}',          -- request headers without cookies, key id of the link; never an address
  opted_out   bigint not null,                      -- addresses that this entry opted out
  already     bigint not null,                      -- addresses that were out before
  at          timestamptz not null default clock_timestamp(),
  primary key (account_id, entry_id)
);
create index optout_ledger_by_key on optout_ledger (account_id, address_key);
create index optout_ledger_by_mailing on optout_ledger (account_id, mailing_id) where mailing_id is not null;

-- Addresses that are out now. No foreign key: an opt-out outlives contact, group, mailing and import (INV-4).
create table standing_optouts (
  account_id   bigint not null,
  address_key  bytea not null check (octet_length(address_key) = 16),
  entry_id     bigint not null,                     -- where it first came from
  source       text not null,                       -- the strongest reason so far (INV-21)
  mailing_id   bigint,
  opted_out_at timestamptz not null,                -- of the first opt-out; never moves
  primary key (account_id, address_key)
);
create index standing_optouts_by_time on standing_optouts (account_id, opted_out_at, address_key);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'LW003';
end $$;
create trigger append_only before update or delete on optout_ledger for each row execute function refuse_change();
create trigger append_only_whole before truncate on optout_ledger for each statement execute function refuse_change();
create trigger append_only before update or delete on audit_events for each row execute function refuse_change();

-- A standing opt-out may gain a stronger source; nothing else about it changes, and it is never removed.
create function guard_standing_optout() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE'
     and (new.account_id, new.address_key, new.entry_id, new.opted_out_at)
       = (old.account_id, old.address_key, old.entry_id, old.opted_out_at)
     and optout_strength(new.source) > optout_strength(old.source) then
    return new;
  end if;
  raise exception 'a standing opt-out is not changed or removed' using errcode = 'LW003';
end $$;
create trigger standing before update or delete on standing_optouts for each row execute function guard_standing_optout();
create trigger standing_whole before truncate on standing_optouts for each statement execute function refuse_change();

-- 3: the holder's own act. 2: said by a mailbox provider. 1: an operator or a program.
create function optout_strength(source text) returns int language sql immutable parallel safe as $$
  select case when source in ('link', 'one_click', 'preferences', 'mailto', 'complaint') then 3
              when source = 'provider' then 2 else 1 end
$$;

-- One definition of a contact's status, and one of "may receive" (D1, D4, INV-22).
create view contact_status as
  select contact.account_id, contact.contact_id,
         case when optout.address_key is not null then 'opt_out'
              when failure.contact_id is not null then 'error'
              else 'active' end as status,
         optout.opted_out_at, optout.source as optout_source, optout.mailing_id as optout_mailing_id, optout.entry_id as optout_entry_id,
         failure.at as error_at, failure.reason as error_reason, failure.detail as error_detail,
         contact.address, contact.address_key, contact.fields, contact.created_at, contact.updated_at, contact.archived_at
  from contacts contact
  left join standing_optouts optout on optout.account_id = contact.account_id and optout.address_key = contact.address_key
  left join contact_errors failure on failure.account_id = contact.account_id and failure.contact_id = contact.contact_id;

create view mailable_contacts as
  select contact.account_id, contact.contact_id, contact.address, contact.address_key, contact.fields
  from contacts contact
  where contact.archived_at is null
    and not exists (select from standing_optouts optout
                    where optout.account_id = contact.account_id and optout.address_key = contact.address_key)
    and not exists (select from contact_errors failure
                    where failure.account_id = contact.account_id and failure.contact_id = contact.contact_id)
    and not exists (select from contact_holds hold
                    where hold.account_id = contact.account_id and hold.contact_id = contact.contact_id and hold.released_at is null);

-- Edits hold the advisory lock (1279738, account) shared, opt-outs of many hold it alone: so an edit that began
-- before a bulk opt-out is committed before that opt-out is answered (SE-11). Opt-outs of single addresses lock
-- the contact row instead. The look-ups below stand in place, not in a function: measured, a call costs more than they do.
-- Each look-up is of one table by its key: a join here takes the plan that the statement around it was told to take, and
-- with enable_nestloop off that reads every opt-out for every row (measured: 28 ms a row with 29,100 of them).

-- A locked contact can be archived and restored; every other change is refused (INV-2, INV-3).
create function guard_contact() returns trigger language plpgsql as $$
begin
  if (new.address, new.canonical, new.address_key, new.fields, new.account_id, new.contact_id, new.created_at, new.import_id)
     is not distinct from
     (old.address, old.canonical, old.address_key, old.fields, old.account_id, old.contact_id, old.created_at, old.import_id) then
    return new;
  end if;
  perform pg_advisory_xact_lock_shared(1279738, (old.account_id % 2147483647)::int);
  if exists (select from standing_optouts standing
             where standing.account_id = old.account_id and standing.address_key = old.address_key)
     or (new.address_key <> old.address_key
         and exists (select from standing_optouts standing
                     where standing.account_id = old.account_id and standing.address_key = new.address_key)) then
    raise exception 'this contact opted out: details and status are locked' using errcode = 'LW001';
  end if;
  return new;
end $$;
create trigger locked before update on contacts for each row execute function guard_contact();

-- A locked contact joins no group (D3, INV-6).
create function guard_group_member() returns trigger language plpgsql as $$
declare
  key bytea;
begin
  perform pg_advisory_xact_lock_shared(1279738, (new.account_id % 2147483647)::int);
  select contact.address_key into key from contacts contact
    where contact.account_id = new.account_id and contact.contact_id = new.contact_id;
  if exists (select from standing_optouts standing where standing.account_id = new.account_id and standing.address_key = key) then
    raise exception 'this contact opted out: it joins no group' using errcode = 'LW001';
  end if;
  return new;
end $$;
create trigger locked before insert or update on group_members for each row execute function guard_group_member();

-- Status facts of a locked contact do not change either, except that a bounce may be noted under the opt-out (BN-10).
create function guard_contact_error() returns trigger language plpgsql as $$
declare
  fact contact_errors;
  key bytea;
begin
  if tg_op = 'DELETE' then fact := old; else fact := new; end if;
  perform pg_advisory_xact_lock_shared(1279738, (fact.account_id % 2147483647)::int);
  select contact.address_key into key from contacts contact
    where contact.account_id = fact.account_id and contact.contact_id = fact.contact_id;
  if (tg_op = 'DELETE' or fact.reason <> 'delivery')
     and exists (select from standing_optouts standing where standing.account_id = fact.account_id and standing.address_key = key) then
    raise exception 'this contact opted out: details and status are locked' using errcode = 'LW001';
  end if;
  return fact;
end $$;
create trigger locked before insert or update or delete on contact_errors for each row execute function guard_contact_error();

-- No message to an opted-out address is ever handed over, whatever the program believes (INV-7).
create function guard_message() returns trigger language plpgsql as $$
begin
  if not exists (select from standing_optouts standing
                 where standing.account_id = new.account_id and standing.address_key = new.address_key) then
    return new;
  end if;
  if new.state = 'handed_over' then
    raise exception 'this address opted out: the message is withheld' using errcode = 'LW002';
  end if;
  new.state := 'withheld';                          -- opted out while the audience was frozen or a retry was waiting
  new.answer := 'opted out';
  return new;
end $$;
-- A connection keeps the first plan of these look-ups. Made while the table is small, it would read all of it, and go on
-- doing so after a bulk opt-out has made it large: by key they are asked, whatever the size.
alter function guard_contact() set enable_seqscan = off;
alter function guard_group_member() set enable_seqscan = off;
alter function guard_contact_error() set enable_seqscan = off;
alter function guard_message() set enable_seqscan = off;
create trigger locked_in before insert on messages for each row execute function guard_message();
create trigger locked_out before update of state on messages for each row
  when (new.state in ('queued', 'handed_over', 'deferred') and new.state is distinct from old.state)
  execute function guard_message();

-- Holds back what is waiting for addresses that are out. Called last in the routines for many.
create function withhold_messages(of_account bigint) returns void language sql as $$
  update messages message set state = 'withheld', answer = 'opted out', answered_at = clock_timestamp()
  where message.account_id = of_account and message.state in ('queued', 'claimed', 'deferred')
    and exists (select from standing_optouts standing
                where standing.account_id = message.account_id and standing.address_key = message.address_key)
$$;

-- Opts out up to some thousand addresses by key. The one way in for links, pages, operators and programs.
-- Locks the contacts first, so that an edit in flight is finished or refused before this is answered.
-- Of two requests for one address the second waits at the primary key for the first (OC-14).
create function record_optouts(of_account bigint, keys bytea[], via text, from_mailing bigint, by_user bigint,
                               by_api_key bigint, proof jsonb)
returns table (entry_id bigint, opted_out bigint, already bigint, opted_out_at timestamptz)
language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  asked bigint;
  fresh bigint;
  entry bigint := nextval(pg_get_serial_sequence('optout_ledger', 'entry_id'));
  moment timestamptz;
begin
  if cardinality(keys) > 1 then  -- stands in line with opt-outs of a group or file, which write the same rows in another order
    perform pg_advisory_xact_lock_shared(1279738, (of_account % 2147483647)::int);
  end if;
  perform from contacts contact where contact.account_id = of_account and contact.address_key = any (keys)
    order by contact.contact_id for no key update;
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
  insert into optout_ledger (account_id, entry_id, source, address_key, mailing_id, user_id, api_key_id, evidence, opted_out, already, at)
    overriding system value
    values (of_account, entry, via, case when asked = 1 then keys[1] end, from_mailing, by_user, by_api_key, coalesce(proof, '{}'),
            fresh, asked - fresh, moment);
  update messages message set state = 'withheld', answer = 'opted out', answered_at = clock_timestamp()
    where message.account_id = of_account and message.address_key = any (keys) and message.state in ('queued', 'claimed', 'deferred');
  return query select entry, fresh, asked - fresh,
    (select min(standing.opted_out_at) from standing_optouts standing where standing.account_id = of_account and standing.address_key = any (keys));
end $$;

-- Opts out everybody in a group, Error and archived contacts too, in one statement (INV-17).
create function record_group_optouts(of_account bigint, of_group bigint, by_user bigint, by_api_key bigint, proof jsonb)
returns table (entry_id bigint, opted_out bigint, already bigint)
language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  entry bigint;
  asked bigint;
  fresh bigint;
  moment timestamptz;
begin
  perform pg_advisory_xact_lock(1279738, (of_account % 2147483647)::int);  -- nobody joins or is edited meanwhile
  moment := clock_timestamp();
  entry := nextval(pg_get_serial_sequence('optout_ledger', 'entry_id'));
  select count(distinct contact.address_key) into asked
    from group_members member join contacts contact using (account_id, contact_id)
    where member.account_id = of_account and member.group_id = of_group;
  insert into standing_optouts (account_id, address_key, entry_id, source, opted_out_at)
    select distinct of_account, contact.address_key, entry, 'bulk', moment
    from group_members member join contacts contact using (account_id, contact_id)
    where member.account_id = of_account and member.group_id = of_group
    on conflict do nothing;
  get diagnostics fresh = row_count;
  insert into optout_ledger (account_id, entry_id, source, group_id, user_id, api_key_id, evidence, opted_out, already, at)
    overriding system value
    values (of_account, entry, 'bulk', of_group, by_user, by_api_key, coalesce(proof, '{}'), fresh, asked - fresh, moment);
  perform withhold_messages(of_account);
  return query select entry, fresh, asked - fresh;
end $$;

-- Opts out the rows of an import that say so; the whole file at once, one ledger entry (INV-19, IM-5).
create function record_import_optouts(of_account bigint, of_import bigint, by_user bigint, by_api_key bigint, proof jsonb)
returns table (entry_id bigint, opted_out bigint, already bigint)
language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  entry bigint;
  asked bigint;
  fresh bigint;
  moment timestamptz;
begin
  perform pg_advisory_xact_lock(1279738, (of_account % 2147483647)::int);
  moment := clock_timestamp();
  entry := nextval(pg_get_serial_sequence('optout_ledger', 'entry_id'));
  select count(distinct row.address_key) into asked
    from import_rows row where row.account_id = of_account and row.import_id = of_import and row.opt_out and row.address_key is not null;
  insert into standing_optouts (account_id, address_key, entry_id, source, opted_out_at)
    select distinct of_account, row.address_key, entry, 'import', moment
    from import_rows row
    where row.account_id = of_account and row.import_id = of_import and row.opt_out and row.address_key is not null
    on conflict do nothing;
  get diagnostics fresh = row_count;
  insert into optout_ledger (account_id, entry_id, source, import_id, user_id, api_key_id, evidence, opted_out, already, at)
    overriding system value
    values (of_account, entry, 'import', of_import, by_user, by_api_key, coalesce(proof, '{}'), fresh, asked - fresh, moment);
  perform withhold_messages(of_account);
  return query select entry, fresh, asked - fresh;
end $$;

-- Erases a person: every row that holds the address or details goes, the standing opt-out stays (INV-16, LW-12).
create function erase_contact(of_account bigint, of_contact bigint) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  erased contacts;
begin
  delete from contacts where account_id = of_account and contact_id = of_contact returning * into erased;
  if erased.contact_id is null then
    return false;
  end if;
  delete from contact_events where account_id = of_account and contact_id = of_contact;
  delete from responses where account_id = of_account and contact_id = of_contact;
  delete from import_rows where account_id = of_account and (canonical = erased.canonical or address in (erased.address, erased.canonical));
  delete from mailbox_messages where account_id = of_account and address_key = erased.address_key
    and not exists (select from contacts other where other.account_id = of_account and other.address_key = erased.address_key);
  update messages set contact_id = null, answer = null where account_id = of_account and contact_id = of_contact;
  return true;
end $$;

-- What the runtime role may not do: write the ledger or the standing opt-outs but through the routines.
revoke insert, update, delete, truncate on optout_ledger, standing_optouts from lastword_app;
grant execute on function optout_strength(text),
  record_optouts(bigint, bytea[], text, bigint, bigint, bigint, jsonb),
  record_group_optouts(bigint, bigint, bigint, bigint, jsonb),
  record_import_optouts(bigint, bigint, bigint, bigint, jsonb),
  erase_contact(bigint, bigint) to lastword_app;
revoke delete, truncate on contacts from lastword_app;  -- erasing goes through erase_contact

-- Invalid links are counted, so that a flood of forged ones is seen (OC-17, DEC-5).
create table link_failures (
  day   date not null,
  what  text not null,
  count bigint not null default 1,
  primary key (day, what)
);
