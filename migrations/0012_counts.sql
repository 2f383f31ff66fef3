-- 0012 counts: by status, exact and fast at any size.
-- Why a log of changes: a status follows from four tables that are written by different transactions, so adding and
-- subtracting would drift. A kept count says instead which transactions it has seen; one that it has not seen, and that
-- touched its part of the contacts, makes that part be counted again. docs/decisions/0005 tells more.

-- Contacts are parted in 1024 by the first ten bits of the address key, which every transaction knows by itself: an opt-out
-- of an address and the contact of that address being added meanwhile meet in the same part.
create table audience_changes (
  account_id bigint not null,
  xid        xid8 not null default pg_current_xact_id(),
  part       smallint not null check (part between -1 and 1023),  -- -1: all of them
  primary key (account_id, xid, part)
);

-- What was counted, of the whole account (group 0) or one group, as of `snapshot`.
create table cached_counts (
  account_id       bigint not null,
  group_id         bigint not null,
  system_id        bigint not null,                 -- of the server: transaction ids of another one mean nothing here
  snapshot         pg_snapshot not null,
  active           bigint not null,
  error            bigint not null,
  opt_out          bigint not null,
  archived_active  bigint not null,
  archived_error   bigint not null,
  archived_opt_out bigint not null,
  parts            bytea not null check (octet_length(parts) = 24576),  -- these six part by part, 4 bytes each, highest first
  primary key (account_id, group_id)
);
grant select, insert, update, delete on audience_changes, cached_counts to lastword_app;

-- Notes that the contacts with a key change their place in the counts. The first 64 rows of a transaction note their
-- part; from then on everything of the account is counted again, and the triggers below cost next to nothing.
create function note_change(of_account bigint, key bytea) returns void language plpgsql as $$
declare
  noted text[] := string_to_array(current_setting('lastword.counts_noted', true), ':');
  n int := case when noted[1] = of_account::text then noted[2]::int + 1 else 1 end;
begin
  if n > 64 or key is null then
    insert into public.audience_changes (account_id, part) values (of_account, -1) on conflict do nothing;
    perform set_config('lastword.counts_all', of_account::text, true);
  else
    insert into public.audience_changes (account_id, part) values (of_account, (get_byte(key, 0) << 2) | (get_byte(key, 1) >> 6)) on conflict do nothing;
    perform set_config('lastword.counts_noted', of_account || ':' || n, true);
  end if;
end $$;

-- The key of a contact that stays as it is until this transaction ends; null when somebody is changing it now.
-- One that is not there any more was noted by whoever took it away.
create function note_change_of(of_account bigint, of_contact bigint) returns void language plpgsql as $$
declare
  key bytea;
begin
  select contact.address_key into key from public.contacts contact
    where contact.account_id = of_account and contact.contact_id = of_contact for key share skip locked;
  if key is not null
     or exists (select from public.contacts contact where contact.account_id = of_account and contact.contact_id = of_contact) then
    perform public.note_change(of_account, key);
  end if;
end $$;

create function note_contact() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then perform public.note_change(old.account_id, old.address_key); end if;
  if tg_op <> 'DELETE' then
    if tg_op = 'INSERT' or new.address_key <> old.address_key or new.account_id <> old.account_id then
      perform public.note_change(new.account_id, new.address_key);
    end if;
    return new;
  end if;
  return old;
end $$;
create function note_fact() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then perform public.note_change_of(old.account_id, old.contact_id); end if;
  if tg_op = 'DELETE' then return old; end if;
  perform public.note_change_of(new.account_id, new.contact_id);
  return new;
end $$;
create function note_optout() returns trigger language plpgsql as $$
begin
  perform public.note_change(new.account_id, new.address_key);
  return new;
end $$;
create function note_truncate() returns trigger language plpgsql as $$
begin
  insert into public.audience_changes (account_id, part) select account_id, -1 from public.accounts on conflict do nothing;
  return null;
end $$;

create trigger counted_insert before insert on contacts for each row
  when (current_setting('lastword.counts_all', true) is distinct from new.account_id::text) execute function note_contact();
create trigger counted_update before update of archived_at, address_key, account_id on contacts for each row
  when ((old.archived_at is null) <> (new.archived_at is null) or old.address_key <> new.address_key or old.account_id <> new.account_id)
  execute function note_contact();
create trigger counted_delete before delete on contacts for each row
  when (current_setting('lastword.counts_all', true) is distinct from old.account_id::text) execute function note_contact();
create trigger counted_insert before insert on group_members for each row
  when (current_setting('lastword.counts_all', true) is distinct from new.account_id::text) execute function note_fact();
create trigger counted_delete before delete on group_members for each row
  when (current_setting('lastword.counts_all', true) is distinct from old.account_id::text) execute function note_fact();
create trigger counted_update before update of account_id, group_id, contact_id on group_members for each row execute function note_fact();
create trigger counted_insert before insert on contact_errors for each row
  when (current_setting('lastword.counts_all', true) is distinct from new.account_id::text) execute function note_fact();
create trigger counted_delete before delete on contact_errors for each row
  when (current_setting('lastword.counts_all', true) is distinct from old.account_id::text) execute function note_fact();
create trigger counted_update before update of account_id, contact_id on contact_errors for each row execute function note_fact();
create trigger counted_insert before insert on standing_optouts for each row
  when (current_setting('lastword.counts_all', true) is distinct from new.account_id::text) execute function note_optout();
create trigger counted_whole before truncate on contacts for each statement execute function note_truncate();
create trigger counted_whole before truncate on group_members for each statement execute function note_truncate();
create trigger counted_whole before truncate on contact_errors for each statement execute function note_truncate();
grant execute on function note_change(bigint, bytea), note_change_of(bigint, bigint) to lastword_app;

-- Counting reads this index alone, in the order of the standing opt-outs.
drop index contacts_by_key;
create index contacts_by_key on contacts (account_id, address_key) include (contact_id, archived_at);

-- The last job of a group, for its page.
create index jobs_by_subject on jobs (account_id, subject, job_id);
