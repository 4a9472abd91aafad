-- AXE: one X, many A, each with an extension of its own.

CREATE DOMAIN unit_of_time AS smallint CHECK (VALUE IN (0, 1));

CREATE TABLE axe_bindings (
  app_key                  text NOT NULL,
  subscription_id          uuid NOT NULL,
  -- The order of binding, by which an application pages through its bindings.
  ordinal                  bigint GENERATED ALWAYS AS IDENTITY,
  x                        text NOT NULL,
  extension                text NOT NULL,
  a_digest                 bytea NOT NULL,
  a_sealed                 bytea NOT NULL,
  shows_caller             boolean NOT NULL DEFAULT false,
  record_flag              boolean NOT NULL DEFAULT false,
  record_hint_tone         text,
  call_back_tone           text,
  call_back_number_sealed  bytea,
  -- As the customer gave them: 0 hours, 1 minutes.
  time_unit                unit_of_time NOT NULL DEFAULT 0,
  bind_expired_time        integer NOT NULL DEFAULT 0,
  call_back_expired_time   integer NOT NULL DEFAULT 0,
  expires_at               timestamptz NOT NULL DEFAULT 'infinity',
  -- 0: for as long as the binding lives.
  call_back_seconds        integer NOT NULL DEFAULT 0,
  user_data                text,
  subscribed_at            timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_key, subscription_id),
  UNIQUE (app_key, x, extension),
  -- Of two indexes that could both serve a search by number and person, the wrong one is taken as long as the planner
  -- believes that hardly anything is bound to a number, and then all that is bound to it is read. This one begins with the
  -- person, and the searches for him leave app_key out: only one index serves them, and no other search.
  UNIQUE (a_digest, x, app_key)
);
CREATE UNIQUE INDEX axe_bindings_by_age ON axe_bindings (app_key, ordinal);
CREATE INDEX axe_bindings_by_expiry ON axe_bindings (expires_at) WHERE expires_at < 'infinity';

CREATE TRIGGER count_axe_bound AFTER INSERT ON axe_bindings REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION count_bound();
CREATE TRIGGER count_axe_ended AFTER DELETE ON axe_bindings REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION count_bound();
CREATE TRIGGER tell_axe_changed AFTER UPDATE ON axe_bindings FOR EACH ROW EXECUTE FUNCTION tell_bound_number();

CREATE FUNCTION forget_axe_caller() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM call_backs c USING ended e
  WHERE c.app_key = e.app_key AND c.x = e.x AND c.extension = e.extension;
  RETURN NULL;
END $$;
CREATE TRIGGER forget_axe_caller AFTER DELETE ON axe_bindings REFERENCING OLD TABLE AS ended
  FOR EACH STATEMENT EXECUTE FUNCTION forget_axe_caller();

-- The X of a city (null: of any) with the fewest bindings on which A has no extension yet and the wanted one, if any, is
-- free.
CREATE FUNCTION lightest_axe_x(of_app text, of_area text, a bytea, wanted text, most integer)
RETURNS TABLE (number text, bindings integer, released_at timestamptz) LANGUAGE plpgsql
-- As in lightest_x: from the light end of the index up to the first X that fits.
SET enable_sort = off SET enable_bitmapscan = off AS $$
BEGIN
  IF of_area IS NULL THEN
    FOR number, bindings, released_at IN SELECT n.number, n.bindings, n.released_at FROM numbers n
      WHERE n.app_key = of_app AND n.state = 'normal' AND n.bindings < most
      ORDER BY n.app_key, n.bindings, n.released_at NULLS FIRST
    LOOP
      IF NOT EXISTS (SELECT FROM axe_bindings b WHERE b.a_digest = a AND b.x = lightest_axe_x.number)
        AND NOT EXISTS (SELECT FROM axe_bindings b
                        WHERE b.app_key = of_app AND b.x = lightest_axe_x.number AND b.extension = wanted) THEN
        RETURN NEXT;
        RETURN;
      END IF;
    END LOOP;
  ELSE
    FOR number, bindings, released_at IN SELECT n.number, n.bindings, n.released_at FROM numbers n
      WHERE n.app_key = of_app AND n.area_code BETWEEN of_area AND of_area AND n.state = 'normal' AND n.bindings < most
      ORDER BY n.app_key, n.area_code, n.bindings, n.released_at NULLS FIRST
    LOOP
      IF NOT EXISTS (SELECT FROM axe_bindings b WHERE b.a_digest = a AND b.x = lightest_axe_x.number)
        AND NOT EXISTS (SELECT FROM axe_bindings b
                        WHERE b.app_key = of_app AND b.x = lightest_axe_x.number AND b.extension = wanted) THEN
        RETURN NEXT;
        RETURN;
      END IF;
    END LOOP;
  END IF;
END $$;

-- The X of the first step that has one (search_steps).
CREATE FUNCTION free_axe_x(of_app text, of_area text, nearby text[], anywhere boolean, a bytea, wanted text, most integer)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  cities text[];
  found text;
