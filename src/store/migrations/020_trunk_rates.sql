-- How many calls a trunk may begin in a second, both ways together.
ALTER TABLE trunks ADD COLUMN calls_per_second integer CHECK (calls_per_second > 0);
