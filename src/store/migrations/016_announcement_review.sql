-- Announcements are reviewed. What callers hear was approved; what is to replace it lies beside it until it is, too.

ALTER TABLE announcements
  -- Until now whatever was uploaded counted as approved.
  ADD COLUMN state text NOT NULL DEFAULT 'approved' CHECK (state IN ('pending', 'approved', 'rejected')),
  ADD COLUMN is_approved boolean NOT NULL GENERATED ALWAYS AS (state = 'approved') STORED,
  -- What the uploader said of it.
  ADD COLUMN note text,
  ADD COLUMN reviewed_at timestamptz,
  ADD COLUMN reviewed_by text,
  -- Why it was rejected.
  ADD COLUMN cause text,
  ADD CHECK ((state = 'rejected') = (cause IS NOT NULL)),
  -- Of one name at most two contents: the approved one, and one that waits or was rejected.
  DROP CONSTRAINT announcements_pkey,
  ADD PRIMARY KEY (name, is_approved);
ALTER TABLE announcements ALTER COLUMN state DROP DEFAULT;

-- Who makes bindings remembers which names may be used.
CREATE FUNCTION tell_announcements() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('axbridge_changes', 'announcements');
  RETURN NULL;
END $$;
CREATE TRIGGER tell_announcements AFTER INSERT OR UPDATE OR DELETE ON announcements
  FOR EACH STATEMENT EXECUTE FUNCTION tell_announcements();

ALTER TABLE apps
  -- Short messages (not in AXE; the control address in AX and X only).
  ADD COLUMN sms boolean NOT NULL DEFAULT false,
  ADD COLUMN sms_notification_url text,
  ADD COLUMN sms_control_url text,
  -- Recordings may be listened to, to check quality; what both hear of that before a recording begins.
  ADD COLUMN quality_check boolean NOT NULL DEFAULT false,
  ADD COLUMN quality_hint_tone text;
