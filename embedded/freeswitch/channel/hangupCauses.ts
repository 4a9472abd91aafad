/** Hang-up causes by FreeSWITCH's names: the Q.850 cause, and the SIP code that says the same before an answer. */
export const HANGUP_CAUSES = {
  NONE: { q850: 0, sip: 480 },
  UNALLOCATED_NUMBER: { q850: 1, sip: 404 },
  NO_ROUTE_DESTINATION: { q850: 3, sip: 404 },
  NORMAL_CLEARING: { q850: 16, sip: 480 },
  USER_BUSY: { q850: 17, sip: 486 },
  NO_USER_RESPONSE: { q850: 18, sip: 408 },
  NO_ANSWER: { q850: 19, sip: 480 },
  SUBSCRIBER_ABSENT: { q850: 20, sip: 480 },
  CALL_REJECTED: { q850: 21, sip: 603 },
  NUMBER_CHANGED: { q850: 22, sip: 410 },
  DESTINATION_OUT_OF_ORDER: { q850: 27, sip: 502 },
  INVALID_NUMBER_FORMAT: { q850: 28, sip: 484 },
  NORMAL_UNSPECIFIED: { q850: 31, sip: 480 },
  NORMAL_CIRCUIT_CONGESTION: { q850: 34, sip: 503 },
  NETWORK_OUT_OF_ORDER: { q850: 38, sip: 502 },
  NORMAL_TEMPORARY_FAILURE: { q850: 41, sip: 503 },
  SWITCH_CONGESTION: { q850: 42, sip: 503 },
  FACILITY_REJECTED: { q850: 29, sip: 501 },
  OUTGOING_CALL_BARRED: { q850: 52, sip: 403 },
  INCOMING_CALL_BARRED: { q850: 54, sip: 403 },
  BEARERCAPABILITY_NOTAVAIL: { q850: 58, sip: 503 },
  INCOMPATIBLE_DESTINATION: { q850: 88, sip: 488 },
  RECOVERY_ON_TIMER_EXPIRE: { q850: 102, sip: 504 },
  MANDATORY_IE_MISSING: { q850: 96, sip: 400 },
  INTERWORKING: { q850: 127, sip: 503 },
  ORIGINATOR_CANCEL: { q850: 487, sip: 487 },
  LOSE_RACE: { q850: 502, sip: 487 },
  MANAGER_REQUEST: { q850: 503, sip: 480 },
  ALLOTTED_TIMEOUT: { q850: 602, sip: 480 },
  MEDIA_TIMEOUT: { q850: 604, sip: 480 },
  SYSTEM_SHUTDOWN: { q850: 501, sip: 503 },
} as const;

export type HangupCause = keyof typeof HANGUP_CAUSES;

/** Reads a cause by name, in any case, or by its Q.850 number; nothing when there is no such cause. */
export function parseHangupCause(text: string): HangupCause | undefined {
  const wanted = text.trim().toUpperCase();
  for (const name of Object.keys(HANGUP_CAUSES)) {
    if (!isHangupCause(name)) continue;
    if (name === wanted || String(HANGUP_CAUSES[name].q850) === wanted) return name;
  }
  return undefined;
}

function isHangupCause(name: string): name is HangupCause {
  return Object.hasOwn(HANGUP_CAUSES, name);
}
