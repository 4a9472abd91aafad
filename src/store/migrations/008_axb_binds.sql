-- AXB: how bindings are made, many in one statement and one commit.

-- Makes bindings one by one, by every rule. `requests` is an array of objects with the columns of `bindings`; digests
-- and sealed numbers are base64; x null lets the platform choose, from where the one of `places` says that has the
-- number `place`. Each gets an outcome: 'bound', or the reason why not.
CREATE FUNCTION bind_each(app_keys text[], requests json, places json, at timestamptz, most_on_x integer)
RETURNS TABLE (ord integer, outcome text, on_x text, taken bytea) LANGUAGE plpgsql
-- Everything is found by a key, whatever the statistics say, and with plans that are made once. What they leave out is
-- counted as dear by PostgreSQL 17 and older, which must not compile the statement for that.
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
  r record;
  n record;
  a bytea;
  b bytea;
BEGIN
  PERFORM lock_bindings(app_keys);
  FOR r IN SELECT q.*, w.area_code, w.nearby, w.anywhere FROM json_to_recordset(requests) AS q(
      ord integer, app_key text, subscription_id uuid, x text, place integer,
      a_digest text, a_sealed text, b_digest text, b_sealed text, call_direction smallint,
      duration_seconds integer, expires_at timestamptz, max_duration_minutes integer, record_flag boolean,
      record_hint_tone text, last_min_voice text, private_sms boolean, caller_hint_tone text, callee_hint_tone text,
      user_data text, subscribed_at timestamptz)
    LEFT JOIN json_to_recordset(places) AS w(place integer, area_code text, nearby text[], anywhere boolean)
      ON w.place = q.place
    ORDER BY q.ord
  LOOP
    ord := r.ord;
    a := decode(r.a_digest, 'base64');
    b := decode(r.b_digest, 'base64');
    outcome := 'bound';
    on_x := r.x;
    taken := NULL;
    IF on_x IS NULL THEN
      on_x := free_x(r.app_key, r.area_code, r.nearby, r.anywhere, a, b, most_on_x);
      IF on_x IS NULL AND end_expired_of(r.app_key, at) > 0 THEN
        on_x := free_x(r.app_key, r.area_code, r.nearby, r.anywhere, a, b, most_on_x);
      END IF;
      IF on_x IS NULL THEN
        outcome := 'no-free-x';
      END IF;
    ELSE
      SELECT number, state, bindings INTO n FROM numbers WHERE number = r.x AND app_key = r.app_key;
      IF n.number IS NULL THEN
        outcome := 'x-not-of-application';
      ELSIF n.state <> 'normal' THEN
        outcome := 'x-status-abnormal';
      ELSE
        SELECT p.party_digest INTO taken FROM binding_parties p
        WHERE p.app_key = r.app_key AND p.x = r.x AND p.party_digest IN (a, b) LIMIT 1;
        IF taken IS NOT NULL OR n.bindings >= most_on_x THEN
          -- What has expired must not stand in the way.
          PERFORM end_expired_on(r.app_key, r.x, at);
          SELECT p.party_digest INTO taken FROM binding_parties p
          WHERE p.app_key = r.app_key AND p.x = r.x AND p.party_digest IN (a, b) LIMIT 1;
          SELECT number, state, bindings INTO n FROM numbers WHERE number = r.x;
          IF taken IS NOT NULL THEN
            outcome := 'number-already-bound';
          ELSIF n.bindings >= most_on_x THEN
            outcome := 'too-many-bindings';
          END IF;
        END IF;
      END IF;
    END IF;
    IF outcome = 'bound' THEN
      INSERT INTO bindings (
        app_key, subscription_id, mode, x, a_digest, a_sealed, b_digest, b_sealed, call_direction,
        duration_seconds, expires_at, max_duration_minutes, record_flag, record_hint_tone, last_min_voice,
        private_sms, caller_hint_tone, callee_hint_tone, user_data, subscribed_at)
      VALUES (
        r.app_key, r.subscription_id, 'AXB', on_x, a, decode(r.a_sealed, 'base64'), b, decode(r.b_sealed, 'base64'),
        r.call_direction, r.duration_seconds, r.expires_at, r.max_duration_minutes, r.record_flag,
        r.record_hint_tone, r.last_min_voice, r.private_sms, r.caller_hint_tone, r.callee_hint_tone, r.user_data,
        r.subscribed_at);
      INSERT INTO binding_parties (app_key, x, party_digest, subscription_id)
      VALUES (r.app_key, on_x, a, r.subscription_id), (r.app_key, on_x, b, r.subscription_id);
      UPDATE numbers SET bindings = bindings + 1 WHERE number = on_x;
      PERFORM pg_notify('axbridge_changes', 'number:' || on_x);
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;

