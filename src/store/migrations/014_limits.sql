-- How much may stand on a number and on a person is a rule that binds are refused by (003, and the code of each mode).
-- Here the database holds to it by itself, whoever writes.

-- An X carries at most 9999 extensions (AXE), and less of anything else.
ALTER TABLE numbers ADD CONSTRAINT numbers_most_bindings CHECK (bindings <= 9999);

-- An A holds at most five X (AX, AXYB): each takes one of five places.
ALTER TABLE ax_bindings ADD COLUMN place smallint NOT NULL DEFAULT 1 CHECK (place BETWEEN 1 AND 5);
ALTER TABLE axyb_bindings ADD COLUMN place smallint NOT NULL DEFAULT 1 CHECK (place BETWEEN 1 AND 5);
UPDATE ax_bindings b SET place = p.place FROM (
  SELECT subscription_id, row_number() OVER (PARTITION BY app_key, a_digest) AS place FROM ax_bindings
) p WHERE b.subscription_id = p.subscription_id;
UPDATE axyb_bindings b SET place = p.place FROM (
  SELECT subscription_id, row_number() OVER (PARTITION BY app_key, a_digest) AS place FROM axyb_bindings
) p WHERE b.subscription_id = p.subscription_id;

-- The first place of an A that is free; a sixth when none is, which the table refuses.
CREATE FUNCTION take_place_of_a() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  taken smallint[];
BEGIN
  IF TG_TABLE_NAME = 'ax_bindings' THEN
    taken := ARRAY(SELECT b.place FROM ax_bindings b WHERE b.app_key = NEW.app_key AND b.a_digest = NEW.a_digest);
  ELSE
    taken := ARRAY(SELECT b.place FROM axyb_bindings b WHERE b.app_key = NEW.app_key AND b.a_digest = NEW.a_digest);
  END IF;
  NEW.place := (SELECT min(p) FROM generate_series(1, 6) p WHERE p <> ALL (taken));
  RETURN NEW;
END $$;
CREATE TRIGGER take_place_of_a BEFORE INSERT ON ax_bindings FOR EACH ROW EXECUTE FUNCTION take_place_of_a();
CREATE TRIGGER take_place_of_a BEFORE INSERT ON axyb_bindings FOR EACH ROW EXECUTE FUNCTION take_place_of_a();

DROP INDEX ax_bindings_of_a, axyb_bindings_of_a;
CREATE UNIQUE INDEX ax_bindings_of_a ON ax_bindings (app_key, a_digest, place);
CREATE UNIQUE INDEX axyb_bindings_of_a ON axyb_bindings (app_key, a_digest, place);
