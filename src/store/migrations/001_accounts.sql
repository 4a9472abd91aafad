-- Customers: their accounts, their applications, and what guards the partner API.
--
-- For every file here: each table that grows with traffic has app_key first in its key, so that it can be distributed by
-- application. Numbers of people (A, B, callers, callees) are stored sealed (AES-256-GCM), with an HMAC digest for lookup;
-- X numbers belong to the operator and are stored in the clear. News for the caches of all nodes go out on channel
-- axbridge_changes. PostgreSQL sends them when the change commits, and only then: no caller can forget to, and a crash
-- after the commit loses none. Payloads: number:+86…, app:key, trunks, everything, and the like (src/store/changes.ts).

-- An application belongs to an account; those of a frozen one have neither calls nor the partner API.
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

CREATE TABLE apps (
  app_key                  text PRIMARY KEY,
  account_id               text NOT NULL DEFAULT default_account() REFERENCES accounts ON UPDATE CASCADE ON DELETE RESTRICT,
  name                     text NOT NULL,
  mode                     text NOT NULL CHECK (mode IN ('AXB', 'AX', 'AXE', 'AXYB', 'X')),
  state                    text NOT NULL DEFAULT 'normal' CHECK (state IN ('normal', 'frozen')),
  secret_sealed            bytea NOT NULL,
  -- The secret before the present one, as long as it is still good.
  old_secret_sealed        bytea,
  old_secret_until         timestamptz,
  -- Where its requests may come from; nothing for anywhere.
  allowed_addresses        cidr[] NOT NULL DEFAULT '{}',
  -- How many requests it may send, as {"requests":600,"seconds":60}; null for what the platform sets.
  request_limit            jsonb,
  -- What its calls may not exceed (routing/types.ts, AppGuards); absent members have their defaults.
  guards                   jsonb NOT NULL DEFAULT '{}',
  recording                boolean NOT NULL DEFAULT false,
  -- Recordings may be listened to, to check quality; what both hear of that before a recording begins.
  quality_check            boolean NOT NULL DEFAULT false,
  quality_hint_tone        text,
  -- Announcement file names by scene; a scene that is absent uses the default of the product.
  announcements            jsonb NOT NULL DEFAULT '{}',
  status_url               text,
  fee_url                  text,
  number_status_url        text,
  -- Whether the customer is told of changes in the states of the application's X numbers.
  push_number_status       boolean NOT NULL DEFAULT false,
  -- Short messages (not in AXE; the control address in AX and X only).
  sms                      boolean NOT NULL DEFAULT false,
  sms_notification_url     text,
  sms_control_url          text,
  -- AX: A who dials X without a temporary callee reaches the last caller.
  call_back_memory         boolean NOT NULL DEFAULT false,
  -- AXE
  extension_digits         smallint NOT NULL DEFAULT 4 CHECK (extension_digits BETWEEN 1 AND 4),
  collect_repeats          smallint NOT NULL DEFAULT 0 CHECK (collect_repeats BETWEEN 0 AND 9),
  call_back_number_sealed  bytea,
  created_at               timestamptz NOT NULL DEFAULT now(),
  updated_at               timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT apps_old_secret_ends CHECK ((old_secret_sealed IS NULL) = (old_secret_until IS NULL))
);
CREATE INDEX apps_of_account ON apps (account_id);

CREATE FUNCTION tell_app() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('axbridge_changes', 'app:' || coalesce(NEW.app_key, OLD.app_key));
  RETURN NULL;
END $$;
CREATE TRIGGER tell_app AFTER INSERT OR UPDATE OR DELETE ON apps FOR EACH ROW EXECUTE FUNCTION tell_app();

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

-- Requests that were taken, by the Nonce and Created of their headers, for as long as those can be fresh: none is taken
-- twice. Unlogged: a row costs no write to the log, and after a crash of PostgreSQL the nodes still know their own.
CREATE UNLOGGED TABLE used_nonces (
  app_key      text NOT NULL,
  -- The first 16 bytes of SHA-256(Nonce + Created).
  digest       bytea NOT NULL,
  fresh_until  timestamptz NOT NULL,
  PRIMARY KEY (app_key, digest)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
CREATE INDEX used_nonces_end ON used_nonces (fresh_until);

-- Addresses that sent wrong credentials too often. Every node has all of them in memory.
CREATE TABLE blocked_addresses (
  -- An IPv4 address, or the /64 of an IPv6 address.
  address       text PRIMARY KEY,
  blocked_at    timestamptz NOT NULL DEFAULT now(),
  blocked_until timestamptz NOT NULL
);
CREATE INDEX blocked_addresses_end ON blocked_addresses (blocked_until);

CREATE FUNCTION tell_blocked_addresses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('axbridge_changes', 'addresses');
  RETURN NULL;
END $$;
CREATE TRIGGER tell_blocked_addresses AFTER INSERT OR UPDATE OR DELETE ON blocked_addresses
  FOR EACH STATEMENT EXECUTE FUNCTION tell_blocked_addresses();
