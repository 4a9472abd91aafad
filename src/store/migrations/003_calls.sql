-- Calls: the journal of those that are in progress, and what is kept of those that are over.

-- The journal: a call is open until closed_at is set, in the same transaction that files its disconnect event and its record.
CREATE TABLE calls (
  app_key        text NOT NULL,
  session_id     text NOT NULL,
  node_id        text NOT NULL,
  life           uuid NOT NULL,
  x              text NOT NULL,
  state_code     integer,
  snapshot       bytea NOT NULL,
  -- One more than the last event written: a write that is repeated because its outcome was unknown finds itself done.
  next_seq       integer NOT NULL,
  opened_at      timestamptz NOT NULL,
  -- When the customer asked to end the call. The node that carries it hears of it on axbridge_changes (stop:session id);
  -- one that could not hear at that moment finds it here.
  stop_asked_at  timestamptz,
  closed_at      timestamptz,
  PRIMARY KEY (app_key, session_id)
  -- An open call is written anew with each of its events: with room on its page, that touches no index.
) WITH (fillfactor = 60);
CREATE INDEX calls_open ON calls (life) WHERE closed_at IS NULL;
CREATE INDEX calls_by_time ON calls (opened_at);

-- Whose recording it is: a row with the close of its call, for as long as the file is kept.
CREATE TABLE recordings (
  app_key      text NOT NULL,
  -- recordObjectName and recordDomain of the call record.
  object_name  text NOT NULL,
  domain       text NOT NULL,
  -- When the call was closed.
  recorded_at  timestamptz NOT NULL,
  PRIMARY KEY (app_key, object_name)
);
CREATE INDEX recordings_by_time ON recordings (recorded_at);
-- What lies in the folder of recordings is looked up by its name alone: whether its call has been closed.
CREATE INDEX recordings_by_name ON recordings (object_name);

-- What could be seen of a call besides its row: its SIP ladder and the figures of its media, kept for some days for who
-- asks what went wrong. Nothing is decided by it, and numbers in it are masked.
CREATE TABLE call_details (
  app_key     text NOT NULL,
  session_id  text NOT NULL,
  ended_at    timestamptz NOT NULL,
  -- {lines: [{at, leg, way, peer, what, …}], omitted}, times in milliseconds.
  ladder      json NOT NULL,
  -- {caller: {codec, packetsIn, …}, callee: …}; null for a call without a media server.
  media       json,
  PRIMARY KEY (app_key, session_id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000);
CREATE INDEX call_details_by_time ON call_details (ended_at);
