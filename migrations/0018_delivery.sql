-- 0018 what the sender asks for every message, as functions: a connection plans them once. As plain statements most of
-- their time went into planning (measured: 4 of 6 ms for ten messages).

-- Records what mail servers answered to messages that a process holds.
create function record_answers(of_account bigint, by_process bigint, ids bigint[], states text[], words text[],
                               due timestamptz[])
returns void language plpgsql as $$
begin
  update messages message
  set state = case when given.state in ('queued', 'deferred')
                    and (select mailing.status = 'cancelled' from mailings mailing
                         where mailing.account_id = of_account and mailing.mailing_id = message.mailing_id)
                   then 'cancelled' else given.state end,
      answer = left(given.answer, 1000), answered_at = now(), due_at = coalesce(given.due_at, message.due_at),
      attempts = message.attempts + case given.state when 'queued' then 0 else 1 end,
      claimed_by = case given.state when 'unknown' then message.claimed_by end
  from unnest(ids, states, words, due) as given (message_id, state, answer, due_at)
  where message.account_id = of_account and message.message_id = given.message_id
    and message.claimed_by is not distinct from by_process and message.state in ('claimed', 'handed_over', 'unknown');
end $$;

-- The last check: claimed -> handed over, for those whose contact may still receive (D4). Gives the ids that may leave.
create function hand_over(of_account bigint, by_process bigint, ids bigint[])
returns setof bigint language plpgsql as $$
begin
  return query
  update messages message
  set state = 'handed_over', handed_over_at = clock_timestamp()
  where message.account_id = of_account and message.message_id = any(ids)
    and message.state = 'claimed' and message.claimed_by is not distinct from by_process
    and (select mailing.status = 'sending' from mailings mailing
         where mailing.account_id = of_account and mailing.mailing_id = message.mailing_id)
    and (select true from mailable_contacts contact
         where contact.account_id = of_account and contact.contact_id = message.contact_id
           and contact.address_key = message.address_key)
  returning message.message_id;
end $$;

-- By key, whatever the tables look like when the plan is made: right after an audience was frozen nothing is known of
-- messages, and messages_in_hand, by which "is not distinct" does not look, is full of what the process has sent before.
alter function record_answers(bigint, bigint, bigint[], text[], text[], timestamptz[]) set plan_cache_mode = force_generic_plan;
alter function record_answers(bigint, bigint, bigint[], text[], text[], timestamptz[]) set enable_seqscan = off;
alter function record_answers(bigint, bigint, bigint[], text[], text[], timestamptz[]) set enable_hashjoin = off;
alter function record_answers(bigint, bigint, bigint[], text[], text[], timestamptz[]) set enable_mergejoin = off;
alter function hand_over(bigint, bigint, bigint[]) set plan_cache_mode = force_generic_plan;
alter function hand_over(bigint, bigint, bigint[]) set enable_seqscan = off;
alter function hand_over(bigint, bigint, bigint[]) set enable_hashjoin = off;
alter function hand_over(bigint, bigint, bigint[]) set enable_mergejoin = off;
grant execute on function record_answers(bigint, bigint, bigint[], text[], text[], timestamptz[]), hand_over(bigint, bigint, bigint[])
  to lastword_app;
