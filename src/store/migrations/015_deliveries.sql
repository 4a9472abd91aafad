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

-- Searches of dead letters name a time more often than an application.
CREATE INDEX outbox_given_up_by_time ON outbox (given_up_at) WHERE given_up_at IS NOT NULL;

-- An open call is written anew with each of its events: with room on its page, that touches no index.
ALTER TABLE calls SET (fillfactor = 60);
