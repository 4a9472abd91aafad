-- What happens to a number that is given back or goes to another application: whatever stands on it ends.

-- Ends everything that stands on a number of an application, in whatever mode, for a caller who holds the lock of the
-- application. Calls in progress go on, and their lines with them. The triggers of the tables tell the news, keep
-- the counts and forget who called.
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
