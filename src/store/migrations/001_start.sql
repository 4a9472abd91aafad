-- Every table that grows with traffic has app_key first in its key, so that it can be distributed by application.
-- Numbers of people (A, B, callers, callees) are stored sealed (AES-256-GCM), with an HMAC digest for lookup.
-- X numbers belong to the operator and are stored in the clear.

CREATE TABLE apps (
  app_key            text PRIMARY KEY,
  name               text NOT NULL,
  mode               text NOT NULL CHECK (mode IN ('AXB', 'AX', 'AXE', 'AXYB', 'X')),
  state              text NOT NULL DEFAULT 'normal' CHECK (state IN ('normal', 'frozen')),
  secret_sealed      bytea NOT NULL,
  recording          boolean NOT NULL DEFAULT false,
  status_url         text,
  fee_url            text,
  number_status_url  text,
  -- Announcement file names by scene; a scene that is absent uses the default of the product.
  announcements      jsonb NOT NULL DEFAULT '{}',
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE numbers (
  number      text PRIMARY KEY,
  app_key     text NOT NULL REFERENCES apps ON DELETE RESTRICT,
  area_code   text NOT NULL DEFAULT '',
  state       text NOT NULL DEFAULT 'normal' CHECK (state IN ('normal', 'suspended', 'unavailable', 'bind-frozen')),
  -- How many bindings stand on this X (expired ones until they are swept): the one with the fewest is given out first.
  bindings    integer NOT NULL DEFAULT 0 CHECK (bindings >= 0),
  -- When the last of those that ended went off it: of several with as few bindings, the one released last is given out
  -- last. Null: nothing ever stood on it.
  released_at timestamptz,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);
CREATE INDEX numbers_by_area ON numbers (app_key, area_code, bindings, released_at NULLS FIRST);
CREATE INDEX numbers_by_load ON numbers (app_key, bindings, released_at NULLS FIRST);

CREATE TABLE bindings (
  app_key           text NOT NULL,
  subscription_id   uuid NOT NULL,
  mode              text NOT NULL,
  x                 text NOT NULL,
  a_digest          bytea NOT NULL,
  a_sealed          bytea NOT NULL,
  b_digest          bytea,
  b_sealed          bytea,
  call_direction    smallint NOT NULL DEFAULT 0 CHECK (call_direction IN (0, 1, 2)),
  duration_seconds  integer NOT NULL DEFAULT 0,
  -- 'infinity' for a binding that never expires.
  expires_at        timestamptz NOT NULL DEFAULT 'infinity',
  max_duration_minutes integer NOT NULL DEFAULT 0,
  record_flag       boolean NOT NULL DEFAULT false,
  record_hint_tone  text,
  last_min_voice    text,
  private_sms       boolean NOT NULL DEFAULT true,
  caller_hint_tone  text,
  callee_hint_tone  text,
  user_data         text,
  subscribed_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_key, subscription_id)
);
-- Without app_key: an index that could also serve a search by subscription_id would be taken for it, and read whole,
-- as long as a new table has no statistics.
CREATE INDEX bindings_by_x ON bindings (x, subscribed_at);
CREATE INDEX bindings_by_expiry ON bindings (expires_at) WHERE expires_at < 'infinity';

-- One row for each user number on an X: the key itself forbids a number twice on one X, in any role.
-- Rows come and go in the statement that makes or ends their binding (003); a foreign key would cost a fifth of a bind.
CREATE TABLE binding_parties (
  app_key          text NOT NULL,
  x                text NOT NULL,
  party_digest     bytea NOT NULL,
  subscription_id  uuid NOT NULL,
  PRIMARY KEY (app_key, x, party_digest)
);

CREATE TABLE trunks (
  name             text PRIMARY KEY,
  host             text NOT NULL,
  port             integer NOT NULL DEFAULT 5060,
  transport        text NOT NULL DEFAULT 'udp' CHECK (transport IN ('udp', 'tcp', 'tls')),
  sources          cidr[] NOT NULL DEFAULT '{}',
  username         text,
  password_sealed  bytea,
  priority         integer NOT NULL DEFAULT 1,
  weight           integer NOT NULL DEFAULT 1 CHECK (weight > 0),
  max_calls        integer CHECK (max_calls > 0),
  enabled          boolean NOT NULL DEFAULT true,
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now()
);

-- The file itself lies in the data folder, where the media server reads it.
CREATE TABLE announcements (
  name        text PRIMARY KEY,
  bytes       integer NOT NULL,
  seconds     real NOT NULL,
  sha256      text NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now()
);

-- One row for each life of a node (a start of the process).
CREATE TABLE nodes (
  node_id       text NOT NULL,
  life          uuid NOT NULL,
  started_at    timestamptz NOT NULL DEFAULT now(),
  heartbeat_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (node_id, life)
);

-- The journal: a call is open until closed_at is set, in the same transaction that files its disconnect event and its record.
CREATE TABLE calls (
  app_key     text NOT NULL,
  session_id  text NOT NULL,
  node_id     text NOT NULL,
  life        uuid NOT NULL,
  x           text NOT NULL,
  state_code  integer,
  snapshot    bytea NOT NULL,
  -- One more than the last event written: a write that is repeated because its outcome was unknown finds itself done.
  next_seq    integer NOT NULL,
  opened_at   timestamptz NOT NULL,
  closed_at   timestamptz,
  PRIMARY KEY (app_key, session_id)
);
CREATE INDEX calls_open ON calls (life) WHERE closed_at IS NULL;
CREATE INDEX calls_by_time ON calls (opened_at);

-- What still has to reach a customer's server; a delivered message is deleted.
CREATE TABLE outbox (
  app_key          text NOT NULL,
  session_id       text NOT NULL,
  kind             text NOT NULL CHECK (kind IN ('event', 'record')),
  seq              integer NOT NULL,
  -- The webhook-id that the customer sees, unless the record was merged into a message.
  id               text NOT NULL,
  body_sealed      bytea NOT NULL,
  -- Records that go out in one message carry the webhook-id of that message, written before its first attempt.
  message_id       text,
  -- The node life (nodes.life) that delivers this message; when that life is dead another one takes its messages over.
  owner            uuid NOT NULL,
  attempts         integer NOT NULL DEFAULT 0,
  next_attempt_at  timestamptz NOT NULL DEFAULT now(),
  last_error       text,
  given_up_at      timestamptz,
  created_at       timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app_key, session_id, kind, seq)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
CREATE INDEX outbox_due ON outbox (owner, app_key, kind, next_attempt_at) WHERE given_up_at IS NULL;
CREATE INDEX outbox_merged ON outbox (app_key, message_id) WHERE message_id IS NOT NULL;
CREATE INDEX outbox_given_up ON outbox (app_key, given_up_at) WHERE given_up_at IS NOT NULL;

CREATE TABLE operators (
  token_hash  bytea PRIMARY KEY,
  created_at  timestamptz NOT NULL DEFAULT now()
);
