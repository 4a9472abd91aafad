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
