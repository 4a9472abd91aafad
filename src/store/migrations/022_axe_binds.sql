-- Binds and unbinds of AXE, as those of AX (017).

-- Which of some numbers, the lightest first, each of `k` new bindings is put on so that all become equally heavy; not more
-- than `most` on one.
CREATE FUNCTION spread(numbers text[], loads integer[], k integer, most integer) RETURNS SETOF text
LANGUAGE sql IMMUTABLE AS $$
  SELECT l.number FROM unnest(numbers, loads) WITH ORDINALITY l(number, load, place)
  CROSS JOIN LATERAL generate_series(0,
    least(k - 1, most - 1 - l.load, loads[cardinality(loads)] - l.load + k / cardinality(loads))) g
  ORDER BY l.load + g, l.place LIMIT k
$$;

-- The X of `k` new bindings: the lightest of the first step of a search (search_steps, 003) that has one with room.
CREATE FUNCTION spread_x(of_app text, of_area text, nearby text[], anywhere boolean, k integer, most integer)
RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  cities text[] := ARRAY[of_area];
  numbers text[];
  loads integer[];
BEGIN
  IF NOT is_one_place(of_area, nearby, anywhere) THEN
    cities := coalesce(step_with_room(of_app, of_area, nearby, anywhere, most), ARRAY[NULL::text]);
  END IF;
  SELECT array_agg(o.number), array_agg(o.bindings) INTO numbers, loads FROM (
    SELECT l.* FROM unnest(cities) city CROSS JOIN LATERAL light_x(of_app, city, most, k) l
    ORDER BY l.bindings, l.released_at NULLS FIRST LIMIT k) o;
  RETURN QUERY SELECT s FROM spread(numbers, loads, k, most) s;
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
      -- As everywhere, the search for A leaves app_key out (010).
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

-- Binds each A to an X and an extension (bind_ax, 017). A request also says how many digits extensions have.
CREATE FUNCTION bind_axe(app_keys text[], requests json, at timestamptz)
RETURNS TABLE (ord bigint, outcome text, on_x text, on_extension text) LANGUAGE plpgsql
-- As in bind_ax.
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

-- Ends live bindings (unbind_ax, 017). One is meant by its id, or by its X and extension.
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
