/** Cause values of Q.850 that this application gives itself, by what they mean (ITU-T Q.850, table 1). */
export const Q850 = {
  unallocatedNumber: 1,
  noRouteToDestination: 3,
  normalClearing: 16,
  userBusy: 17,
  noAnswer: 19,
  subscriberAbsent: 20,
  callRejected: 21,
  numberChanged: 22,
  destinationOutOfOrder: 27,
  invalidNumberFormat: 28,
  normalUnspecified: 31,
  noCircuitAvailable: 34,
  networkOutOfOrder: 38,
  temporaryFailure: 41,
  resourceUnavailable: 47,
  bearerNotImplemented: 65,
  incompatibleDestination: 88,
  recoveryOnTimerExpiry: 102,
} as const;

/**
 * The value of a `Reason` header (RFC 3326).
 * @param q850 cause value, 1–127
 */
export function formatReason(q850: number): string {
  return `Q.850;cause=${q850}`;
}

/**
 * The Q.850 cause in a `Reason` header, which may carry several reasons of several protocols (RFC 3326, 2).
 * @param header the header's value; several headers joined by commas
 * @returns 1–127, or undefined when there is none that can be read
 */
export function readQ850(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const found = /(?:^|,)\s*Q\.850\s*(?:;[^,;]*)*?;\s*cause\s*=\s*(\d{1,3})(?!\d)/i.exec(header);
  const cause = Number(found?.[1]);
  return cause >= 1 && cause <= 127 ? cause : undefined;
}
