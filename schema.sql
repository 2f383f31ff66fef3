-- Made by bin/schema.ts from the migrations. Read it, do not run it.

create table accounts (
  account_id bigint generated always as identity not null,
  organization_id bigint not null,
  name text not null,
  sender_name text default ''::text not null,
  sender_address text default ''::text not null,
  postal_address text default ''::text not null,
  contact_url text default ''::text not null,
  language text default 'en'::text not null,
  time_zone text default 'UTC'::text not null,
  created_at timestamp with time zone default now() not null,
  tracking boolean default false not null,
  constraint accounts_pkey PRIMARY KEY (account_id),
  constraint accounts_name_check CHECK ((name <> ''::text)),
  constraint accounts_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(organization_id)
);
CREATE TRIGGER one_optout AFTER INSERT OR UPDATE OF organization_id ON public.accounts FOR EACH ROW EXECUTE FUNCTION cover_new_account();

create table accounts_with_rules (
  account_id bigint not null,
  constraint accounts_with_rules_pkey PRIMARY KEY (account_id)
);

create table api_keys (
  account_id bigint not null,
  api_key_id bigint generated always as identity not null,
  name text not null,
  scope text not null,
  token_hash bytea not null,
  hint text not null,
  created_by bigint,
  created_at timestamp with time zone default now() not null,
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  constraint api_keys_pkey PRIMARY KEY (account_id, api_key_id),
  constraint api_keys_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(account_id),
  constraint api_keys_name_check CHECK ((name <> ''::text)),
  constraint api_keys_scope_check CHECK ((scope = ANY (ARRAY['read'::text, 'full'::text]))),
  constraint api_keys_token_hash_check CHECK ((octet_length(token_hash) = 32)),
  constraint api_keys_token_hash_key UNIQUE (token_hash)
);

create table audience_changes (
  account_id bigint not null,
  xid xid8 default pg_current_xact_id() not null,
  part smallint not null,
  constraint audience_changes_pkey PRIMARY KEY (account_id, xid, part),
  constraint audience_changes_part_check CHECK (((part >= '-1'::integer) AND (part <= 1023)))
);

create table audit_events (
  account_id bigint not null,
  event_id bigint generated always as identity not null,
  at timestamp with time zone default now() not null,
  user_id bigint,
  api_key_id bigint,
  act text not null,
  subject jsonb default '{}'::jsonb not null,
  constraint audit_events_pkey PRIMARY KEY (account_id, event_id)
);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.audit_events FOR EACH ROW EXECUTE FUNCTION refuse_change();

create table cached_counts (
  account_id bigint not null,
  group_id bigint not null,
  system_id bigint not null,
  snapshot pg_snapshot not null,
  active bigint not null,
  error bigint not null,
  opt_out bigint not null,
  archived_active bigint not null,
  archived_error bigint not null,
  archived_opt_out bigint not null,
  parts bytea not null,
  constraint cached_counts_pkey PRIMARY KEY (account_id, group_id),
  constraint cached_counts_parts_check CHECK ((octet_length(parts) = 24576))
);

create table confirmation_limits (
  account_id bigint not null,
  address_key bytea not null,
  mailed_at timestamp with time zone not null,
  constraint confirmation_limits_pkey PRIMARY KEY (account_id, address_key),
  constraint confirmation_limits_address_key_check CHECK ((octet_length(address_key) = 16))
);

create table confirmation_mails (
  account_id bigint not null,
  sign_up_id bigint not null,
  state text default 'waiting'::text not null,
  due_at timestamp with time zone default now() not null,
  queued_at timestamp with time zone default now() not null,
  attempts integer default 0 not null,
  claimed_by bigint,
  handed_over_at timestamp with time zone,
  answered_at timestamp with time zone,
  answer text,
  message_id text,
  constraint confirmation_mails_pkey PRIMARY KEY (account_id, sign_up_id),
  constraint confirmation_mails_account_id_sign_up_id_fkey FOREIGN KEY (account_id, sign_up_id) REFERENCES sign_ups(account_id, sign_up_id) ON DELETE CASCADE,
  constraint confirmation_mails_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'claimed'::text, 'handed_over'::text, 'accepted'::text, 'deferred'::text, 'bounced'::text, 'unknown'::text, 'withheld'::text])))
);
CREATE INDEX confirmation_mails_due ON public.confirmation_mails USING btree (account_id, due_at) WHERE (state = ANY (ARRAY['waiting'::text, 'deferred'::text]));
CREATE INDEX confirmation_mails_in_hand ON public.confirmation_mails USING btree (account_id, claimed_by) WHERE (state = ANY (ARRAY['claimed'::text, 'handed_over'::text]));
CREATE TRIGGER settled BEFORE UPDATE ON public.confirmation_mails FOR EACH ROW EXECUTE FUNCTION guard_confirmation_mail();

create table consents (
  account_id bigint not null,
  consent_id bigint generated always as identity not null,
  contact_id bigint not null,
  form_id bigint,
  form_name text not null,
  version integer,
  wording text not null,
  language text not null,
  topics text[] default '{}'::text[] not null,
  asked_at timestamp with time zone not null,
  asked_ip text not null,
  asked_user_agent text not null,
  mail_message_id text not null,
  confirmed_at timestamp with time zone not null,
  confirmed_ip text not null,
  confirmed_user_agent text not null,
  entry_id bigint,
  constraint consents_pkey PRIMARY KEY (account_id, consent_id),
  constraint consents_account_id_contact_id_fkey FOREIGN KEY (account_id, contact_id) REFERENCES contacts(account_id, contact_id) ON DELETE CASCADE
);
CREATE INDEX consents_by_contact ON public.consents USING btree (account_id, contact_id);
CREATE INDEX consents_by_form ON public.consents USING btree (account_id, form_id);

create table contact_errors (
  account_id bigint not null,
  contact_id bigint not null,
  reason text not null,
  detail text default ''::text not null,
  at timestamp with time zone default now() not null,
  user_id bigint,
  constraint contact_errors_pkey PRIMARY KEY (account_id, contact_id),
  constraint contact_errors_account_id_contact_id_fkey FOREIGN KEY (account_id, contact_id) REFERENCES contacts(account_id, contact_id) ON DELETE CASCADE,
  constraint contact_errors_reason_check CHECK ((reason = ANY (ARRAY['format'::text, 'delivery'::text, 'manual'::text])))
);
CREATE TRIGGER counted_delete BEFORE DELETE ON public.contact_errors FOR EACH ROW WHEN ((current_setting('lastword.counts_all'::text, true) IS DISTINCT FROM (old.account_id)::text)) EXECUTE FUNCTION note_fact();
CREATE TRIGGER counted_insert BEFORE INSERT ON public.contact_errors FOR EACH ROW WHEN ((current_setting('lastword.counts_all'::text, true) IS DISTINCT FROM (new.account_id)::text)) EXECUTE FUNCTION note_fact();
CREATE TRIGGER counted_update BEFORE UPDATE OF account_id, contact_id ON public.contact_errors FOR EACH ROW EXECUTE FUNCTION note_fact();
CREATE TRIGGER counted_whole BEFORE TRUNCATE ON public.contact_errors FOR EACH STATEMENT EXECUTE FUNCTION note_truncate();
CREATE TRIGGER locked BEFORE INSERT OR DELETE OR UPDATE ON public.contact_errors FOR EACH ROW EXECUTE FUNCTION guard_contact_error();

create table contact_events (
  account_id bigint not null,
  event_id bigint generated always as identity not null,
  contact_id bigint not null,
  kind text not null,
  at timestamp with time zone default now() not null,
  user_id bigint,
  api_key_id bigint,
  data jsonb default '{}'::jsonb not null,
  constraint contact_events_pkey PRIMARY KEY (account_id, event_id),
  constraint contact_events_kind_check CHECK ((kind = ANY (ARRAY['added'::text, 'edited'::text, 'to_error'::text, 'to_active'::text, 'joined_group'::text, 'left_group'::text, 'archived'::text, 'restored'::text, 'held'::text, 'released'::text, 'imported'::text, 'import_undone'::text, 'merged'::text, 'topic_chosen'::text, 'topic_left'::text, 'signed_up'::text, 'paused'::text, 'pause_ended'::text, 'language_chosen'::text, 'data_requested'::text, 'data_request_settled'::text, 'tracking_refused'::text, 'tracking_allowed'::text])))
);
CREATE INDEX contact_events_by_contact ON public.contact_events USING btree (account_id, contact_id);

create table contact_former_addresses (
  account_id bigint not null,
  address_key bytea not null,
  contact_id bigint not null,
  since timestamp with time zone default now() not null,
  constraint contact_former_addresses_pkey PRIMARY KEY (account_id, address_key, contact_id),
  constraint contact_former_addresses_account_id_contact_id_fkey FOREIGN KEY (account_id, contact_id) REFERENCES contacts(account_id, contact_id) ON DELETE CASCADE,
  constraint contact_former_addresses_address_key_check CHECK ((octet_length(address_key) = 16))
);
CREATE INDEX contact_former_addresses_by_contact ON public.contact_former_addresses USING btree (account_id, contact_id);
CREATE TRIGGER paused AFTER INSERT ON public.contact_former_addresses FOR EACH ROW EXECUTE FUNCTION keep_pause_of_merged();
CREATE TRIGGER untracked AFTER INSERT ON public.contact_former_addresses FOR EACH ROW EXECUTE FUNCTION keep_tracking_refusal();

create table contact_holds (
  account_id bigint not null,
  contact_id bigint not null,
  because_key bytea not null,
  held_at timestamp with time zone default now() not null,
  released_at timestamp with time zone,
  released_by bigint,
  constraint contact_holds_pkey PRIMARY KEY (account_id, contact_id),
  constraint contact_holds_account_id_contact_id_fkey FOREIGN KEY (account_id, contact_id) REFERENCES contacts(account_id, contact_id) ON DELETE CASCADE,
  constraint contact_holds_because_key_check CHECK ((octet_length(because_key) = 16))
);

create table contact_languages (
  account_id bigint not null,
  contact_id bigint not null,
  language text not null,
  at timestamp with time zone default now() not null,
  constraint contact_languages_pkey PRIMARY KEY (account_id, contact_id),
  constraint contact_languages_account_id_contact_id_fkey FOREIGN KEY (account_id, contact_id) REFERENCES contacts(account_id, contact_id) ON DELETE CASCADE,
  constraint contact_languages_language_check CHECK ((language ~ '^[a-z]{2,3}$'::text))
);
CREATE TRIGGER locked BEFORE INSERT OR UPDATE ON public.contact_languages FOR EACH ROW EXECUTE FUNCTION guard_contact_choice();

create table contact_topics (
  account_id bigint not null,
  contact_id bigint not null,
  topic_id bigint not null,
  chosen boolean not null,
  at timestamp with time zone default now() not null,
  source text default 'preferences'::text not null,
  constraint contact_topics_pkey PRIMARY KEY (account_id, contact_id, topic_id),
  constraint contact_topics_account_id_contact_id_fkey FOREIGN KEY (account_id, contact_id) REFERENCES contacts(account_id, contact_id) ON DELETE CASCADE,
  constraint contact_topics_account_id_topic_id_fkey FOREIGN KEY (account_id, topic_id) REFERENCES topics(account_id, topic_id) ON DELETE CASCADE,
  constraint contact_topics_source_check CHECK ((source = ANY (ARRAY['preferences'::text, 'form'::text])))
);
CREATE INDEX contact_topics_by_topic ON public.contact_topics USING btree (account_id, topic_id, contact_id);
CREATE TRIGGER locked BEFORE INSERT OR UPDATE ON public.contact_topics FOR EACH ROW EXECUTE FUNCTION guard_contact_choice();

