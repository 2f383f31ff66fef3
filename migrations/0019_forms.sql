-- 0019 forms: sign-up forms, sign-ups that wait for their confirmation, and the only way back from an opt-out (DEC-2).
-- Why routines again: a sign-up is asked for and confirmed by these alone, so the limits and the proof cannot be left out.
create table forms (
  account_id    bigint not null,
  form_id       bigint generated always as identity,
  code          text not null check (code ~ '^[a-z0-9]{12}$'),  -- its place in public paths, after the account
  name          text not null check (name <> ''),
  fields        jsonb not null default '[]' check (jsonb_typeof(fields) = 'array'),  -- [{name, required}] in their order
  topic_ids     bigint[] not null default '{}',     -- offered
  group_ids     bigint[] not null default '{}',     -- joined by who confirms
  thanks        text not null default '',
  return_url    text not null default '',
  version       int not null default 1,             -- of its wording
  default_since timestamptz,                        -- shown at the account's own sign-up address since then
  created_by    bigint,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  archived_at   timestamptz,
  primary key (account_id, form_id),
  unique (account_id, code)
);
create unique index forms_name on forms (account_id, lower(name collate "und-x-icu")) where archived_at is null;
create unique index forms_default on forms (account_id) where default_since is not null;
revoke delete on forms from lastword_app;

-- What a form said, version by version: proof of what a person agreed to (LW-8). Append-only.
create table form_wordings (
  account_id bigint not null,
  form_id    bigint not null,
  version    int not null,
  language   text not null,
  heading    text not null,
  intro      text not null default '',
  consent    text not null check (consent <> ''),
  made_by    bigint,
  made_at    timestamptz not null default now(),
  primary key (account_id, form_id, version),
  foreign key (account_id, form_id) references forms
);
revoke update, delete on form_wordings from lastword_app;
create trigger append_only before update or delete on form_wordings for each row execute function refuse_change();

-- Sign-ups, from the form until 7 days later. Nothing of them is anywhere else before they are confirmed (AB-4, INV-23).
create table sign_ups (
  account_id   bigint not null,
  sign_up_id   bigint generated always as identity,
  form_id      bigint,                              -- null: the built-in form that asks for the address alone
  version      int,
  language     text not null,                       -- of the page, and of the mail
  consent      text not null check (consent <> ''),
  address      text not null,
  canonical    text not null,
  address_key  bytea not null check (octet_length(address_key) = 16),
  fields       jsonb not null default '{}',
  topic_ids    bigint[] not null default '{}',
  ip           text not null,
  user_agent   text not null,
  salt         bytea not null check (octet_length(salt) = 16),  -- makes the token, with a key that the database has not
  token_hash   bytea not null check (octet_length(token_hash) = 32),
  asked_at     timestamptz not null,
  ends_at      timestamptz not null,
  confirmed_at timestamptz,
  confirmed_in xid8,                                -- the transaction that may bring this address back
  primary key (account_id, sign_up_id),
  unique (account_id, token_hash)
);
create index sign_ups_by_canonical on sign_ups (account_id, canonical);
create index sign_ups_by_key on sign_ups (account_id, address_key);
create index sign_ups_by_form on sign_ups (account_id, form_id) where confirmed_at is null;
create index sign_ups_ended on sign_ups (account_id, ends_at);
revoke insert, update, delete, truncate on sign_ups from lastword_app;

-- The confirmation mail of a sign-up: one, without a word of its own, so that nothing else can leave this way (INV-8).
-- waiting -> claimed -> handed_over -> accepted | deferred | bounced | unknown | withheld, as messages do.
create table confirmation_mails (
  account_id     bigint not null,
  sign_up_id     bigint not null,
  state          text not null default 'waiting'
    check (state in ('waiting', 'claimed', 'handed_over', 'accepted', 'deferred', 'bounced', 'unknown', 'withheld')),
  due_at         timestamptz not null default now(),
  queued_at      timestamptz not null default now(),
  attempts       int not null default 0,
  claimed_by     bigint,                            -- a process
  handed_over_at timestamptz,
  answered_at    timestamptz,
  answer         text,
  message_id     text,                              -- its Message-ID
  primary key (account_id, sign_up_id),
  foreign key (account_id, sign_up_id) references sign_ups on delete cascade
);
create index confirmation_mails_due on confirmation_mails (account_id, due_at) where state in ('waiting', 'deferred');
create index confirmation_mails_in_hand on confirmation_mails (account_id, claimed_by) where state in ('claimed', 'handed_over');
revoke insert, delete, truncate on confirmation_mails from lastword_app;

