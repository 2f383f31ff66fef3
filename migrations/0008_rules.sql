-- 0008 rules: opt-outs of whole domains, and of people known by a hash of their address alone.
-- Why a trigger: such a rule holds for everybody who arrives later, whoever writes them, in the statement that does.
create extension if not exists pgcrypto;            -- for SHA-1

create table optout_domains (
  account_id bigint not null,
  domain     text not null check (domain = lower(domain) and domain like '%.%'),  -- as in contacts.canonical: A-labels
  entry_id   bigint not null,
  since      timestamptz not null,
  primary key (account_id, domain)
);

-- Lists that partners hand over. Matched by the address in lower case and by its canonical form.
create table optout_hashes (
  account_id bigint not null,
  hash       bytea not null check (octet_length(hash) in (16, 20, 32)),  -- MD5, SHA-1, SHA-256
  entry_id   bigint not null,
  since      timestamptz not null,
  primary key (account_id, hash)
);

create trigger append_only before update or delete on optout_domains for each row execute function refuse_change();
create trigger append_only_whole before truncate on optout_domains for each statement execute function refuse_change();
create trigger append_only before update or delete on optout_hashes for each row execute function refuse_change();
create trigger append_only_whole before truncate on optout_hashes for each statement execute function refuse_change();
revoke insert, update, delete, truncate on optout_domains, optout_hashes from lastword_app;

create function address_hashes(address text, canonical text) returns bytea[] language sql immutable parallel safe
set search_path = public, pg_temp as $$
  select array_agg(hashed) from (select distinct spelling from unnest(array[lower(btrim(address)), canonical]) spelling) spellings
  cross join lateral (values (decode(md5(convert_to(spelling, 'UTF8')), 'hex')), (digest(convert_to(spelling, 'UTF8'), 'sha1')),
                             (sha256(convert_to(spelling, 'UTF8')))) hashes (hashed)
$$;

-- The ledger entry of the rule that an address falls under, or null.
create function rule_of(of_account bigint, address text, canonical text) returns bigint
language plpgsql stable set search_path = public, pg_temp set enable_seqscan = off as $$
declare
  entry bigint;
begin
  select rule.entry_id into entry from optout_domains rule
    where rule.account_id = of_account and rule.domain = split_part(canonical, '@', -1);
  if entry is null and exists (select from optout_hashes any_hash where any_hash.account_id = of_account) then
    select min(rule.entry_id) into entry from optout_hashes rule
      where rule.account_id = of_account and rule.hash = any (address_hashes(address, canonical));
  end if;
  return entry;
end $$;

-- Accounts that have any rule: what every contact that is written looks at first.
create table accounts_with_rules (account_id bigint primary key);
revoke insert, update, delete, truncate on accounts_with_rules from lastword_app;

create function meet_rule(of_account bigint, of_key bytea, address text, canonical text) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  entry bigint := rule_of(of_account, address, canonical);
begin
  if entry is not null then
    insert into standing_optouts (account_id, address_key, entry_id, source, opted_out_at)
      select of_account, of_key, entry, ledger.source, clock_timestamp()
      from optout_ledger ledger where ledger.account_id = of_account and ledger.entry_id = entry
      on conflict do nothing;
  end if;
end $$;

-- Whoever arrives under a rule is out in the same moment. The shared lock makes a rule that is being made wait for
-- contacts that are being written, and those for it: so nobody slips in between (SE-11).
create function meet_rules() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(1279738, (new.account_id % 2147483647)::int);
  if exists (select from public.accounts_with_rules one where one.account_id = new.account_id) then
    perform public.meet_rule(new.account_id, new.address_key, new.address, new.canonical);
  end if;
  return null;
end $$;
create trigger rules after insert on contacts for each row execute function meet_rules();
create trigger rules_of_address after update of address, canonical on contacts for each row
  when (new.canonical <> old.canonical) execute function meet_rules();

-- Opts out a whole domain: its contacts now, archived ones too, and whoever comes later.
create function record_domain_optout(of_account bigint, of_domain text, via text, by_user bigint, by_api_key bigint, proof jsonb)
returns table (entry_id bigint, is_new boolean, opted_out bigint, already bigint)
language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  recorded record;
  fresh bigint;
begin
  perform pg_advisory_xact_lock(1279738, (of_account % 2147483647)::int);
  select * into recorded from record_many_optouts(of_account,
    array(select contact.address_key from contacts contact
          where contact.account_id = of_account and contact.canonical like '%@' || of_domain), via, by_user, by_api_key, proof);
  insert into accounts_with_rules values (of_account) on conflict do nothing;
  insert into optout_domains (account_id, domain, entry_id, since)
    values (of_account, of_domain, recorded.entry_id, clock_timestamp()) on conflict do nothing;
  get diagnostics fresh = row_count;
  return query select recorded.entry_id, fresh = 1, recorded.opted_out, recorded.already;
end $$;

-- Opts out everybody whose address has one of these hashes, now and later.
create function record_hash_optouts(of_account bigint, hashes bytea[], via text, by_user bigint, by_api_key bigint, proof jsonb)
returns table (entry_id bigint, new_hashes bigint, opted_out bigint, already bigint)
language plpgsql security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
  recorded record;
  fresh bigint;
begin
  perform pg_advisory_xact_lock(1279738, (of_account % 2147483647)::int);
  select * into recorded from record_many_optouts(of_account,
    array(select hashed.address_key
          from (select contact.address_key, unnest(address_hashes(contact.address, contact.canonical)) as hash
                from contacts contact where contact.account_id = of_account) hashed
          join (select distinct hash from unnest(hashes) hash) asked on asked.hash = hashed.hash), via, by_user, by_api_key, proof);
  insert into accounts_with_rules values (of_account) on conflict do nothing;
  insert into optout_hashes (account_id, hash, entry_id, since)
    select distinct of_account, hash, recorded.entry_id, clock_timestamp() from unnest(hashes) hash on conflict do nothing;
  get diagnostics fresh = row_count;
  return query select recorded.entry_id, fresh, recorded.opted_out, recorded.already;
end $$;

grant execute on function digest(bytea, text), address_hashes(text, text), rule_of(bigint, text, text), meet_rule(bigint, bytea, text, text),
  record_domain_optout(bigint, text, text, bigint, bigint, jsonb),
  record_hash_optouts(bigint, bytea[], text, bigint, bigint, jsonb) to lastword_app;
