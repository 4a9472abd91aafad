-- AXYB: how bindings and relations are made and ended, many in one statement and one commit, as those of AX (010).

-- Ends what has expired of an application, as much as one bind takes out of its way.
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

-- Bindings that nothing stands in the way of, all in one statement (bind_many_ax). What is not returned was not made.
CREATE FUNCTION bind_many_axyb(requests json, most_of_a integer) RETURNS TABLE (ord bigint, on_x text) LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY
  WITH asked AS MATERIALIZED (
    SELECT q.ord, q.request, b.app_key, b.a_digest, w.*,
      row_number() OVER place AS turn, count(*) OVER place AS turns, count(*) OVER (PARTITION BY b.a_digest) AS of_a
    FROM json_array_elements(requests) WITH ORDINALITY q(request, ord)
    CROSS JOIN LATERAL json_populate_record(NULL::axyb_bindings, q.request) b
    CROSS JOIN LATERAL json_to_record(q.request) w(area_code text, nearby text[], anywhere boolean)
    WINDOW place AS (PARTITION BY b.app_key, w.area_code, w.nearby, w.anywhere)
  ), empty AS MATERIALIZED (
    SELECT a.app_key, a.area_code, a.nearby, a.anywhere, e.number, e.turn FROM asked a
    CROSS JOIN LATERAL empty_x(a.app_key, a.area_code, a.nearby, a.anywhere, a.turns::integer) WITH ORDINALITY e(number, turn)
    WHERE a.turn = 1
  ), placed AS MATERIALIZED (
    SELECT a.ord, a.request, a.app_key, a.a_digest, a.of_a, e.number AS at_x,
      count(*) OVER (PARTITION BY e.number) AS on_x
    FROM asked a JOIN empty e ON e.turn = a.turn
      AND (e.app_key, e.area_code, e.nearby, e.anywhere) IS NOT DISTINCT FROM (a.app_key, a.area_code, a.nearby, a.anywhere)
  ), good AS MATERIALIZED (
    SELECT p.ord, p.request, p.at_x, h.place FROM placed p
    CROSS JOIN LATERAL (
      SELECT free_place(ARRAY(SELECT b.place FROM axyb_bindings b
                              WHERE b.app_key = p.app_key AND b.a_digest = p.a_digest), most_of_a) AS place) h
    WHERE p.on_x = 1 AND p.of_a = 1 AND h.place IS NOT NULL
  ), made AS (
    INSERT INTO axyb_bindings SELECT b.* FROM good g CROSS JOIN LATERAL json_populate_record(
      json_populate_record(NULL::axyb_bindings, g.request), json_build_object('x', g.at_x, 'place', g.place)) b
  )
  SELECT g.ord, g.at_x FROM good g;
END $$;

-- Binds each A to an X on which nothing stands (bind_ax).
CREATE FUNCTION bind_axyb(app_keys text[], requests json, most_of_a integer, at timestamptz)
RETURNS TABLE (ord bigint, outcome text, on_x text) LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
  done bigint[] := '{}';
  asked record;
  made axyb_bindings;
BEGIN
  PERFORM lock_bindings(app_keys);
  IF json_array_length(requests) > 2 THEN
    FOR ord, outcome, on_x IN SELECT m.ord, 'bound', m.on_x FROM bind_many_axyb(requests, most_of_a) m LOOP
      done := done || ord;
      RETURN NEXT;
    END LOOP;
  END IF;
  FOR asked IN
    SELECT q.ord, json_populate_record(NULL::axyb_bindings, q.request) AS binding, w.*
    FROM json_array_elements(requests) WITH ORDINALITY q(request, ord)
    CROSS JOIN LATERAL json_to_record(q.request) w(area_code text, nearby text[], anywhere boolean)
    WHERE q.ord <> ALL (done)
  LOOP
    ord := asked.ord;
    made := asked.binding;
    LOOP
      on_x := NULL;
      made.place := free_place(ARRAY(
        SELECT b.place FROM axyb_bindings b WHERE b.app_key = made.app_key AND b.a_digest = made.a_digest), most_of_a);
      IF made.place IS NULL THEN
        outcome := 'too-many-x';
      ELSE
        on_x := (SELECT e FROM empty_x(made.app_key, asked.area_code, asked.nearby, asked.anywhere, 1) e LIMIT 1);
        outcome := CASE WHEN on_x IS NULL THEN 'no-free-x' ELSE 'bound' END;
      END IF;
      EXIT WHEN outcome = 'bound' OR end_expired_axyb(made.app_key, at) = 0;
    END LOOP;
    IF outcome = 'bound' THEN
      made.x := on_x;
      INSERT INTO axyb_bindings VALUES (made.*);
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;

