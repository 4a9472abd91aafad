-- Making and ending bindings of AX, AXE and AXYB. As in 003, whoever does it holds the application's lock
-- (lock_bindings) until the commit; what concerns every way of making and ending one is kept by triggers.

-- AXYB: a number serves either as the X of one A, or as the Y of many relations. Which Ys there are must be found
-- without a look at every X.
ALTER TABLE numbers ADD COLUMN as_y boolean NOT NULL DEFAULT false;
CREATE INDEX numbers_as_y ON numbers (app_key, area_code, bindings, released_at NULLS FIRST) WHERE as_y;

-- AXE: the order of binding, by which an application pages through its bindings.
ALTER TABLE axe_bindings ADD COLUMN ordinal bigint GENERATED ALWAYS AS IDENTITY;
CREATE UNIQUE INDEX axe_bindings_by_age ON axe_bindings (app_key, ordinal);

-- How many bindings stand on a number, whatever its mode, and when the last one that ended was released.
CREATE FUNCTION count_bound() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE numbers n SET bindings = n.bindings + CASE TG_OP WHEN 'INSERT' THEN c.count ELSE -c.count END,
    released_at = CASE TG_OP WHEN 'INSERT' THEN n.released_at ELSE clock_timestamp() END
  FROM (SELECT x, count(*) FROM changed GROUP BY x) c WHERE n.number = c.x;
  RETURN NULL;
END $$;
CREATE TRIGGER count_ax_bound AFTER INSERT ON ax_bindings REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION count_bound();
CREATE TRIGGER count_ax_ended AFTER DELETE ON ax_bindings REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION count_bound();
CREATE TRIGGER count_axe_bound AFTER INSERT ON axe_bindings REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION count_bound();
CREATE TRIGGER count_axe_ended AFTER DELETE ON axe_bindings REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION count_bound();
CREATE TRIGGER count_axyb_bound AFTER INSERT ON axyb_bindings REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION count_bound();
CREATE TRIGGER count_axyb_ended AFTER DELETE ON axyb_bindings REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION count_bound();

-- A relation stands on its Y; a number that carries the last one no more is free to be an X again.
CREATE FUNCTION count_related() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE numbers n SET bindings = n.bindings + c.more, as_y = n.bindings + c.more > 0,
    released_at = CASE TG_OP WHEN 'INSERT' THEN n.released_at ELSE clock_timestamp() END
  FROM (SELECT y, CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END AS more FROM changed GROUP BY y) c
  WHERE n.number = c.y;
  RETURN NULL;
END $$;
CREATE TRIGGER count_axyb_related AFTER INSERT ON axyb_relations REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION count_related();
CREATE TRIGGER count_axyb_unrelated AFTER DELETE ON axyb_relations REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION count_related();

-- AX and the first part of AXYB need an X with nothing on it: free_x (003) finds it, with no party and `most` 1.

-- AXE: the X of a city (null: of any) with the fewest bindings on which A has no extension yet and the wanted one, if
-- any, is free. The searches for A leave app_key out: with it, an index that holds all of an X might be read (010).
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

-- AXE: the X of the first step that has one (free_x).
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

-- AXYB: of the numbers of a city (null: of any) that serve as Y already, the one with the fewest relations that can carry
-- one more of A.
CREATE FUNCTION lightest_y(of_app text, of_area text, a bytea, most integer)
RETURNS TABLE (number text, bindings integer, released_at timestamptz) LANGUAGE plpgsql AS $$
BEGIN
  FOR number, bindings, released_at IN SELECT n.number, n.bindings, n.released_at FROM numbers n
    WHERE n.app_key = of_app AND n.as_y AND (of_area IS NULL OR n.area_code = of_area)
      AND n.state = 'normal' AND n.bindings < most
    ORDER BY n.bindings, n.released_at NULLS FIRST
  LOOP
    IF NOT EXISTS (SELECT FROM axyb_relations r
                   WHERE r.app_key = of_app AND r.y = lightest_y.number AND r.a_digest = a) THEN
      RETURN NEXT;
      RETURN;
    END IF;
  END LOOP;
END $$;

-- AXYB: a Y that can carry one more relation of A, of the first step that has one (free_x). Only when none of a step
-- fits, a number of that step with nothing on it, because only such a number can become an X.
CREATE FUNCTION free_y(of_app text, of_area text, nearby text[], anywhere boolean, a bytea, most integer)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  cities text[];
  found text;
BEGIN
  FOR cities IN SELECT s FROM search_steps(of_area, nearby, anywhere) s LOOP
    SELECT l.number INTO found FROM unnest(cities) city CROSS JOIN LATERAL lightest_y(of_app, city, a, most) l
    ORDER BY l.bindings, l.released_at NULLS FIRST LIMIT 1;
    found := coalesce(found, (
      SELECT l.number FROM unnest(cities) city CROSS JOIN LATERAL lightest_x(of_app, city, NULL, NULL, 1) l
      ORDER BY l.released_at NULLS FIRST LIMIT 1));
    EXIT WHEN found IS NOT NULL;
  END LOOP;
  RETURN found;
END $$;
