-- What lies in the folder of recordings is looked up by its name alone: whether its call has been closed.
CREATE INDEX recordings_by_name ON recordings (object_name);
