-- What guards the partner API.

ALTER TABLE apps
  -- The secret before the present one, as long as it is still good.
  ADD COLUMN old_secret_sealed bytea,
  ADD COLUMN old_secret_until timestamptz,
  ADD CONSTRAINT apps_old_secret_ends CHECK ((old_secret_sealed IS NULL) = (old_secret_until IS NULL)),
  -- Where its requests may come from; nothing for anywhere.
  ADD COLUMN allowed_addresses cidr[] NOT NULL DEFAULT '{}',
  -- How many requests it may send, as {"requests":600,"seconds":60}; null for what the platform sets.
  ADD COLUMN request_limit jsonb;

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

-- A node comes or goes; a heartbeat is no news.
CREATE FUNCTION tell_nodes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('axbridge_changes', 'nodes');
  RETURN NULL;
END $$;
CREATE TRIGGER tell_nodes AFTER INSERT OR DELETE ON nodes FOR EACH ROW EXECUTE FUNCTION tell_nodes();
