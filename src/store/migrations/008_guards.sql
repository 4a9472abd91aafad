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
