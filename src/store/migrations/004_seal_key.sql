-- Which key seals this database: one row. A node with another key could neither open a number nor find one.
CREATE TABLE seal_key (
  single  boolean PRIMARY KEY DEFAULT true CHECK (single),
  key_id  text NOT NULL
);