create table contacts (
  account_id bigint not null,
  contact_id bigint generated by default as identity not null,
  address text not null,
  canonical text not null,
  address_key bytea not null,
  fields jsonb default '{}'::jsonb not null,
  import_id bigint,
  import_line integer,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  archived_at timestamp with time zone,
  source text default 'operator'::text not null,
  constraint contacts_pkey PRIMARY KEY (account_id, contact_id),
  constraint contacts_account_id_canonical_key UNIQUE (account_id, canonical),
  constraint contacts_address_key_check CHECK ((octet_length(address_key) = 16)),
  constraint contacts_fields_check CHECK ((jsonb_typeof(fields) = 'object'::text)),
  constraint contacts_source_check CHECK ((source = ANY (ARRAY['operator'::text, 'api'::text, 'import'::text, 'form'::text])))
);
CREATE INDEX contacts_archived ON public.contacts USING btree (account_id, contact_id) WHERE (archived_at IS NOT NULL);
CREATE INDEX contacts_by_import ON public.contacts USING btree (account_id, import_id, contact_id) WHERE (import_id IS NOT NULL);
CREATE INDEX contacts_by_key ON public.contacts USING btree (account_id, address_key) INCLUDE (contact_id, archived_at);
CREATE INDEX contacts_by_source ON public.contacts USING btree (account_id, source, contact_id);
CREATE INDEX contacts_by_time ON public.contacts USING btree (account_id, created_at);
CREATE INDEX contacts_search ON public.contacts USING gin (contact_search(address, fields) gin_trgm_ops);
CREATE TRIGGER counted_delete BEFORE DELETE ON public.contacts FOR EACH ROW WHEN ((current_setting('lastword.counts_all'::text, true) IS DISTINCT FROM (old.account_id)::text)) EXECUTE FUNCTION note_contact();
CREATE TRIGGER counted_insert BEFORE INSERT ON public.contacts FOR EACH ROW WHEN ((current_setting('lastword.counts_all'::text, true) IS DISTINCT FROM (new.account_id)::text)) EXECUTE FUNCTION note_contact();
CREATE TRIGGER counted_update BEFORE UPDATE OF archived_at, address_key, account_id ON public.contacts FOR EACH ROW WHEN ((((old.archived_at IS NULL) <> (new.archived_at IS NULL)) OR (old.address_key <> new.address_key) OR (old.account_id <> new.account_id))) EXECUTE FUNCTION note_contact();
CREATE TRIGGER counted_whole BEFORE TRUNCATE ON public.contacts FOR EACH STATEMENT EXECUTE FUNCTION note_truncate();
CREATE TRIGGER former AFTER UPDATE OF address_key ON public.contacts FOR EACH ROW WHEN ((new.address_key <> old.address_key)) EXECUTE FUNCTION remember_former_address();
CREATE TRIGGER locked BEFORE UPDATE ON public.contacts FOR EACH ROW EXECUTE FUNCTION guard_contact();
CREATE TRIGGER paused AFTER UPDATE OF address_key ON public.contacts FOR EACH ROW WHEN ((new.address_key <> old.address_key)) EXECUTE FUNCTION keep_pause();
CREATE TRIGGER requests AFTER DELETE ON public.contacts FOR EACH ROW EXECUTE FUNCTION settle_by_erasure();
CREATE TRIGGER returns_forgotten AFTER DELETE ON public.contacts FOR EACH ROW EXECUTE FUNCTION forget_returns();
CREATE TRIGGER rules AFTER INSERT ON public.contacts FOR EACH ROW EXECUTE FUNCTION meet_rules();
CREATE TRIGGER rules_of_address AFTER UPDATE OF address, canonical ON public.contacts FOR EACH ROW WHEN ((new.canonical <> old.canonical)) EXECUTE FUNCTION meet_rules();
CREATE TRIGGER sign_ups_too BEFORE DELETE ON public.contacts FOR EACH ROW EXECUTE FUNCTION forget_sign_ups();
CREATE TRIGGER untracked AFTER UPDATE OF address_key ON public.contacts FOR EACH ROW WHEN ((new.address_key <> old.address_key)) EXECUTE FUNCTION keep_tracking_refusal();

create table data_requests (
  account_id bigint not null,
  request_id bigint generated always as identity not null,
  kind text not null,
  contact_id bigint,
  address_key bytea not null,
  mailing_id bigint,
  evidence jsonb default '{}'::jsonb not null,
  asked_at timestamp with time zone default clock_timestamp() not null,
  due_on date default (((now() AT TIME ZONE 'UTC'::text) + '1 mon'::interval))::date not null,
  settled_at timestamp with time zone,
  settled_by bigint,
  settled_key bigint,
  outcome text,
  constraint data_requests_pkey PRIMARY KEY (account_id, request_id),
  constraint data_requests_address_key_check CHECK ((octet_length(address_key) = 16)),
  constraint data_requests_check CHECK (((settled_at IS NULL) = (outcome IS NULL))),
  constraint data_requests_kind_check CHECK ((kind = ANY (ARRAY['copy'::text, 'erase'::text]))),
  constraint data_requests_outcome_check CHECK ((outcome = ANY (ARRAY['answered'::text, 'erased'::text])))
);
CREATE INDEX data_requests_by_contact ON public.data_requests USING btree (account_id, contact_id) WHERE (contact_id IS NOT NULL);
CREATE UNIQUE INDEX data_requests_once ON public.data_requests USING btree (account_id, address_key, kind) WHERE (settled_at IS NULL);
CREATE INDEX data_requests_open ON public.data_requests USING btree (account_id, due_on, request_id) WHERE (settled_at IS NULL);

create table exports (
  account_id bigint not null,
  export_id bigint generated always as identity not null,
  job_id bigint,
  request jsonb not null,
  file_name text not null,
  path text,
  size bigint,
  rows bigint,
  left_out bigint,
  stale boolean default false not null,
  started_by bigint,
  api_key_id bigint,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone,
  constraint exports_pkey PRIMARY KEY (account_id, export_id),
  constraint exports_request_check CHECK ((jsonb_typeof(request) = 'object'::text))
);
CREATE INDEX exports_kept ON public.exports USING btree (account_id, expires_at) WHERE (path IS NOT NULL);

create table fields (
  account_id bigint not null,
  field_id bigint generated always as identity not null,
  name text not null,
  label text not null,
  position integer default 0 not null,
  created_at timestamp with time zone default now() not null,
  type text default 'short'::text not null,
  options jsonb default '[]'::jsonb not null,
  required boolean default false not null,
  archived_at timestamp with time zone,
  editable boolean default false not null,
  constraint fields_pkey PRIMARY KEY (account_id, field_id),
  constraint fields_account_id_name_key UNIQUE (account_id, name),
  constraint fields_label_check CHECK ((label <> ''::text)),
  constraint fields_name_check CHECK ((name ~ '^[a-z][a-z0-9_]{0,62}$'::text)),
  constraint fields_options_check CHECK ((jsonb_typeof(options) = 'array'::text)),
  constraint fields_type_check CHECK ((type = ANY (ARRAY['short'::text, 'long'::text, 'number'::text, 'date'::text, 'one_of'::text, 'several_of'::text, 'yes_no'::text])))
);

create table form_wordings (
  account_id bigint not null,
  form_id bigint not null,
  version integer not null,
  language text not null,
  heading text not null,
  intro text default ''::text not null,
  consent text not null,
  made_by bigint,
  made_at timestamp with time zone default now() not null,
  constraint form_wordings_pkey PRIMARY KEY (account_id, form_id, version),
  constraint form_wordings_account_id_form_id_fkey FOREIGN KEY (account_id, form_id) REFERENCES forms(account_id, form_id),
  constraint form_wordings_consent_check CHECK ((consent <> ''::text))
);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.form_wordings FOR EACH ROW EXECUTE FUNCTION refuse_change();

create table forms (
  account_id bigint not null,
  form_id bigint generated always as identity not null,
  code text not null,
  name text not null,
  fields jsonb default '[]'::jsonb not null,
  topic_ids bigint[] default '{}'::bigint[] not null,
  group_ids bigint[] default '{}'::bigint[] not null,
  thanks text default ''::text not null,
  return_url text default ''::text not null,
  version integer default 1 not null,
  default_since timestamp with time zone,
  created_by bigint,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  archived_at timestamp with time zone,
  constraint forms_pkey PRIMARY KEY (account_id, form_id),
  constraint forms_account_id_code_key UNIQUE (account_id, code),
  constraint forms_code_check CHECK ((code ~ '^[a-z0-9]{12}$'::text)),
  constraint forms_fields_check CHECK ((jsonb_typeof(fields) = 'array'::text)),
  constraint forms_name_check CHECK ((name <> ''::text))
);
CREATE UNIQUE INDEX forms_default ON public.forms USING btree (account_id) WHERE (default_since IS NOT NULL);
CREATE UNIQUE INDEX forms_name ON public.forms USING btree (account_id, lower((name COLLATE "und-x-icu"))) WHERE (archived_at IS NULL);

create table group_members (
  account_id bigint not null,
  group_id bigint not null,
  contact_id bigint not null,
  added_at timestamp with time zone default now() not null,
  import_id bigint,
  constraint group_members_pkey PRIMARY KEY (account_id, group_id, contact_id),
  constraint group_members_account_id_contact_id_fkey FOREIGN KEY (account_id, contact_id) REFERENCES contacts(account_id, contact_id) ON DELETE CASCADE,
  constraint group_members_account_id_group_id_fkey FOREIGN KEY (account_id, group_id) REFERENCES groups(account_id, group_id) ON DELETE CASCADE
);
CREATE INDEX group_members_by_contact ON public.group_members USING btree (account_id, contact_id);
CREATE TRIGGER counted_delete BEFORE DELETE ON public.group_members FOR EACH ROW WHEN ((current_setting('lastword.counts_all'::text, true) IS DISTINCT FROM (old.account_id)::text)) EXECUTE FUNCTION note_fact();
CREATE TRIGGER counted_insert BEFORE INSERT ON public.group_members FOR EACH ROW WHEN ((current_setting('lastword.counts_all'::text, true) IS DISTINCT FROM (new.account_id)::text)) EXECUTE FUNCTION note_fact();
CREATE TRIGGER counted_update BEFORE UPDATE OF account_id, group_id, contact_id ON public.group_members FOR EACH ROW EXECUTE FUNCTION note_fact();
CREATE TRIGGER counted_whole BEFORE TRUNCATE ON public.group_members FOR EACH STATEMENT EXECUTE FUNCTION note_truncate();
CREATE TRIGGER full_added AFTER INSERT ON public.group_members REFERENCING NEW TABLE AS joined FOR EACH STATEMENT EXECUTE FUNCTION refuse_full_group();
CREATE TRIGGER full_moved AFTER UPDATE ON public.group_members REFERENCING NEW TABLE AS joined FOR EACH STATEMENT EXECUTE FUNCTION refuse_full_group();
CREATE TRIGGER locked BEFORE INSERT OR UPDATE ON public.group_members FOR EACH ROW EXECUTE FUNCTION guard_group_member();

create table groups (
  account_id bigint not null,
  group_id bigint generated always as identity not null,
  name text not null,
  kind text default 'regular'::text not null,
  created_by bigint,
  created_at timestamp with time zone default now() not null,
  archived_at timestamp with time zone,
  constraint groups_pkey PRIMARY KEY (account_id, group_id),
  constraint groups_kind_check CHECK ((kind = ANY (ARRAY['regular'::text, 'test'::text]))),
  constraint groups_name_check CHECK ((name <> ''::text))
);
CREATE UNIQUE INDEX groups_name ON public.groups USING btree (account_id, lower((name COLLATE "und-x-icu"))) WHERE (archived_at IS NULL);
CREATE INDEX groups_test ON public.groups USING btree (account_id, group_id) WHERE (kind = 'test'::text);
CREATE TRIGGER kept BEFORE UPDATE OF kind ON public.groups FOR EACH ROW WHEN ((new.kind <> old.kind)) EXECUTE FUNCTION refuse_change();

create table images (
  account_id bigint not null,
  image_id bigint generated always as identity not null,
  token text not null,
  name text not null,
  type text not null,
  width integer not null,
  height integer not null,
  content bytea not null,
  created_by bigint,
  created_at timestamp with time zone default now() not null,
  constraint images_pkey PRIMARY KEY (account_id, image_id),
  constraint images_height_check CHECK ((height > 0)),
  constraint images_token_check CHECK ((token ~ '^[A-Za-z0-9_-]{20,60}$'::text)),
  constraint images_type_check CHECK ((type = ANY (ARRAY['png'::text, 'jpg'::text, 'gif'::text, 'webp'::text]))),
  constraint images_width_check CHECK ((width > 0))
);
CREATE UNIQUE INDEX images_by_token ON public.images USING btree (token, account_id);
CREATE INDEX images_newest ON public.images USING btree (account_id, image_id DESC);