BEGIN
  FOR cities IN SELECT s FROM search_steps(of_area, nearby, anywhere) s LOOP
    SELECT l.number INTO found
    FROM unnest(cities) city CROSS JOIN LATERAL lightest_axe_x(of_app, city, a, wanted, most) l
    ORDER BY l.bindings, l.released_at NULLS FIRST LIMIT 1;
    EXIT WHEN found IS NOT NULL;
  END LOOP;
  RETURN found;
END $$;

-- A free extension of an X, from 1 up, of so many digits; null when all are taken. At random: who mistypes one does not
-- reach the next customer, and one that was just given up is not the next to be given out.
CREATE FUNCTION free_extension(of_app text, on_x text, digits integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  most integer := 10 ^ digits - 1;
  candidate text;
BEGIN
  -- An X that is not nearly full has one at the first tries.
  FOR attempt IN 1..8 LOOP
    candidate := lpad((1 + floor(random() * most))::integer::text, digits, '0');
    IF NOT EXISTS (SELECT FROM axe_bindings b
                   WHERE b.app_key = of_app AND b.x = on_x AND b.extension = candidate) THEN
      RETURN candidate;
    END IF;
  END LOOP;
  RETURN (
    SELECT every.extension FROM (SELECT lpad(g::text, digits, '0') AS extension FROM generate_series(1, most) g) every
    WHERE NOT EXISTS (SELECT FROM axe_bindings b
                      WHERE b.app_key = of_app AND b.x = on_x AND b.extension = every.extension)
    ORDER BY random() LIMIT 1);
END $$;

-- Bindings that nothing stands in the way of, all in one statement: with the extension that is wanted, or one at random.
-- What is not returned was not made.
CREATE FUNCTION bind_many_axe(requests json) RETURNS TABLE (ord bigint, on_x text, on_extension text) LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY
  WITH asked AS MATERIALIZED (
    SELECT q.ord, q.request, b.app_key, b.x, b.extension, b.a_digest, w.*,
      (10 ^ w.digits - 1)::integer AS most, row_number() OVER place AS turn, count(*) OVER place AS turns
    FROM json_array_elements(requests) WITH ORDINALITY q(request, ord)
    CROSS JOIN LATERAL json_populate_record(NULL::axe_bindings, q.request) b
    CROSS JOIN LATERAL json_to_record(q.request) w(area_code text, nearby text[], anywhere boolean, digits integer)
    WINDOW place AS (PARTITION BY b.app_key, b.x IS NULL, w.area_code, w.nearby, w.anywhere)
  ), light AS MATERIALIZED (
    SELECT a.app_key, a.area_code, a.nearby, a.anywhere, s.number, s.turn FROM asked a
    CROSS JOIN LATERAL spread_x(
      a.app_key, a.area_code, a.nearby, a.anywhere, a.turns::integer, a.most) WITH ORDINALITY s(number, turn)
    WHERE a.x IS NULL AND a.turn = 1
  ), placed AS MATERIALIZED (
    SELECT a.*, coalesce(a.x, l.number) AS at_x,
      coalesce(a.extension, lpad((1 + floor(random() * a.most))::integer::text, a.digits, '0')) AS at_extension
    FROM asked a LEFT JOIN light l ON a.x IS NULL AND l.turn = a.turn
      AND (l.app_key, l.area_code, l.nearby, l.anywhere) IS NOT DISTINCT FROM (a.app_key, a.area_code, a.nearby, a.anywhere)
  ), counted AS MATERIALIZED (
    SELECT p.*, count(*) OVER (PARTITION BY p.at_x, p.at_extension) AS of_extension,
      count(*) OVER (PARTITION BY p.at_x, p.a_digest) AS of_a, count(*) OVER (PARTITION BY p.at_x) AS of_x
    FROM placed p
  ), good AS MATERIALIZED (
    SELECT c.ord, c.request, c.at_x, c.at_extension FROM counted c
    WHERE c.of_extension = 1 AND c.of_a = 1
      -- As everywhere, the search for A leaves app_key out.
      AND NOT EXISTS (SELECT FROM axe_bindings b WHERE b.a_digest = c.a_digest AND b.x = c.at_x)
      AND NOT EXISTS (SELECT FROM axe_bindings b
                      WHERE b.app_key = c.app_key AND b.x = c.at_x AND b.extension = c.at_extension)
      AND EXISTS (SELECT FROM numbers n WHERE n.number = c.at_x AND n.app_key = c.app_key AND n.state = 'normal'
                  AND n.bindings + c.of_x <= c.most)
  ), made AS (
    INSERT INTO axe_bindings OVERRIDING USER VALUE
    SELECT b.* FROM good g CROSS JOIN LATERAL json_populate_record(
      json_populate_record(NULL::axe_bindings, g.request),
      json_build_object('x', g.at_x, 'extension', g.at_extension)) b
  )
  SELECT g.ord, g.at_x, g.at_extension FROM good g;
END $$;

-- An X (the one that was named, else the lightest) and an extension on it (the wanted one, else any).
CREATE FUNCTION place_axe(
  of_app text, a bytea, named_x text, of_area text, nearby text[], anywhere boolean, wanted text, digits integer,
  OUT outcome text, OUT at_x text, OUT at_extension text
) LANGUAGE plpgsql AS $$
DECLARE
  most CONSTANT integer := 10 ^ digits - 1;
BEGIN
  IF named_x IS NULL THEN
    at_x := free_axe_x(of_app, of_area, nearby, anywhere, a, wanted, most);
    IF at_x IS NULL THEN
      outcome := CASE
        WHEN wanted IS NOT NULL AND free_axe_x(of_app, of_area, nearby, anywhere, a, NULL, most) IS NOT NULL
        THEN 'extension-taken' ELSE 'no-free-x' END;
    END IF;
  ELSE
    at_x := named_x;
    outcome := x_refusal(of_app, named_x);
    IF outcome IS NULL AND EXISTS (SELECT FROM axe_bindings b WHERE b.a_digest = a AND b.x = named_x) THEN
      outcome := 'binding-exists';
    END IF;
    IF outcome IS NULL AND EXISTS (
      SELECT FROM axe_bindings b WHERE b.app_key = of_app AND b.x = named_x AND b.extension = wanted) THEN
      outcome := 'extension-taken';
    END IF;
  END IF;
  IF outcome IS NULL THEN
    at_extension := coalesce(wanted, free_extension(of_app, at_x, digits));
    outcome := CASE WHEN at_extension IS NULL THEN 'no-free-extension' ELSE 'bound' END;
  END IF;
END $$;

-- Ends what has expired of an application, as much as one bind takes out of its way.
CREATE FUNCTION end_expired_axe(of_app text, at timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  ended integer;
BEGIN
  DELETE FROM axe_bindings WHERE ctid IN (
    SELECT b.ctid FROM axe_bindings b
    WHERE b.expires_at <= at AND b.expires_at < 'infinity' AND b.app_key = of_app LIMIT 1000);
  GET DIAGNOSTICS ended = ROW_COUNT;
  RETURN ended;
END $$;

-- Binds each A to an X and an extension (bind_ax). A request also says how many digits extensions have.
CREATE FUNCTION bind_axe(app_keys text[], requests json, at timestamptz)
RETURNS TABLE (ord bigint, outcome text, on_x text, on_extension text) LANGUAGE plpgsql
-- As in bind_each.
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
  done bigint[] := '{}';
  asked record;
  placed record;
  made axe_bindings;
BEGIN
  PERFORM lock_bindings(app_keys);
  IF json_array_length(requests) > 2 THEN
    FOR ord, outcome, on_x, on_extension IN
      SELECT m.ord, 'bound', m.on_x, m.on_extension FROM bind_many_axe(requests) m
    LOOP
      done := done || ord;
      RETURN NEXT;
    END LOOP;
  END IF;
  FOR asked IN
    SELECT q.ord, json_populate_record(NULL::axe_bindings, q.request) AS binding, w.*
    FROM json_array_elements(requests) WITH ORDINALITY q(request, ord)
    CROSS JOIN LATERAL json_to_record(q.request) w(area_code text, nearby text[], anywhere boolean, digits integer)
    WHERE q.ord <> ALL (done)
  LOOP
    ord := asked.ord;
    made := asked.binding;
    LOOP
      placed := place_axe(
        made.app_key, made.a_digest, made.x, asked.area_code, asked.nearby, asked.anywhere, made.extension, asked.digits);
      -- What has expired must not stand in the way.
      EXIT WHEN placed.outcome = 'bound' OR end_expired_axe(made.app_key, at) = 0;
    END LOOP;
    outcome := placed.outcome;
    on_x := placed.at_x;
    on_extension := placed.at_extension;
    IF outcome = 'bound' THEN
      made.x := on_x;
      made.extension := on_extension;
      INSERT INTO axe_bindings OVERRIDING USER VALUE VALUES (made.*);
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;

-- Ends live bindings (unbind_ax). One is meant by its id, or by its X and extension.
CREATE FUNCTION unbind_axe(app_keys text[], requests json, at timestamptz)
RETURNS TABLE (ord bigint, on_x text) LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan SET jit = off AS $$
BEGIN
  PERFORM lock_bindings(app_keys);
  RETURN QUERY
  WITH meant AS MATERIALIZED (
    SELECT DISTINCT ON (b.app_key, b.subscription_id) q.ord, b.app_key, b.subscription_id
    FROM json_array_elements(requests) WITH ORDINALITY q(request, ord)
    CROSS JOIN LATERAL json_to_record(q.request) w(app_key text, subscription_id uuid, x text, extension text)
    CROSS JOIN LATERAL (
      SELECT i.app_key, i.subscription_id FROM axe_bindings i
      WHERE i.app_key = w.app_key AND i.subscription_id = w.subscription_id AND i.expires_at > at
      UNION ALL
      SELECT i.app_key, i.subscription_id FROM axe_bindings i
      WHERE i.app_key = w.app_key AND i.x = w.x AND i.extension = w.extension AND i.expires_at > at) b
    ORDER BY b.app_key, b.subscription_id, q.ord
  )
  DELETE FROM axe_bindings b USING meant m WHERE b.app_key = m.app_key AND b.subscription_id = m.subscription_id
  RETURNING m.ord, b.x;
END $$;
