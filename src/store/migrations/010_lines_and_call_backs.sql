-- Who called last is a secret of this A: the record ends with his binding, whichever way that ends. Who writes one locks
-- the binding meanwhile (src/store/lines.ts), so that none is left behind for the next A.
CREATE FUNCTION forget_ax_caller() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM call_backs c USING ended e WHERE c.app_key = e.app_key AND c.x = e.x AND c.extension = '';
  RETURN NULL;
END $$;
CREATE TRIGGER forget_ax_caller AFTER DELETE ON ax_bindings REFERENCING OLD TABLE AS ended
  FOR EACH STATEMENT EXECUTE FUNCTION forget_ax_caller();

CREATE FUNCTION forget_axe_caller() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM call_backs c USING ended e
  WHERE c.app_key = e.app_key AND c.x = e.x AND c.extension = e.extension;
  RETURN NULL;
END $$;
CREATE TRIGGER forget_axe_caller AFTER DELETE ON axe_bindings REFERENCING OLD TABLE AS ended
  FOR EACH STATEMENT EXECUTE FUNCTION forget_axe_caller();

CREATE INDEX call_backs_by_expiry ON call_backs (expires_at) WHERE expires_at < 'infinity';

ALTER TABLE lines SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
ALTER TABLE call_backs SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);

-- What A's calls through Y meet is written in the first part, too: its change is news for every Y of the binding.
CREATE FUNCTION tell_axyb_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('axbridge_changes', 'number:' || NEW.x);
  PERFORM pg_notify('axbridge_changes', 'number:' || r.y) FROM axyb_relations r
  WHERE r.app_key = NEW.app_key AND r.subscription_id = NEW.subscription_id;
  RETURN NULL;
END $$;
DROP TRIGGER tell_axyb ON axyb_bindings;
CREATE TRIGGER tell_axyb_bound AFTER INSERT OR DELETE ON axyb_bindings
  FOR EACH ROW EXECUTE FUNCTION tell_bound_number();
CREATE TRIGGER tell_axyb_changed AFTER UPDATE ON axyb_bindings FOR EACH ROW EXECUTE FUNCTION tell_axyb_changed();