-- Makes bindings together, as far as nothing stands in the way: one statement for all of them, three times as fast as
-- one by one. What is not returned was not made and must be put to bind_each, which knows why.
-- Those who look in the same place share one pool: the first step of their search that has an X with room.
CREATE FUNCTION bind_many(app_keys text[], requests json, places json, at timestamptz, most_on_x integer)
RETURNS TABLE (ord integer, on_x text) LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan SET jit = off AS $$
BEGIN
  PERFORM lock_bindings(app_keys);
  RETURN QUERY
  WITH pools AS MATERIALIZED (
    SELECT f.place, f.app_key, f.cities, dense_rank() OVER (ORDER BY f.app_key, f.cities) AS pool FROM (
      SELECT w.place, w.app_key, CASE
        WHEN w.area_code IS NULL THEN NULL
        WHEN NOT w.anywhere AND cardinality(w.nearby) = 0 THEN ARRAY[w.area_code]
        ELSE step_with_room(w.app_key, w.area_code, w.nearby, w.anywhere, most_on_x)
      END AS cities
      FROM json_to_recordset(places) AS w(
        place integer, app_key text, area_code text, nearby text[], anywhere boolean)
    ) f
  ), asked AS MATERIALIZED (
    SELECT q.*, decode(q.a_digest, 'base64') AS a, decode(q.b_digest, 'base64') AS b, o.pool, o.cities,
           row_number() OVER (PARTITION BY o.pool ORDER BY q.ord) AS turn
    FROM json_to_recordset(requests) AS q(
      ord integer, app_key text, subscription_id uuid, x text, place integer,
      a_digest text, a_sealed text, b_digest text, b_sealed text, call_direction smallint,
      duration_seconds integer, expires_at timestamptz, max_duration_minutes integer, record_flag boolean,
      record_hint_tone text, last_min_voice text, private_sms boolean, caller_hint_tone text, callee_hint_tone text,
      user_data text, subscribed_at timestamptz)
    LEFT JOIN pools o ON o.place = q.place
  ), wanted AS (
    SELECT k.pool, k.app_key, k.cities, count(*) AS k FROM asked k WHERE k.pool IS NOT NULL GROUP BY 1, 2, 3
  ), light AS (
    SELECT w.pool, w.k, c.number, c.bindings, c.released_at,
           max(c.bindings) OVER p AS heaviest, count(*) OVER p AS found
    FROM wanted w CROSS JOIN LATERAL (
      (SELECT n.number, n.bindings, n.released_at FROM numbers n
       WHERE w.cities IS NULL AND n.app_key = w.app_key AND n.state = 'normal' AND n.bindings < most_on_x
       ORDER BY n.app_key, n.bindings, n.released_at NULLS FIRST LIMIT w.k)
      UNION ALL
      (SELECT o.* FROM unnest(w.cities) city CROSS JOIN LATERAL (
         SELECT n.number, n.bindings, n.released_at FROM numbers n
         WHERE n.app_key = w.app_key AND n.area_code BETWEEN city AND city AND n.state = 'normal' AND n.bindings < most_on_x
         ORDER BY n.app_key, n.area_code, n.bindings, n.released_at NULLS FIRST LIMIT w.k
       ) o ORDER BY o.bindings, o.released_at NULLS FIRST LIMIT w.k)
    ) c
    WINDOW p AS (PARTITION BY w.pool)
  ), slots AS MATERIALIZED (
    SELECT l.pool, l.number,
           row_number() OVER (PARTITION BY l.pool ORDER BY l.bindings + g, l.released_at NULLS FIRST, l.number) AS turn
    FROM light l CROSS JOIN LATERAL generate_series(0, least(l.k - 1,
      l.heaviest - l.bindings + CASE WHEN l.found < l.k THEN l.k / l.found ELSE 0 END)) g
  ), placed AS MATERIALIZED (
    SELECT k.*, coalesce(k.x, s.number) AS at_x
    FROM asked k LEFT JOIN slots s ON s.pool = k.pool AND s.turn = k.turn
  ), parties AS (
    SELECT p.ord, p.app_key, p.at_x, p.a AS digest FROM placed p WHERE p.at_x IS NOT NULL
    UNION ALL
    SELECT p.ord, p.app_key, p.at_x, p.b FROM placed p WHERE p.at_x IS NOT NULL
  ), checked AS (
    SELECT p.ord, count(*) OVER (PARTITION BY p.at_x, p.digest) = 1
      AND (SELECT count(*) FROM binding_parties t
           WHERE t.app_key = p.app_key AND t.x = p.at_x AND t.party_digest = p.digest) = 0 AS free
    FROM parties p
  ), free AS MATERIALIZED (
    SELECT c.ord FROM checked c GROUP BY c.ord HAVING bool_and(c.free)
  ), good AS MATERIALIZED (
    SELECT p.* FROM (
      SELECT placed.*, count(*) OVER (PARTITION BY placed.at_x) AS more FROM placed JOIN free USING (ord)
    ) p CROSS JOIN LATERAL (
      SELECT n.bindings FROM numbers n WHERE n.number = p.at_x AND n.app_key = p.app_key AND n.state = 'normal' OFFSET 0
    ) n
    WHERE n.bindings + p.more <= most_on_x
  ), made AS (
    INSERT INTO bindings (
      app_key, subscription_id, mode, x, a_digest, a_sealed, b_digest, b_sealed, call_direction,
      duration_seconds, expires_at, max_duration_minutes, record_flag, record_hint_tone, last_min_voice,
      private_sms, caller_hint_tone, callee_hint_tone, user_data, subscribed_at)
    SELECT g.app_key, g.subscription_id, 'AXB', g.at_x, g.a, decode(g.a_sealed, 'base64'), g.b,
      decode(g.b_sealed, 'base64'), g.call_direction, g.duration_seconds, g.expires_at, g.max_duration_minutes,
      g.record_flag, g.record_hint_tone, g.last_min_voice, g.private_sms, g.caller_hint_tone, g.callee_hint_tone,
      g.user_data, g.subscribed_at
    FROM good g
  ), joined AS (
    INSERT INTO binding_parties (app_key, x, party_digest, subscription_id)
    SELECT g.app_key, g.at_x, party, g.subscription_id FROM good g CROSS JOIN LATERAL unnest(ARRAY[g.a, g.b]) party
  ), counted AS (
    UPDATE numbers n SET bindings = n.bindings + h.more
    FROM (SELECT g.at_x, count(*) AS more FROM good g GROUP BY g.at_x) h WHERE n.number = h.at_x
    RETURNING pg_notify('axbridge_changes', 'number:' || n.number)
  )
  SELECT g.ord, g.at_x FROM good g;
END $$;

-- Binds each A and B to an X: together as far as nothing stands in the way (bind_many), the rest one by one (bind_each).
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
