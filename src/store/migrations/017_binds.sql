-- Binds and unbinds of AX, AXE (022) and AXYB (023), many in one statement and one commit, as those of AXB (003).

-- PostgreSQL reads every CHECK of a table anew for each statement that writes to it, whatever it writes: on numbers, that
-- took longer than the rest of the statement. The check of a domain is read once, and asked only for what is set.
CREATE DOMAIN number_state AS text
  CHECK (VALUE IN ('normal', 'suspended', 'unavailable', 'bind-frozen', 'returned'));
CREATE DOMAIN number_cause AS text
  CHECK (VALUE IN ('deleted', 'arrears', 'stopped', 'barred', 'unbarred', 'forwarding-on', 'forwarding-off'));
CREATE DOMAIN number_load AS integer CHECK (VALUE BETWEEN 0 AND 9999);
CREATE DOMAIN direction_of_calls AS smallint CHECK (VALUE IN (0, 1, 2));
CREATE DOMAIN unit_of_time AS smallint CHECK (VALUE IN (0, 1));
CREATE DOMAIN place_of_x AS smallint CHECK (VALUE BETWEEN 1 AND 5);

DROP TRIGGER tell_number_changed ON numbers;
ALTER TABLE numbers
  DROP CONSTRAINT numbers_state_check,
  DROP CONSTRAINT numbers_cause_check,
  DROP CONSTRAINT numbers_cause_known,
  DROP CONSTRAINT numbers_bindings_check,
  DROP CONSTRAINT numbers_most_bindings,
  ALTER state TYPE number_state,
  ALTER cause TYPE number_cause,
  ALTER bindings TYPE number_load;
CREATE TRIGGER tell_number_changed AFTER UPDATE OF app_key, area_code, state ON numbers FOR EACH ROW
  WHEN ((OLD.app_key, OLD.area_code, OLD.state) IS DISTINCT FROM (NEW.app_key, NEW.area_code, NEW.state))
  EXECUTE FUNCTION tell_number();

-- Of what is out of service it is known why (012).
CREATE FUNCTION check_cause() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.cause IS NOT NULL) <> (NEW.state IN ('unavailable', 'returned')) THEN
    RAISE check_violation USING MESSAGE = format('a number that is %s with cause %s', NEW.state, NEW.cause);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER check_cause BEFORE INSERT OR UPDATE OF state, cause ON numbers
  FOR EACH ROW EXECUTE FUNCTION check_cause();

ALTER TABLE bindings DROP CONSTRAINT bindings_call_direction_check, ALTER call_direction TYPE direction_of_calls;
DROP TRIGGER tell_ax_changed ON ax_bindings;
ALTER TABLE ax_bindings
  DROP CONSTRAINT ax_bindings_call_direction_check,
  DROP CONSTRAINT ax_bindings_place_check,
  ALTER call_direction TYPE direction_of_calls,
  ALTER place TYPE place_of_x,
  ALTER place DROP DEFAULT;
CREATE TRIGGER tell_ax_changed AFTER UPDATE OF call_direction, shows_caller, max_duration_minutes, record_flag,
  record_hint_tone, last_min_voice, caller_hint_tone, callee_hint_tone, user_data
  ON ax_bindings FOR EACH ROW EXECUTE FUNCTION tell_bound_number();
ALTER TABLE axe_bindings DROP CONSTRAINT axe_bindings_time_unit_check, ALTER time_unit TYPE unit_of_time;
ALTER TABLE axyb_bindings
  DROP CONSTRAINT axyb_bindings_call_direction_check,
  DROP CONSTRAINT axyb_bindings_place_check,
  ALTER call_direction TYPE direction_of_calls,
  ALTER place TYPE place_of_x,
  ALTER place DROP DEFAULT;

-- A bind that knows the place of its X among those of A (014) says so.
DROP TRIGGER take_place_of_a ON ax_bindings;
DROP TRIGGER take_place_of_a ON axyb_bindings;
CREATE TRIGGER take_place_of_a BEFORE INSERT ON ax_bindings FOR EACH ROW WHEN (NEW.place IS NULL)
  EXECUTE FUNCTION take_place_of_a();
