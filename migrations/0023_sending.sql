-- 0023 sending control: when and how fast a mailing goes out, and why it was stopped.
-- Why a table of rates: several programs send together, and a limit holds for all of them only where they all look.
alter table mailings
  add column time_zone    text,                     -- in which the time was chosen; an IANA name
  add column local_time   timestamp,                -- everybody gets it when their own clock shows this; null: all at send_at
  add column per_hour     int check (per_hour > 0),
  add column pause_reason text check (pause_reason in ('blocks', 'complaints')),  -- null: by hand, or see problem
  add column watched_from timestamptz;              -- started or resumed: rates are counted from here

-- How much of a limit is left: "mailing 12", or with account 0, for the whole installation, "relay …" and "domain …".
create table sending_rates (
  account_id bigint not null,
  subject    text not null,
  allowance  double precision not null,             -- messages that may leave now
  at         timestamptz not null,                  -- when that was so
  primary key (account_id, subject)
);
grant select, insert, update, delete on sending_rates to lastword_app;

-- Takes up to `wanted` turns of a limit of `most` in `of_seconds`, and gives how many there were; less than none puts back.
-- A sixtieth of the limit may leave at once, the rest evenly: what is saved up and what comes in never make more than `most`
-- in any `of_seconds`.
create function take_turns(of_account bigint, of_subject text, most int, of_seconds int, wanted int) returns int
language plpgsql as $$
declare
  at_once double precision := greatest(1, most / 60);
  moment timestamptz;
  rate sending_rates;
  filled double precision;
  given int;
begin
  insert into sending_rates (account_id, subject, allowance, at) values (of_account, of_subject, at_once, clock_timestamp())
    on conflict do nothing;
  select * into rate from sending_rates where account_id = of_account and subject = of_subject for update;
  moment := greatest(clock_timestamp(), rate.at);
  filled := least(at_once, rate.allowance + extract(epoch from moment - rate.at) * (most - at_once + 1) / of_seconds);
  given := least(wanted, floor(filled));
  update sending_rates set allowance = least(at_once, filled - given), at = moment
    where account_id = of_account and subject = of_subject;
  return given;
end $$;
grant execute on function take_turns(bigint, text, int, int, int) to lastword_app;

-- A split test: a part of the audience gets the mailing (A) or an alternative (B to D), the rest waits for the winner.
create table split_tests (
  account_id   bigint not null,
  mailing_id   bigint not null,
  tests        text not null check (tests in ('subject', 'sender', 'content')),
  share        int not null check (share between 1 and 100),            -- per cent of the audience
  measure      text not null check (measure in ('opens', 'clicks')),
  wait_minutes int check (wait_minutes between 5 and 20160),            -- null: somebody chooses
  winner       smallint check (winner between 1 and 4),
  decided_at   timestamptz,
  decided_by   bigint,                              -- null: by the figures, or by a program
  primary key (account_id, mailing_id),
  foreign key (account_id, mailing_id) references mailings on delete cascade
);
create table mailing_variants (
  account_id   bigint not null,
  mailing_id   bigint not null,
  variant      smallint not null check (variant between 2 and 4),       -- 1 is the mailing itself
  subject      text,                                -- null, here and below: as in the mailing
  from_name    text,
  from_address text,
  html         text,
  text         text,
  compiled     jsonb,                               -- the prepared form, fixed when the mailing was scheduled (D8)
  primary key (account_id, mailing_id, variant),
  foreign key (account_id, mailing_id) references split_tests on delete cascade
);
grant select, insert, update, delete on split_tests, mailing_variants to lastword_app;

-- Who gets which; null: the winner, and until there is one due_at is infinity.
alter table messages add column variant smallint check (variant between 1 and 4);
