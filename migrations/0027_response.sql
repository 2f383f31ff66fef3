-- 0027 response: the history says who refused tracking, or allowed it again (LW-15).
alter table contact_events drop constraint contact_events_kind_check;
alter table contact_events add constraint contact_events_kind_check check (kind in (
  'added', 'edited', 'to_error', 'to_active', 'joined_group', 'left_group', 'archived', 'restored', 'held', 'released',
  'imported', 'import_undone', 'merged', 'topic_chosen', 'topic_left', 'signed_up', 'paused', 'pause_ended',
  'language_chosen', 'data_requested', 'data_request_settled', 'tracking_refused', 'tracking_allowed'));
