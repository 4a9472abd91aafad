-- What customers are told: what still has to reach their servers, and what became of each attempt.

-- What still has to reach a customer's server; a delivered message is deleted. Messages about numbers (kind 'number')
-- belong to no call: those of one application are one chain, in the order of the changes, as the events of a call are. Who
-- files one holds the application's lock (lock_bindings), so that the order of `seq` is that of the commits.
CREATE TABLE outbox (
  app_key          text NOT NULL,
  session_id       text NOT NULL,
  kind             text NOT NULL CHECK (kind IN ('event', 'record', 'number')),
  seq              integer NOT NULL,
  -- The webhook-id that the customer sees, unless the record was merged into a message.
  id               text NOT NULL,
  body_sealed      bytea NOT NULL,
  -- Records that go out in one message carry the webhook-id of that message, written before its first attempt.
  message_id       text,
  -- The node life (nodes.life) that delivers this message; when that life is dead another one takes its messages over.
  owner            uuid NOT NULL,
  attempts         integer NOT NULL DEFAULT 0,
  next_attempt_at  timestamptz NOT NULL DEFAULT now(),
  last_error       text,
  given_up_at      timestamptz,
  created_at       timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_key, session_id, kind, seq)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
CREATE INDEX outbox_due ON outbox (owner, app_key, kind, next_attempt_at) WHERE given_up_at IS NULL;
CREATE INDEX outbox_merged ON outbox (app_key, message_id) WHERE message_id IS NOT NULL;
CREATE INDEX outbox_given_up ON outbox (app_key, given_up_at) WHERE given_up_at IS NOT NULL;
-- Searches of dead letters name a time more often than an application.
CREATE INDEX outbox_given_up_by_time ON outbox (given_up_at) WHERE given_up_at IS NOT NULL;

-- `seq` of messages about numbers.
CREATE SEQUENCE number_messages AS integer CYCLE;

-- What becomes of messages in the outbox is written key by key. One statement for many keys would be planned as a
-- join, and what is planned while the outbox is short reads all of it, and is kept when a backlog has made it long. By
-- its whole primary key a row is found over that, however long the outbox was when that was planned.

-- Removes messages that were delivered.
CREATE FUNCTION delete_delivered(app_keys json, session_ids json, kinds json, seqs integer[]) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  k record;
BEGIN
  FOR k IN
    SELECT * FROM ROWS FROM (
      json_array_elements_text(app_keys), json_array_elements_text(session_ids), json_array_elements_text(kinds),
      unnest(seqs)
    ) AS keys (app_key, session_id, kind, seq)
  LOOP
    DELETE FROM outbox o
    WHERE o.app_key = k.app_key AND o.session_id = k.session_id AND o.kind = k.kind AND o.seq = k.seq;
  END LOOP;
END $$;

-- Makes records parts of messages, where they are this life's and no part of another message; gives their session ids.
CREATE FUNCTION compose_messages(
  of_life uuid, app_keys json, session_ids json, seqs integer[], message_ids json
) RETURNS SETOF text
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  k record;
BEGIN
  FOR k IN
    SELECT * FROM ROWS FROM (
      json_array_elements_text(app_keys), json_array_elements_text(session_ids), unnest(seqs),
      json_array_elements_text(message_ids)
    ) AS keys (app_key, session_id, seq, message_id)
  LOOP
    -- Neither owner nor message may be found by: only the primary key is left.
    UPDATE outbox o SET message_id = k.message_id
    WHERE o.app_key = k.app_key AND o.session_id = k.session_id AND o.kind = 'record' AND o.seq = k.seq
      AND (o.owner = of_life) IS TRUE AND (o.message_id IS NULL OR o.message_id = k.message_id) IS TRUE;
    IF FOUND THEN RETURN NEXT k.session_id; END IF;
  END LOOP;
END $$;

-- Writes failed attempts of messages that are this life's: when the next one is due, or that there is none. What must come
-- after such a message, of the same call, becomes due with it.
CREATE FUNCTION put_off_failed(of_life uuid, failed json) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  k record;
  next_at timestamptz;
BEGIN
  FOR k IN
    SELECT * FROM json_to_recordset(failed) AS f(
      app_key text, session_id text, kind text, seq integer,
      attempts integer, retry_seconds float8, given_up boolean, error text)
  LOOP
    next_at := now() + make_interval(secs => k.retry_seconds);
    -- As above: only the primary key is left to find by.
    UPDATE outbox o SET attempts = k.attempts, last_error = k.error, next_attempt_at = next_at,
      given_up_at = CASE WHEN k.given_up THEN now() END
    WHERE o.app_key = k.app_key AND o.session_id = k.session_id AND o.kind = k.kind AND o.seq = k.seq
      AND (o.owner = of_life) IS TRUE;
    IF NOT k.given_up AND k.kind <> 'record' THEN
      UPDATE outbox o SET next_attempt_at = next_at
      WHERE o.app_key = k.app_key AND o.session_id = k.session_id AND o.kind = k.kind AND o.seq > k.seq
        AND (o.given_up_at IS NULL AND o.owner = of_life) IS TRUE;
    END IF;
  END LOOP;
END $$;

-- What became of each attempt to tell a customer of a call, kept for some days for who asks why he was not told.
-- Nothing is decided by it. A row holds the attempts of one call that were written together: an array of
-- {id, event, at, ms, status, error}, times in milliseconds, without what was sent.
CREATE TABLE deliveries (
  app_key     text NOT NULL,
  session_id  text NOT NULL,
  -- When the last of them ended.
  ended_at    timestamptz NOT NULL,
  attempts    json NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000);
-- Without app_key: an operator asks with the session id alone, which is unique.
CREATE INDEX deliveries_by_call ON deliveries (session_id);
CREATE INDEX deliveries_by_time ON deliveries (ended_at);
