/** What the choice needs to know of a trunk. */
export interface TrunkCandidate {
  readonly name: string;
  readonly enabled: boolean;
  /** Lower is tried first, as in SRV records (RFC 2782). */
  readonly priority: number;
  /** Share among the trunks of one priority. */
  readonly weight: number;
}

/** What is known of the trunks at the moment of the choice. */
export interface TrunkConditions {
  readonly isHealthy: (name: string) => boolean;
  /** 0 ≤ number < 1. */
  readonly random: () => number;
}

/**
 * The order in which trunks are tried for one call.
 * Disabled ones are left out. Lower priority numbers come first; inside one priority the order is
 * drawn by weight, as RFC 2782 does for SRV records. Trunks that do not answer OPTIONS come last, whatever their
 * priority: when all are silent a call still tries one, since a peer may simply not answer OPTIONS.
 */
export function orderTrunks<Trunk extends TrunkCandidate>(
  trunks: readonly Trunk[],
  { isHealthy, random }: TrunkConditions,
): Trunk[] {
  const usable = trunks.filter((trunk) => trunk.enabled);
  if (usable.length < 2) return usable;
  const ranked = usable.map((trunk) => ({
    trunk,
    isSilent: !isHealthy(trunk.name),
    // The smallest of exponentially distributed draws falls on each with its weight's probability.
    draw: -Math.log(1 - random()) / trunk.weight,
  }));
  ranked.sort(
    (a, b) =>
      Number(a.isSilent) - Number(b.isSilent) || a.trunk.priority - b.trunk.priority || a.draw - b.draw,
  );
  return ranked.map(({ trunk }) => trunk);
}

/**
 * Whether a failed attempt goes on to the next trunk.
 * A trunk that timed out (408), broke (500) or is overloaded (503), or that could not be reached, says nothing of the
 * callee; every other answer is the callee's or his network's and is final.
 * @param status SIP status of the failure; undefined when nothing came back
 * @param progressed whether a provisional response above 100 had come: then the callee may have been rung, and nobody
 * is rung twice
 */
export function shouldTryNextTrunk(status: number | undefined, progressed: boolean): boolean {
  if (progressed) return false;
  return status === undefined || status === 408 || status === 500 || status === 503;
}
