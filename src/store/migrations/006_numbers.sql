-- Numbers, which one of them a bind is given, and the lock under which it is chosen.

-- PostgreSQL reads every CHECK of a table anew for each statement that writes to it, whatever it writes: on numbers, that
-- took longer than the rest of the statement. The check of a domain is read once, and asked only for what is set.
CREATE DOMAIN number_state AS text
  CHECK (VALUE IN ('normal', 'suspended', 'unavailable', 'bind-frozen', 'returned'));
CREATE DOMAIN number_cause AS text
  CHECK (VALUE IN ('deleted', 'arrears', 'stopped', 'barred', 'unbarred', 'forwarding-on', 'forwarding-off'));
-- An X carries at most 9999 extensions (AXE), and less of anything else: binds are refused by that rule, and here the
-- database holds to it by itself, whoever writes.
CREATE DOMAIN number_load AS integer CHECK (VALUE BETWEEN 0 AND 9999);

CREATE TABLE numbers (
  number      text PRIMARY KEY,
  app_key     text NOT NULL REFERENCES apps ON DELETE RESTRICT,
  area_code   text NOT NULL DEFAULT '',
  -- A returned number was given back and stays that way; nothing is bound to it any more.
  state       number_state NOT NULL DEFAULT 'normal',
  -- Why it is out of service (check_cause).
  cause       number_cause,
  -- How many bindings stand on this X (expired ones until they are swept): the one with the fewest is given out first.
  bindings    number_load NOT NULL DEFAULT 0,
  -- AXYB: a number serves either as the X of one A, or as the Y of many relations.
  as_y        boolean NOT NULL DEFAULT false,
  -- When the last of those that ended went off it: of several with as few bindings, the one released last is given out
  -- last. Null: nothing ever stood on it.
  released_at timestamptz,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now()
  -- The light end of an index is where numbers are looked for, and where those that were just bound leave dead entries.
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
CREATE INDEX numbers_by_area ON numbers (app_key, area_code, bindings, released_at NULLS FIRST);
CREATE INDEX numbers_by_load ON numbers (app_key, bindings, released_at NULLS FIRST);
-- Which Ys there are must be found without a look at every X.
CREATE INDEX numbers_as_y ON numbers (app_key, area_code, bindings, released_at NULLS FIRST) WHERE as_y;
CREATE INDEX numbers_as_y_by_load ON numbers (app_key, bindings, released_at NULLS FIRST) WHERE as_y;

-- Of what is out of service it is known why.
CREATE FUNCTION check_cause() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.cause IS NOT NULL) <> (NEW.state IN ('unavailable', 'returned')) THEN
    RAISE check_violation USING MESSAGE = format('a number that is %s with cause %s', NEW.state, NEW.cause);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER check_cause BEFORE INSERT OR UPDATE OF state, cause ON numbers
  FOR EACH ROW EXECUTE FUNCTION check_cause();

CREATE FUNCTION tell_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('axbridge_changes', 'number:' || OLD.number);
  RETURN NULL;
END $$;
-- The count of bindings changes all the time and concerns no cache.
CREATE TRIGGER tell_number_changed AFTER UPDATE OF app_key, area_code, state ON numbers FOR EACH ROW
  WHEN ((OLD.app_key, OLD.area_code, OLD.state) IS DISTINCT FROM (NEW.app_key, NEW.area_code, NEW.state))
  EXECUTE FUNCTION tell_number();
CREATE TRIGGER tell_number_gone AFTER DELETE ON numbers FOR EACH ROW EXECUTE FUNCTION tell_number();

-- Numbers come in by the thousand: then it is cheaper to forget everything once.
CREATE FUNCTION tell_new_numbers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT count(*) FROM added) > 100 THEN
    PERFORM pg_notify('axbridge_changes', 'everything');
  ELSE
    PERFORM pg_notify('axbridge_changes', 'number:' || number) FROM added;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER tell_new_numbers AFTER INSERT ON numbers REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION tell_new_numbers();

-- Whoever makes, changes or ends bindings, of whatever mode, holds the application's lock until the commit, and takes the
-- locks of several applications in the order of their keys: two writers cannot take the same X for the same person, cannot
-- exceed what one X carries, and cannot deadlock. The lock is an advisory one: it writes nothing, and calls never wait for
-- it.
CREATE FUNCTION lock_bindings(app_keys text[]) RETURNS void LANGUAGE plpgsql AS $$
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

-- Whether a search (search_steps) has but one step, and that one city, or anywhere: most have.
CREATE FUNCTION is_one_place(of_area text, nearby text[], anywhere boolean) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN cardinality(nearby) = 0 AND anywhere = (of_area IS NULL);
END $$;

-- The numbers of a city (null: of any) that carry less than `most_on_x`, the lightest first, and of those the one that was
-- released the longest time ago.
CREATE FUNCTION light_x(of_app text, of_area text, most_on_x integer, most integer)
RETURNS TABLE (number text, bindings integer, released_at timestamptz) LANGUAGE plpgsql
-- The index must be read from its light end, also while the tables have no statistics. A city is looked for with BETWEEN:
-- with "=", numbers_by_load would give the same order, and might be read whole.
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

-- The first so many numbers with nothing on them that a search finds (search_steps). One that is of two steps may
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

-- The cities of the first step of a search (search_steps) in which an X has room; null for anywhere.
CREATE FUNCTION step_with_room(of_app text, of_area text, nearby text[], anywhere boolean, most integer)
RETURNS text[] LANGUAGE plpgsql
-- As in light_x.
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

-- Which of some numbers, the lightest first, each of `k` new bindings is put on so that all become equally heavy; not more
-- than `most` on one.
CREATE FUNCTION spread(numbers text[], loads integer[], k integer, most integer) RETURNS SETOF text
LANGUAGE sql IMMUTABLE AS $$
  SELECT l.number FROM unnest(numbers, loads) WITH ORDINALITY l(number, load, place)
  CROSS JOIN LATERAL generate_series(0,
    least(k - 1, most - 1 - l.load, loads[cardinality(loads)] - l.load + k / cardinality(loads))) g
  ORDER BY l.load + g, l.place LIMIT k
$$;

-- The X of `k` new bindings: the lightest of the first step of a search (search_steps) that has one with room.
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