-- What has its answer is never sent again, and a mail stays that of its sign-up.
create function guard_confirmation_mail() returns trigger language plpgsql as $$
begin
  if old.state in ('accepted', 'bounced', 'unknown', 'withheld') or (new.account_id, new.sign_up_id, new.queued_at) <> (old.account_id, old.sign_up_id, old.queued_at) then
    raise exception 'this confirmation mail is settled' using errcode = 'LW003';
  end if;
  return new;
end $$;
create trigger settled before update on confirmation_mails for each row execute function guard_confirmation_mail();

-- Limits (AB-5): when an address last got a confirmation mail, and how much came from a connection in an hour.
create table confirmation_limits (
  account_id  bigint not null,
  address_key bytea not null check (octet_length(address_key) = 16),
  mailed_at   timestamptz not null,
  primary key (account_id, address_key)
);
create table sign_up_counts (
  account_id bigint not null,
  scope      text not null,                         -- 'ip …', 'net …', or 'mails'
  hour       timestamptz not null,
  count      int not null,
  primary key (account_id, scope, hour)
);
revoke insert, update, delete, truncate on confirmation_limits, sign_up_counts from lastword_app;

-- Consent of a person, with all that proves it (LW-8). It goes when the person is erased; the ledger keeps the key.
create table consents (
  account_id            bigint not null,
  consent_id            bigint generated always as identity,
  contact_id            bigint not null,
  form_id               bigint,
  form_name             text not null,              -- as it was called then; empty for the built-in form
  version               int,
  wording               text not null,
  language              text not null,
  topics                text[] not null default '{}',
  asked_at              timestamptz not null,
  asked_ip              text not null,
  asked_user_agent      text not null,
  mail_message_id       text not null,
  confirmed_at          timestamptz not null,
  confirmed_ip          text not null,
  confirmed_user_agent  text not null,
  entry_id              bigint,                     -- in the ledger, when it ended an opt-out
  primary key (account_id, consent_id),
  foreign key (account_id, contact_id) references contacts on delete cascade
);
create index consents_by_contact on consents (account_id, contact_id);
create index consents_by_form on consents (account_id, form_id);
revoke update, delete, truncate on consents from lastword_app;

-- Two contacts of one person become one: what either agreed to stays.
create function move_consents(of_account bigint, kept bigint, other bigint) returns void
language sql security definer set search_path = public, pg_temp as $$
  update consents set contact_id = kept where account_id = of_account and contact_id = other
$$;

-- Who is erased leaves nothing behind in what waits.
create function forget_sign_ups() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  delete from sign_ups asked
    where asked.account_id = old.account_id
      and (asked.canonical = old.canonical
           or asked.address_key in (select former.address_key from contact_former_addresses former
                                    where former.account_id = old.account_id and former.contact_id = old.contact_id));
  return old;
end $$;
create trigger sign_ups_too before delete on contacts for each row execute function forget_sign_ups();

alter table contact_events drop constraint contact_events_kind_check;
alter table contact_events add constraint contact_events_kind_check
  check (kind in ('added', 'edited', 'to_error', 'to_active', 'joined_group', 'left_group', 'archived', 'restored', 'held', 'released',
                  'imported', 'import_undone', 'merged', 'topic_chosen', 'topic_left', 'signed_up'));

-- A re-consent is an entry of the same ledger: one order for leaving and coming back.
alter table optout_ledger drop constraint optout_ledger_source_check;
alter table optout_ledger add constraint optout_ledger_source_check
  check (source in ('link', 'one_click', 'preferences', 'mailto', 'complaint', 'provider', 'operator', 'bulk', 'import', 'api', 'emma_api',
                    're_consent'));

