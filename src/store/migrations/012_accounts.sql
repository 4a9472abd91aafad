-- Customers. An application belongs to one; those of a frozen one have neither calls nor the partner API.
CREATE TABLE accounts (
  -- spId of its call records.
  account_id      text PRIMARY KEY,
  name            text NOT NULL,
  state           text NOT NULL DEFAULT 'normal' CHECK (state IN ('normal', 'frozen')),
  -- The account of applications for which nobody names another. Its id is AXBRIDGE_SP_ID (src/store/accounts.ts).
  is_default      boolean NOT NULL DEFAULT false,
  -- How often calls of all its applications may come, as {"calls":100,"seconds":60}; null for what the platform sets.
  call_frequency  jsonb,
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX accounts_default ON accounts (is_default) WHERE is_default;
INSERT INTO accounts (account_id, name, is_default) VALUES ('axbridge', 'axbridge', true);

CREATE FUNCTION default_account() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT account_id FROM accounts WHERE is_default
$$;

ALTER TABLE apps
  ADD COLUMN account_id text NOT NULL DEFAULT default_account()
    REFERENCES accounts ON UPDATE CASCADE ON DELETE RESTRICT,
  -- Whether the customer is told of changes in the states of the application's X numbers.
  ADD COLUMN push_number_status boolean NOT NULL DEFAULT false;
CREATE INDEX apps_of_account ON apps (account_id);

-- What calls read of an account they read with its applications: its change is news of them. A customer may have so many
-- that it is cheaper to forget everything once.
CREATE FUNCTION tell_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT count(*) FROM apps WHERE account_id = NEW.account_id) > 100 THEN
    PERFORM pg_notify('axbridge_changes', 'everything');
  ELSE
    PERFORM pg_notify('axbridge_changes', 'app:' || app_key) FROM apps WHERE account_id = NEW.account_id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER tell_account AFTER UPDATE ON accounts FOR EACH ROW
  WHEN ((OLD.account_id, OLD.state, OLD.call_frequency) IS DISTINCT FROM (NEW.account_id, NEW.state, NEW.call_frequency))
  EXECUTE FUNCTION tell_account();

-- A returned number was given back and stays that way; nothing is bound to it any more. Of what is out of service it is
-- known why.
ALTER TABLE numbers
  DROP CONSTRAINT numbers_state_check,
  ADD CONSTRAINT numbers_state_check
    CHECK (state IN ('normal', 'suspended', 'unavailable', 'bind-frozen', 'returned')),
  ADD COLUMN cause text
    CHECK (cause IN ('deleted', 'arrears', 'stopped', 'barred', 'unbarred', 'forwarding-on', 'forwarding-off'));
UPDATE numbers SET cause = 'stopped' WHERE state = 'unavailable';
ALTER TABLE numbers ADD CONSTRAINT numbers_cause_known CHECK ((cause IS NOT NULL) = (state IN ('unavailable', 'returned')));

-- Ends everything that stands on a number of an application, in whatever mode, for a caller who holds the lock of the
-- application. Calls in progress go on, and their lines with them. The triggers of 002, 007, 009 and 010 tell the news,
-- keep the counts and forget who called.
-- Returns how many bindings (relations, where the number is a Y) were ended, and the other numbers that they concern.
CREATE FUNCTION end_all_on(of_app text, on_number text, OUT ended integer, OUT concerned text[]) LANGUAGE plpgsql AS $$
DECLARE
  ids uuid[] := ARRAY(SELECT b.subscription_id FROM bindings b WHERE b.app_key = of_app AND b.x = on_number);
  more integer;
BEGIN
  concerned := ARRAY(
    SELECT DISTINCT CASE WHEN r.x = on_number THEN r.y ELSE r.x END FROM axyb_relations r
    WHERE r.app_key = of_app AND r.x = on_number OR r.app_key = of_app AND r.y = on_number);
  ended := (SELECT count(*) FROM end_bindings(array_fill(of_app, ARRAY[cardinality(ids)]), ids));
  DELETE FROM ax_bindings WHERE app_key = of_app AND x = on_number;
  GET DIAGNOSTICS more = ROW_COUNT;
  ended := ended + more;
  DELETE FROM axe_bindings WHERE app_key = of_app AND x = on_number;
  GET DIAGNOSTICS more = ROW_COUNT;
  ended := ended + more;
  DELETE FROM axyb_bindings WHERE app_key = of_app AND x = on_number;
  GET DIAGNOSTICS more = ROW_COUNT;
  ended := ended + more;
  DELETE FROM axyb_relations WHERE app_key = of_app AND y = on_number;
  GET DIAGNOSTICS more = ROW_COUNT;
  ended := ended + more;
END $$;

-- Messages about numbers (kind 'number'). They belong to no call: those of one application are one chain, in the order
-- of the changes, as the events of a call are. Who files one holds the application's lock, so that the order of `seq` is
-- that of the commits.
ALTER TABLE outbox
  DROP CONSTRAINT outbox_kind_check,
  ADD CONSTRAINT outbox_kind_check CHECK (kind IN ('event', 'record', 'number'));
CREATE SEQUENCE number_messages AS integer CYCLE;
