-- Binds, relations and unbinds of AX, AXE and AXYB, many in one statement and one commit, as those of AXB (003).
--
-- Each function goes through an array of requests in their order, by every rule, and gives each its outcome: 'bound' or
-- 'ended', or the reason why not. A request to bind is an object with the columns of the new row (octets as '\x…') and,
-- where no number is named, with the place that one is looked for in (search_steps, 003). The functions hold the locks of
-- the applications; keys and checks of the tables hold the rules all the same (007, 014), whoever writes.

-- Why a named X takes no new binding, whatever stands on it; null when nothing forbids it.
CREATE FUNCTION x_refusal(of_app text, on_x text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  found text := (SELECT n.state FROM numbers n WHERE n.number = on_x AND n.app_key = of_app);
BEGIN
  RETURN CASE WHEN found IS NULL THEN 'x-not-of-application' WHEN found <> 'normal' THEN 'x-status-abnormal' END;
END $$;

-- AX: the X that was named, if it may be A's, else one with nothing on it.
CREATE FUNCTION place_ax(
  of_app text, a bytea, named_x text, of_area text, nearby text[], anywhere boolean, most_of_a integer,
  OUT outcome text, OUT at_x text
) LANGUAGE plpgsql AS $$
DECLARE
  holder bytea;
BEGIN
  IF named_x IS NOT NULL THEN
    outcome := x_refusal(of_app, named_x);
    IF outcome IS NULL THEN
      SELECT b.a_digest INTO holder FROM ax_bindings b WHERE b.app_key = of_app AND b.x = named_x;
      outcome := CASE WHEN holder = a THEN 'binding-exists' WHEN holder IS NOT NULL THEN 'x-taken' END;
    END IF;
  END IF;
  IF outcome IS NULL
    AND (SELECT count(*) FROM ax_bindings b WHERE b.app_key = of_app AND b.a_digest = a) >= most_of_a THEN
    outcome := 'too-many-x';
  END IF;
  IF outcome IS NULL THEN
    at_x := coalesce(named_x, free_x(of_app, of_area, nearby, anywhere, NULL, NULL, 1));
    outcome := CASE WHEN at_x IS NULL THEN 'no-free-x' ELSE 'bound' END;
  END IF;
END $$;

CREATE FUNCTION bind_ax(app_keys text[], requests json, most_of_a integer)
RETURNS TABLE (outcome text, on_x text) LANGUAGE plpgsql AS $$
DECLARE
  asked record;
  made ax_bindings;
BEGIN
  PERFORM lock_bindings(app_keys);
  FOR asked IN
    SELECT json_populate_record(NULL::ax_bindings, q.request) AS binding, w.*
    FROM json_array_elements(requests) q(request)
    CROSS JOIN LATERAL json_to_record(q.request) w(area_code text, nearby text[], anywhere boolean)
  LOOP
    made := asked.binding;
    SELECT p.outcome, p.at_x INTO outcome, on_x FROM place_ax(
      made.app_key, made.a_digest, made.x, asked.area_code, asked.nearby, asked.anywhere, most_of_a) p;
    IF outcome = 'bound' THEN
      made.x := on_x;
      INSERT INTO ax_bindings VALUES (made.*);
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;

-- A binding is meant by its id, or by its X, of which the A may be told.
CREATE FUNCTION unbind_ax(app_keys text[], requests json) RETURNS TABLE (outcome text, on_x text) LANGUAGE plpgsql AS $$
DECLARE
  meant record;
BEGIN
  PERFORM lock_bindings(app_keys);
  FOR meant IN SELECT * FROM json_to_recordset(requests) q(app_key text, subscription_id uuid, x text, a_digest bytea) LOOP
    on_x := NULL;
    IF meant.subscription_id IS NOT NULL THEN
      DELETE FROM ax_bindings b WHERE b.app_key = meant.app_key AND b.subscription_id = meant.subscription_id
      RETURNING b.x INTO on_x;
    ELSE
      DELETE FROM ax_bindings b
      WHERE b.app_key = meant.app_key AND b.x = meant.x AND (meant.a_digest IS NULL OR b.a_digest = meant.a_digest)
      RETURNING b.x INTO on_x;
    END IF;
    outcome := CASE WHEN on_x IS NULL THEN 'no-such-binding' ELSE 'ended' END;
    RETURN NEXT;
  END LOOP;
END $$;

-- Ends what has expired of an application in AXE, as much as one bind takes out of its way.
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

-- AXE: an X (the one that was named, else the lightest) and an extension on it (the wanted one, else any).
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
    -- As everywhere, the search for A leaves app_key out (010).
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

CREATE FUNCTION bind_axe(app_keys text[], requests json, at timestamptz)
RETURNS TABLE (outcome text, on_x text, on_extension text) LANGUAGE plpgsql AS $$
DECLARE
  asked record;
  made axe_bindings;
BEGIN
  PERFORM lock_bindings(app_keys);
  FOR asked IN
    SELECT json_populate_record(NULL::axe_bindings, q.request) AS binding, w.*
    FROM json_array_elements(requests) q(request)
    CROSS JOIN LATERAL json_to_record(q.request) w(area_code text, nearby text[], anywhere boolean, digits integer)
  LOOP
    made := asked.binding;
    LOOP
      SELECT p.* INTO outcome, on_x, on_extension FROM place_axe(
        made.app_key, made.a_digest, made.x, asked.area_code, asked.nearby, asked.anywhere, made.extension,
        asked.digits) p;
      -- What has expired must not stand in the way.
      EXIT WHEN outcome = 'bound' OR end_expired_axe(made.app_key, at) = 0;
    END LOOP;
    IF outcome = 'bound' THEN
      made.x := on_x;
      made.extension := on_extension;
      made.expires_at := coalesce(made.expires_at, 'infinity');
      INSERT INTO axe_bindings OVERRIDING USER VALUE VALUES (made.*);
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;

-- A binding is meant by its id, or by its X and extension.
CREATE FUNCTION unbind_axe(app_keys text[], requests json, at timestamptz)
RETURNS TABLE (outcome text, on_x text) LANGUAGE plpgsql AS $$
DECLARE
  meant record;
BEGIN
  PERFORM lock_bindings(app_keys);
  FOR meant IN SELECT * FROM json_to_recordset(requests) q(app_key text, subscription_id uuid, x text, extension text) LOOP
    on_x := NULL;
    IF meant.subscription_id IS NOT NULL THEN
      DELETE FROM axe_bindings b
      WHERE b.app_key = meant.app_key AND b.subscription_id = meant.subscription_id AND b.expires_at > at
      RETURNING b.x INTO on_x;
    ELSE
      DELETE FROM axe_bindings b
      WHERE b.app_key = meant.app_key AND b.x = meant.x AND b.extension = meant.extension AND b.expires_at > at
      RETURNING b.x INTO on_x;
    END IF;
    outcome := CASE WHEN on_x IS NULL THEN 'no-such-binding' ELSE 'ended' END;
    RETURN NEXT;
  END LOOP;
END $$;

-- Ends what has expired of an application in AXYB, as much as one bind takes out of its way.
CREATE FUNCTION end_expired_axyb(of_app text, at timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  relations integer;
  ended integer;
BEGIN
  DELETE FROM axyb_relations WHERE ctid IN (
    SELECT r.ctid FROM axyb_relations r
    WHERE r.expires_at <= at AND r.expires_at < 'infinity' AND r.app_key = of_app LIMIT 1000);
  GET DIAGNOSTICS relations = ROW_COUNT;
  DELETE FROM axyb_bindings WHERE ctid IN (
    SELECT b.ctid FROM axyb_bindings b
    WHERE b.expires_at <= at AND b.expires_at < 'infinity' AND b.app_key = of_app LIMIT 1000);
  GET DIAGNOSTICS ended = ROW_COUNT;
  RETURN relations + ended;
END $$;

-- AXYB: A with an X on which nothing stands.
CREATE FUNCTION bind_axyb(app_keys text[], requests json, most_of_a integer, at timestamptz)
RETURNS TABLE (outcome text, on_x text) LANGUAGE plpgsql AS $$
DECLARE
  asked record;
  made axyb_bindings;
BEGIN
  PERFORM lock_bindings(app_keys);
  FOR asked IN
    SELECT json_populate_record(NULL::axyb_bindings, q.request) AS binding, w.*
    FROM json_array_elements(requests) q(request)
    CROSS JOIN LATERAL json_to_record(q.request) w(area_code text, nearby text[], anywhere boolean)
  LOOP
    made := asked.binding;
    LOOP
      on_x := NULL;
      IF (SELECT count(*) FROM axyb_bindings b WHERE b.app_key = made.app_key AND b.a_digest = made.a_digest)
         >= most_of_a THEN
        outcome := 'too-many-x';
      ELSE
        on_x := free_x(made.app_key, asked.area_code, asked.nearby, asked.anywhere, NULL, NULL, 1);
        outcome := CASE WHEN on_x IS NULL THEN 'no-free-x' ELSE 'bound' END;
      END IF;
      EXIT WHEN outcome = 'bound' OR end_expired_axyb(made.app_key, at) = 0;
    END LOOP;
    IF outcome = 'bound' THEN
      made.x := on_x;
      made.expires_at := coalesce(made.expires_at, 'infinity');
      INSERT INTO axyb_bindings VALUES (made.*);
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;

-- AXYB: a B with a Y, for the A of a live binding.
CREATE FUNCTION relate_axyb(app_keys text[], requests json, most_on_y integer, at timestamptz)
RETURNS TABLE (outcome text, on_x text, on_y text) LANGUAGE plpgsql AS $$
DECLARE
  asked record;
  made axyb_relations;
BEGIN
  PERFORM lock_bindings(app_keys);
  FOR asked IN
    SELECT json_populate_record(NULL::axyb_relations, q.request) AS relation, w.*
    FROM json_array_elements(requests) q(request)
    CROSS JOIN LATERAL json_to_record(q.request) w(area_code text, nearby text[], anywhere boolean)
  LOOP
    made := asked.relation;
    on_x := NULL;
    on_y := NULL;
    SELECT b.x, b.a_digest INTO made.x, made.a_digest FROM axyb_bindings b
    WHERE b.app_key = made.app_key AND b.subscription_id = made.subscription_id AND b.expires_at > at;
    IF made.x IS NULL THEN
      outcome := 'no-such-binding';
    ELSIF made.a_digest = made.b_digest THEN
      outcome := 'number-already-bound';
    ELSE
      LOOP
        IF EXISTS (SELECT FROM axyb_relations r
                   WHERE r.app_key = made.app_key AND r.x = made.x AND r.b_digest = made.b_digest) THEN
          outcome := 'binding-exists';
        ELSE
          on_y := free_y(made.app_key, asked.area_code, asked.nearby, asked.anywhere, made.a_digest, most_on_y);
          outcome := CASE WHEN on_y IS NULL THEN 'no-free-x' ELSE 'bound' END;
        END IF;
        EXIT WHEN outcome = 'bound' OR end_expired_axyb(made.app_key, at) = 0;
      END LOOP;
    END IF;
    IF outcome = 'bound' THEN
      on_x := made.x;
      made.y := on_y;
      made.expires_at := coalesce(made.expires_at, 'infinity');
      INSERT INTO axyb_relations VALUES (made.*);
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;

-- Ends bindings with all their relations, or one relation of each, where its Y or its B is told. `concerned` are the X
-- and the Ys of it.
CREATE FUNCTION unbind_axyb(app_keys text[], requests json, at timestamptz)
RETURNS TABLE (outcome text, concerned text[]) LANGUAGE plpgsql AS $$
DECLARE
  meant record;
  ys text[];
BEGIN
  PERFORM lock_bindings(app_keys);
  FOR meant IN
    SELECT * FROM json_to_recordset(requests) q(app_key text, subscription_id uuid, y text, b_digest bytea)
  LOOP
    concerned := NULL;
    IF meant.y IS NULL AND meant.b_digest IS NULL THEN
      ys := ARRAY(SELECT r.y FROM axyb_relations r
                  WHERE r.app_key = meant.app_key AND r.subscription_id = meant.subscription_id);
      DELETE FROM axyb_bindings b
      WHERE b.app_key = meant.app_key AND b.subscription_id = meant.subscription_id AND b.expires_at > at
      RETURNING b.x || ys INTO concerned;
    ELSE
      DELETE FROM axyb_relations r
      WHERE r.app_key = meant.app_key AND r.subscription_id = meant.subscription_id AND r.expires_at > at
        AND (r.y = meant.y OR r.b_digest = meant.b_digest)
        AND EXISTS (SELECT FROM axyb_bindings b WHERE b.app_key = meant.app_key
                    AND b.subscription_id = meant.subscription_id AND b.expires_at > at)
      RETURNING ARRAY[r.x, r.y] INTO concerned;
    END IF;
    outcome := CASE WHEN concerned IS NULL THEN 'no-such-binding' ELSE 'ended' END;
    RETURN NEXT;
  END LOOP;
END $$;

-- In place of that of 009, which sorts all Ys of an application: the lightest Y is the first of an index, as the lightest X
-- is (003).
CREATE INDEX numbers_as_y_by_load ON numbers (app_key, bindings, released_at NULLS FIRST) WHERE as_y;

CREATE OR REPLACE FUNCTION lightest_y(of_app text, of_area text, a bytea, most integer)
RETURNS TABLE (number text, bindings integer, released_at timestamptz) LANGUAGE plpgsql
SET enable_sort = off SET enable_bitmapscan = off AS $$
BEGIN
  IF of_area IS NULL THEN
    FOR number, bindings, released_at IN SELECT n.number, n.bindings, n.released_at FROM numbers n
      WHERE n.app_key = of_app AND n.as_y AND n.state = 'normal' AND n.bindings < most
      ORDER BY n.app_key, n.bindings, n.released_at NULLS FIRST
    LOOP
      IF NOT EXISTS (SELECT FROM axyb_relations r
                     WHERE r.app_key = of_app AND r.y = lightest_y.number AND r.a_digest = a) THEN
        RETURN NEXT;
        RETURN;
      END IF;
    END LOOP;
  ELSE
    FOR number, bindings, released_at IN SELECT n.number, n.bindings, n.released_at FROM numbers n
      WHERE n.app_key = of_app AND n.as_y AND n.area_code BETWEEN of_area AND of_area AND n.state = 'normal'
        AND n.bindings < most
      ORDER BY n.app_key, n.area_code, n.bindings, n.released_at NULLS FIRST
    LOOP
      IF NOT EXISTS (SELECT FROM axyb_relations r
                     WHERE r.app_key = of_app AND r.y = lightest_y.number AND r.a_digest = a) THEN
        RETURN NEXT;
        RETURN;
      END IF;
    END LOOP;
  END IF;
END $$;