-- Asks for a sign-up: keeps it and queues its one confirmation mail, or does nothing. Nothing else changes (AB-7).
-- Gives 'queued', or why not: 'connection', 'many', 'domain', 'again'. Who asks is told none of these.
create function ask_sign_up(of_account bigint, of_form bigint, of_version int, in_language text, with_consent text,
                            to_address text, of_canonical text, of_key bytea, limit_key bytea, given jsonb, topics bigint[],
                            from_ip text, agent text, with_salt bytea, hash bytea,
                            scopes text[], most int[], most_mails int)
returns text language plpgsql security definer set search_path = public, pg_temp as $$
declare
  moment timestamptz := clock_timestamp();
  this_hour timestamptz := date_trunc('hour', clock_timestamp());
  is_over boolean;
  fresh int;
  made bigint;
begin
  with counted as (
    insert into sign_up_counts as known (account_id, scope, hour, count)
      select of_account, scope, this_hour, 1 from unnest(scopes) scope order by scope
      on conflict (account_id, scope, hour) do update set count = known.count + 1
      returning known.scope, known.count
  )
  select bool_or(counted.count > asked.most) into is_over
    from counted join unnest(scopes, most) as asked (scope, most) on asked.scope = counted.scope;
  if is_over then
    return 'connection';
  end if;
  if exists (select from sign_up_counts known
             where known.account_id = of_account and known.scope = 'mails' and known.hour = this_hour and known.count >= most_mails) then
    return 'many';
  end if;
  if exists (select from optout_domains rule where rule.account_id = of_account and rule.domain = split_part(of_canonical, '@', -1)) then
    return 'domain';
  end if;
  insert into confirmation_limits as known (account_id, address_key, mailed_at) values (of_account, limit_key, moment)
    on conflict (account_id, address_key) do update set mailed_at = excluded.mailed_at
    where known.mailed_at <= moment - interval '24 hours';
  get diagnostics fresh = row_count;
  if fresh = 0 then
    return 'again';
  end if;
  insert into sign_up_counts as known (account_id, scope, hour, count) values (of_account, 'mails', this_hour, 1)
    on conflict (account_id, scope, hour) do update set count = known.count + 1;
  insert into sign_ups (account_id, form_id, version, language, consent, address, canonical, address_key, fields, topic_ids,
                        ip, user_agent, salt, token_hash, asked_at, ends_at)
    values (of_account, of_form, of_version, in_language, with_consent, to_address, of_canonical, of_key, given, topics,
            from_ip, agent, with_salt, hash, moment, moment + interval '7 days')
    returning sign_up_id into made;
  insert into confirmation_mails (account_id, sign_up_id) values (of_account, made);
  perform pg_notify('messages', of_account::text);
  return 'queued';
end $$;

-- Whether a sign-up of this very address is being confirmed in this transaction.
create function is_coming_back(of_account bigint, key bytea) returns boolean language sql stable set search_path = public, pg_temp as $$
  select exists (select from sign_ups asked
                 where asked.account_id = of_account and asked.address_key = key and asked.confirmed_in = pg_current_xact_id())
$$;

-- As before; and it is removed for a holder who is coming back, in the transaction of their own confirmation.
create or replace function guard_standing_optout() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE'
     and (new.account_id, new.address_key, new.entry_id, new.opted_out_at)
       = (old.account_id, old.address_key, old.entry_id, old.opted_out_at)
     and optout_strength(new.source) > optout_strength(old.source) then
    return new;
  end if;
  if tg_op = 'DELETE' and public.is_coming_back(old.account_id, old.address_key) then
    return old;
  end if;
  raise exception 'a standing opt-out is not changed or removed' using errcode = 'LW003';
end $$;

-- A hash on a list is of one address: it ends with that address's opt-out, until a later list holds it again.
-- A domain's opt-out was asked for by somebody else than the holder of an address in it, and does not end.
create function guard_optout_hash() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and exists (
      select from public.sign_ups asked
      where asked.account_id = old.account_id and asked.confirmed_in = pg_current_xact_id()
        and old.hash = any (public.address_hashes(asked.address, asked.canonical))) then
    return old;
  end if;
  raise exception '% is append-only', tg_table_name using errcode = 'LW003';
end $$;
drop trigger append_only on optout_hashes;
create trigger append_only before update or delete on optout_hashes for each row execute function guard_optout_hash();

