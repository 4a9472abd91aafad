-- AXB: bindings of two people to an X, the search for an X, changes and ends. How bindings are made follows in 008.

-- What a column may hold that is written all the time is a domain (006).
CREATE DOMAIN direction_of_calls AS smallint CHECK (VALUE IN (0, 1, 2));

CREATE TABLE bindings (
  app_key           text NOT NULL,
  subscription_id   uuid NOT NULL,
  mode              text NOT NULL,
  x                 text NOT NULL,
  a_digest          bytea NOT NULL,
  a_sealed          bytea NOT NULL,
  b_digest          bytea,
  b_sealed          bytea,
  call_direction    direction_of_calls NOT NULL DEFAULT 0,
  duration_seconds  integer NOT NULL DEFAULT 0,
  -- 'infinity' for a binding that never expires.
  expires_at        timestamptz NOT NULL DEFAULT 'infinity',
  max_duration_minutes integer NOT NULL DEFAULT 0,
  record_flag       boolean NOT NULL DEFAULT false,
  record_hint_tone  text,
  last_min_voice    text,
  private_sms       boolean NOT NULL DEFAULT true,
  caller_hint_tone  text,
  callee_hint_tone  text,
  user_data         text,
  subscribed_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_key, subscription_id)
);
-- Without app_key: an index that could also serve a search by subscription_id would be taken for it, and read whole,
-- as long as a new table has no statistics.
CREATE INDEX bindings_by_x ON bindings (x, subscribed_at);
CREATE INDEX bindings_by_expiry ON bindings (expires_at) WHERE expires_at < 'infinity';

-- One row for each user number on an X: the key itself forbids a number twice on one X, in any role. Rows come and go in
-- the statement that makes or ends their binding; a foreign key would cost a fifth of a bind. So would a trigger that tells
-- the news of each binding: what makes, changes or ends them tells it itself.
CREATE TABLE binding_parties (
  app_key          text NOT NULL,
  x                text NOT NULL,
  party_digest     bytea NOT NULL,
  subscription_id  uuid NOT NULL,
  PRIMARY KEY (app_key, x, party_digest)
);

-- The X of a city (null: of any) with the fewest bindings that takes two more parties.
CREATE FUNCTION lightest_x(of_app text, of_area text, a bytea, b bytea, most integer)
RETURNS TABLE (number text, bindings integer, released_at timestamptz) LANGUAGE plpgsql
-- As in light_x: from the light end of the index up to the first X that fits.
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
CREATE FUNCTION free_x(
  of_app text, of_area text, nearby text[], anywhere boolean, a bytea, b bytea, most integer
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  cities text[];
  found text;
BEGIN
  IF is_one_place(of_area, nearby, anywhere) THEN
    RETURN (SELECT l.number FROM lightest_x(of_app, of_area, a, b, most) l);
  END IF;
  FOR cities IN SELECT s FROM search_steps(of_area, nearby, anywhere) s LOOP
    SELECT l.number INTO found FROM unnest(cities) city CROSS JOIN LATERAL lightest_x(of_app, city, a, b, most) l
    ORDER BY l.bindings, l.released_at NULLS FIRST LIMIT 1;
    EXIT WHEN found IS NOT NULL;
  END LOOP;
  RETURN found;
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
  IF cardinality(ids) > 0 THEN
    PERFORM end_bindings(array_fill(of_app, ARRAY[cardinality(ids)]), ids);
  END IF;
END $$;

-- Ends what has expired in one application, for the caller who finds no X and holds the application's lock.
CREATE FUNCTION end_expired_of(of_app text, at timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  ids uuid[] := ARRAY(SELECT b.subscription_id FROM bindings b
                      WHERE b.app_key = of_app AND b.expires_at <= at AND b.expires_at < 'infinity' LIMIT 1000);
BEGIN
  IF cardinality(ids) = 0 THEN
    RETURN 0;
  END IF;
  RETURN (SELECT count(*) FROM end_bindings(array_fill(of_app, ARRAY[cardinality(ids)]), ids));
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
-- have from now on (bind_axb). Each gets its outcome: 'changed', or the reason why not.
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
