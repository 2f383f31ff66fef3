-- 0004 mailings and their messages: one row per recipient, and every step a message takes.
create table mailings (
  account_id   bigint not null,
  mailing_id   bigint generated always as identity,
  name         text not null check (name <> ''),
  subject      text not null default '',
  from_name    text not null default '',
  from_address text not null default '',
  html         text not null default '',
  text         text not null default '',            -- empty: made from the HTML
  status       text not null default 'draft'
    check (status in ('draft', 'scheduled', 'sending', 'paused', 'sent', 'cancelled')),
  compiled     jsonb,                               -- the prepared form, fixed when it was scheduled (D8)
  problem      text,                                -- why it is paused, in plain words
  created_by   bigint,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),
  send_at      timestamptz,
  started_at   timestamptz,
  finished_at  timestamptz,
  primary key (account_id, mailing_id)
);

create index mailings_sending on mailings (account_id, mailing_id) where status = 'sending';

create table mailing_groups (
  account_id bigint not null,
  mailing_id bigint not null,
  group_id   bigint not null,
  primary key (account_id, mailing_id, group_id),
  foreign key (account_id, mailing_id) references mailings on delete cascade,
  foreign key (account_id, group_id) references groups on delete cascade
);

-- queued -> claimed -> handed_over -> accepted | deferred | bounced; withheld when the address opted out;
-- unknown when the program died between hand-over and answer: reported, never sent again by itself.
create table messages (
  account_id  bigint not null,
  message_id  bigint generated always as identity,
  mailing_id  bigint not null,
  contact_id  bigint,                               -- null once the contact is erased
  address_key bytea not null check (octet_length(address_key) = 16),
  state       text not null default 'queued'
    check (state in ('queued', 'claimed', 'handed_over', 'accepted', 'deferred', 'bounced', 'withheld', 'unknown', 'cancelled')),
  due_at      timestamptz not null default now(),
  queued_at   timestamptz not null default now(),
  attempts    int not null default 0,
  claimed_by  bigint,                               -- a process
  handed_over_at timestamptz,
  answered_at timestamptz,
  answer      text,                                 -- the server's words, or why it was withheld
  primary key (account_id, message_id),
  unique (account_id, mailing_id, contact_id)
);
create index messages_due on messages (account_id, mailing_id, due_at) where state in ('queued', 'deferred');
create index messages_open_by_key on messages (account_id, address_key) where state in ('queued', 'claimed', 'deferred');
create index messages_by_contact on messages (account_id, contact_id);
create index messages_in_hand on messages (account_id, claimed_by) where state in ('claimed', 'handed_over');

-- The built-in mailbox: what would have left this machine, byte for byte.
create table mailbox_messages (
  account_id  bigint not null,
  mailbox_id  bigint generated always as identity,
  message_id  bigint,
  mailing_id  bigint,
  address_key bytea not null,
  recipient   text not null,
  subject     text not null,
  raw         bytea not null,
  arrived_at  timestamptz not null default now(),
  primary key (account_id, mailbox_id)
);
create index mailbox_messages_by_key on mailbox_messages (account_id, address_key);

-- Opens and clicks. A contact counts once per mailing and kind.
create table responses (
  account_id bigint not null,
  mailing_id bigint not null,
  contact_id bigint not null,
  kind       text not null check (kind in ('opened', 'clicked')),
  first_at   timestamptz not null default now(),
  times      int not null default 1,
  primary key (account_id, mailing_id, kind, contact_id)
);
