/** What the choice of a media server looks at. */
export interface Load {
  /** channels in use, those of other applications included */
  readonly channels: number;
  /** most channels it takes; 0 where it has not said yet */
  readonly mostChannels: number;
}

/**
 * The server with the smallest part of its channels in use, of those with room.
 * @param needed channels that the new call takes
 */
export function leastLoaded<Server extends Load>(
  servers: Iterable<Server>,
  needed: number,
): Server | undefined {
  let best: Server | undefined;
  let bestPart = Number.POSITIVE_INFINITY;
  for (const server of servers) {
    const room = server.mostChannels === 0 ? Number.POSITIVE_INFINITY : server.mostChannels;
    if (server.channels + needed > room) continue;
    // Without a known size only the count can be compared; 1000 is what FreeSWITCH ships with.
    const part = server.channels / (server.mostChannels === 0 ? 1000 : server.mostChannels);
    if (part < bestPart) {
      best = server;
      bestPart = part;
    }
  }
  return best;
}
