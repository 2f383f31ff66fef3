-- 0015 exports and erasure: files of contacts that operators ask for, and erasing any number of people at once.

-- Status and progress are those of the job. What was selected may hold an address, so it goes when the file is made.
create table exports (
  account_id  bigint not null,
  export_id   bigint generated always as identity,
  job_id      bigint,
  request     jsonb not null check (jsonb_typeof(request) = 'object'),
  file_name   text not null,                        -- what the browser calls it
  path        text,                                 -- generated name in DATA_DIR/exports while the file is kept
  size        bigint,
  rows        bigint,
  left_out    bigint,                               -- opted-out contacts that are not in it
  stale       boolean not null default false,       -- somebody was erased while it was being made: it begins again
  started_by  bigint,
  api_key_id  bigint,
  created_at  timestamptz not null default now(),
  expires_at  timestamptz,                          -- the file is not given out after that
  primary key (account_id, export_id)
);
create index exports_kept on exports (account_id, expires_at) where path is not null;

-- Erases people: every row that holds an address or a detail of theirs goes, the standing opt-outs stay (INV-16, LW-12).
-- Why so much beside contacts: reports of imports, the mailbox, samples of files and what was searched for hold addresses too.
create function erase_contacts(of_account bigint, contact_ids bigint[]) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  ids bigint[];
  texts text[];                                     -- addresses in lower case, also former ones
  all_keys bytea[];
  keys bytea[];                                     -- those that no other contact has
  touched bigint[];
begin
  perform from contacts contact where contact.account_id = of_account and contact.contact_id in (select unnest(contact_ids))
    order by contact.contact_id for update;
  all_keys := array(
    select former.address_key from contact_former_addresses former
    where former.account_id = of_account and former.contact_id in (select unnest(contact_ids))
    union select message.address_key from messages message
    where message.account_id = of_account and message.contact_id in (select unnest(contact_ids)));
  with gone as (
    delete from contacts contact where contact.account_id = of_account and contact.contact_id in (select unnest(contact_ids))
    returning contact.contact_id, contact.address, contact.canonical, contact.address_key
  )
  select array_agg(gone.contact_id), array_agg(lower(gone.address)) || array_agg(gone.canonical), all_keys || array_agg(gone.address_key)
    into ids, texts, all_keys from gone;
  if ids is null then
    return 0;
  end if;
  keys := array(
    select distinct key from unnest(all_keys) key
    where not exists (select from contacts other where other.account_id = of_account and other.address_key = key));
  with gone as (
    delete from contact_events event where event.account_id = of_account and event.contact_id in (select unnest(ids)) returning event.data
  )
  select texts || coalesce(array_agg(lower(former.address)) filter (where former.address is not null), '{}') into texts
    from gone, lateral (
      select unnest(array[change ->> 'from', change ->> 'to']) as address
      from jsonb_path_query(gone.data, '$.changes[*] ? (@.label == "Address")') change
      union all select gone.data ->> 'address') former;
  delete from import_changes change where change.account_id = of_account and change.contact_id in (select unnest(ids));
  delete from responses response where response.account_id = of_account and response.contact_id in (select unnest(ids));
  with gone as (
    delete from import_rows row
    where row.account_id = of_account
      and (row.canonical in (select unnest(texts)) or lower(row.address) in (select unnest(texts)) or row.address_key in (select unnest(keys))
           or (row.canonical is null  -- an invalid one, such as two addresses in one cell
               and exists (select from regexp_split_to_table(lower(row.address), '[][\s,;:<>()"'']+') part
                           where part in (select unnest(texts)))))
    returning row.import_id
  )
  select coalesce(array_agg(distinct gone.import_id), '{}') into touched from gone;
  update imports set file = jsonb_set(imports.file, '{columns}', coalesce(
      (select jsonb_agg(file_column || '{"samples": []}' order by place)
       from jsonb_array_elements(imports.file -> 'columns') with ordinality as listed (file_column, place)), '[]'))
    where imports.account_id = of_account and jsonb_typeof(imports.file -> 'columns') = 'array'
      and (imports.import_id = any (touched)
           or exists (select from jsonb_path_query(imports.file, '$.columns[*].samples[*]') sample
                      where lower(sample #>> '{}') in (select unnest(texts))));
  delete from mailbox_messages letter
    where letter.account_id = of_account and letter.address_key in (select unnest(all_keys))
      and (letter.address_key in (select unnest(keys))
           or exists (select from messages message where message.account_id = of_account and message.message_id = letter.message_id
                      and message.contact_id in (select unnest(ids))));
  update messages message set contact_id = null, answer = null
    where message.account_id = of_account and message.contact_id in (select unnest(ids));
  -- Files that were made before may hold them; files that are being made are made again. One statement: none slips through.
  update exports set stale = exports.rows is null,
      expires_at = case when exports.rows is null then exports.expires_at else least(exports.expires_at, clock_timestamp()) end,
      request = case when exports.rows is null then exports.request else exports.request - 'selection' end
    where exports.account_id = of_account;
  update jobs job set payload = job.payload - 'selection'
    where job.account_id = of_account and job.payload ? 'selection' and job.status in ('done', 'failed', 'cancelled');
  return cardinality(ids);
end $$;

create or replace function erase_contact(of_account bigint, of_contact bigint) returns boolean
language sql security definer set search_path = public, pg_temp as $$
  select erase_contacts(of_account, array[of_contact]) = 1
$$;
grant execute on function erase_contacts(bigint, bigint[]) to lastword_app;