create table import_changes (
  account_id bigint not null,
  import_id bigint not null,
  contact_id bigint not null,
  changes jsonb default '{}'::jsonb not null,
  restored boolean default false not null,
  constraint import_changes_pkey PRIMARY KEY (account_id, import_id, contact_id),
  constraint import_changes_changes_check CHECK ((jsonb_typeof(changes) = 'object'::text))
);
CREATE INDEX import_changes_by_contact ON public.import_changes USING btree (account_id, contact_id);

create table import_rows (
  account_id bigint not null,
  import_id bigint not null,
  line integer not null,
  address text not null,
  canonical text,
  address_key bytea,
  base_key bytea,
  fields jsonb,
  opt_out boolean default false not null,
  outcome text,
  reason text,
  notes text[],
  constraint import_rows_pkey PRIMARY KEY (account_id, import_id, line),
  constraint import_rows_outcome_check CHECK ((outcome = ANY (ARRAY['added'::text, 'updated'::text, 'unchanged'::text, 'duplicate'::text, 'invalid'::text, 'opted_out'::text, 'held'::text, 'skipped'::text])))
);

create table import_undos (
  account_id bigint not null,
  import_id bigint not null,
  job_id bigint not null,
  step text default 'contacts'::text not null,
  group_id bigint default 0 not null,
  contact_id bigint default 0 not null,
  result jsonb default '{}'::jsonb not null,
  user_id bigint,
  api_key_id bigint,
  asked_at timestamp with time zone default now() not null,
  finished_at timestamp with time zone,
  constraint import_undos_pkey PRIMARY KEY (account_id, import_id),
  constraint import_undos_step_check CHECK ((step = ANY (ARRAY['contacts'::text, 'details'::text, 'groups'::text, 'rest'::text, 'done'::text])))
);

create table imports (
  account_id bigint not null,
  import_id bigint generated always as identity not null,
  file_name text not null,
  status text default 'uploaded'::text not null,
  phase text default 'upload'::text not null,
  file jsonb default '{}'::jsonb not null,
  options jsonb default '{}'::jsonb not null,
  counts jsonb default '{}'::jsonb not null,
  rows_total bigint,
  bytes_done bigint default 0 not null,
  bytes_total bigint default 0 not null,
  applied_line integer default 0 not null,
  problem jsonb,
  started_by bigint,
  created_at timestamp with time zone default now() not null,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  cancel_asked_at timestamp with time zone,
  applied int4multirange default '{}'::int4multirange not null,
  constraint imports_pkey PRIMARY KEY (account_id, import_id),
  constraint imports_phase_check CHECK ((phase = ANY (ARRAY['upload'::text, 'read'::text, 'apply'::text, 'done'::text]))),
  constraint imports_status_check CHECK ((status = ANY (ARRAY['uploaded'::text, 'queued'::text, 'running'::text, 'done'::text, 'failed'::text, 'cancelled'::text])))
);

create table job_contacts (
  account_id bigint not null,
  job_id bigint not null,
  contact_id bigint not null,
  constraint job_contacts_pkey PRIMARY KEY (account_id, job_id, contact_id),
  constraint job_contacts_account_id_job_id_fkey FOREIGN KEY (account_id, job_id) REFERENCES jobs(account_id, job_id) ON DELETE CASCADE
);

create table jobs (
  account_id bigint not null,
  job_id bigint generated always as identity not null,
  kind text not null,
  status text default 'queued'::text not null,
  done bigint default 0 not null,
  total bigint,
  payload jsonb default '{}'::jsonb not null,
  result jsonb,
  problem text,
  subject text,
  started_by bigint,
  process_id bigint,
  created_at timestamp with time zone default now() not null,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  cancel_asked_at timestamp with time zone,
  constraint jobs_pkey PRIMARY KEY (account_id, job_id),
  constraint jobs_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'failed'::text, 'cancelled'::text])))
);
CREATE INDEX jobs_by_subject ON public.jobs USING btree (account_id, subject, job_id);
CREATE INDEX jobs_open ON public.jobs USING btree (account_id, subject) WHERE (status = ANY (ARRAY['queued'::text, 'running'::text]));

create table kept_designs (
  account_id bigint not null,
  design_id bigint generated always as identity not null,
  kind text not null,
  name text not null,
  content jsonb not null,
  created_by bigint,
  created_at timestamp with time zone default now() not null,
  constraint kept_designs_pkey PRIMARY KEY (account_id, design_id),
  constraint kept_designs_kind_check CHECK ((kind = ANY (ARRAY['template'::text, 'block'::text]))),
  constraint kept_designs_name_check CHECK ((name <> ''::text))
);
CREATE UNIQUE INDEX kept_designs_by_name ON public.kept_designs USING btree (account_id, kind, lower(name));

create table key_fingerprints (
  purpose text not null,
  key_id integer not null,
  fingerprint bytea not null,
  first_seen_at timestamp with time zone default now() not null,
  constraint key_fingerprints_pkey PRIMARY KEY (purpose, key_id),
  constraint key_fingerprints_fingerprint_check CHECK ((octet_length(fingerprint) = 32)),
  constraint key_fingerprints_purpose_check CHECK ((purpose = ANY (ARRAY['address'::text, 'link'::text])))
);

create table link_failures (
  day date not null,
  what text not null,
  count bigint default 1 not null,
  constraint link_failures_pkey PRIMARY KEY (day, what)
);

create table mailbox_messages (
  account_id bigint not null,
  mailbox_id bigint generated always as identity not null,
  message_id bigint,
  mailing_id bigint,
  address_key bytea not null,
  recipient text not null,
  subject text not null,
  raw bytea not null,
  arrived_at timestamp with time zone default now() not null,
  constraint mailbox_messages_pkey PRIMARY KEY (account_id, mailbox_id)
);
CREATE INDEX mailbox_messages_by_key ON public.mailbox_messages USING btree (account_id, address_key);

create table mailing_groups (
  account_id bigint not null,
  mailing_id bigint not null,
  group_id bigint not null,
  excluded boolean default false not null,
  constraint mailing_groups_pkey PRIMARY KEY (account_id, mailing_id, group_id),
  constraint mailing_groups_account_id_group_id_fkey FOREIGN KEY (account_id, group_id) REFERENCES groups(account_id, group_id) ON DELETE CASCADE,
  constraint mailing_groups_account_id_mailing_id_fkey FOREIGN KEY (account_id, mailing_id) REFERENCES mailings(account_id, mailing_id) ON DELETE CASCADE
);

create table mailing_links (
  account_id bigint not null,
  mailing_id bigint not null,
  number integer not null,
  url text not null,
  people bigint default 0 not null,
  clicks bigint default 0 not null,
  machine_clicks bigint default 0 not null,
  constraint mailing_links_pkey PRIMARY KEY (account_id, mailing_id, number),
  constraint mailing_links_number_check CHECK ((number > 0)),
  constraint mailing_links_url_check CHECK ((url ~ '^https?://'::text))
);

create table mailing_segments (
  account_id bigint not null,
  mailing_id bigint not null,
  segment_id bigint not null,
  excluded boolean default false not null,
  constraint mailing_segments_pkey PRIMARY KEY (account_id, mailing_id, segment_id),
  constraint mailing_segments_account_id_mailing_id_fkey FOREIGN KEY (account_id, mailing_id) REFERENCES mailings(account_id, mailing_id) ON DELETE CASCADE,
  constraint mailing_segments_account_id_segment_id_fkey FOREIGN KEY (account_id, segment_id) REFERENCES segments(account_id, segment_id) ON DELETE CASCADE
);

create table mailing_topics (
  account_id bigint not null,
  mailing_id bigint not null,
  topic_id bigint not null,
  constraint mailing_topics_pkey PRIMARY KEY (account_id, mailing_id, topic_id),
  constraint mailing_topics_account_id_mailing_id_fkey FOREIGN KEY (account_id, mailing_id) REFERENCES mailings(account_id, mailing_id) ON DELETE CASCADE,
  constraint mailing_topics_account_id_topic_id_fkey FOREIGN KEY (account_id, topic_id) REFERENCES topics(account_id, topic_id) ON DELETE CASCADE
);

create table mailing_variants (
  account_id bigint not null,
  mailing_id bigint not null,
  variant smallint not null,
  subject text,
  from_name text,
  from_address text,
  html text,
  text text,
  compiled jsonb,
  constraint mailing_variants_pkey PRIMARY KEY (account_id, mailing_id, variant),
  constraint mailing_variants_account_id_mailing_id_fkey FOREIGN KEY (account_id, mailing_id) REFERENCES split_tests(account_id, mailing_id) ON DELETE CASCADE,
  constraint mailing_variants_variant_check CHECK (((variant >= 2) AND (variant <= 4)))
);

create table mailings (
  account_id bigint not null,
  mailing_id bigint generated always as identity not null,
  name text not null,
  subject text default ''::text not null,
  from_name text default ''::text not null,
  from_address text default ''::text not null,
  html text default ''::text not null,
  text text default ''::text not null,
  status text default 'draft'::text not null,
  compiled jsonb,
  problem text,
  created_by bigint,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  send_at timestamp with time zone,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  tracking boolean,
  source jsonb default '{"kind": "html"}'::jsonb not null,
  time_zone text,
  local_time timestamp without time zone,
  per_hour integer,
  pause_reason text,
  watched_from timestamp with time zone,
  constraint mailings_pkey PRIMARY KEY (account_id, mailing_id),
  constraint mailings_name_check CHECK ((name <> ''::text)),
  constraint mailings_pause_reason_check CHECK ((pause_reason = ANY (ARRAY['blocks'::text, 'complaints'::text]))),
  constraint mailings_per_hour_check CHECK ((per_hour > 0)),
  constraint mailings_source_check CHECK ((source ? 'kind'::text)),
  constraint mailings_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'scheduled'::text, 'sending'::text, 'paused'::text, 'sent'::text, 'cancelled'::text])))
);
CREATE INDEX mailings_sending ON public.mailings USING btree (account_id, mailing_id) WHERE (status = 'sending'::text);

create table messages (
  account_id bigint not null,
  message_id bigint generated always as identity not null,
  mailing_id bigint not null,
  contact_id bigint,
  address_key bytea not null,
  state text default 'queued'::text not null,
  due_at timestamp with time zone default now() not null,
  queued_at timestamp with time zone default now() not null,
  attempts integer default 0 not null,
  handed_over_by bigint,
  handed_over_at timestamp with time zone,
  answered_at timestamp with time zone,
  answer text,
  by_topic boolean default false not null,
  variant smallint,
  is_open boolean generated always as ((state = ANY (ARRAY['queued'::text, 'handed_over'::text, 'deferred'::text]))) stored,
  constraint messages_pkey PRIMARY KEY (account_id, message_id),
  constraint messages_account_id_mailing_id_contact_id_key UNIQUE (account_id, mailing_id, contact_id),
  constraint messages_address_key_check CHECK ((octet_length(address_key) = 16)),
  constraint messages_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'handed_over'::text, 'accepted'::text, 'deferred'::text, 'bounced'::text, 'withheld'::text, 'unknown'::text, 'cancelled'::text]))),
  constraint messages_variant_check CHECK (((variant >= 1) AND (variant <= 4)))
);
CREATE INDEX messages_by_contact ON public.messages USING btree (account_id, contact_id);
CREATE INDEX messages_due ON public.messages USING btree (account_id, mailing_id, due_at) WHERE is_open;
CREATE INDEX messages_open_by_key ON public.messages USING btree (account_id, address_key) WHERE is_open;
CREATE TRIGGER locked_in BEFORE INSERT ON public.messages FOR EACH ROW EXECUTE FUNCTION guard_message();
CREATE TRIGGER locked_out BEFORE UPDATE OF state ON public.messages FOR EACH ROW WHEN (((new.state = ANY (ARRAY['queued'::text, 'deferred'::text])) AND (new.state IS DISTINCT FROM old.state))) EXECUTE FUNCTION guard_message();
CREATE TRIGGER locked_out_hand_over AFTER UPDATE ON public.messages REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION guard_hand_over();
CREATE TRIGGER topics BEFORE UPDATE OF state ON public.messages FOR EACH ROW WHEN ((new.by_topic AND (new.state = ANY (ARRAY['queued'::text, 'handed_over'::text, 'deferred'::text])) AND (new.state IS DISTINCT FROM old.state))) EXECUTE FUNCTION guard_message_topics();