create function note_return() returns trigger language plpgsql as $$
begin
  perform public.note_change(old.account_id, old.address_key);
  return old;
end $$;
create trigger counted_delete before delete on standing_optouts for each row
  when (current_setting('lastword.counts_all', true) is distinct from old.account_id::text) execute function note_return();

-- Confirms the sign-up that `token` belongs to: the one thing that ends an opt-out (DEC-2, LW-16).
-- It takes the token itself, of which the database keeps a hash, and asks that its mail was handed over.
-- Of a confirmation and an opt-out at one moment the one that commits later holds: this holds the contacts of the key, and
-- then the key itself in standing_optouts, with a row of its own when there is none, in the order that opt-outs do.
-- Outcome: 'confirmed', 'used', 'domain' or 'ended'. entry_id is that of the re-consent, null when nothing stood.
create function confirm_sign_up(of_account bigint, token bytea, proof jsonb)
returns table (outcome text, sign_up_id bigint, entry_id bigint, confirmed_at timestamptz)
language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  asked sign_ups;
  entry bigint;
  placed int;
  unlisted int;
  moment timestamptz;
begin
  select * into asked from sign_ups known
    where known.account_id = of_account and known.token_hash = sha256(token) for update;
  if asked.sign_up_id is null or asked.ends_at <= clock_timestamp()
     or not exists (select from confirmation_mails mail
                    where mail.account_id = of_account and mail.sign_up_id = asked.sign_up_id and mail.handed_over_at is not null) then
    return query select 'ended', null::bigint, null::bigint, null::timestamptz;
    return;
  end if;
  if asked.confirmed_at is not null then
    return query select 'used', asked.sign_up_id, null::bigint, asked.confirmed_at;
    return;
  end if;
  perform from contacts contact where contact.account_id = of_account and contact.address_key = asked.address_key
    order by contact.contact_id for no key update;
  perform pg_advisory_xact_lock_shared(1279738, (of_account % 2147483647)::int);  -- before opt-outs of many, or after them
  if exists (select from optout_domains rule where rule.account_id = of_account and rule.domain = split_part(asked.canonical, '@', -1)) then
    return query select 'domain', asked.sign_up_id, null::bigint, null::timestamptz;
    return;
  end if;
  insert into standing_optouts (account_id, address_key, entry_id, source, opted_out_at)
    values (of_account, asked.address_key, 0, 're_consent', clock_timestamp()) on conflict do nothing;
  get diagnostics placed = row_count;
  moment := clock_timestamp();
  update sign_ups known set confirmed_at = moment, confirmed_in = pg_current_xact_id()
    where known.account_id = of_account and known.sign_up_id = asked.sign_up_id;
  delete from standing_optouts standing where standing.account_id = of_account and standing.address_key = asked.address_key;
  delete from optout_hashes listed
    where listed.account_id = of_account and listed.hash = any (address_hashes(asked.address, asked.canonical));
  get diagnostics unlisted = row_count;
  if placed = 0 or unlisted > 0 then
    entry := nextval(pg_get_serial_sequence('optout_ledger', 'entry_id'));
    insert into optout_ledger (account_id, entry_id, source, address_key, evidence, opted_out, already, at)
      overriding system value
      values (of_account, entry, 're_consent', asked.address_key, coalesce(proof, '{}'), 0, 0, moment);
  end if;
  return query select 'confirmed', asked.sign_up_id, entry, moment;
end $$;

-- Sign-ups whose 7 days are over go, confirmed or not, and what the limits counted before.
create function purge_sign_ups(of_account bigint) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  purged bigint;
begin
  delete from sign_ups where account_id = of_account and ends_at <= clock_timestamp();
  get diagnostics purged = row_count;
  delete from sign_up_counts where account_id = of_account and hour < clock_timestamp() - interval '2 hours';
  delete from confirmation_limits where account_id = of_account and mailed_at <= clock_timestamp() - interval '24 hours';
  return purged;
end $$;

grant execute on function
  ask_sign_up(bigint, bigint, int, text, text, text, text, bytea, bytea, jsonb, bigint[], text, text, bytea, bytea, text[], int[], int),
  confirm_sign_up(bigint, bytea, jsonb), purge_sign_ups(bigint), move_consents(bigint, bigint, bigint) to lastword_app;