-- Relations that nothing stands in the way of, all in one statement: on numbers that serve as Y already. What is not
-- returned was not made.
CREATE FUNCTION relate_many_axyb(requests json, most_on_y integer, at timestamptz)
RETURNS TABLE (ord bigint, on_x text, on_y text) LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY
  WITH asked AS MATERIALIZED (
    SELECT q.ord, q.request, f.app_key, f.x, f.a_digest, r.b_digest, w.*,
      row_number() OVER place AS turn, count(*) OVER place AS turns
    FROM json_array_elements(requests) WITH ORDINALITY q(request, ord)
    CROSS JOIN LATERAL json_populate_record(NULL::axyb_relations, q.request) r
    CROSS JOIN LATERAL json_to_record(q.request) w(area_code text, nearby text[], anywhere boolean)
    JOIN axyb_bindings f ON f.app_key = r.app_key AND f.subscription_id = r.subscription_id AND f.expires_at > at
    WINDOW place AS (PARTITION BY f.app_key, w.area_code, w.nearby, w.anywhere)
  ), light AS MATERIALIZED (
    SELECT a.app_key, a.area_code, a.nearby, a.anywhere, y.number, y.turn FROM asked a
    CROSS JOIN LATERAL (
      SELECT array_agg(o.number) AS numbers, array_agg(o.bindings) AS loads FROM (
        SELECT l.* FROM (SELECT s FROM search_steps(a.area_code, a.nearby, a.anywhere) s LIMIT 1) first
        CROSS JOIN LATERAL unnest(first.s) city
        CROSS JOIN LATERAL light_y(a.app_key, city, most_on_y, a.turns::integer) l
        ORDER BY l.bindings, l.released_at NULLS FIRST LIMIT a.turns) o) o
    CROSS JOIN LATERAL spread(o.numbers, o.loads, a.turns::integer, most_on_y) WITH ORDINALITY y(number, turn)
    WHERE a.turn = 1
  ), counted AS MATERIALIZED (
    SELECT a.ord, a.request, a.app_key, a.x, a.a_digest, a.b_digest, l.number AS at_y,
      count(*) OVER (PARTITION BY a.x, a.b_digest) AS of_b, count(*) OVER (PARTITION BY l.number, a.a_digest) AS of_a,
      count(*) OVER (PARTITION BY l.number) AS of_y
    FROM asked a JOIN light l ON l.turn = a.turn
      AND (l.app_key, l.area_code, l.nearby, l.anywhere) IS NOT DISTINCT FROM (a.app_key, a.area_code, a.nearby, a.anywhere)
  ), good AS MATERIALIZED (
    SELECT c.ord, c.request, c.x, c.a_digest, c.at_y FROM counted c
    WHERE c.of_a = 1 AND c.of_b = 1 AND c.a_digest <> c.b_digest
      AND NOT EXISTS (SELECT FROM axyb_relations r
                      WHERE r.app_key = c.app_key AND r.x = c.x AND r.b_digest = c.b_digest)
      AND NOT EXISTS (SELECT FROM axyb_relations r
                      WHERE r.app_key = c.app_key AND r.y = c.at_y AND r.a_digest = c.a_digest)
      AND EXISTS (SELECT FROM numbers n WHERE n.number = c.at_y AND n.bindings + c.of_y <= most_on_y)
  ), made AS (
    INSERT INTO axyb_relations SELECT r.* FROM good g CROSS JOIN LATERAL json_populate_record(
      json_populate_record(NULL::axyb_relations, g.request),
      json_build_object('x', g.x, 'y', g.at_y, 'a_digest', g.a_digest)) r
  )
  SELECT g.ord, g.x, g.at_y FROM good g;
END $$;

-- Binds each B to a Y, for the A of a live binding (bind_ax).
CREATE FUNCTION relate_axyb(app_keys text[], requests json, most_on_y integer, at timestamptz)
RETURNS TABLE (ord bigint, outcome text, on_x text, on_y text) LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
  done bigint[] := '{}';
  asked record;
  made axyb_relations;
BEGIN
  PERFORM lock_bindings(app_keys);
  IF json_array_length(requests) > 2 THEN
    FOR ord, outcome, on_x, on_y IN
      SELECT m.ord, 'bound', m.on_x, m.on_y FROM relate_many_axyb(requests, most_on_y, at) m
    LOOP
      done := done || ord;
      RETURN NEXT;
    END LOOP;
  END IF;
  FOR asked IN
    SELECT q.ord, json_populate_record(NULL::axyb_relations, q.request) AS relation, w.*
    FROM json_array_elements(requests) WITH ORDINALITY q(request, ord)
    CROSS JOIN LATERAL json_to_record(q.request) w(area_code text, nearby text[], anywhere boolean)
    WHERE q.ord <> ALL (done)
  LOOP
    ord := asked.ord;
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
      INSERT INTO axyb_relations VALUES (made.*);
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;

-- Ends live bindings with all their relations, or one relation of each, where its Y or its B is told, in the order of the
-- requests. `concerned` are the X and the Ys that it stood on; null where there was none.
CREATE FUNCTION unbind_axyb(app_keys text[], requests json, at timestamptz)
RETURNS TABLE (ord bigint, concerned text[]) LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
  meant record;
  ys text[];
BEGIN
  PERFORM lock_bindings(app_keys);
  FOR meant IN
    SELECT q.ord, w.* FROM json_array_elements(requests) WITH ORDINALITY q(request, ord)
    CROSS JOIN LATERAL json_to_record(q.request) w(app_key text, subscription_id uuid, y text, b_digest bytea)
  LOOP
    ord := meant.ord;
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
    RETURN NEXT;
  END LOOP;
END $$;
