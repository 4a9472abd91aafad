-- News for the caches of all nodes, on channel axbridge_changes. PostgreSQL sends them when the change commits, and
-- only then: no caller can forget to, and a crash after the commit loses none. Payloads: number:+86…, app:key, trunks,
-- everything. What changes bindings says so itself (003): a trigger for each of them would cost more than the binding.

CREATE FUNCTION tell_app() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('axbridge_changes', 'app:' || coalesce(NEW.app_key, OLD.app_key));
  RETURN NULL;
END $$;
CREATE TRIGGER tell_app AFTER INSERT OR UPDATE OR DELETE ON apps FOR EACH ROW EXECUTE FUNCTION tell_app();

CREATE FUNCTION tell_trunks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('axbridge_changes', 'trunks');
  RETURN NULL;
END $$;
CREATE TRIGGER tell_trunks AFTER INSERT OR UPDATE OR DELETE ON trunks
  FOR EACH STATEMENT EXECUTE FUNCTION tell_trunks();

CREATE FUNCTION tell_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('axbridge_changes', 'number:' || OLD.number);
  RETURN NULL;
END $$;
-- The count of bindings changes all the time and concerns no cache.
CREATE TRIGGER tell_number_changed AFTER UPDATE ON numbers FOR EACH ROW
  WHEN ((OLD.app_key, OLD.area_code, OLD.state) IS DISTINCT FROM (NEW.app_key, NEW.area_code, NEW.state))
  EXECUTE FUNCTION tell_number();
CREATE TRIGGER tell_number_gone AFTER DELETE ON numbers FOR EACH ROW EXECUTE FUNCTION tell_number();

-- Numbers come in by the thousand: then it is cheaper to forget everything once.
CREATE FUNCTION tell_new_numbers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT count(*) FROM added) > 100 THEN
    PERFORM pg_notify('axbridge_changes', 'everything');
  ELSE
    PERFORM pg_notify('axbridge_changes', 'number:' || number) FROM added;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER tell_new_numbers AFTER INSERT ON numbers REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION tell_new_numbers();
