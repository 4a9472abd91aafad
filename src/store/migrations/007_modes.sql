-- The modes AX, AXE and AXYB: a table for each, because each has rules of its own that its keys can hold.
-- What a key forbids must be free again once it has expired: who binds ends what has expired in his way first.

ALTER TABLE apps
  -- AX: A who dials X without a temporary callee reaches the last caller.
  ADD COLUMN call_back_memory boolean NOT NULL DEFAULT false,
  -- AXE
  ADD COLUMN extension_digits smallint NOT NULL DEFAULT 4 CHECK (extension_digits BETWEEN 1 AND 4),
  ADD COLUMN collect_repeats smallint NOT NULL DEFAULT 0 CHECK (collect_repeats BETWEEN 0 AND 9),
  ADD COLUMN call_back_number_sealed bytea,
  -- What its calls may not exceed (routing/types.ts, AppGuards); absent members have their defaults.
  ADD COLUMN guards jsonb NOT NULL DEFAULT '{}';

-- Until now an application without a file of its own was heard with the product's.
UPDATE apps SET announcements = '{"no-binding": "default", "no-permission": "default"}' || announcements;

-- One X, one A.
CREATE TABLE ax_bindings (
  app_key               text NOT NULL,
  subscription_id       uuid NOT NULL,
  x                     text NOT NULL,
  a_digest              bytea NOT NULL,
  a_sealed              bytea NOT NULL,
  shows_caller          boolean NOT NULL DEFAULT false,
  -- Null where the customer never set it.
  call_direction        smallint CHECK (call_direction IN (0, 1, 2)),
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
CREATE INDEX ax_bindings_of_a ON ax_bindings (app_key, a_digest);

-- One X, many A, each with an extension of its own.
CREATE TABLE axe_bindings (
  app_key                  text NOT NULL,
  subscription_id          uuid NOT NULL,
  x                        text NOT NULL,
  extension                text NOT NULL,
  a_digest                 bytea NOT NULL,
  a_sealed                 bytea NOT NULL,
  shows_caller             boolean NOT NULL DEFAULT false,
  record_flag              boolean NOT NULL DEFAULT false,
  record_hint_tone         text,
  call_back_tone           text,
  call_back_number_sealed  bytea,
  -- As the customer gave them: 0 hours, 1 minutes.
  time_unit                smallint NOT NULL DEFAULT 0 CHECK (time_unit IN (0, 1)),
  bind_expired_time        integer NOT NULL DEFAULT 0,
  call_back_expired_time   integer NOT NULL DEFAULT 0,
  expires_at               timestamptz NOT NULL DEFAULT 'infinity',
  -- 0: for as long as the binding lives.
  call_back_seconds        integer NOT NULL DEFAULT 0,
  user_data                text,
  subscribed_at            timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_key, subscription_id),
  UNIQUE (app_key, x, extension),
  UNIQUE (app_key, x, a_digest)
);
CREATE INDEX axe_bindings_by_expiry ON axe_bindings (expires_at) WHERE expires_at < 'infinity';

-- The first part of AXYB: one X, one A.
CREATE TABLE axyb_bindings (
  app_key           text NOT NULL,
  subscription_id   uuid NOT NULL,
  x                 text NOT NULL,
  a_digest          bytea NOT NULL,
  a_sealed          bytea NOT NULL,
  call_direction    smallint NOT NULL DEFAULT 0 CHECK (call_direction IN (0, 1, 2)),
  duration_seconds  integer NOT NULL DEFAULT 0,
  expires_at        timestamptz NOT NULL DEFAULT 'infinity',
  record_flag       boolean NOT NULL DEFAULT false,
  record_hint_tone  text,
  pre_voice_x       text,
  user_data         text,
  subscribed_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_key, subscription_id),
  UNIQUE (app_key, x)
);
CREATE INDEX axyb_bindings_of_a ON axyb_bindings (app_key, a_digest);
CREATE INDEX axyb_bindings_by_expiry ON axyb_bindings (expires_at) WHERE expires_at < 'infinity';

-- The second part: who of the Bs is behind which Y. B who dials X and A who dials Y must each mean one person.
CREATE TABLE axyb_relations (
  app_key           text NOT NULL,
  subscription_id   uuid NOT NULL,
  x                 text NOT NULL,
  y                 text NOT NULL,
  a_digest          bytea NOT NULL,
  b_digest          bytea NOT NULL,
  b_sealed          bytea NOT NULL,
  duration_seconds  integer NOT NULL DEFAULT 0,
  expires_at        timestamptz NOT NULL DEFAULT 'infinity',
  pre_voice_y       text,
  user_data         text,
  bound_at          timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_key, x, b_digest),
  UNIQUE (app_key, y, a_digest),
  FOREIGN KEY (app_key, subscription_id) REFERENCES axyb_bindings ON DELETE CASCADE
);
CREATE INDEX axyb_relations_of_binding ON axyb_relations (app_key, subscription_id);
CREATE INDEX axyb_relations_of_b ON axyb_relations (app_key, y, b_digest);
CREATE INDEX axyb_relations_by_expiry ON axyb_relations (expires_at) WHERE expires_at < 'infinity';

-- Who called last: '' for the extension in AX. Ends with the binding.
CREATE TABLE call_backs (
  app_key        text NOT NULL,
  x              text NOT NULL,
  extension      text NOT NULL,
  caller_sealed  bytea NOT NULL,
  expires_at     timestamptz NOT NULL DEFAULT 'infinity',
  PRIMARY KEY (app_key, x, extension)
);

-- One call at a time on an X (AX, extension '') or on an X with an extension (AXE). Taken before the callee is rung,
-- freed in the transaction that closes the call.
CREATE TABLE lines (
  app_key     text NOT NULL,
  x           text NOT NULL,
  extension   text NOT NULL,
  session_id  text NOT NULL,
  life        uuid NOT NULL,
  taken_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_key, x, extension)
);
CREATE INDEX lines_of_call ON lines (app_key, session_id);
CREATE INDEX lines_of_life ON lines (life);

-- News: what calls read from memory. A temporary callee is not: A's own calls ask the database.
CREATE FUNCTION tell_bound_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('axbridge_changes', 'number:' || coalesce(NEW.x, OLD.x));
  RETURN NULL;
END $$;
CREATE TRIGGER tell_ax_bound AFTER INSERT OR DELETE ON ax_bindings FOR EACH ROW EXECUTE FUNCTION tell_bound_number();
CREATE TRIGGER tell_ax_changed AFTER UPDATE OF call_direction, shows_caller, max_duration_minutes, record_flag,
  record_hint_tone, last_min_voice, caller_hint_tone, callee_hint_tone, user_data
  ON ax_bindings FOR EACH ROW EXECUTE FUNCTION tell_bound_number();
CREATE TRIGGER tell_axe AFTER INSERT OR UPDATE OR DELETE ON axe_bindings
  FOR EACH ROW EXECUTE FUNCTION tell_bound_number();
CREATE TRIGGER tell_axyb AFTER INSERT OR UPDATE OR DELETE ON axyb_bindings
  FOR EACH ROW EXECUTE FUNCTION tell_bound_number();

CREATE FUNCTION tell_axyb_relation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('axbridge_changes', 'number:' || coalesce(NEW.x, OLD.x));
  PERFORM pg_notify('axbridge_changes', 'number:' || coalesce(NEW.y, OLD.y));
  RETURN NULL;
END $$;
CREATE TRIGGER tell_axyb_relation AFTER INSERT OR UPDATE OR DELETE ON axyb_relations
  FOR EACH ROW EXECUTE FUNCTION tell_axyb_relation();
