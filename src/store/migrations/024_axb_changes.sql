-- AXB: changes of bindings, many in one statement and one commit, as binds (003); and binds, and the admission of calls
-- (008), without needless work.

-- As in bind_ax (017).
ALTER FUNCTION bind_each SET enable_hashjoin = off;
ALTER FUNCTION bind_each SET enable_mergejoin = off;
ALTER FUNCTION bind_each SET enable_seqscan = off;
ALTER FUNCTION bind_each SET enable_bitmapscan = off;
ALTER FUNCTION bind_each SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION bind_each SET jit = off;
ALTER FUNCTION bind_many SET jit = off;
ALTER FUNCTION admit_calls SET jit = off;

CREATE OR REPLACE FUNCTION end_expired_on(of_app text, on_x text, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  ids uuid[] := ARRAY(SELECT b.subscription_id FROM bindings b
                      WHERE b.app_key = of_app AND b.x = on_x AND b.expires_at <= at);
BEGIN
  IF cardinality(ids) > 0 THEN
    PERFORM end_bindings(array_fill(of_app, ARRAY[cardinality(ids)]), ids);
  END IF;
END $$;

CREATE OR REPLACE FUNCTION end_expired_of(of_app text, at timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  ids uuid[] := ARRAY(SELECT b.subscription_id FROM bindings b
                      WHERE b.app_key = of_app AND b.expires_at <= at AND b.expires_at < 'infinity' LIMIT 1000);
BEGIN
  IF cardinality(ids) = 0 THEN
    RETURN 0;
  END IF;
  RETURN (SELECT count(*) FROM end_bindings(array_fill(of_app, ARRAY[cardinality(ids)]), ids));
END $$;

-- Binds as bind_ax does (017): together as far as nothing stands in the way (bind_many), the rest one by one (bind_each).
CREATE FUNCTION bind_axb(app_keys text[], requests json, places json, at timestamptz, most_on_x integer)
RETURNS TABLE (ord bigint, outcome text, on_x text, taken bytea) LANGUAGE plpgsql AS $$
DECLARE
  done integer[] := '{}';
  rest json := requests;
BEGIN
  IF json_array_length(requests) > 2 THEN
    FOR ord, outcome, on_x IN
      SELECT m.ord, 'bound', m.on_x FROM bind_many(app_keys, requests, places, at, most_on_x) m
    LOOP
      done := done || ord::integer;
      RETURN NEXT;
    END LOOP;
    rest := (SELECT json_agg(q) FROM json_array_elements(requests) q WHERE (q ->> 'ord')::integer <> ALL (done));
  END IF;
  IF rest IS NOT NULL THEN
    RETURN QUERY SELECT e.ord::bigint, e.outcome, e.on_x, e.taken FROM bind_each(app_keys, rest, places, at, most_on_x) e;
  END IF;
END $$;

-- Moves a binding to other parties on its X. Returns the one that is on this X already, in which case nothing is moved.
CREATE FUNCTION move_parties(was bindings, a bytea, b bytea, at timestamptz) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
  taken bytea;
BEGIN
  IF a = b THEN
    RETURN a;
  END IF;
  FOR attempt IN 1..2 LOOP
    taken := (SELECT p.party_digest FROM binding_parties p
              WHERE p.app_key = was.app_key AND p.x = was.x AND p.party_digest IN (a, b)
                AND p.subscription_id <> was.subscription_id LIMIT 1);
    EXIT WHEN taken IS NULL;
    -- What has expired must not stand in the way.
    PERFORM end_expired_on(was.app_key, was.x, at);
  END LOOP;
  IF taken IS NULL THEN
    DELETE FROM binding_parties p
    WHERE p.app_key = was.app_key AND p.x = was.x AND p.party_digest IN (was.a_digest, was.b_digest);
    INSERT INTO binding_parties (app_key, x, party_digest, subscription_id)
    VALUES (was.app_key, was.x, a, was.subscription_id), (was.app_key, was.x, b, was.subscription_id);
  END IF;
  RETURN taken;
END $$;

-- Changes live bindings, in the order of the requests. A request holds the key of a binding and the columns that it is to
-- have from now on (bind_ax, 017). Each gets its outcome: 'changed', or the reason why not.
CREATE FUNCTION change_axb(app_keys text[], requests json, at timestamptz)
RETURNS TABLE (ord bigint, outcome text, on_x text, taken bytea) LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
  asked record;
  was bindings;
  made bindings;
BEGIN
  PERFORM lock_bindings(app_keys);
  FOR asked IN
    SELECT q.ord, q.request, w.* FROM json_array_elements(requests) WITH ORDINALITY q(request, ord)
    CROSS JOIN LATERAL json_to_record(q.request) w(app_key text, subscription_id uuid)
  LOOP
    ord := asked.ord;
    outcome := 'changed';
    taken := NULL;
    SELECT * INTO was FROM bindings b
    WHERE b.app_key = asked.app_key AND b.subscription_id = asked.subscription_id AND b.expires_at > at;
    on_x := was.x;
    IF on_x IS NULL THEN
      outcome := 'no-such-binding';
    ELSE
      made := json_populate_record(was, asked.request);
      IF made.a_digest <> was.a_digest OR made.b_digest <> was.b_digest THEN
        taken := move_parties(was, made.a_digest, made.b_digest, at);
      END IF;
      IF taken IS NOT NULL THEN
        outcome := 'number-already-bound';
      ELSE
        UPDATE bindings b SET
          a_digest = made.a_digest, a_sealed = made.a_sealed, b_digest = made.b_digest, b_sealed = made.b_sealed,
          call_direction = made.call_direction, duration_seconds = made.duration_seconds, expires_at = made.expires_at,
          max_duration_minutes = made.max_duration_minutes, record_flag = made.record_flag,
          record_hint_tone = made.record_hint_tone, last_min_voice = made.last_min_voice,
          private_sms = made.private_sms, caller_hint_tone = made.caller_hint_tone,
          callee_hint_tone = made.callee_hint_tone, user_data = made.user_data, subscribed_at = made.subscribed_at
        WHERE b.app_key = was.app_key AND b.subscription_id = was.subscription_id;
        PERFORM pg_notify('axbridge_changes', 'number:' || was.x);
      END IF;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;
