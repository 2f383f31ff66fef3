-- 0017 groups: names without regard to case in any script, and test groups of at most 10 contacts.
update groups set name = groups.name || ' (' || groups.group_id || ')'
  from (select account_id, group_id,
               row_number() over (partition by account_id, lower(name collate "und-x-icu") order by group_id) as place
        from groups where archived_at is null) alike
  where groups.account_id = alike.account_id and groups.group_id = alike.group_id and alike.place > 1;
drop index groups_name;
create unique index groups_name on groups (account_id, lower(name collate "und-x-icu")) where archived_at is null;
drop index topics_name;
create unique index topics_name on topics (account_id, lower(name collate "und-x-icu")) where archived_at is null;

create index groups_test on groups (account_id, group_id) where kind = 'test';
create trigger kept before update of kind on groups for each row when (new.kind <> old.kind) execute function refuse_change();

-- Whoever writes: a test group holds at most 10. Once a statement, so that imports pay nothing for it; a test group is
-- held while its members are counted, so that two who add at the same time do not both find room.
create function refuse_full_group() returns trigger language plpgsql as $$
declare
  test record;
  members int;
begin
  if not exists (select from public.groups any_test where any_test.kind = 'test') then
    return null;
  end if;
  for test in
    select held.account_id, held.group_id, held.name
    from (select distinct account_id, group_id from joined) asked
    join public.groups held on held.account_id = asked.account_id and held.group_id = asked.group_id
    where held.kind = 'test' order by held.account_id, held.group_id for no key update of held
  loop
    select count(*) into members from (select from public.group_members member
      where member.account_id = test.account_id and member.group_id = test.group_id limit 11) counted;
    if members > 10 then
      raise exception 'a test group holds at most 10 contacts' using errcode = 'LW004', detail = test.name;
    end if;
  end loop;
  return null;
end $$;
create trigger full_added after insert on group_members referencing new table as joined
  for each statement execute function refuse_full_group();
create trigger full_moved after update on group_members referencing new table as joined
  for each statement execute function refuse_full_group();
