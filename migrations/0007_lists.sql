-- 0007 lists: conditions on what people did, segment names without regard to case in any script, acts on many in steps.
create index responses_by_contact on responses (account_id, contact_id, kind);

drop index segments_name;
create unique index segments_name on segments (account_id, lower(name collate "und-x-icu")) where archived_at is null;

-- Lists narrowed to where contacts came from and when: few of many, in the order of the list.
create index contacts_by_source on contacts (account_id, source, contact_id);
create index contacts_by_time on contacts (account_id, created_at);

-- Contacts that an act in steps has still to reach: fixed when it starts, gone when it is done.
create table job_contacts (
  account_id bigint not null,
  job_id     bigint not null,
  contact_id bigint not null,
  primary key (account_id, job_id, contact_id),
  foreign key (account_id, job_id) references jobs on delete cascade
);
grant select, insert, delete on job_contacts to lastword_app;
