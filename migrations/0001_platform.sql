-- 0001 platform: the runtime role, jobs that people watch, and the fingerprints of the secrets.
-- Why a second role: the program runs as lastword_app, which lacks every right that the promise forbids;
-- only migrations run as the owner of the schema.
do $$
begin
  if not exists (select from pg_roles where rolname = 'lastword_app') then
    create role lastword_app nologin;
  end if;
exception when duplicate_object or unique_violation then null; -- another database of this server was first
end $$;
do $$ begin execute format('grant lastword_app to %I', current_user); end $$;
grant usage on schema public to lastword_app;
alter default privileges in schema public grant select, insert, update, delete on tables to lastword_app;
alter default privileges in schema public grant usage, select on sequences to lastword_app;
alter default privileges revoke execute on functions from public;

-- The program refuses to start with other secrets than those that this database was filled with:
-- with another address key nobody's opt-out would be found again.
create table key_fingerprints (
  purpose     text not null check (purpose in ('address', 'link')),
  key_id      int not null,
  fingerprint bytea not null check (octet_length(fingerprint) = 32),
  first_seen_at timestamptz not null default now(),
  primary key (purpose, key_id)
);

-- Running programs. Each holds an advisory lock on its id as long as it lives; whoever lacks it is dead.
create table processes (
  process_id bigint generated always as identity primary key,
  started_at timestamptz not null default now(),
  ended_at   timestamptz
);

-- Long work that an operator watches. graphile-worker runs it; this row is what the screen reads.
create table jobs (
  account_id  bigint not null,
  job_id      bigint generated always as identity,
  kind        text not null,
  status      text not null default 'queued' check (status in ('queued', 'running', 'done', 'failed', 'cancelled')),
  done        bigint not null default 0,
  total       bigint,
  payload     jsonb not null default '{}',
  result      jsonb,
  problem     text,
  subject     text,              -- what it works on, such as group:12, so that its page can show it
  started_by  bigint,            -- a user, when a person started it
  process_id  bigint,            -- the process that runs it
  created_at  timestamptz not null default now(),
  started_at  timestamptz,
  finished_at timestamptz,
  cancel_asked_at timestamptz,
  primary key (account_id, job_id)
);
create index jobs_open on jobs (account_id, subject) where status in ('queued', 'running');