create table optout_domains (
  account_id bigint not null,
  domain text not null,
  entry_id bigint not null,
  since timestamp with time zone not null,
  constraint optout_domains_pkey PRIMARY KEY (account_id, domain),
  constraint optout_domains_domain_check CHECK (((domain = lower(domain)) AND (domain ~~ '%.%'::text)))
);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.optout_domains FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON public.optout_domains FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

create table optout_hashes (
  account_id bigint not null,
  hash bytea not null,
  entry_id bigint not null,
  since timestamp with time zone not null,
  constraint optout_hashes_pkey PRIMARY KEY (account_id, hash),
  constraint optout_hashes_hash_check CHECK ((octet_length(hash) = ANY (ARRAY[16, 20, 32])))
);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.optout_hashes FOR EACH ROW EXECUTE FUNCTION guard_optout_hash();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON public.optout_hashes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

create table optout_ledger (
  account_id bigint not null,
  entry_id bigint generated always as identity not null,
  source text not null,
  address_key bytea,
  mailing_id bigint,
  group_id bigint,
  import_id bigint,
  user_id bigint,
  api_key_id bigint,
  evidence jsonb default '{}'::jsonb not null,
  opted_out bigint not null,
  already bigint not null,
  at timestamp with time zone default clock_timestamp() not null,
  constraint optout_ledger_pkey PRIMARY KEY (account_id, entry_id),
  constraint optout_ledger_address_key_check CHECK ((octet_length(address_key) = 16)),
  constraint optout_ledger_source_check CHECK ((source = ANY (ARRAY['link'::text, 'one_click'::text, 'preferences'::text, 'mailto'::text, 'complaint'::text, 'provider'::text, 'operator'::text, 'bulk'::text, 'import'::text, 'api'::text, 'emma_api'::text, 're_consent'::text])))
);
CREATE INDEX optout_ledger_by_key ON public.optout_ledger USING btree (account_id, address_key);
CREATE INDEX optout_ledger_by_mailing ON public.optout_ledger USING btree (account_id, mailing_id) WHERE (mailing_id IS NOT NULL);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.optout_ledger FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON public.optout_ledger FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

create table organizations (
  organization_id bigint generated always as identity not null,
  name text not null,
  created_at timestamp with time zone default now() not null,
  one_optout_since timestamp with time zone,
  one_optout_by bigint,
  constraint organizations_pkey PRIMARY KEY (organization_id),
  constraint organizations_name_check CHECK ((name <> ''::text))
);

create table owner_links (
  token_hash bytea not null,
  made_at timestamp with time zone default now() not null,
  used_at timestamp with time zone,
  constraint owner_links_pkey PRIMARY KEY (token_hash),
  constraint owner_links_token_hash_check CHECK ((octet_length(token_hash) = 32))
);

create table pauses (
  account_id bigint not null,
  address_key bytea not null,
  paused_at timestamp with time zone not null,
  ends_at timestamp with time zone not null,
  constraint pauses_pkey PRIMARY KEY (account_id, address_key),
  constraint pauses_address_key_check CHECK ((octet_length(address_key) = 16))
);

create table processes (
  process_id bigint generated always as identity not null,
  started_at timestamp with time zone default now() not null,
  ended_at timestamp with time zone,
  constraint processes_pkey PRIMARY KEY (process_id)
);

create table response_hours (
  account_id bigint not null,
  mailing_id bigint not null,
  hour timestamp with time zone not null,
  opened bigint default 0 not null,
  clicked bigint default 0 not null,
  opens bigint default 0 not null,
  clicks bigint default 0 not null,
  machine_opens bigint default 0 not null,
  machine_clicks bigint default 0 not null,
  constraint response_hours_pkey PRIMARY KEY (account_id, mailing_id, hour)
);
CREATE INDEX response_hours_by_hour ON public.response_hours USING btree (account_id, hour);

create table responses (
  account_id bigint not null,
  mailing_id bigint not null,
  contact_id bigint not null,
  kind text not null,
  first_at timestamp with time zone default now() not null,
  times integer default 1 not null,
  links integer[] default '{}'::integer[] not null,
  constraint responses_pkey PRIMARY KEY (account_id, mailing_id, kind, contact_id),
  constraint responses_kind_check CHECK ((kind = ANY (ARRAY['opened'::text, 'clicked'::text])))
);
CREATE INDEX responses_by_contact ON public.responses USING btree (account_id, contact_id, kind);

create table returns (
  account_id bigint not null,
  return_id bigint generated always as identity not null,
  event text not null,
  way text not null,
  outcome text not null,
  message_id bigint,
  mailing_id bigint,
  contact_id bigint,
  address_key bytea not null,
  status text default ''::text not null,
  reply text default ''::text not null,
  reason text default ''::text not null,
  words text default ''::text not null,
  at timestamp with time zone default now() not null,
  constraint returns_pkey PRIMARY KEY (account_id, return_id),
  constraint returns_account_id_event_key UNIQUE (account_id, event),
  constraint returns_address_key_check CHECK ((octet_length(address_key) = 16)),
  constraint returns_event_check CHECK ((event <> ''::text)),
  constraint returns_outcome_check CHECK ((outcome = ANY (ARRAY['hard'::text, 'soft'::text, 'block'::text, 'complaint'::text, 'opt_out'::text]))),
  constraint returns_way_check CHECK ((way = ANY (ARRAY['smtp'::text, 'mail'::text, 'provider'::text])))
);
CREATE INDEX returns_by_contact ON public.returns USING btree (account_id, contact_id);
CREATE INDEX returns_by_key ON public.returns USING btree (account_id, address_key);
CREATE INDEX returns_by_mailing ON public.returns USING btree (account_id, mailing_id, outcome);
CREATE INDEX returns_by_message ON public.returns USING btree (account_id, message_id);

create table segments (
  account_id bigint not null,
  segment_id bigint generated always as identity not null,
  name text not null,
  condition jsonb not null,
  created_by bigint,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  archived_at timestamp with time zone,
  constraint segments_pkey PRIMARY KEY (account_id, segment_id),
  constraint segments_name_check CHECK ((name <> ''::text))
);
CREATE UNIQUE INDEX segments_name ON public.segments USING btree (account_id, lower((name COLLATE "und-x-icu"))) WHERE (archived_at IS NULL);

create table sending_rates (
  account_id bigint not null,
  subject text not null,
  allowance double precision not null,
  at timestamp with time zone not null,
  constraint sending_rates_pkey PRIMARY KEY (account_id, subject)
);

create table sessions (
  token_hash bytea not null,
  user_id bigint not null,
  created_at timestamp with time zone default now() not null,
  last_seen_at timestamp with time zone default now() not null,
  ends_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  constraint sessions_pkey PRIMARY KEY (token_hash),
  constraint sessions_token_hash_check CHECK ((octet_length(token_hash) = 32)),
  constraint sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(user_id)
);
CREATE INDEX sessions_user_id_idx ON public.sessions USING btree (user_id);

create table sign_in_failures (
  subject text not null,
  failed_at timestamp with time zone default now() not null
);
CREATE INDEX sign_in_failures_subject_failed_at_idx ON public.sign_in_failures USING btree (subject, failed_at);

create table sign_up_counts (
  account_id bigint not null,
  scope text not null,
  hour timestamp with time zone not null,
  count integer not null,
  constraint sign_up_counts_pkey PRIMARY KEY (account_id, scope, hour)
);

create table sign_ups (
  account_id bigint not null,
  sign_up_id bigint generated always as identity not null,
  form_id bigint,
  version integer,
  language text not null,
  consent text not null,
  address text not null,
  canonical text not null,
  address_key bytea not null,
  fields jsonb default '{}'::jsonb not null,
  topic_ids bigint[] default '{}'::bigint[] not null,
  ip text not null,
  user_agent text not null,
  salt bytea not null,
  token_hash bytea not null,
  asked_at timestamp with time zone not null,
  ends_at timestamp with time zone not null,
  confirmed_at timestamp with time zone,
  confirmed_in xid8,
  constraint sign_ups_pkey PRIMARY KEY (account_id, sign_up_id),
  constraint sign_ups_account_id_token_hash_key UNIQUE (account_id, token_hash),
  constraint sign_ups_address_key_check CHECK ((octet_length(address_key) = 16)),
  constraint sign_ups_consent_check CHECK ((consent <> ''::text)),
  constraint sign_ups_salt_check CHECK ((octet_length(salt) = 16)),
  constraint sign_ups_token_hash_check CHECK ((octet_length(token_hash) = 32))
);
CREATE INDEX sign_ups_by_canonical ON public.sign_ups USING btree (account_id, canonical);
CREATE INDEX sign_ups_by_form ON public.sign_ups USING btree (account_id, form_id) WHERE (confirmed_at IS NULL);
CREATE INDEX sign_ups_by_key ON public.sign_ups USING btree (account_id, address_key);
CREATE INDEX sign_ups_ended ON public.sign_ups USING btree (account_id, ends_at);

create table split_tests (
  account_id bigint not null,
  mailing_id bigint not null,
  tests text not null,
  share integer not null,
  measure text not null,
  wait_minutes integer,
  winner smallint,
  decided_at timestamp with time zone,
  decided_by bigint,
  constraint split_tests_pkey PRIMARY KEY (account_id, mailing_id),
  constraint split_tests_account_id_mailing_id_fkey FOREIGN KEY (account_id, mailing_id) REFERENCES mailings(account_id, mailing_id) ON DELETE CASCADE,
  constraint split_tests_measure_check CHECK ((measure = ANY (ARRAY['opens'::text, 'clicks'::text]))),
  constraint split_tests_share_check CHECK (((share >= 1) AND (share <= 100))),
  constraint split_tests_tests_check CHECK ((tests = ANY (ARRAY['subject'::text, 'sender'::text, 'content'::text]))),
  constraint split_tests_wait_minutes_check CHECK (((wait_minutes >= 5) AND (wait_minutes <= 20160))),
  constraint split_tests_winner_check CHECK (((winner >= 1) AND (winner <= 4)))
);

create table standing_optouts (
  account_id bigint not null,
  address_key bytea not null,
  entry_id bigint not null,
  source text not null,
  mailing_id bigint,
  opted_out_at timestamp with time zone not null,
  constraint standing_optouts_pkey PRIMARY KEY (account_id, address_key),
  constraint standing_optouts_address_key_check CHECK ((octet_length(address_key) = 16))
);
CREATE INDEX standing_optouts_by_time ON public.standing_optouts USING btree (account_id, opted_out_at, address_key);
CREATE TRIGGER counted_delete BEFORE DELETE ON public.standing_optouts FOR EACH ROW WHEN ((current_setting('lastword.counts_all'::text, true) IS DISTINCT FROM (old.account_id)::text)) EXECUTE FUNCTION note_return();
CREATE TRIGGER counted_insert BEFORE INSERT ON public.standing_optouts FOR EACH ROW WHEN ((current_setting('lastword.counts_all'::text, true) IS DISTINCT FROM (new.account_id)::text)) EXECUTE FUNCTION note_optout();
CREATE TRIGGER standing BEFORE DELETE OR UPDATE ON public.standing_optouts FOR EACH ROW EXECUTE FUNCTION guard_standing_optout();
CREATE TRIGGER standing_whole BEFORE TRUNCATE ON public.standing_optouts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

create table topics (
  account_id bigint not null,
  topic_id bigint generated always as identity not null,
  name text not null,
  description text default ''::text not null,
  position integer default 0 not null,
  created_at timestamp with time zone default now() not null,
  archived_at timestamp with time zone,
  constraint topics_pkey PRIMARY KEY (account_id, topic_id),
  constraint topics_name_check CHECK ((name <> ''::text))
);
CREATE UNIQUE INDEX topics_name ON public.topics USING btree (account_id, lower((name COLLATE "und-x-icu"))) WHERE (archived_at IS NULL);

create table tracking_refusals (
  account_id bigint not null,
  address_key bytea not null,
  refused_at timestamp with time zone default now() not null,
  by_holder boolean not null,
  constraint tracking_refusals_pkey PRIMARY KEY (account_id, address_key),
  constraint tracking_refusals_address_key_check CHECK ((octet_length(address_key) = 16))
);

