-- 0014 imports: what an import changed, so that a contact's history can tell it and an undo can take it back; which of
-- its lines are done; remarks on lines; undoing.
-- Why no foreign key to contacts: it costs more than the row itself; erase_contact removes the rows of a person.
create table import_changes (
  account_id bigint not null,
  import_id  bigint not null,
  contact_id bigint not null,
  changes    jsonb not null default '{}' check (jsonb_typeof(changes) = 'object'),  -- {field: [former value, written value]}; null: none
  restored   boolean not null default false,        -- it was archived, and the import brought it back
  primary key (account_id, import_id, contact_id)
);
create index import_changes_by_contact on import_changes (account_id, contact_id);

-- Which import added a contact, and which put it into a group.
create index contacts_by_import on contacts (account_id, import_id, contact_id) where import_id is not null;
alter table group_members add column import_id bigint;

-- Remarks on a line beside its outcome: a role address, opted out by this file itself, back from the archive.
-- A line without an outcome within imports.applied was found unchanged: most lines of a file that comes every week, and
-- writing "unchanged" on each would take longer than finding it out.
alter table import_rows add column notes text[];
alter table imports add column applied int4multirange not null default '{}';
update imports set applied = int4multirange(int4range(0, applied_line, '(]')) where applied_line > 0 and status in ('queued', 'running');

-- An import is undone once; this row is also how far that is.
create table import_undos (
  account_id  bigint not null,
  import_id   bigint not null,
  job_id      bigint not null,
  step        text not null default 'contacts' check (step in ('contacts', 'details', 'groups', 'rest', 'done')),
  group_id    bigint not null default 0,            -- of the step groups: the one it is in
  contact_id  bigint not null default 0,            -- the last one that is done in this step
  result      jsonb not null default '{}',
  user_id     bigint,
  api_key_id  bigint,
  asked_at    timestamptz not null default now(),
  finished_at timestamptz,
  primary key (account_id, import_id)
);

-- Erases a person: also what imports changed about them.
create or replace function erase_contact(of_account bigint, of_contact bigint) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  erased contacts;
begin
  delete from contacts where account_id = of_account and contact_id = of_contact returning * into erased;
  if erased.contact_id is null then
    return false;
  end if;
  delete from contact_events where account_id = of_account and contact_id = of_contact;
  delete from import_changes where account_id = of_account and contact_id = of_contact;
  delete from responses where account_id = of_account and contact_id = of_contact;
  delete from import_rows where account_id = of_account and (canonical = erased.canonical or address in (erased.address, erased.canonical));
  delete from mailbox_messages where account_id = of_account and address_key = erased.address_key
    and not exists (select from contacts other where other.account_id = of_account and other.address_key = erased.address_key);
  update messages set contact_id = null, answer = null where account_id = of_account and contact_id = of_contact;
  return true;
end $$;
