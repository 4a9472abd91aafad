-- What one node at a time does for all, and which one: by a lease, which it renews each time it does it.
CREATE TABLE duties (
  name   text PRIMARY KEY,
  -- A UUID of the process, new at each start.
  holder uuid NOT NULL,
  until  timestamptz NOT NULL
);
