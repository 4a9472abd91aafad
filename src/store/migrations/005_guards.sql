-- Which calls are let through: the black list, and the limits of how often and how many at the same time.

-- Numbers that may not call or not be called: through one application, or through any (app_key null).
CREATE TABLE black_list (
  id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  app_key        text REFERENCES apps ON DELETE CASCADE,
  number_digest  bytea NOT NULL,
  number_sealed  bytea NOT NULL,
  blocks         text NOT NULL CHECK (blocks IN ('caller', 'callee', 'both')),
  created_at     timestamptz NOT NULL DEFAULT now(),
  UNIQUE NULLS NOT DISTINCT (app_key, number_digest)
);

CREATE FUNCTION tell_black_list() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('axbridge_changes', 'blacklist');
  RETURN NULL;
END $$;
CREATE TRIGGER tell_black_list AFTER INSERT OR UPDATE OR DELETE ON black_list
  FOR EACH STATEMENT EXECUTE FUNCTION tell_black_list();

-- How many calls were let through lately, for each limit that is set: `state_code` says which limit, `subject` whose
-- calls it counts (the digest of a number, or nothing for a whole application; app_key '' for all applications).
-- Unlogged: counting costs no write to the log, and begins anew after a crash of PostgreSQL.
CREATE UNLOGGED TABLE call_counts (
  app_key     text NOT NULL,
  state_code  integer NOT NULL,
  subject     bytea NOT NULL,
  -- Calls that came close together stand as one entry: when the last of them came (ms since the epoch), and how many.
  times       bigint[] NOT NULL DEFAULT '{}',
  calls       integer[] NOT NULL DEFAULT '{}',
  -- When the last of them is older than the span of its limit.
  ends_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_key, state_code, subject)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Calls of applications that may only have so many at the same time. A row means nothing any more once the call is
-- closed in the journal.
CREATE UNLOGGED TABLE call_ports (
  app_key     text NOT NULL,
  session_id  text NOT NULL,
  taken_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_key, session_id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Takes ports of closed calls away, at most so many. A call that the journal does not know is only about to be in it,
-- for a minute.
CREATE FUNCTION free_call_ports(of_app text, at_most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  freed integer;
BEGIN
  DELETE FROM call_ports WHERE ctid = ANY (ARRAY(
    SELECT p.ctid FROM call_ports p LEFT JOIN calls c ON c.app_key = p.app_key AND c.session_id = p.session_id
    WHERE (of_app IS NULL OR p.app_key = of_app)
      AND (c.closed_at IS NOT NULL OR c.session_id IS NULL AND p.taken_at < now() - interval '1 minute')
    LIMIT at_most FOR UPDATE OF p SKIP LOCKED));
  GET DIAGNOSTICS freed = ROW_COUNT;
  RETURN freed;
END $$;

-- How many ports of an application are taken. Only when that looks like more than `enough`, the journal is asked which
-- calls are over.
CREATE FUNCTION taken_call_ports(of_app text, enough integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  taken bigint := (SELECT count(*) FROM call_ports p WHERE p.app_key = of_app);
BEGIN
  IF taken > enough THEN
    PERFORM free_call_ports(of_app, 1000000);
    taken := (SELECT count(*) FROM call_ports p WHERE p.app_key = of_app);
  END IF;
  RETURN taken;
END $$;

-- Lets calls through, one after another, or not. The first four arrays are what is counted, each once: calls in so
-- many seconds, or at the same time where that is 0. The next three are the limits of the calls, those of one call
-- together: whose, of which count (both from 1), and how many calls there may be. The answer is 0 for a call that keeps
-- all of its limits, and is counted against all of them; for any other, which is counted nowhere, it is the state code
-- of the first that it exceeds.
-- All counts are locked first, in the order of their keys: processes can neither count past each other nor deadlock.
CREATE FUNCTION admit_calls(
  app_keys text[], state_codes integer[], subjects bytea[], seconds integer[],
  call_nos integer[], count_nos integer[], most integer[],
  sessions text[])
RETURNS integer[] LANGUAGE plpgsql
-- The counts must be found by their key, also while the table has no statistics.
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off AS $$
DECLARE
  at bigint;
  counted bigint[];
  added integer[] := array_fill(0, ARRAY[cardinality(app_keys)]);
  answers integer[] := array_fill(0, ARRAY[cardinality(sessions)]);
  next_limit integer := 1;
  first_limit integer;
BEGIN
  INSERT INTO call_counts AS c (app_key, state_code, subject)
  SELECT * FROM unnest(app_keys, state_codes, subjects) ORDER BY 1, 2, 3
  ON CONFLICT (app_key, state_code, subject) DO UPDATE SET ends_at = c.ends_at;

  at := extract(epoch FROM clock_timestamp()) * 1000;
  counted := ARRAY(
    SELECT CASE
      WHEN k.seconds = 0 THEN taken_call_ports(k.app_key, (
        SELECT min(l.most) - count(*) FROM unnest(count_nos, most) AS l(count_no, most)
        WHERE l.count_no = k.ordinality)::integer)
      ELSE coalesce((
        SELECT sum(e.calls) FROM call_counts c, unnest(c.times, c.calls) AS e(time, calls)
        WHERE c.app_key = k.app_key AND c.state_code = k.state_code AND c.subject = k.subject
          AND e.time > at - k.seconds * 1000::bigint), 0)
    END
    FROM unnest(app_keys, state_codes, subjects, seconds) WITH ORDINALITY AS k(app_key, state_code, subject, seconds)
    ORDER BY k.ordinality);

  FOR nth IN 1 .. cardinality(sessions) LOOP
    first_limit := next_limit;
    WHILE call_nos[next_limit] = nth LOOP
      IF answers[nth] = 0 AND counted[count_nos[next_limit]] >= most[next_limit] THEN
        answers[nth] := state_codes[count_nos[next_limit]];
      END IF;
      next_limit := next_limit + 1;
    END LOOP;
    IF answers[nth] = 0 THEN
      FOR limit_no IN first_limit .. next_limit - 1 LOOP
        counted[count_nos[limit_no]] := counted[count_nos[limit_no]] + 1;
        added[count_nos[limit_no]] := added[count_nos[limit_no]] + 1;
      END LOOP;
    END IF;
  END LOOP;

  INSERT INTO call_ports (app_key, session_id)
  SELECT app_keys[l.count_no], sessions[l.call_no] FROM unnest(call_nos, count_nos) AS l(call_no, count_no)
  WHERE seconds[l.count_no] = 0 AND answers[l.call_no] = 0
  ON CONFLICT DO NOTHING;
  -- A span has sixty parts; the calls of one part become one entry.
  UPDATE call_counts c SET (times, calls, ends_at) = (
    SELECT array_agg(e.time ORDER BY e.time), array_agg(e.calls ORDER BY e.time),
           to_timestamp(at / 1000.0) + make_interval(secs => k.seconds)
    FROM (
      SELECT max(e.time) AS time, sum(e.calls)::integer AS calls
      FROM (SELECT * FROM unnest(c.times, c.calls) UNION ALL SELECT at, k.added) AS e(time, calls)
      WHERE e.time > at - k.seconds * 1000::bigint
      GROUP BY e.time * 60 / (k.seconds * 1000)
    ) e)
  FROM unnest(app_keys, state_codes, subjects, seconds, added) AS k(app_key, state_code, subject, seconds, added)
  WHERE k.added > 0 AND k.seconds > 0
    AND c.app_key = k.app_key AND c.state_code = k.state_code AND c.subject = k.subject;
  RETURN answers;
END $$;
