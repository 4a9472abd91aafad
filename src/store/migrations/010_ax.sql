-- AX: one X, one A. And what AXE and AXYB have in common with it: how bindings are counted and told, and the places of an A.
-- Each of these modes has a table of its own, because each has rules of its own that its keys can hold. What a key forbids
-- must be free again once it has expired: who binds ends what has expired in his way first.

-- An A holds at most five X (AX, AXYB): each takes one of five places.
CREATE DOMAIN place_of_x AS smallint CHECK (VALUE BETWEEN 1 AND 5);

CREATE TABLE ax_bindings (
  app_key               text NOT NULL,
  subscription_id       uuid NOT NULL,
  x                     text NOT NULL,
  a_digest              bytea NOT NULL,
  a_sealed              bytea NOT NULL,
  place                 place_of_x NOT NULL,
  shows_caller          boolean NOT NULL DEFAULT false,
  -- Null where the customer never set it.
  call_direction        direction_of_calls,
  max_duration_minutes  integer NOT NULL DEFAULT 0,
  record_flag           boolean NOT NULL DEFAULT false,
  record_hint_tone      text,
  last_min_voice        text,
  private_sms           boolean NOT NULL DEFAULT true,
  caller_hint_tone      text,
  callee_hint_tone      text,
  user_data             text,
  subscribed_at         timestamptz NOT NULL DEFAULT now(),
  -- Whom A reaches with the next call, once.
  callee_id             uuid,
  callee_sealed         bytea,
  callee_expires_at     timestamptz,
  callee_user_data      text,
  PRIMARY KEY (app_key, subscription_id),
  UNIQUE (app_key, x)
);
CREATE UNIQUE INDEX ax_bindings_of_a ON ax_bindings (app_key, a_digest, place);

-- The first place of an A that is free; a sixth when none is, which the table refuses. A bind that knows the place says so.
CREATE FUNCTION take_place_of_a() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  taken smallint[];
BEGIN
  IF TG_TABLE_NAME = 'ax_bindings' THEN
    taken := ARRAY(SELECT b.place FROM ax_bindings b WHERE b.app_key = NEW.app_key AND b.a_digest = NEW.a_digest);
  ELSE
    taken := ARRAY(SELECT b.place FROM axyb_bindings b WHERE b.app_key = NEW.app_key AND b.a_digest = NEW.a_digest);
  END IF;
  NEW.place := (SELECT min(p) FROM generate_series(1, 6) p WHERE p <> ALL (taken));
  RETURN NEW;
END $$;
CREATE TRIGGER take_place_of_a BEFORE INSERT ON ax_bindings FOR EACH ROW WHEN (NEW.place IS NULL)
  EXECUTE FUNCTION take_place_of_a();

-- How many bindings stand on a number, whatever its mode, and when the last one that ended was released; told in the same
-- go, once for each number.
CREATE FUNCTION count_bound() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE numbers n SET bindings = n.bindings + CASE TG_OP WHEN 'INSERT' THEN c.count ELSE -c.count END,
    released_at = CASE TG_OP WHEN 'INSERT' THEN n.released_at ELSE clock_timestamp() END
  FROM (SELECT x, count(*), pg_notify('axbridge_changes', 'number:' || x) FROM changed GROUP BY x) c
  WHERE n.number = c.x;
  RETURN NULL;
END $$;
CREATE TRIGGER count_ax_bound AFTER INSERT ON ax_bindings REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION count_bound();
CREATE TRIGGER count_ax_ended AFTER DELETE ON ax_bindings REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION count_bound();

-- News of a change: what calls read from memory. A temporary callee is not: A's own calls ask the database.
CREATE FUNCTION tell_bound_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('axbridge_changes', 'number:' || coalesce(NEW.x, OLD.x));
  RETURN NULL;
END $$;
CREATE TRIGGER tell_ax_changed AFTER UPDATE OF call_direction, shows_caller, max_duration_minutes, record_flag,
  record_hint_tone, last_min_voice, caller_hint_tone, callee_hint_tone, user_data
  ON ax_bindings FOR EACH ROW EXECUTE FUNCTION tell_bound_number();

CREATE FUNCTION forget_ax_caller() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM call_backs c USING ended e WHERE c.app_key = e.app_key AND c.x = e.x AND c.extension = '';
  RETURN NULL;
END $$;
CREATE TRIGGER forget_ax_caller AFTER DELETE ON ax_bindings REFERENCING OLD TABLE AS ended
  FOR EACH STATEMENT EXECUTE FUNCTION forget_ax_caller();

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
-- As in bind_each.
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
