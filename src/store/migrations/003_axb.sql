-- Making and ending bindings. Whoever does it holds the application's lock until the commit, and takes the locks of
-- several applications in the order of their keys: two writers cannot take the same X for the same person, cannot
-- exceed what one X carries, and cannot deadlock. The lock is an advisory one: it writes nothing, and calls never wait
-- for it.

CREATE FUNCTION lock_bindings(app_keys text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  key text;
BEGIN
  FOR key IN SELECT DISTINCT unnest(app_keys) ORDER BY 1 LOOP
    PERFORM pg_advisory_xact_lock(hashtextextended(key, 7061989));
  END LOOP;
END $$;

-- Ends bindings with their parties, and tells all nodes. The caller holds the locks of the applications; `of_apps`
-- and `ids` go together.
CREATE FUNCTION end_bindings(of_apps text[], ids uuid[]) RETURNS TABLE (subscription_id uuid, x text)
LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY
  WITH gone AS (
    DELETE FROM bindings b USING unnest(of_apps, ids) AS g(app_key, id)
    WHERE b.app_key = g.app_key AND b.subscription_id = g.id
    RETURNING b.app_key, b.subscription_id, b.x, b.a_digest, b.b_digest
  ), left_x AS (
    DELETE FROM binding_parties p USING gone, unnest(ARRAY[gone.a_digest, gone.b_digest]) AS d(digest)
    WHERE p.app_key = gone.app_key AND p.x = gone.x AND p.party_digest = d.digest
  ), lighter AS (
    UPDATE numbers n SET bindings = n.bindings - g.count, released_at = clock_timestamp()
    FROM (SELECT gone.x, count(*) FROM gone GROUP BY gone.x) g WHERE n.number = g.x
    RETURNING pg_notify('axbridge_changes', 'number:' || n.number)
  )
  SELECT gone.subscription_id, gone.x FROM gone;
END $$;

-- Ends bindings by their ids, as far as they live at this moment.
CREATE FUNCTION unbind_axb(of_apps text[], ids uuid[], at timestamptz)
RETURNS TABLE (subscription_id uuid, x text) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM lock_bindings(of_apps);
  RETURN QUERY SELECT e.subscription_id, e.x FROM end_bindings(of_apps, ARRAY(
    SELECT CASE WHEN b.expires_at > at THEN g.id END
    FROM unnest(of_apps, ids) WITH ORDINALITY AS g(app_key, id, place)
    LEFT JOIN bindings b ON b.app_key = g.app_key AND b.subscription_id = g.id ORDER BY g.place)) e;
END $$;

-- Ends bindings of one X, the oldest first, at most so many at once.
CREATE FUNCTION unbind_axb_of_x(of_app text, of_x text, most integer)
RETURNS TABLE (subscription_id uuid, x text) LANGUAGE plpgsql AS $$
DECLARE
  ids uuid[];
BEGIN
  PERFORM lock_bindings(ARRAY[of_app]);
  ids := ARRAY(SELECT b.subscription_id FROM bindings b WHERE b.app_key = of_app AND b.x = of_x
               ORDER BY b.subscribed_at LIMIT most);
  RETURN QUERY SELECT e.subscription_id, e.x FROM end_bindings(array_fill(of_app, ARRAY[cardinality(ids)]), ids) e;
END $$;

-- Ends what has expired, at most so many at once; returns how many.
CREATE FUNCTION end_expired(at timestamptz, most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  of_apps text[];
  ids uuid[];
BEGIN
  SELECT array_agg(b.app_key), array_agg(b.subscription_id) INTO of_apps, ids
  FROM (SELECT app_key, subscription_id FROM bindings
        WHERE expires_at <= at AND expires_at < 'infinity' LIMIT most) b;
  IF ids IS NULL THEN
    RETURN 0;
  END IF;
  PERFORM lock_bindings(of_apps);
  -- Between reading and locking, a modify may have given one of them a new term.
  SELECT array_agg(b.app_key), array_agg(b.subscription_id) INTO of_apps, ids
  FROM unnest(of_apps, ids) AS g(app_key, id)
  JOIN bindings b ON b.app_key = g.app_key AND b.subscription_id = g.id AND b.expires_at <= at;
  RETURN (SELECT count(*) FROM end_bindings(of_apps, ids));
END $$;

-- Ends what has expired on one X, for the caller who needs its place now and holds the application's lock.
CREATE FUNCTION end_expired_on(of_app text, on_x text, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  ids uuid[] := ARRAY(SELECT b.subscription_id FROM bindings b
                      WHERE b.app_key = of_app AND b.x = on_x AND b.expires_at <= at);
BEGIN
  PERFORM end_bindings(array_fill(of_app, ARRAY[cardinality(ids)]), ids);
END $$;

-- Ends what has expired in one application, for the caller who finds no X and holds the application's lock.
CREATE FUNCTION end_expired_of(of_app text, at timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  ids uuid[] := ARRAY(SELECT b.subscription_id FROM bindings b
                      WHERE b.app_key = of_app AND b.expires_at <= at AND b.expires_at < 'infinity' LIMIT 1000);
BEGIN
  RETURN (SELECT count(*) FROM end_bindings(array_fill(of_app, ARRAY[cardinality(ids)]), ids));
END $$;

-- Where a number is looked for, in this order: in a city if one is given, then in those nearby, then anywhere. Each step
-- is a list of cities; null in it stands for all.
CREATE FUNCTION search_steps(of_area text, nearby text[], anywhere boolean) RETURNS SETOF text[]
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF of_area IS NOT NULL THEN
    RETURN NEXT ARRAY[of_area];
  END IF;
  IF cardinality(nearby) > 0 THEN
    RETURN NEXT nearby;
  END IF;
  IF anywhere THEN
    RETURN NEXT ARRAY[NULL::text];
  END IF;
END $$;

-- The X of a city (null: of any) with the fewest bindings that takes two more parties.
CREATE FUNCTION lightest_x(of_app text, of_area text, a bytea, b bytea, most integer)
RETURNS TABLE (number text, bindings integer, released_at timestamptz) LANGUAGE plpgsql
-- The index must be read from its light end, up to the first X that fits, also while the tables have no statistics. A
-- city is looked for with BETWEEN: with "=", numbers_by_load would give the same order, and might be read whole.
SET enable_sort = off SET enable_bitmapscan = off AS $$
BEGIN
  IF of_area IS NULL THEN
    FOR number, bindings, released_at IN SELECT n.number, n.bindings, n.released_at FROM numbers n
      WHERE n.app_key = of_app AND n.state = 'normal' AND n.bindings < most
      ORDER BY n.app_key, n.bindings, n.released_at NULLS FIRST
    LOOP
      IF NOT EXISTS (SELECT FROM binding_parties p
                     WHERE p.app_key = of_app AND p.x = lightest_x.number AND p.party_digest IN (a, b)) THEN
        RETURN NEXT;
        RETURN;
      END IF;
    END LOOP;
  ELSE
    FOR number, bindings, released_at IN SELECT n.number, n.bindings, n.released_at FROM numbers n
      WHERE n.app_key = of_app AND n.area_code BETWEEN of_area AND of_area AND n.state = 'normal' AND n.bindings < most
      ORDER BY n.app_key, n.area_code, n.bindings, n.released_at NULLS FIRST
    LOOP
      IF NOT EXISTS (SELECT FROM binding_parties p
                     WHERE p.app_key = of_app AND p.x = lightest_x.number AND p.party_digest IN (a, b)) THEN
        RETURN NEXT;
        RETURN;
      END IF;
    END LOOP;
  END IF;
END $$;

-- The X that takes two more parties: of the first of the steps that has one, the one with the fewest bindings, and of
-- several such the one that was released the longest time ago.
CREATE FUNCTION free_x(of_app text, of_area text, nearby text[], anywhere boolean, a bytea, b bytea, most integer)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  cities text[];
  found text;
BEGIN
  FOR cities IN SELECT s FROM search_steps(of_area, nearby, anywhere) s LOOP
    SELECT l.number INTO found FROM unnest(cities) city CROSS JOIN LATERAL lightest_x(of_app, city, a, b, most) l
    ORDER BY l.bindings, l.released_at NULLS FIRST LIMIT 1;
    EXIT WHEN found IS NOT NULL;
  END LOOP;
  RETURN found;
END $$;

-- Makes bindings one by one, by every rule. `requests` is an array of objects with the columns of `bindings`; digests
-- and sealed numbers are base64; x null lets the platform choose, from where the one of `places` says that has the
-- number `place`. Each gets an outcome: 'bound', or the reason why not.
CREATE FUNCTION bind_each(app_keys text[], requests json, places json, at timestamptz, most_on_x integer)
RETURNS TABLE (ord integer, outcome text, on_x text, taken bytea) LANGUAGE plpgsql AS $$
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

-- The cities of the first step of a search (search_steps) in which an X has room; null for anywhere.
CREATE FUNCTION step_with_room(of_app text, of_area text, nearby text[], anywhere boolean, most integer)
RETURNS text[] LANGUAGE plpgsql
-- As in lightest_x.
SET enable_sort = off SET enable_bitmapscan = off SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  PERFORM FROM numbers n
  WHERE n.app_key = of_app AND n.area_code BETWEEN of_area AND of_area AND n.state = 'normal' AND n.bindings < most
  ORDER BY n.app_key, n.area_code, n.bindings, n.released_at NULLS FIRST LIMIT 1;
  IF FOUND THEN
    RETURN ARRAY[of_area];
  END IF;
  PERFORM FROM unnest(nearby) city CROSS JOIN LATERAL (
    SELECT FROM numbers n
    WHERE n.app_key = of_app AND n.area_code BETWEEN city AND city AND n.state = 'normal' AND n.bindings < most
    ORDER BY n.app_key, n.area_code, n.bindings, n.released_at NULLS FIRST LIMIT 1) o LIMIT 1;
  IF FOUND THEN
    RETURN nearby;
  END IF;
  RETURN CASE WHEN NOT anywhere THEN ARRAY[of_area] END;
END $$;

-- Makes bindings together, as far as nothing stands in the way: one statement for all of them, three times as fast as
-- one by one. What is not returned was not made and must be put to bind_each, which knows why.
-- Those who look in the same place share one pool: the first step of their search that has an X with room.
CREATE FUNCTION bind_many(app_keys text[], requests json, places json, at timestamptz, most_on_x integer)
RETURNS TABLE (ord integer, on_x text) LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $$
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
