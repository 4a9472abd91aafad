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

-- How many calls were let through lately, for each limit that is set: `state_code` says which limit, `subject` of whom
-- it counts the calls (the digest of a number, or nothing for a whole application; app_key '' for all of them). Unlogged:
-- after a crash of PostgreSQL counting begins anew, and until then it costs no write to the log.
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

-- One limit of one call: not more than `most` calls in so many seconds, or at the same time where seconds is 0.
CREATE TYPE call_limit AS (app_key text, state_code integer, subject bytea, most integer, seconds integer);

-- Takes ports of closed calls away, at most so many. A call that the journal does not know is about to be in it, for a minute.
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

-- How many ports of an application are taken. Only when it looks full is the journal asked which calls are over.
CREATE FUNCTION taken_call_ports(of_app text, most integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  taken bigint := (SELECT count(*) FROM call_ports p WHERE p.app_key = of_app);
BEGIN
  IF taken >= most THEN
    PERFORM free_call_ports(of_app, 1000000);
    taken := (SELECT count(*) FROM call_ports p WHERE p.app_key = of_app);
  END IF;
  RETURN taken;
END $$;

-- Lets a call through and counts it against all of its limits; or counts it nowhere, and returns the state code of the
-- first limit that it exceeds. The caller has locked the rows of the limits.
CREATE FUNCTION admit_call(of_session text, limits call_limit[]) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  at bigint := extract(epoch FROM clock_timestamp()) * 1000;
  exceeded integer;
BEGIN
  SELECT l.state_code INTO exceeded FROM unnest(limits) WITH ORDINALITY AS l
  WHERE l.most <= CASE
    WHEN l.seconds = 0 THEN taken_call_ports(l.app_key, l.most)
    ELSE (SELECT sum(e.calls) FROM call_counts c, unnest(c.times, c.calls) AS e(time, calls)
          WHERE c.app_key = l.app_key AND c.state_code = l.state_code AND c.subject = l.subject
            AND e.time > at - l.seconds * 1000::bigint)
  END
  ORDER BY l.ordinality LIMIT 1;
  IF exceeded IS NOT NULL THEN
    RETURN exceeded;
  END IF;

  INSERT INTO call_ports (app_key, session_id) SELECT l.app_key, of_session FROM unnest(limits) l WHERE l.seconds = 0
  ON CONFLICT DO NOTHING;
  -- A span has sixty parts; the calls of one part become one entry.
  UPDATE call_counts c SET (times, calls, ends_at) = (
    SELECT array_agg(e.time ORDER BY e.time), array_agg(e.calls ORDER BY e.time),
           to_timestamp(at / 1000.0) + make_interval(secs => l.seconds)
    FROM (
      SELECT max(e.time) AS time, sum(e.calls)::integer AS calls
      FROM (SELECT * FROM unnest(c.times, c.calls) UNION ALL SELECT at, 1) AS e(time, calls)
      WHERE e.time > at - l.seconds * 1000::bigint
      GROUP BY e.time * 60 / (l.seconds * 1000)
    ) e)
  FROM unnest(limits) l
  WHERE l.seconds > 0 AND c.app_key = l.app_key AND c.state_code = l.state_code AND c.subject = l.subject;
  RETURN 0;
END $$;

-- Asks `admit_call` for one call after another; 0 for those that are let through. The arrays from `call_nos` on go
-- together: each limit, and for which call it is, from 1. All rows are locked first, in the order of their keys: two
-- processes can neither count past each other nor deadlock.
CREATE FUNCTION admit_calls(
  sessions text[], call_nos integer[], app_keys text[], state_codes integer[], subjects bytea[], most integer[],
  seconds integer[])
RETURNS integer[] LANGUAGE plpgsql AS $$
DECLARE
  answers integer[] := '{}';
  limits call_limit[];
BEGIN
  INSERT INTO call_counts AS c (app_key, state_code, subject)
  SELECT DISTINCT * FROM unnest(app_keys, state_codes, subjects) ORDER BY 1, 2, 3
  ON CONFLICT (app_key, state_code, subject) DO UPDATE SET ends_at = c.ends_at;
  FOR nth IN 1 .. cardinality(sessions) LOOP
    limits := ARRAY(
      SELECT (l.app_key, l.state_code, l.subject, l.most, l.seconds)::call_limit
      FROM unnest(call_nos, app_keys, state_codes, subjects, most, seconds) WITH ORDINALITY
        AS l(call_no, app_key, state_code, subject, most, seconds, place)
      WHERE l.call_no = nth ORDER BY l.place);
    answers := answers || admit_call(sessions[nth], limits);
  END LOOP;
  RETURN answers;
END $$;
