-- What belongs to the operator as a whole: who may administer, the key that seals, nodes and their duties, trunks, handsets
-- and announcements.

CREATE TABLE operators (
  token_hash  bytea PRIMARY KEY,
  created_at  timestamptz NOT NULL DEFAULT now()
);

-- Which key seals this database: one row. A node with another key could neither open a number nor find one.
CREATE TABLE seal_key (
  single  boolean PRIMARY KEY DEFAULT true CHECK (single),
  key_id  text NOT NULL
);

-- One row for each life of a node (a start of the process).
CREATE TABLE nodes (
  node_id       text NOT NULL,
  life          uuid NOT NULL,
  started_at    timestamptz NOT NULL DEFAULT now(),
  heartbeat_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (node_id, life)
);

-- A node comes or goes; a heartbeat is no news.
CREATE FUNCTION tell_nodes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('axbridge_changes', 'nodes');
  RETURN NULL;
END $$;
CREATE TRIGGER tell_nodes AFTER INSERT OR DELETE ON nodes FOR EACH ROW EXECUTE FUNCTION tell_nodes();

-- What one node at a time does for all, and which one: by a lease, which it renews each time it does it.
CREATE TABLE duties (
  name   text PRIMARY KEY,
  -- A UUID of the process, new at each start.
  holder uuid NOT NULL,
  until  timestamptz NOT NULL
);

CREATE TABLE trunks (
  name              text PRIMARY KEY,
  host              text NOT NULL,
  port              integer NOT NULL DEFAULT 5060,
  transport         text NOT NULL DEFAULT 'udp' CHECK (transport IN ('udp', 'tcp', 'tls')),
  sources           cidr[] NOT NULL DEFAULT '{}',
  username          text,
  password_sealed   bytea,
  priority          integer NOT NULL DEFAULT 1,
  weight            integer NOT NULL DEFAULT 1 CHECK (weight > 0),
  max_calls         integer CHECK (max_calls > 0),
  -- How many calls it may begin in a second, both ways together.
  calls_per_second  integer CHECK (calls_per_second > 0),
  enabled           boolean NOT NULL DEFAULT true,
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION tell_trunks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('axbridge_changes', 'trunks');
  RETURN NULL;
END $$;
CREATE TRIGGER tell_trunks AFTER INSERT OR UPDATE OR DELETE ON trunks
  FOR EACH STATEMENT EXECUTE FUNCTION tell_trunks();

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

-- Announcements are reviewed. What callers hear was approved; what is to replace it lies beside it until it is, too. The
-- file itself lies in the data folder, where the media server reads it.
CREATE TABLE announcements (
  name         text NOT NULL,
  state        text NOT NULL CHECK (state IN ('pending', 'approved', 'rejected')),
  is_approved  boolean NOT NULL GENERATED ALWAYS AS (state = 'approved') STORED,
  bytes        integer NOT NULL,
  seconds      real NOT NULL,
  sha256       text NOT NULL,
  -- What the uploader said of it.
  note         text,
  reviewed_at  timestamptz,
  reviewed_by  text,
  -- Why it was rejected.
  cause        text,
  created_at   timestamptz NOT NULL DEFAULT now(),
  CHECK ((state = 'rejected') = (cause IS NOT NULL)),
  -- Of one name at most two contents: the approved one, and one that waits or was rejected.
  PRIMARY KEY (name, is_approved)
);

-- Who makes bindings remembers which names may be used.
CREATE FUNCTION tell_announcements() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('axbridge_changes', 'announcements');
  RETURN NULL;
END $$;
CREATE TRIGGER tell_announcements AFTER INSERT OR UPDATE OR DELETE ON announcements
  FOR EACH STATEMENT EXECUTE FUNCTION tell_announcements();
