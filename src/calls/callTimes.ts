/**
 * A moment as events and records write it (facts 8.1): UTC, `yyyy-MM-dd HH:mm:ss`.
 * @param at milliseconds since the epoch
 */
export function formatTime(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}

/**
 * A moment inside a name: UTC, `yyyyMMddHHmmss`.
 * @param at milliseconds since the epoch
 */
export function compactTime(at: number): string {
  return new Date(at).toISOString().replace(/[-:T]/g, '').slice(0, 14);
}