create table users (
  user_id bigint generated always as identity not null,
  organization_id bigint not null,
  email text not null,
  name text default ''::text not null,
  password_hash text not null,
  created_at timestamp with time zone default now() not null,
  disabled_at timestamp with time zone,
  constraint users_pkey PRIMARY KEY (user_id),
  constraint users_email_check CHECK ((email = lower(email))),
  constraint users_email_key UNIQUE (email),
  constraint users_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(organization_id)
);

create view contact_status as
 SELECT contact.account_id,
    contact.contact_id,
        CASE
            WHEN optout.address_key IS NOT NULL THEN 'opt_out'::text
            WHEN failure.contact_id IS NOT NULL THEN 'error'::text
            ELSE 'active'::text
        END AS status,
    optout.opted_out_at,
    optout.source AS optout_source,
    optout.mailing_id AS optout_mailing_id,
    optout.entry_id AS optout_entry_id,
    failure.at AS error_at,
    failure.reason AS error_reason,
    failure.detail AS error_detail,
    contact.address,
    contact.address_key,
    contact.fields,
    contact.created_at,
    contact.updated_at,
    contact.archived_at
   FROM contacts contact
     LEFT JOIN standing_optouts optout ON optout.account_id = contact.account_id AND optout.address_key = contact.address_key
     LEFT JOIN contact_errors failure ON failure.account_id = contact.account_id AND failure.contact_id = contact.contact_id;

create view mailable_contacts as
 SELECT account_id,
    contact_id,
    address,
    address_key,
    fields
   FROM contacts contact
  WHERE archived_at IS NULL AND NOT (EXISTS ( SELECT
           FROM standing_optouts optout
          WHERE optout.account_id = contact.account_id AND optout.address_key = contact.address_key)) AND NOT (EXISTS ( SELECT
           FROM contact_errors failure
          WHERE failure.account_id = contact.account_id AND failure.contact_id = contact.contact_id)) AND NOT (EXISTS ( SELECT
           FROM contact_holds hold
          WHERE hold.account_id = contact.account_id AND hold.contact_id = contact.contact_id AND hold.released_at IS NULL)) AND NOT (EXISTS ( SELECT
           FROM pauses pause
          WHERE pause.account_id = contact.account_id AND pause.address_key = contact.address_key AND pause.ends_at > now()));

