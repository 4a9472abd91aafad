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

-- When the customer asked to end the call. The node that carries it hears of it on axbridge_changes (stop:session id);
-- one that could not hear at that moment finds it here.
ALTER TABLE calls ADD COLUMN stop_asked_at timestamptz;
