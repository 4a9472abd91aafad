-- What a caller meets on a number, for src/store/routingTable.ts: JSON whose names are those of routing/types.ts, numbers
-- of people sealed, in base64. Functions, and not joins in one statement, so that a call costs what its own mode costs:
-- a plan that knows every mode is set up whole for each call, and doubled what an AXB call costs the database.

-- Milliseconds since 1970; null for never.
CREATE FUNCTION epoch_ms(at timestamptz) RETURNS float8 LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN isfinite(at) THEN (extract(epoch FROM at) * 1000)::float8 END
$$;

CREATE FUNCTION last_caller_json(c call_backs) RETURNS json LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN c.x IS NOT NULL THEN json_build_object(
    'sealed', encode(c.caller_sealed, 'base64'), 'expiresAt', epoch_ms(c.expires_at)) END
$$;

-- AX: the binding of the X, whoever calls; for A himself with the callee who was set for him and with who called last.
CREATE FUNCTION ax_relation(of_app text, on_x text, caller bytea) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (
    SELECT json_strip_nulls(json_build_object(
      'mode', 'AX', 'subscriptionId', b.subscription_id, 'aSealed', encode(b.a_sealed, 'base64'),
      'callDirection', coalesce(b.call_direction, 0), 'showsCaller', b.shows_caller,
      'recordFlag', b.record_flag, 'recordHintTone', b.record_hint_tone,
      'maxDurationMinutes', b.max_duration_minutes, 'lastMinVoice', b.last_min_voice,
      'callerHintTone', b.caller_hint_tone, 'calleeHintTone', b.callee_hint_tone, 'userData', b.user_data,
      'temporaryCallee', CASE WHEN b.a_digest = caller AND b.callee_id IS NOT NULL THEN json_build_object(
        'id', b.callee_id, 'sealed', encode(b.callee_sealed, 'base64'),
        'expiresAt', epoch_ms(b.callee_expires_at), 'userData', b.callee_user_data) END,
      'lastCaller', last_caller_json(c)))
    FROM ax_bindings b
    LEFT JOIN call_backs c
      ON b.a_digest = caller AND c.app_key = b.app_key AND c.x = b.x AND c.extension = ''
    WHERE b.app_key = of_app AND b.x = on_x);
END $$;

CREATE FUNCTION axe_json(b axe_bindings, c call_backs) RETURNS json LANGUAGE sql STABLE AS $$
  SELECT json_strip_nulls(json_build_object(
    'mode', 'AXE', 'subscriptionId', b.subscription_id, 'aSealed', encode(b.a_sealed, 'base64'),
    'extension', b.extension, 'expiresAt', epoch_ms(b.expires_at), 'showsCaller', b.shows_caller,
    'recordFlag', b.record_flag, 'recordHintTone', b.record_hint_tone, 'callBackTone', b.call_back_tone,
    'callBackNumberSealed', encode(b.call_back_number_sealed, 'base64'), 'callBackSeconds', b.call_back_seconds,
    'userData', b.user_data, 'lastCaller', last_caller_json(c)))
$$;

-- AXE: the binding in which the caller is A, with who called last. For a stranger: by whom not to be answered alike, the
-- first four bytes of the digest of each A; nothing if there are more of them than memory should hold.
CREATE FUNCTION axe_relation(of_app text, on_x text, caller bytea) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  most CONSTANT integer := 1000;
  found json;
BEGIN
  SELECT axe_json(b, c) INTO found
  FROM axe_bindings b
  LEFT JOIN call_backs c ON c.app_key = b.app_key AND c.x = b.x AND c.extension = b.extension
  WHERE b.a_digest = caller AND b.x = on_x;
  IF found IS NOT NULL THEN RETURN found; END IF;

  RETURN (
    SELECT json_build_object('mode', 'AXE-stranger', 'owners', CASE WHEN count(*) <= most
      THEN coalesce(encode(string_agg(o.prefix, ''), 'base64'), '') END)
    FROM (SELECT substring(b.a_digest FOR 4) AS prefix FROM axe_bindings b
          WHERE b.app_key = of_app AND b.x = on_x LIMIT most + 1) o);
END $$;

-- AXE: the binding of an extension.
CREATE FUNCTION axe_relation_of_extension(of_app text, on_x text, digits text) RETURNS json
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT axe_json(b, NULL) FROM axe_bindings b
          WHERE b.app_key = of_app AND b.x = on_x AND b.extension = digits);
END $$;

CREATE FUNCTION axyb_json(b axyb_bindings, r axyb_relations, meeting boolean) RETURNS json LANGUAGE sql STABLE AS $$
  SELECT json_strip_nulls(json_build_object(
    'mode', 'AXYB', 'subscriptionId', b.subscription_id, 'aSealed', encode(b.a_sealed, 'base64'), 'x', b.x,
    'bSealed', CASE WHEN meeting THEN encode(r.b_sealed, 'base64') END, 'y', CASE WHEN meeting THEN r.y END,
    'callDirection', b.call_direction,
    'expiresAt', epoch_ms(least(b.expires_at, r.expires_at)),
    'recordFlag', b.record_flag, 'recordHintTone', b.record_hint_tone,
    'preVoiceX', b.pre_voice_x, 'preVoiceY', r.pre_voice_y, 'userData', coalesce(r.user_data, b.user_data)))
$$;

-- AXYB: the binding in which the caller and the number meet, as B and X or as A and Y; else one in which both are the same
-- person's, the one that lives longest.
CREATE FUNCTION axyb_relation(of_app text, of_number text, caller bytea) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  found json;
BEGIN
  SELECT axyb_json(b, r, true) INTO found
  FROM axyb_relations r JOIN axyb_bindings b ON b.app_key = r.app_key AND b.subscription_id = r.subscription_id
  WHERE r.app_key = of_app AND r.x = of_number AND r.b_digest = caller;
  IF found IS NOT NULL THEN RETURN found; END IF;

  SELECT axyb_json(b, r, true) INTO found
  FROM axyb_relations r JOIN axyb_bindings b ON b.app_key = r.app_key AND b.subscription_id = r.subscription_id
  WHERE r.app_key = of_app AND r.y = of_number AND r.a_digest = caller;
  IF found IS NOT NULL THEN RETURN found; END IF;

  SELECT axyb_json(b, NULL, false) INTO found FROM axyb_bindings b
  WHERE b.app_key = of_app AND b.x = of_number AND b.a_digest = caller;
  IF found IS NOT NULL THEN RETURN found; END IF;

  SELECT axyb_json(b, r, false) INTO found
  FROM axyb_relations r JOIN axyb_bindings b ON b.app_key = r.app_key AND b.subscription_id = r.subscription_id
  WHERE r.b_digest = caller AND r.y = of_number
  ORDER BY least(b.expires_at, r.expires_at) DESC LIMIT 1;
  RETURN found;
END $$;