CREATE OR REPLACE FUNCTION public.address_hashes(address text, canonical text)
 RETURNS bytea[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select array_agg(hashed) from (select distinct spelling from unnest(array[lower(btrim(address)), canonical]) spelling) spellings
  cross join lateral (values (decode(md5(convert_to(spelling, 'UTF8')), 'hex')), (digest(convert_to(spelling, 'UTF8'), 'sha1')),
                             (sha256(convert_to(spelling, 'UTF8')))) hashes (hashed)
$function$
;

CREATE OR REPLACE FUNCTION public.ask_sign_up(of_account bigint, of_form bigint, of_version integer, in_language text, with_consent text, to_address text, of_canonical text, of_key bytea, limit_key bytea, given jsonb, topics bigint[], from_ip text, agent text, with_salt bytea, hash bytea, scopes text[], most integer[], most_mails integer)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  moment timestamptz := clock_timestamp();
  this_hour timestamptz := date_trunc('hour', clock_timestamp());
  is_over boolean;
  fresh int;
  made bigint;
begin
  with counted as (
    insert into sign_up_counts as known (account_id, scope, hour, count)
      select of_account, scope, this_hour, 1 from unnest(scopes) scope order by scope
      on conflict (account_id, scope, hour) do update set count = known.count + 1
      returning known.scope, known.count
  )
  select bool_or(counted.count > asked.most) into is_over
    from counted join unnest(scopes, most) as asked (scope, most) on asked.scope = counted.scope;
  if is_over then
    return 'connection';
  end if;
  if exists (select from sign_up_counts known
             where known.account_id = of_account and known.scope = 'mails' and known.hour = this_hour and known.count >= most_mails) then
    return 'many';
  end if;
  if exists (select from optout_domains rule where rule.account_id = of_account and rule.domain = split_part(of_canonical, '@', -1)) then
    return 'domain';
  end if;
  insert into confirmation_limits as known (account_id, address_key, mailed_at) values (of_account, limit_key, moment)
    on conflict (account_id, address_key) do update set mailed_at = excluded.mailed_at
    where known.mailed_at <= moment - interval '24 hours';
  get diagnostics fresh = row_count;
  if fresh = 0 then
    return 'again';
  end if;
  insert into sign_up_counts as known (account_id, scope, hour, count) values (of_account, 'mails', this_hour, 1)
    on conflict (account_id, scope, hour) do update set count = known.count + 1;
  insert into sign_ups (account_id, form_id, version, language, consent, address, canonical, address_key, fields, topic_ids,
                        ip, user_agent, salt, token_hash, asked_at, ends_at)
    values (of_account, of_form, of_version, in_language, with_consent, to_address, of_canonical, of_key, given, topics,
            from_ip, agent, with_salt, hash, moment, moment + interval '7 days')
    returning sign_up_id into made;
  insert into confirmation_mails (account_id, sign_up_id) values (of_account, made);
  perform pg_notify('messages', of_account::text);
  return 'queued';
end $function$
;

CREATE OR REPLACE FUNCTION public.carry_optouts(of_account bigint, entry bigint)
 RETURNS bigint
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  carried bigint;
begin
  insert into standing_optouts (account_id, address_key, entry_id, source, mailing_id, opted_out_at)
    select distinct on (contact.address_key) of_account, contact.address_key, entry, standing.source, standing.mailing_id, standing.opted_out_at
    from contact_former_addresses former
    join standing_optouts standing on standing.account_id = of_account and standing.address_key = former.address_key and standing.entry_id = entry
    join contacts contact on contact.account_id = of_account and contact.contact_id = former.contact_id
    where former.account_id = of_account
    order by contact.address_key
    on conflict do nothing;
  get diagnostics carried = row_count;
  return carried;
end $function$
;

CREATE OR REPLACE FUNCTION public.carry_pause(of_account bigint, of_contact bigint, former bytea)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  insert into pauses as mine (account_id, address_key, paused_at, ends_at)
  select of_account, contact.address_key, pause.paused_at, pause.ends_at
  from contacts contact
  join pauses pause on pause.account_id = of_account and pause.address_key = former and pause.ends_at > now()
  where contact.account_id = of_account and contact.contact_id = of_contact and contact.address_key <> former
  on conflict (account_id, address_key) do update set paused_at = excluded.paused_at, ends_at = excluded.ends_at
    where excluded.ends_at > mine.ends_at
$function$
;

CREATE OR REPLACE FUNCTION public.carry_tracking_refusal(of_account bigint, of_contact bigint, former bytea)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  insert into tracking_refusals as mine (account_id, address_key, refused_at, by_holder)
  select of_account, contact.address_key, refusal.refused_at, refusal.by_holder
  from contacts contact
  join tracking_refusals refusal on refusal.account_id = of_account and refusal.address_key = former
  where contact.account_id = of_account and contact.contact_id = of_contact and contact.address_key <> former
  on conflict (account_id, address_key) do update set by_holder = true where excluded.by_holder and not mine.by_holder
$function$
;

CREATE OR REPLACE FUNCTION public.confirm_sign_up(of_account bigint, token bytea, proof jsonb)
 RETURNS TABLE(outcome text, sign_up_id bigint, entry_id bigint, confirmed_at timestamp with time zone)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
  asked sign_ups;
  entry bigint;
  placed int;
  unlisted int;
  moment timestamptz;
begin
  select * into asked from sign_ups known
    where known.account_id = of_account and known.token_hash = sha256(token) for update;
  if asked.sign_up_id is null or asked.ends_at <= clock_timestamp()
     or not exists (select from confirmation_mails mail
                    where mail.account_id = of_account and mail.sign_up_id = asked.sign_up_id and mail.handed_over_at is not null) then
    return query select 'ended', null::bigint, null::bigint, null::timestamptz;
    return;
  end if;
  if asked.confirmed_at is not null then
    return query select 'used', asked.sign_up_id, null::bigint, asked.confirmed_at;
    return;
  end if;
  perform from contacts contact where contact.account_id = of_account and contact.address_key = asked.address_key
    order by contact.contact_id for no key update;
  perform pg_advisory_xact_lock_shared(1279738, (of_account % 2147483647)::int);  -- before opt-outs of many, or after them
  if exists (select from optout_domains rule where rule.account_id = of_account and rule.domain = split_part(asked.canonical, '@', -1)) then
    return query select 'domain', asked.sign_up_id, null::bigint, null::timestamptz;
    return;
  end if;
  insert into standing_optouts (account_id, address_key, entry_id, source, opted_out_at)
    values (of_account, asked.address_key, 0, 're_consent', clock_timestamp()) on conflict do nothing;
  get diagnostics placed = row_count;
  moment := clock_timestamp();
  update sign_ups known set confirmed_at = moment, confirmed_in = pg_current_xact_id()
    where known.account_id = of_account and known.sign_up_id = asked.sign_up_id;
  delete from standing_optouts standing where standing.account_id = of_account and standing.address_key = asked.address_key;
  delete from optout_hashes listed
    where listed.account_id = of_account and listed.hash = any (address_hashes(asked.address, asked.canonical));
  get diagnostics unlisted = row_count;
  if placed = 0 or unlisted > 0 then
    entry := nextval(pg_get_serial_sequence('optout_ledger', 'entry_id'));
    insert into optout_ledger (account_id, entry_id, source, address_key, evidence, opted_out, already, at)
      overriding system value
      values (of_account, entry, 're_consent', asked.address_key, coalesce(proof, '{}'), 0, 0, moment);
  end if;
  return query select 'confirmed', asked.sign_up_id, entry, moment;
end $function$
;

CREATE OR REPLACE FUNCTION public.contact_search(address text, fields jsonb)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE COST 2000
AS $function$
declare
  words text := lower((address || ' ' || jsonb_path_query_array(fields, '$.*')::text) collate "und-x-icu");
begin
  if octet_length(words) = length(words) then
    return replace(words, '\', '');
  end if;
  return replace(encode(convert_to(words, 'UTF8'), 'escape'), '\', '');
end $function$
;

CREATE OR REPLACE FUNCTION public.contact_text(address text, fields jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select lower((address || ' ' || jsonb_path_query_array(fields, '$.*')::text) collate "und-x-icu")
$function$
;

CREATE OR REPLACE FUNCTION public.cover_new_account()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  perform pg_advisory_xact_lock(1279739, (new.organization_id % 2147483647)::int);
  if exists (select from organizations where organization_id = new.organization_id and one_optout_since is not null) then
    perform share_optouts_with(new.account_id, new.organization_id);
  end if;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.due_messages(of_account bigint, of_mailing bigint, but bigint[], part integer, parts integer, most integer)
 RETURNS TABLE(message_id bigint, contact_id bigint, address_key bytea, address text, fields jsonb, attempts integer, queued_at timestamp with time zone, variant smallint, is_untracked boolean)
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
#variable_conflict use_column
begin
  return query
  select due.message_id, due.contact_id, due.address_key, contact.address, contact.fields, due.attempts, due.queued_at, due.variant,
    exists (select from tracking_refusals refusal
            where refusal.account_id = of_account and refusal.address_key = due.address_key)
  from (select message.message_id, message.contact_id, message.address_key, message.attempts, message.queued_at,
               message.variant
        from messages message
        where message.account_id = of_account and message.mailing_id = of_mailing and message.is_open
          and message.state in ('queued', 'deferred') and message.due_at <= now()
          and message.message_id <> all (but) and (parts = 1 or message.message_id % parts = part)
          and (select mailing.status = 'sending' from mailings mailing
               where mailing.account_id = of_account and mailing.mailing_id = of_mailing)
        order by message.due_at limit most) due
  left join lateral (
    select mailable.address, mailable.fields from mailable_contacts mailable
    where mailable.account_id = of_account and mailable.contact_id = due.contact_id
      and mailable.address_key = due.address_key) contact on true;
end $function$
;

CREATE OR REPLACE FUNCTION public.erase_contact(of_account bigint, of_contact bigint)
 RETURNS boolean
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select erase_contacts(of_account, array[of_contact]) = 1
$function$
;

CREATE OR REPLACE FUNCTION public.erase_contacts(of_account bigint, contact_ids bigint[])
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
end $function$
;

CREATE OR REPLACE FUNCTION public.forget_returns()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  delete from returns where account_id = old.account_id and contact_id = old.contact_id;
  delete from returns where account_id = old.account_id and address_key = old.address_key
    and not exists (select from contacts other where other.account_id = old.account_id and other.address_key = old.address_key);
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.forget_sign_ups()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  delete from sign_ups asked
    where asked.account_id = old.account_id
      and (asked.canonical = old.canonical
           or asked.address_key in (select former.address_key from contact_former_addresses former
                                    where former.account_id = old.account_id and former.contact_id = old.contact_id));
  return old;
end $function$
;

CREATE OR REPLACE FUNCTION public.guard_confirmation_mail()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if old.state in ('accepted', 'bounced', 'unknown', 'withheld') or (new.account_id, new.sign_up_id, new.queued_at) <> (old.account_id, old.sign_up_id, old.queued_at) then
    raise exception 'this confirmation mail is settled' using errcode = 'LW003';
  end if;
  return new;
end $function$
;

CREATE OR REPLACE FUNCTION public.guard_contact()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
AS $function$
begin
  if (new.address, new.canonical, new.address_key, new.fields, new.account_id, new.contact_id, new.created_at, new.import_id)
     is not distinct from
     (old.address, old.canonical, old.address_key, old.fields, old.account_id, old.contact_id, old.created_at, old.import_id) then
    return new;
  end if;
  perform pg_advisory_xact_lock_shared(1279738, (old.account_id % 2147483647)::int);
  if exists (select from standing_optouts standing
             where standing.account_id = old.account_id and standing.address_key = old.address_key)
     or (new.address_key <> old.address_key
         and exists (select from standing_optouts standing
                     where standing.account_id = old.account_id and standing.address_key = new.address_key)) then
    raise exception 'this contact opted out: details and status are locked' using errcode = 'LW001';
  end if;
  return new;
end $function$
;

CREATE OR REPLACE FUNCTION public.guard_contact_choice()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
AS $function$
declare
  key bytea;
begin
  perform pg_advisory_xact_lock_shared(1279738, (new.account_id % 2147483647)::int);
  select contact.address_key into key from contacts contact
    where contact.account_id = new.account_id and contact.contact_id = new.contact_id;
  if exists (select from standing_optouts standing where standing.account_id = new.account_id and standing.address_key = key) then
    raise exception 'this contact opted out: details and status are locked' using errcode = 'LW001';
  end if;
  return new;
end $function$
;

CREATE OR REPLACE FUNCTION public.guard_contact_error()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
AS $function$
declare
  fact contact_errors;
  key bytea;
begin
  if tg_op = 'DELETE' then fact := old; else fact := new; end if;
  perform pg_advisory_xact_lock_shared(1279738, (fact.account_id % 2147483647)::int);
  select contact.address_key into key from contacts contact
    where contact.account_id = fact.account_id and contact.contact_id = fact.contact_id;
  if (tg_op = 'DELETE' or fact.reason <> 'delivery')
     and exists (select from standing_optouts standing where standing.account_id = fact.account_id and standing.address_key = key) then
    raise exception 'this contact opted out: details and status are locked' using errcode = 'LW001';
  end if;
  return fact;
end $function$
;

CREATE OR REPLACE FUNCTION public.guard_group_member()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
AS $function$
declare
  key bytea;
begin
  perform pg_advisory_xact_lock_shared(1279738, (new.account_id % 2147483647)::int);
  select contact.address_key into key from contacts contact
    where contact.account_id = new.account_id and contact.contact_id = new.contact_id;
  if exists (select from standing_optouts standing where standing.account_id = new.account_id and standing.address_key = key) then
    raise exception 'this contact opted out: it joins no group' using errcode = 'LW001';
  end if;
  return new;
end $function$
;

CREATE OR REPLACE FUNCTION public.guard_hand_over()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
AS $function$
begin
  if exists (select from changed
             where changed.state = 'handed_over'     -- a scalar query: never planned as a join, which would read them all
               and (select true from public.standing_optouts standing
                    where standing.account_id = changed.account_id and standing.address_key = changed.address_key)) then
    raise exception 'this address opted out: the message is withheld' using errcode = 'LW002';
  end if;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.guard_message()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
AS $function$
begin
  if not exists (select from standing_optouts standing
                 where standing.account_id = new.account_id and standing.address_key = new.address_key) then
    return new;
  end if;
  if new.state = 'handed_over' then
    raise exception 'this address opted out: the message is withheld' using errcode = 'LW002';
  end if;
  new.state := 'withheld';                          -- opted out while the audience was frozen or a retry was waiting
  new.answer := 'opted out';
  return new;
end $function$
;

CREATE OR REPLACE FUNCTION public.guard_message_topics()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
AS $function$
begin
  if exists (select from public.mailing_topics about
             where about.account_id = new.account_id and about.mailing_id = new.mailing_id
               and exists (select from public.contact_topics choice
                           where choice.account_id = new.account_id and choice.contact_id = new.contact_id
                             and choice.topic_id = about.topic_id and choice.chosen)) then
    return new;
  end if;
  if new.state = 'handed_over' then
    raise exception 'this contact left the topic: the message is withheld' using errcode = 'LW002';
  end if;
  new.state := 'withheld';
  new.answer := 'left the topic';
  new.answered_at := clock_timestamp();
  return new;
end $function$
;

CREATE OR REPLACE FUNCTION public.guard_optout_hash()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'DELETE' and exists (
      select from public.sign_ups asked
      where asked.account_id = old.account_id and asked.confirmed_in = pg_current_xact_id()
        and old.hash = any (public.address_hashes(asked.address, asked.canonical))) then
    return old;
  end if;
  raise exception '% is append-only', tg_table_name using errcode = 'LW003';
end $function$
;

CREATE OR REPLACE FUNCTION public.guard_standing_optout()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'UPDATE'
     and (new.account_id, new.address_key, new.entry_id, new.opted_out_at)
       = (old.account_id, old.address_key, old.entry_id, old.opted_out_at)
     and optout_strength(new.source) > optout_strength(old.source) then
    return new;
  end if;
  if tg_op = 'DELETE' and public.is_coming_back(old.account_id, old.address_key) then
    return old;
  end if;
  raise exception 'a standing opt-out is not changed or removed' using errcode = 'LW003';
end $function$
;

CREATE OR REPLACE FUNCTION public.hand_over(of_account bigint, by_process bigint, ids bigint[])
 RETURNS SETOF bigint
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
begin
  return query
  update messages message
  set state = 'handed_over', handed_over_at = clock_timestamp(), handed_over_by = by_process
  where message.account_id = of_account and message.message_id = any(ids)
    and message.state in ('queued', 'deferred') and message.due_at <= clock_timestamp()
    and (select mailing.status = 'sending' from mailings mailing
         where mailing.account_id = of_account and mailing.mailing_id = message.mailing_id)
    and (select true from mailable_contacts contact
         where contact.account_id = of_account and contact.contact_id = message.contact_id
           and contact.address_key = message.address_key)
  returning message.message_id;
end $function$
;

CREATE OR REPLACE FUNCTION public.is_coming_back(of_account bigint, key bytea)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select exists (select from sign_ups asked
                 where asked.account_id = of_account and asked.address_key = key and asked.confirmed_in = pg_current_xact_id())
$function$
;

CREATE OR REPLACE FUNCTION public.keep_pause()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform public.carry_pause(old.account_id, old.contact_id, old.address_key);
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.keep_pause_of_merged()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform public.carry_pause(new.account_id, new.contact_id, new.address_key);
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.keep_tracking_refusal()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_table_name = 'contacts' then
    perform public.carry_tracking_refusal(old.account_id, old.contact_id, old.address_key);
  else
    perform public.carry_tracking_refusal(new.account_id, new.contact_id, new.address_key);
  end if;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.meet_rule(of_account bigint, of_key bytea, address text, canonical text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  entry bigint := rule_of(of_account, address, canonical);
begin
  if entry is not null then
    insert into standing_optouts (account_id, address_key, entry_id, source, opted_out_at)
      select of_account, of_key, entry, ledger.source, clock_timestamp()
      from optout_ledger ledger where ledger.account_id = of_account and ledger.entry_id = entry
      on conflict do nothing;
  end if;
end $function$
;

CREATE OR REPLACE FUNCTION public.meet_rules()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_advisory_xact_lock_shared(1279738, (new.account_id % 2147483647)::int);
  if exists (select from public.accounts_with_rules one where one.account_id = new.account_id) then
    perform public.meet_rule(new.account_id, new.address_key, new.address, new.canonical);
  end if;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.merge_contacts(of_account bigint, kept bigint, other bigint)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  update contact_events set contact_id = kept where account_id = of_account and contact_id = other;
  update messages message set contact_id = case when not exists (  -- of a mailing that both got the kept one's message stays
      select from messages mine where mine.account_id = of_account and mine.mailing_id = message.mailing_id and mine.contact_id = kept)
    then kept end
    where message.account_id = of_account and message.contact_id = other;
  with gone as (
    delete from responses where account_id = of_account and contact_id = other returning mailing_id, kind, first_at, times
  )
  insert into responses as mine (account_id, mailing_id, contact_id, kind, first_at, times)
    select of_account, gone.mailing_id, kept, gone.kind, gone.first_at, gone.times from gone
    on conflict (account_id, mailing_id, kind, contact_id) do update
      set first_at = least(mine.first_at, excluded.first_at), times = mine.times + excluded.times;
  insert into contact_holds as mine (account_id, contact_id, because_key, held_at)
    select of_account, kept, because_key, held_at from contact_holds
    where account_id = of_account and contact_id = other and released_at is null
    on conflict (account_id, contact_id) do update set because_key = excluded.because_key, held_at = excluded.held_at, released_at = null, released_by = null
      where mine.released_at is not null and mine.because_key <> excluded.because_key;
  delete from import_changes where account_id = of_account and contact_id = other;  -- an undo does not reach the kept one
  insert into contact_former_addresses (account_id, address_key, contact_id, since)
    select of_account, address_key, kept, now() from contacts where account_id = of_account and contact_id = other
    union select of_account, address_key, kept, since from contact_former_addresses where account_id = of_account and contact_id = other
    on conflict do nothing;
  delete from contacts where account_id = of_account and contact_id = other;
end $function$
;

CREATE OR REPLACE FUNCTION public.move_consents(of_account bigint, kept bigint, other bigint)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  update consents set contact_id = kept where account_id = of_account and contact_id = other
$function$
;

CREATE OR REPLACE FUNCTION public.note_change(of_account bigint, key bytea)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  noted text[] := string_to_array(current_setting('lastword.counts_noted', true), ':');
  n int := case when noted[1] = of_account::text then noted[2]::int + 1 else 1 end;
begin
  if n > 64 or key is null then
    insert into public.audience_changes (account_id, part) values (of_account, -1) on conflict do nothing;
    perform set_config('lastword.counts_all', of_account::text, true);
  else
    insert into public.audience_changes (account_id, part) values (of_account, (get_byte(key, 0) << 2) | (get_byte(key, 1) >> 6)) on conflict do nothing;
    perform set_config('lastword.counts_noted', of_account || ':' || n, true);
  end if;
end $function$
;

CREATE OR REPLACE FUNCTION public.note_change_of(of_account bigint, of_contact bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  key bytea;
begin
  select contact.address_key into key from public.contacts contact
    where contact.account_id = of_account and contact.contact_id = of_contact for key share skip locked;
  if key is not null
     or exists (select from public.contacts contact where contact.account_id = of_account and contact.contact_id = of_contact) then
    perform public.note_change(of_account, key);
  end if;
end $function$
;

CREATE OR REPLACE FUNCTION public.note_contact()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op <> 'INSERT' then perform public.note_change(old.account_id, old.address_key); end if;
  if tg_op <> 'DELETE' then
    if tg_op = 'INSERT' or new.address_key <> old.address_key or new.account_id <> old.account_id then
      perform public.note_change(new.account_id, new.address_key);
    end if;
    return new;
  end if;
  return old;
end $function$
;

CREATE OR REPLACE FUNCTION public.note_fact()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op <> 'INSERT' then perform public.note_change_of(old.account_id, old.contact_id); end if;
  if tg_op = 'DELETE' then return old; end if;
  perform public.note_change_of(new.account_id, new.contact_id);
  return new;
end $function$
;

CREATE OR REPLACE FUNCTION public.note_optout()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform public.note_change(new.account_id, new.address_key);
  return new;
end $function$
;

CREATE OR REPLACE FUNCTION public.note_return()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform public.note_change(old.account_id, old.address_key);
  return old;
end $function$
;

CREATE OR REPLACE FUNCTION public.note_truncate()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into public.audience_changes (account_id, part) select account_id, -1 from public.accounts on conflict do nothing;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.optout_evidence(proof jsonb, carried bigint)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select coalesce(proof, '{}') || case when carried > 0 then jsonb_build_object('presentAddresses', carried) else '{}' end
$function$
;

CREATE OR REPLACE FUNCTION public.optout_strength(source text)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select case when source in ('link', 'one_click', 'preferences', 'mailto', 'complaint') then 3
              when source = 'provider' then 2 else 1 end
$function$
;

CREATE OR REPLACE FUNCTION public.purge_sign_ups(of_account bigint)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  purged bigint;
begin
  delete from sign_ups where account_id = of_account and ends_at <= clock_timestamp();
  get diagnostics purged = row_count;
  delete from sign_up_counts where account_id = of_account and hour < clock_timestamp() - interval '2 hours';
  delete from confirmation_limits where account_id = of_account and mailed_at <= clock_timestamp() - interval '24 hours';
  return purged;
end $function$
;

CREATE OR REPLACE FUNCTION public.record_account_optouts(of_account bigint, keys bytea[], via text, from_mailing bigint, by_user bigint, by_api_key bigint, proof jsonb)
 RETURNS TABLE(entry_id bigint, opted_out bigint, already bigint, opted_out_at timestamp with time zone)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
  asked bigint;
  fresh bigint;
  entry bigint := nextval(pg_get_serial_sequence('optout_ledger', 'entry_id'));
  moment timestamptz;
  present bytea[];
  carried bigint := 0;
begin
  if cardinality(keys) > 1 then  -- stands in line with opt-outs of a group or file, which write the same rows in another order
    perform pg_advisory_xact_lock_shared(1279738, (of_account % 2147483647)::int);
  end if;
  perform from contacts contact where contact.account_id = of_account and contact.address_key = any (keys)
    order by contact.contact_id for no key update;
  present := array(
    select contact.address_key from contacts contact
    where contact.account_id = of_account
      and contact.contact_id in (select former.contact_id from contact_former_addresses former
                                 where former.account_id = of_account and former.address_key = any (keys))
    order by contact.contact_id for no key update);
  moment := clock_timestamp();
  with recorded as (
    insert into standing_optouts as standing (account_id, address_key, entry_id, source, mailing_id, opted_out_at)
    select of_account, key, entry, via, from_mailing, moment from (select distinct key from unnest(keys) key order by key) ordered
    on conflict (account_id, address_key) do update
      set source = excluded.source, mailing_id = coalesce(excluded.mailing_id, standing.mailing_id)
      where optout_strength(excluded.source) > optout_strength(standing.source)
    returning standing.entry_id
  )
  select count(*) filter (where recorded.entry_id = entry), (select count(distinct key) from unnest(keys) key) into fresh, asked from recorded;
  if cardinality(present) > 0 then
    with recorded as (
      insert into standing_optouts as standing (account_id, address_key, entry_id, source, mailing_id, opted_out_at)
      select of_account, key, entry, via, from_mailing, moment
      from (select distinct key from unnest(present) key where key <> all (keys) order by key) ordered
      on conflict (account_id, address_key) do update
        set source = excluded.source, mailing_id = coalesce(excluded.mailing_id, standing.mailing_id)
        where optout_strength(excluded.source) > optout_strength(standing.source)
      returning standing.entry_id
    )
    select count(*) filter (where recorded.entry_id = entry) into carried from recorded;
  end if;
  insert into optout_ledger (account_id, entry_id, source, address_key, mailing_id, user_id, api_key_id, evidence, opted_out, already, at)
    overriding system value
    values (of_account, entry, via, case when asked = 1 then keys[1] end, from_mailing, by_user, by_api_key,
            case when carried > 0 then coalesce(proof, '{}') || jsonb_build_object('presentAddresses', carried) else coalesce(proof, '{}') end,
            fresh, asked - fresh, moment);
  update messages message set state = 'withheld', answer = 'opted out', answered_at = clock_timestamp()
    where message.account_id = of_account and message.address_key = any (keys || present) and message.is_open and message.state in ('queued', 'deferred');
  return query select entry, fresh, asked - fresh,
    (select min(standing.opted_out_at) from standing_optouts standing where standing.account_id = of_account and standing.address_key = any (keys));
end $function$
;

CREATE OR REPLACE FUNCTION public.record_answers(of_account bigint, by_process bigint, ids bigint[], states text[], words text[], due timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
begin
  update messages message
  set state = case when given.state in ('queued', 'deferred')
                    and (select mailing.status = 'cancelled' from mailings mailing
                         where mailing.account_id = of_account and mailing.mailing_id = message.mailing_id)
                   then 'cancelled' else given.state end,
      answer = left(given.answer, 1000), answered_at = now(), due_at = coalesce(given.due_at, message.due_at),
      attempts = message.attempts + case given.state when 'queued' then 0 else 1 end,
      handed_over_by = case given.state when 'unknown' then message.handed_over_by end
  from unnest(ids, states, words, due) as given (message_id, state, answer, due_at)
  where message.account_id = of_account and message.message_id = given.message_id
    and case when message.state in ('handed_over', 'unknown') then message.handed_over_by = by_process
             else message.state in ('queued', 'deferred') end;
end $function$
;

CREATE OR REPLACE FUNCTION public.record_domain_optout(of_account bigint, of_domain text, via text, by_user bigint, by_api_key bigint, proof jsonb)
 RETURNS TABLE(entry_id bigint, is_new boolean, opted_out bigint, already bigint)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
  recorded record;
  fresh bigint;
begin
  perform pg_advisory_xact_lock(1279738, (of_account % 2147483647)::int);
  select * into recorded from record_many_optouts(of_account,
    array(select contact.address_key from contacts contact
          where contact.account_id = of_account and contact.canonical like '%@' || of_domain), via, by_user, by_api_key, proof);
  insert into accounts_with_rules values (of_account) on conflict do nothing;
  insert into optout_domains (account_id, domain, entry_id, since)
    values (of_account, of_domain, recorded.entry_id, clock_timestamp()) on conflict do nothing;
  get diagnostics fresh = row_count;
  return query select recorded.entry_id, fresh = 1, recorded.opted_out, recorded.already;
end $function$
;

CREATE OR REPLACE FUNCTION public.record_group_optouts(of_account bigint, of_group bigint, by_user bigint, by_api_key bigint, proof jsonb)
 RETURNS TABLE(entry_id bigint, opted_out bigint, already bigint)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
  entry bigint;
  asked bigint;
  fresh bigint;
  carried bigint;
  moment timestamptz;
  keys bytea[];
begin
  perform pg_advisory_xact_lock(1279738, (of_account % 2147483647)::int);  -- nobody joins or is edited meanwhile
  moment := clock_timestamp();
  entry := nextval(pg_get_serial_sequence('optout_ledger', 'entry_id'));
  keys := array(  -- in order: an index that grows from left to right is written in half the time
    select distinct contact.address_key
    from group_members member join contacts contact using (account_id, contact_id)
    where member.account_id = of_account and member.group_id = of_group order by contact.address_key);
  asked := cardinality(keys);
  insert into standing_optouts (account_id, address_key, entry_id, source, opted_out_at)
    select of_account, key, entry, 'bulk', moment from unnest(keys) key
    on conflict do nothing;
  get diagnostics fresh = row_count;
  carried := carry_optouts(of_account, entry);
  insert into optout_ledger (account_id, entry_id, source, group_id, user_id, api_key_id, evidence, opted_out, already, at)
    overriding system value
    values (of_account, entry, 'bulk', of_group, by_user, by_api_key, optout_evidence(proof, carried), fresh, asked - fresh, moment);
  perform withhold_messages(of_account);
  return query select entry, fresh, asked - fresh;
end $function$
;

CREATE OR REPLACE FUNCTION public.record_hash_optouts(of_account bigint, hashes bytea[], via text, by_user bigint, by_api_key bigint, proof jsonb)
 RETURNS TABLE(entry_id bigint, new_hashes bigint, opted_out bigint, already bigint)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
  recorded record;
  fresh bigint;
begin
  perform pg_advisory_xact_lock(1279738, (of_account % 2147483647)::int);
  select * into recorded from record_many_optouts(of_account,
    array(select hashed.address_key
          from (select contact.address_key, unnest(address_hashes(contact.address, contact.canonical)) as hash
                from contacts contact where contact.account_id = of_account) hashed
          join (select distinct hash from unnest(hashes) hash) asked on asked.hash = hashed.hash), via, by_user, by_api_key, proof);
  insert into accounts_with_rules values (of_account) on conflict do nothing;
  insert into optout_hashes (account_id, hash, entry_id, since)
    select distinct of_account, hash, recorded.entry_id, clock_timestamp() from unnest(hashes) hash on conflict do nothing;
  get diagnostics fresh = row_count;
  return query select recorded.entry_id, fresh, recorded.opted_out, recorded.already;
end $function$
;

CREATE OR REPLACE FUNCTION public.record_import_optouts(of_account bigint, of_import bigint, by_user bigint, by_api_key bigint, proof jsonb)
 RETURNS TABLE(entry_id bigint, opted_out bigint, already bigint)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
  entry bigint;
  asked bigint;
  fresh bigint;
  carried bigint;
  moment timestamptz;
  keys bytea[];
begin
  perform pg_advisory_xact_lock(1279738, (of_account % 2147483647)::int);
  moment := clock_timestamp();
  entry := nextval(pg_get_serial_sequence('optout_ledger', 'entry_id'));
  keys := array(
    select distinct row.address_key from import_rows row
    where row.account_id = of_account and row.import_id = of_import and row.opt_out and row.address_key is not null
    order by row.address_key);
  asked := cardinality(keys);
  insert into standing_optouts (account_id, address_key, entry_id, source, opted_out_at)
    select of_account, key, entry, 'import', moment from unnest(keys) key
    on conflict do nothing;
  get diagnostics fresh = row_count;
  carried := carry_optouts(of_account, entry);
  insert into optout_ledger (account_id, entry_id, source, import_id, user_id, api_key_id, evidence, opted_out, already, at)
    overriding system value
    values (of_account, entry, 'import', of_import, by_user, by_api_key, optout_evidence(proof, carried), fresh, asked - fresh, moment);
  perform withhold_messages(of_account);
  return query select entry, fresh, asked - fresh;
end $function$
;

CREATE OR REPLACE FUNCTION public.record_many_optouts(of_account bigint, keys bytea[], via text, by_user bigint, by_api_key bigint, proof jsonb)
 RETURNS TABLE(entry_id bigint, opted_out bigint, already bigint)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
  entry bigint := nextval(pg_get_serial_sequence('optout_ledger', 'entry_id'));
  asked bigint;
  fresh bigint;
  carried bigint;
  moment timestamptz;
  sorted bytea[];
begin
  perform pg_advisory_xact_lock(1279738, (of_account % 2147483647)::int);  -- nobody joins or is edited meanwhile
  moment := clock_timestamp();
  sorted := array(select distinct key from unnest(keys) key order by key);
  asked := cardinality(sorted);
  insert into standing_optouts (account_id, address_key, entry_id, source, opted_out_at)
    select of_account, key, entry, via, moment from unnest(sorted) key
    on conflict do nothing;
  get diagnostics fresh = row_count;
  carried := carry_optouts(of_account, entry);
  insert into optout_ledger (account_id, entry_id, source, user_id, api_key_id, evidence, opted_out, already, at)
    overriding system value
    values (of_account, entry, via, by_user, by_api_key, optout_evidence(proof, carried), fresh, asked - fresh, moment);
  perform withhold_messages(of_account);
  return query select entry, fresh, asked - fresh;
end $function$
;

CREATE OR REPLACE FUNCTION public.record_optouts(of_account bigint, keys bytea[], via text, from_mailing bigint, by_user bigint, by_api_key bigint, proof jsonb)
 RETURNS TABLE(entry_id bigint, opted_out bigint, already bigint, opted_out_at timestamp with time zone)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
#variable_conflict use_column
declare
  org bigint;
  one bigint;
begin
  if via in ('link', 'one_click', 'preferences') then
    select account.organization_id into org from accounts account where account.account_id = of_account;
  end if;
  if org is not null then
    perform pg_advisory_xact_lock_shared(1279739, (org % 2147483647)::int);
    if exists (select from organizations where organization_id = org and one_optout_since is not null) then
      for one in select account.account_id from accounts account where account.organization_id = org order by account.account_id loop
        if one = of_account then
          return query select recorded.* from record_account_optouts(one, keys, via, from_mailing, by_user, by_api_key, proof) recorded;
        else
          perform from record_account_optouts(one, keys, via, null, null, null,
            coalesce(proof, '{}') || jsonb_build_object('organization', org, 'account', of_account));
        end if;
      end loop;
      return;
    end if;
  end if;
  return query select recorded.* from record_account_optouts(of_account, keys, via, from_mailing, by_user, by_api_key, proof) recorded;
end $function$
;

CREATE OR REPLACE FUNCTION public.record_pause(of_account bigint, of_key bytea, days integer)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  until_then timestamptz := clock_timestamp() + make_interval(days => days);
begin
  perform from contacts contact where contact.account_id = of_account and contact.address_key = of_key
    order by contact.contact_id for no key update;
  if exists (select from standing_optouts standing where standing.account_id = of_account and standing.address_key = of_key) then
    raise exception 'this contact opted out: details and status are locked' using errcode = 'LW001';
  end if;
  if days is null then
    update pauses set ends_at = clock_timestamp()
      where account_id = of_account and address_key = of_key and ends_at > clock_timestamp();
    return null;
  end if;
  if days not in (30, 60, 90) then
    raise exception 'a pause takes 30, 60 or 90 days' using errcode = '22023';
  end if;
  insert into pauses as pause (account_id, address_key, paused_at, ends_at)
    values (of_account, of_key, clock_timestamp(), until_then)
    on conflict (account_id, address_key) do update set paused_at = excluded.paused_at, ends_at = excluded.ends_at;
  update messages message set state = 'withheld', answer = 'paused by the contact', answered_at = clock_timestamp()
    where message.account_id = of_account and message.address_key = of_key and message.is_open and message.state in ('queued', 'deferred');
  return until_then;
end $function$
;

CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'LW003';
end $function$
;

CREATE OR REPLACE FUNCTION public.refuse_full_group()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$
;

CREATE OR REPLACE FUNCTION public.remember_former_address()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  insert into contact_former_addresses (account_id, address_key, contact_id) values (old.account_id, old.address_key, old.contact_id)
    on conflict do nothing;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.rule_of(of_account bigint, address text, canonical text)
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
declare
  entry bigint;
begin
  select rule.entry_id into entry from optout_domains rule
    where rule.account_id = of_account and rule.domain = split_part(canonical, '@', -1);
  if entry is null and exists (select from optout_hashes any_hash where any_hash.account_id = of_account) then
    select min(rule.entry_id) into entry from optout_hashes rule
      where rule.account_id = of_account and rule.hash = any (address_hashes(address, canonical));
  end if;
  return entry;
end $function$
;

CREATE OR REPLACE FUNCTION public.set_one_optout(org bigint, wanted boolean, by_user bigint)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  one bigint;
begin
  perform pg_advisory_xact_lock(1279739, (org % 2147483647)::int);
  if wanted then
    for one in select account.account_id from accounts account where account.organization_id = org order by account.account_id loop
      perform share_optouts_with(one, org);
    end loop;
  end if;
  update organizations set one_optout_since = case when wanted then coalesce(one_optout_since, clock_timestamp()) end,
                           one_optout_by = case when wanted then coalesce(one_optout_by, by_user) end
    where organization_id = org;
end $function$
;

CREATE OR REPLACE FUNCTION public.settle_by_erasure()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  update data_requests request
    set contact_id = null, settled_at = coalesce(request.settled_at, clock_timestamp()), outcome = coalesce(request.outcome, 'erased')
    where request.account_id = old.account_id and request.contact_id = old.contact_id;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.share_optouts_with(of_account bigint, org bigint)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  via text;
  entry bigint;
  fresh bigint;
  moment timestamptz;
begin
  perform pg_advisory_xact_lock(1279738, (of_account % 2147483647)::int);
  foreach via in array array['link', 'one_click', 'preferences'] loop
    moment := clock_timestamp();
    entry := nextval(pg_get_serial_sequence('optout_ledger', 'entry_id'));
    insert into standing_optouts as standing (account_id, address_key, entry_id, source, opted_out_at)
      select distinct of_account, other.address_key, entry, via, moment
      from standing_optouts other
      where other.account_id in (select account.account_id from accounts account where account.organization_id = org and account.account_id <> of_account)
        and other.source = via
      order by other.address_key
      on conflict (account_id, address_key) do nothing;
    get diagnostics fresh = row_count;
    continue when fresh = 0;
    insert into optout_ledger (account_id, entry_id, source, evidence, opted_out, already, at)
      overriding system value
      values (of_account, entry, via,
              optout_evidence(jsonb_build_object('organization', org), carry_optouts(of_account, entry)), fresh, 0, moment);
  end loop;
  perform withhold_messages(of_account);
end $function$
;

CREATE OR REPLACE FUNCTION public.take_turns(of_account bigint, of_subject text, most integer, of_seconds integer, wanted integer)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
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
end $function$
;

CREATE OR REPLACE FUNCTION public.withhold_messages(of_account bigint)
 RETURNS void
 LANGUAGE sql
AS $function$
  update messages message set state = 'withheld', answer = 'opted out', answered_at = clock_timestamp()
  where message.account_id = of_account and message.is_open and message.state in ('queued', 'deferred')
    and exists (select from standing_optouts standing
                where standing.account_id = message.account_id and standing.address_key = message.address_key)
$function$
;

grant delete, insert, select, update on accounts to lastword_app;
grant select on accounts_with_rules to lastword_app;
grant execute on function address_hashes(text,text) to lastword_app;
grant delete, insert, select, update on api_keys to lastword_app;
grant execute on function ask_sign_up(bigint,bigint,integer,text,text,text,text,bytea,bytea,jsonb,bigint[],text,text,bytea,bytea,text[],integer[],integer) to lastword_app;
grant delete, insert, select, update on audience_changes to lastword_app;
grant insert, select on audit_events to lastword_app;
grant delete, insert, select, update on cached_counts to lastword_app;
grant execute on function carry_pause(bigint,bigint,bytea) to lastword_app;
grant execute on function carry_tracking_refusal(bigint,bigint,bytea) to lastword_app;
grant execute on function confirm_sign_up(bigint,bytea,jsonb) to lastword_app;
grant select on confirmation_limits to lastword_app;
grant select, update on confirmation_mails to lastword_app;
grant insert, select on consents to lastword_app;
grant delete, insert, select, update on contact_errors to lastword_app;
grant insert, select on contact_events to lastword_app;
grant select on contact_former_addresses to lastword_app;
grant delete, insert, select, update on contact_holds to lastword_app;
grant insert, select, update on contact_languages to lastword_app;
grant execute on function contact_search(text,jsonb) to lastword_app;
grant delete, insert, select, update on contact_status to lastword_app;
grant execute on function contact_text(text,jsonb) to lastword_app;
grant insert, select, update on contact_topics to lastword_app;
grant insert, select, update on contacts to lastword_app;
grant insert, select on data_requests to lastword_app;
grant execute on function digest(bytea,text) to lastword_app;
grant execute on function due_messages(bigint,bigint,bigint[],integer,integer,integer) to lastword_app;
grant execute on function erase_contact(bigint,bigint) to lastword_app;
grant execute on function erase_contacts(bigint,bigint[]) to lastword_app;
grant delete, insert, select, update on exports to lastword_app;
grant delete, insert, select, update on fields to lastword_app;
grant insert, select on form_wordings to lastword_app;
grant insert, select, update on forms to lastword_app;
grant delete, insert, select, update on group_members to lastword_app;
grant delete, insert, select, update on groups to lastword_app;
grant execute on function hand_over(bigint,bigint,bigint[]) to lastword_app;
grant delete, insert, select on images to lastword_app;
grant delete, insert, select, update on import_changes to lastword_app;
grant delete, insert, select, update on import_rows to lastword_app;
grant delete, insert, select, update on import_undos to lastword_app;
grant delete, insert, select, update on imports to lastword_app;
grant delete, insert, select, update on job_contacts to lastword_app;
grant delete, insert, select, update on jobs to lastword_app;
grant delete, insert, select, update on kept_designs to lastword_app;
grant delete, insert, select, update on key_fingerprints to lastword_app;
grant delete, insert, select, update on link_failures to lastword_app;
grant delete, insert, select, update on mailable_contacts to lastword_app;
grant delete, insert, select, update on mailbox_messages to lastword_app;
grant delete, insert, select, update on mailing_groups to lastword_app;
grant insert, select on mailing_links to lastword_app;
grant delete, insert, select, update on mailing_segments to lastword_app;
grant delete, insert, select, update on mailing_topics to lastword_app;
grant delete, insert, select, update on mailing_variants to lastword_app;
grant delete, insert, select, update on mailings to lastword_app;
grant execute on function meet_rule(bigint,bytea,text,text) to lastword_app;
grant execute on function merge_contacts(bigint,bigint,bigint) to lastword_app;
grant delete, insert, select, update on messages to lastword_app;
grant execute on function move_consents(bigint,bigint,bigint) to lastword_app;
grant execute on function note_change(bigint,bytea) to lastword_app;
grant execute on function note_change_of(bigint,bigint) to lastword_app;
grant select on optout_domains to lastword_app;
grant select on optout_hashes to lastword_app;
grant select on optout_ledger to lastword_app;
grant execute on function optout_strength(text) to lastword_app;
grant insert, select on organizations to lastword_app;
grant delete, insert, select, update on owner_links to lastword_app;
grant select on pauses to lastword_app;
grant delete, insert, select, update on processes to lastword_app;
grant execute on function purge_sign_ups(bigint) to lastword_app;
grant execute on function record_answers(bigint,bigint,bigint[],text[],text[],timestamp with time zone[]) to lastword_app;
grant execute on function record_domain_optout(bigint,text,text,bigint,bigint,jsonb) to lastword_app;
grant execute on function record_group_optouts(bigint,bigint,bigint,bigint,jsonb) to lastword_app;
grant execute on function record_hash_optouts(bigint,bytea[],text,bigint,bigint,jsonb) to lastword_app;
grant execute on function record_import_optouts(bigint,bigint,bigint,bigint,jsonb) to lastword_app;
grant execute on function record_many_optouts(bigint,bytea[],text,bigint,bigint,jsonb) to lastword_app;
grant execute on function record_optouts(bigint,bytea[],text,bigint,bigint,bigint,jsonb) to lastword_app;
grant execute on function record_pause(bigint,bytea,integer) to lastword_app;
grant delete, insert, select, update on response_hours to lastword_app;
grant delete, insert, select, update on responses to lastword_app;
grant insert, select on returns to lastword_app;
grant execute on function rule_of(bigint,text,text) to lastword_app;
grant delete, insert, select, update on segments to lastword_app;
grant delete, insert, select, update on sending_rates to lastword_app;
grant delete, insert, select, update on sessions to lastword_app;
grant execute on function set_one_optout(bigint,boolean,bigint) to lastword_app;
grant delete, insert, select, update on sign_in_failures to lastword_app;
grant select on sign_up_counts to lastword_app;
grant select on sign_ups to lastword_app;
grant delete, insert, select, update on split_tests to lastword_app;
grant select on standing_optouts to lastword_app;
grant execute on function take_turns(bigint,text,integer,integer,integer) to lastword_app;
grant delete, insert, select, update on topics to lastword_app;
grant delete, insert, select, update on tracking_refusals to lastword_app;
grant delete, insert, select, update on users to lastword_app;
