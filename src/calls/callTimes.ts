let lastSecond = Number.NaN;
let lastText = '';

/**
 * A moment as events and records write it (facts 8.1): UTC, `yyyy-MM-dd HH:mm:ss`.
 * The last one is remembered: a call asks for the same second some ten times.
 * @param at milliseconds since the epoch
 */
export function formatTime(at: number): string {
  const second = Math.floor(at / 1000);
  if (second !== lastSecond) {
    lastText = new Date(at).toISOString().slice(0, 19).replace('T', ' ');
    lastSecond = second;
  }
  return lastText;
}

/**
 * A moment inside a name: UTC, `yyyyMMddHHmmss`.
 * @param at milliseconds since the epoch
 */
export function compactTime(at: number): string {
  return formatTime(at).replace(/[-: ]/g, '');
}
