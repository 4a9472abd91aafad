-- What calls of AX and AXE leave in the database: that they hold the line of an X, and who called last.

-- One call at a time on an X (AX, extension '') or on an X with an extension (AXE). Taken before the callee is rung,
-- freed in the transaction that closes the call: rows come and go with every call.
CREATE TABLE lines (
  app_key     text NOT NULL,
  x           text NOT NULL,
  extension   text NOT NULL,
  session_id  text NOT NULL,
  life        uuid NOT NULL,
  taken_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_key, x, extension)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX lines_of_call ON lines (app_key, session_id);
CREATE INDEX lines_of_life ON lines (life);

-- Who called last: '' for the extension in AX. That is a secret of this A: the record ends with his binding, whichever way
-- that ends (forget_ax_caller, forget_axe_caller). Who writes one locks the binding meanwhile (src/store/lines.ts), so that
-- none is left behind for the next A.
CREATE TABLE call_backs (
  app_key        text NOT NULL,
  x              text NOT NULL,
  extension      text NOT NULL,
  caller_sealed  bytea NOT NULL,
  expires_at     timestamptz NOT NULL DEFAULT 'infinity',
  PRIMARY KEY (app_key, x, extension)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX call_backs_by_expiry ON call_backs (expires_at) WHERE expires_at < 'infinity';
