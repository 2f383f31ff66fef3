-- 0026 what came back: bounces, blocks, complaints and opt-outs by mail, each counted once whatever way it came in.
-- Why no foreign keys: a return may come long after its mailing is gone. The words of a server quote addresses, so the
-- rows of a person go with the contact.
create table returns (
  account_id  bigint not null,
  return_id   bigint generated always as identity,
  event       text not null check (event <> ''),    -- message and outcome; the same event counts once (BN-16)
  way         text not null check (way in ('smtp', 'mail', 'provider')),
  outcome     text not null check (outcome in ('hard', 'soft', 'block', 'complaint', 'opt_out')),
  message_id  bigint,
  mailing_id  bigint,
  contact_id  bigint,
  address_key bytea not null check (octet_length(address_key) = 16),
  status      text not null default '',             -- enhanced status code (RFC 3463)
  reply       text not null default '',             -- three digits of the SMTP reply
  reason      text not null default '',
  words       text not null default '',             -- what the server said
  at          timestamptz not null default now(),
  primary key (account_id, return_id),
  unique (account_id, event)
);
create index returns_by_mailing on returns (account_id, mailing_id, outcome);
create index returns_by_message on returns (account_id, message_id);
create index returns_by_key on returns (account_id, address_key);
create index returns_by_contact on returns (account_id, contact_id);
grant select, insert on returns to lastword_app;
revoke update, delete, truncate on returns from lastword_app;

create function forget_returns() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  delete from returns where account_id = old.account_id and contact_id = old.contact_id;
  delete from returns where account_id = old.account_id and address_key = old.address_key
    and not exists (select from contacts other where other.account_id = old.account_id and other.address_key = old.address_key);
  return null;
end $$;
create trigger returns_forgotten after delete on contacts for each row execute function forget_returns();