CREATE TRIGGER take_place_of_a BEFORE INSERT ON axyb_bindings FOR EACH ROW WHEN (NEW.place IS NULL)
  EXECUTE FUNCTION take_place_of_a();

-- The light end of an index is where numbers are looked for, and where those that were just bound leave dead entries.
ALTER TABLE numbers SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);

-- What is bound and ended is counted (009) and told (007) in one go, once for each number.
DROP TRIGGER tell_ax_bound ON ax_bindings;
DROP TRIGGER tell_axe ON axe_bindings;
DROP TRIGGER tell_axyb_bound ON axyb_bindings;
CREATE TRIGGER tell_axe_changed AFTER UPDATE ON axe_bindings FOR EACH ROW EXECUTE FUNCTION tell_bound_number();
CREATE OR REPLACE FUNCTION count_bound() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE numbers n SET bindings = n.bindings + CASE TG_OP WHEN 'INSERT' THEN c.count ELSE -c.count END,
    released_at = CASE TG_OP WHEN 'INSERT' THEN n.released_at ELSE clock_timestamp() END
  FROM (SELECT x, count(*), pg_notify('axbridge_changes', 'number:' || x) FROM changed GROUP BY x) c
  WHERE n.number = c.x;
  RETURN NULL;
END $$;

-- Takes the locks of applications (003), mostly of one.
CREATE OR REPLACE FUNCTION lock_bindings(app_keys text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  key text;
BEGIN
  IF cardinality(app_keys) = 1 THEN
    PERFORM pg_advisory_xact_lock(hashtextextended(app_keys[1], 7061989));
    RETURN;
  END IF;
  FOR key IN SELECT DISTINCT unnest(app_keys) ORDER BY 1 LOOP
    PERFORM pg_advisory_xact_lock(hashtextextended(key, 7061989));
  END LOOP;
END $$;

-- Why a named X takes no new binding, whatever stands on it; null when nothing forbids it.
CREATE FUNCTION x_refusal(of_app text, on_x text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  found text := (SELECT n.state FROM numbers n WHERE n.number = on_x AND n.app_key = of_app);
BEGIN
  RETURN CASE WHEN found IS NULL THEN 'x-not-of-application' WHEN found <> 'normal' THEN 'x-status-abnormal' END;
END $$;

-- Whether a search (search_steps, 003) has but one step, and that one city, or anywhere: most have.
CREATE FUNCTION is_one_place(of_area text, nearby text[], anywhere boolean) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN cardinality(nearby) = 0 AND anywhere = (of_area IS NULL);
END $$;

CREATE OR REPLACE FUNCTION free_x(
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

-- The numbers of a city (null: of any) that carry less than `most_on_x`, the lightest first, and of those the one that was
-- released the longest time ago.
CREATE FUNCTION light_x(of_app text, of_area text, most_on_x integer, most integer)
RETURNS TABLE (number text, bindings integer, released_at timestamptz) LANGUAGE plpgsql
-- As in lightest_x (003).
SET enable_sort = off SET enable_bitmapscan = off AS $$
BEGIN
  IF of_area IS NULL THEN
    RETURN QUERY SELECT n.number, n.bindings::integer, n.released_at FROM numbers n
      WHERE n.app_key = of_app AND n.state = 'normal' AND n.bindings < most_on_x
      ORDER BY n.app_key, n.bindings, n.released_at NULLS FIRST LIMIT most;
  ELSE
    RETURN QUERY SELECT n.number, n.bindings::integer, n.released_at FROM numbers n
      WHERE n.app_key = of_app AND n.area_code BETWEEN of_area AND of_area AND n.state = 'normal'
        AND n.bindings < most_on_x
      ORDER BY n.app_key, n.area_code, n.bindings, n.released_at NULLS FIRST LIMIT most;
  END IF;
END $$;

-- The first so many numbers with nothing on them that a search finds (search_steps, 003). One that is of two steps may
-- come twice.
CREATE FUNCTION empty_x(of_app text, of_area text, nearby text[], anywhere boolean, most integer)
RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  cities text[];
  found integer := 0;
  more integer;
BEGIN
  IF is_one_place(of_area, nearby, anywhere) THEN
    RETURN QUERY SELECT l.number FROM light_x(of_app, of_area, 1, most) l;
    RETURN;
  END IF;
  FOR cities IN SELECT s FROM search_steps(of_area, nearby, anywhere) s LOOP
    RETURN QUERY SELECT l.number FROM unnest(cities) city CROSS JOIN LATERAL light_x(of_app, city, 1, most) l
      ORDER BY l.released_at NULLS FIRST LIMIT most;
    GET DIAGNOSTICS more = ROW_COUNT;
    found := found + more;
    EXIT WHEN found >= most;
  END LOOP;
END $$;

-- The first place that an A has free; null when he holds as many X as one A may.
CREATE FUNCTION free_place(taken smallint[], most integer) RETURNS smallint LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  FOR place IN 1..most LOOP
    IF place <> ALL (taken) THEN
      RETURN place;
    END IF;
  END LOOP;
  RETURN NULL;
END $$;

-- AX: bindings that nothing stands in the way of, all in one statement: that of an A who is in it once, on an X that is his
-- alone. What is not returned was not made.
CREATE FUNCTION bind_many_ax(requests json, most_of_a integer) RETURNS TABLE (ord bigint, on_x text) LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY
  WITH asked AS MATERIALIZED (
    SELECT q.ord, q.request, b.app_key, b.x, b.a_digest, w.*,
      row_number() OVER place AS turn, count(*) OVER place AS turns, count(*) OVER (PARTITION BY b.a_digest) AS of_a
    FROM json_array_elements(requests) WITH ORDINALITY q(request, ord)
    CROSS JOIN LATERAL json_populate_record(NULL::ax_bindings, q.request) b
    CROSS JOIN LATERAL json_to_record(q.request) w(area_code text, nearby text[], anywhere boolean)
    WINDOW place AS (PARTITION BY b.app_key, b.x IS NULL, w.area_code, w.nearby, w.anywhere)
  ), empty AS MATERIALIZED (
    SELECT a.app_key, a.area_code, a.nearby, a.anywhere, e.number, e.turn FROM asked a
    CROSS JOIN LATERAL empty_x(a.app_key, a.area_code, a.nearby, a.anywhere, a.turns::integer) WITH ORDINALITY e(number, turn)
    WHERE a.x IS NULL AND a.turn = 1
  ), placed AS MATERIALIZED (
    SELECT a.ord, a.request, a.app_key, a.a_digest, a.of_a, p.at_x, count(*) OVER (PARTITION BY p.at_x) AS on_x
    FROM asked a LEFT JOIN empty e ON a.x IS NULL AND e.turn = a.turn
      AND (e.app_key, e.area_code, e.nearby, e.anywhere) IS NOT DISTINCT FROM (a.app_key, a.area_code, a.nearby, a.anywhere)
    CROSS JOIN LATERAL (SELECT coalesce(a.x, e.number) AS at_x) p
  ), good AS MATERIALIZED (
    SELECT p.ord, p.request, p.at_x, h.place FROM placed p
    CROSS JOIN LATERAL (
      SELECT free_place(ARRAY(SELECT b.place FROM ax_bindings b
                              WHERE b.app_key = p.app_key AND b.a_digest = p.a_digest), most_of_a) AS place) h
    WHERE p.on_x = 1 AND p.of_a = 1 AND h.place IS NOT NULL AND EXISTS (
      SELECT FROM numbers n
      WHERE n.number = p.at_x AND n.app_key = p.app_key AND n.state = 'normal' AND n.bindings = 0)
  ), made AS (
    INSERT INTO ax_bindings SELECT b.* FROM good g CROSS JOIN LATERAL json_populate_record(
      json_populate_record(NULL::ax_bindings, g.request), json_build_object('x', g.at_x, 'place', g.place)) b
  )
  SELECT g.ord, g.at_x FROM good g;
END $$;

-- AX: the X that was named, if it may be A's, else one with nothing on it.
CREATE FUNCTION place_ax(
  of_app text, a bytea, named_x text, of_area text, nearby text[], anywhere boolean, most_of_a integer,
  OUT outcome text, OUT at_x text, OUT place smallint
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
  IF outcome IS NULL THEN
    place := free_place(
      ARRAY(SELECT b.place FROM ax_bindings b WHERE b.app_key = of_app AND b.a_digest = a), most_of_a);
    IF place IS NULL THEN
      outcome := 'too-many-x';
    ELSE
      at_x := coalesce(named_x, (SELECT e FROM empty_x(of_app, of_area, nearby, anywhere, 1) e LIMIT 1));
      outcome := CASE WHEN at_x IS NULL THEN 'no-free-x' ELSE 'bound' END;
    END IF;
  END IF;
END $$;

-- Binds each A to an X: together as far as nothing stands in the way, the rest in their order, by every rule. A request is
-- an object with the columns of the new row (octets as '\x…') and, where no X is named, with the place that one is looked
-- for in. Each gets its outcome: 'bound', or the reason why not.
CREATE FUNCTION bind_ax(app_keys text[], requests json, most_of_a integer)
RETURNS TABLE (ord bigint, outcome text, on_x text) LANGUAGE plpgsql
-- Everything is found by a key, whatever the statistics say, and with plans that are made once. What they leave out is
-- counted as dear by PostgreSQL 17 and older, which must not compile the statement for that.
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
  done bigint[] := '{}';
  asked record;
  placed record;
  made ax_bindings;
BEGIN
  PERFORM lock_bindings(app_keys);
  -- The plan of one statement for all costs as much as two binds.
  IF json_array_length(requests) > 2 THEN
    FOR ord, outcome, on_x IN SELECT m.ord, 'bound', m.on_x FROM bind_many_ax(requests, most_of_a) m LOOP
      done := done || ord;
      RETURN NEXT;
    END LOOP;
  END IF;
  FOR asked IN
    SELECT q.ord, json_populate_record(NULL::ax_bindings, q.request) AS binding, w.*
    FROM json_array_elements(requests) WITH ORDINALITY q(request, ord)
    CROSS JOIN LATERAL json_to_record(q.request) w(area_code text, nearby text[], anywhere boolean)
    WHERE q.ord <> ALL (done)
  LOOP
    ord := asked.ord;
    made := asked.binding;
    placed := place_ax(
      made.app_key, made.a_digest, made.x, asked.area_code, asked.nearby, asked.anywhere, most_of_a);
    outcome := placed.outcome;
    on_x := placed.at_x;
    IF outcome = 'bound' THEN
      made.x := placed.at_x;
      made.place := placed.place;
      INSERT INTO ax_bindings VALUES (made.*);
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;

-- Ends bindings. One is meant by its id, or by its X, of which the A may be told; of several requests that mean the same,
-- the first has ended it.
CREATE FUNCTION unbind_ax(app_keys text[], requests json) RETURNS TABLE (ord bigint, on_x text) LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan SET jit = off AS $$
BEGIN
  PERFORM lock_bindings(app_keys);
  RETURN QUERY
  WITH meant AS MATERIALIZED (
    SELECT DISTINCT ON (b.app_key, b.subscription_id) q.ord, b.app_key, b.subscription_id
    FROM json_array_elements(requests) WITH ORDINALITY q(request, ord)
    CROSS JOIN LATERAL json_to_record(q.request) w(app_key text, subscription_id uuid, x text, a_digest bytea)
    CROSS JOIN LATERAL (
      SELECT i.app_key, i.subscription_id FROM ax_bindings i
      WHERE i.app_key = w.app_key AND i.subscription_id = w.subscription_id
      UNION ALL
      SELECT i.app_key, i.subscription_id FROM ax_bindings i
      WHERE i.app_key = w.app_key AND i.x = w.x AND (w.a_digest IS NULL OR i.a_digest = w.a_digest)) b
    ORDER BY b.app_key, b.subscription_id, q.ord
  )
  DELETE FROM ax_bindings b USING meant m WHERE b.app_key = m.app_key AND b.subscription_id = m.subscription_id
  RETURNING m.ord, b.x;
END $$;
