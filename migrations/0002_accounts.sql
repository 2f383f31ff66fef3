-- 0002 accounts: who sends, who may operate, and with which key.
create table organizations (
  organization_id bigint generated always as identity primary key,
  name       text not null check (name <> ''),
  created_at timestamptz not null default now()
);

create table accounts (
  account_id      bigint generated always as identity primary key,
  organization_id bigint not null references organizations,
  name            text not null check (name <> ''),
  sender_name     text not null default '',
  sender_address  text not null default '',
  postal_address  text not null default '',   -- nothing is sent without it (LW-4)
  contact_url     text not null default '',   -- where people can ask: https: or mailto:
  language        text not null default 'en',
  time_zone       text not null default 'UTC',
  created_at      timestamptz not null default now()
);

create table users (
  user_id         bigint generated always as identity primary key,
  organization_id bigint not null references organizations,
  email           text not null check (email = lower(email)),
  name            text not null default '',
  password_hash   text not null,               -- argon2id
  created_at      timestamptz not null default now(),
  disabled_at     timestamptz,
  unique (email)
);

-- Only hashes of tokens are kept: a copy of this table opens no door.
create table sessions (
  token_hash   bytea primary key check (octet_length(token_hash) = 32),
  user_id      bigint not null references users,
  created_at   timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  ends_at      timestamptz not null,
  ended_at     timestamptz
);
create index on sessions (user_id);

create table owner_links (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  made_at    timestamptz not null default now(),
  used_at    timestamptz
);

create table sign_in_failures (
  subject   text not null,                     -- hash of an address or of an IP
  failed_at timestamptz not null default now()
);
create index on sign_in_failures (subject, failed_at);

create table api_keys (
  account_id   bigint not null references accounts,
  api_key_id   bigint generated always as identity,
  name         text not null check (name <> ''),
  scope        text not null check (scope in ('read', 'full')),
  token_hash   bytea not null check (octet_length(token_hash) = 32),
  hint         text not null,                  -- last four characters, to tell keys apart
  created_by   bigint,
  created_at   timestamptz not null default now(),
  last_used_at timestamptz,
  revoked_at   timestamptz,
  primary key (account_id, api_key_id),
  unique (token_hash)
);

-- What operators did, for later questions. Append-only.
create table audit_events (
  account_id bigint not null,
  event_id   bigint generated always as identity,
  at         timestamptz not null default now(),
  user_id    bigint,
  api_key_id bigint,
  act        text not null,
  subject    jsonb not null default '{}',
  primary key (account_id, event_id)
);
revoke update, delete on audit_events from lastword_app;
