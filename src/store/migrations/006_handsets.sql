-- Softphones that an operator registered as numbers, for people who dial from their desk.
CREATE TABLE handsets (
  username         text PRIMARY KEY,
  number_digest    bytea NOT NULL UNIQUE,
  number_sealed    bytea NOT NULL,
  password_sealed  bytea NOT NULL,
  -- For phones that give up when they are offered another digest than MD5.
  md5_only         boolean NOT NULL DEFAULT false,
  enabled          boolean NOT NULL DEFAULT true,
  -- Where it has registered from, as JSON: it names people's addresses, and in their phones' words their numbers.
  contacts_sealed  bytea,
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION tell_handsets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('axbridge_changes', 'handsets');
  RETURN NULL;
END $$;
CREATE TRIGGER tell_handsets AFTER INSERT OR UPDATE OR DELETE ON handsets
  FOR EACH STATEMENT EXECUTE FUNCTION tell_handsets();
