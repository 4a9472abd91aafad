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
