-- AXYB: one X for A, and a Y for each B that he calls; the search for a Y. How bindings are made and ended follows in 013.

-- The first part: one X, one A.
CREATE TABLE axyb_bindings (
  app_key           text NOT NULL,
  subscription_id   uuid NOT NULL,
  x                 text NOT NULL,
  a_digest          bytea NOT NULL,
  a_sealed          bytea NOT NULL,
  place             place_of_x NOT NULL,
  call_direction    direction_of_calls NOT NULL DEFAULT 0,
  duration_seconds  integer NOT NULL DEFAULT 0,
  expires_at        timestamptz NOT NULL DEFAULT 'infinity',
  record_flag       boolean NOT NULL DEFAULT false,
  record_hint_tone  text,
  pre_voice_x       text,
  user_data         text,
  subscribed_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_key, subscription_id),
  UNIQUE (app_key, x)
);
CREATE UNIQUE INDEX axyb_bindings_of_a ON axyb_bindings (app_key, a_digest, place);
CREATE INDEX axyb_bindings_by_expiry ON axyb_bindings (expires_at) WHERE expires_at < 'infinity';

CREATE TRIGGER take_place_of_a BEFORE INSERT ON axyb_bindings FOR EACH ROW WHEN (NEW.place IS NULL)
  EXECUTE FUNCTION take_place_of_a();
CREATE TRIGGER count_axyb_bound AFTER INSERT ON axyb_bindings REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION count_bound();
CREATE TRIGGER count_axyb_ended AFTER DELETE ON axyb_bindings REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION count_bound();

-- The second part: who of the Bs is behind which Y. B who dials X and A who dials Y must each mean one person.
CREATE TABLE axyb_relations (
  app_key           text NOT NULL,
  subscription_id   uuid NOT NULL,
  x                 text NOT NULL,
  y                 text NOT NULL,
  a_digest          bytea NOT NULL,
  b_digest          bytea NOT NULL,
  b_sealed          bytea NOT NULL,
  duration_seconds  integer NOT NULL DEFAULT 0,
  expires_at        timestamptz NOT NULL DEFAULT 'infinity',
  pre_voice_y       text,
  user_data         text,
  bound_at          timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_key, x, b_digest),
  UNIQUE (app_key, y, a_digest),
  FOREIGN KEY (app_key, subscription_id) REFERENCES axyb_bindings ON DELETE CASCADE
);
CREATE INDEX axyb_relations_of_binding ON axyb_relations (app_key, subscription_id);
-- It begins with the person, and searches by it leave app_key out, as those of A in AXE (011).
CREATE INDEX axyb_relations_of_b ON axyb_relations (b_digest, y, app_key);
CREATE INDEX axyb_relations_by_expiry ON axyb_relations (expires_at) WHERE expires_at < 'infinity';

-- A relation stands on its Y; a number that carries the last one no more is free to be an X again. Relations are told in
-- the same go, once for each X and each Y.
CREATE FUNCTION count_related() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE numbers n SET bindings = n.bindings + c.more, as_y = n.bindings + c.more > 0,
    released_at = CASE TG_OP WHEN 'INSERT' THEN n.released_at ELSE clock_timestamp() END
  FROM (SELECT y, CASE TG_OP WHEN 'INSERT' THEN count(*) ELSE -count(*) END AS more FROM changed GROUP BY y) c
  WHERE n.number = c.y;
  PERFORM pg_notify('axbridge_changes', 'number:' || t.number)
  FROM (SELECT x AS number FROM changed UNION SELECT y FROM changed) t;
  RETURN NULL;
END $$;
CREATE TRIGGER count_axyb_related AFTER INSERT ON axyb_relations REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION count_related();
CREATE TRIGGER count_axyb_unrelated AFTER DELETE ON axyb_relations REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION count_related();

CREATE FUNCTION tell_axyb_relation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('axbridge_changes', 'number:' || coalesce(NEW.x, OLD.x));
  PERFORM pg_notify('axbridge_changes', 'number:' || coalesce(NEW.y, OLD.y));
  RETURN NULL;
END $$;
CREATE TRIGGER tell_axyb_relation AFTER UPDATE ON axyb_relations
  FOR EACH ROW EXECUTE FUNCTION tell_axyb_relation();

-- What A's calls through Y meet is written in the first part, too: its change is news for every Y of the binding.
CREATE FUNCTION tell_axyb_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('axbridge_changes', 'number:' || NEW.x);
  PERFORM pg_notify('axbridge_changes', 'number:' || r.y) FROM axyb_relations r
  WHERE r.app_key = NEW.app_key AND r.subscription_id = NEW.subscription_id;
  RETURN NULL;
END $$;
CREATE TRIGGER tell_axyb_changed AFTER UPDATE ON axyb_bindings FOR EACH ROW EXECUTE FUNCTION tell_axyb_changed();

-- As light_x, of the numbers that serve as Y.
CREATE FUNCTION light_y(of_app text, of_area text, most_on_y integer, most integer)
RETURNS TABLE (number text, bindings integer, released_at timestamptz) LANGUAGE plpgsql
SET enable_sort = off SET enable_bitmapscan = off AS $$
BEGIN
  IF of_area IS NULL THEN
    RETURN QUERY SELECT n.number, n.bindings::integer, n.released_at FROM numbers n
      WHERE n.app_key = of_app AND n.as_y AND n.state = 'normal' AND n.bindings < most_on_y
      ORDER BY n.app_key, n.bindings, n.released_at NULLS FIRST LIMIT most;
  ELSE
    RETURN QUERY SELECT n.number, n.bindings::integer, n.released_at FROM numbers n
      WHERE n.app_key = of_app AND n.as_y AND n.area_code BETWEEN of_area AND of_area AND n.state = 'normal'
        AND n.bindings < most_on_y
      ORDER BY n.app_key, n.area_code, n.bindings, n.released_at NULLS FIRST LIMIT most;
  END IF;
END $$;

-- Of the numbers of a city (null: of any) that serve as Y already, the one with the fewest relations that can carry one more
-- of A.
CREATE FUNCTION lightest_y(of_app text, of_area text, a bytea, most integer)
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

-- A Y that can carry one more relation of A, of the first step that has one (search_steps). Only when none of a step fits, a
-- number of that step with nothing on it, because only such a number can become an X.
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
