-- 0022 editor: what the HTML of a mailing is made from, templates and blocks that an account keeps, and its pictures.
alter table mailings add column source jsonb not null default '{"kind": "html"}' check (source ? 'kind');

-- Templates and blocks as an operator saved them. They say how mail looks, never who gets it.
create table kept_designs (
  account_id bigint not null,
  design_id  bigint generated always as identity,
  kind       text not null check (kind in ('template', 'block')),
  name       text not null check (name <> ''),
  content    jsonb not null,                        -- a mailing's source, or one block
  created_by bigint,
  created_at timestamptz not null default now(),
  primary key (account_id, design_id)
);
create unique index kept_designs_by_name on kept_designs (account_id, kind, lower(name));

-- Pictures in mail, made small when they arrive. In the database, so that every process serves them and a backup holds
-- them. Never changed: mail that shows one is out for good.
create table images (
  account_id bigint not null,
  image_id   bigint generated always as identity,
  token      text not null check (token ~ '^[A-Za-z0-9_-]{20,60}$'),
  name       text not null,                         -- as the file was called, for the operator alone
  type       text not null check (type in ('png', 'jpg', 'gif', 'webp')),
  width      int not null check (width > 0),
  height     int not null check (height > 0),
  content    bytea not null,
  created_by bigint,
  created_at timestamptz not null default now(),
  primary key (account_id, image_id)
);
create unique index images_by_token on images (token, account_id);
create index images_newest on images (account_id, image_id desc);
revoke update on images from lastword_app;
