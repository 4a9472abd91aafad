import { randomInt } from 'node:crypto';
import { compactTime } from './callTimes.ts';

/** Makes the id of a call that comes in at `now` (milliseconds since the epoch). */
export type SessionIds = (now: number) => string;

/**
 * Session ids in the form of the facts (8.2): three numbers and the time, `1200_77_0_20260105040001@host`.
 * The first two numbers are drawn for the life of this process and the third counts its calls, so no id comes twice.
 * @param hostName stands after the `@`
 */
export function createSessionIds(hostName: string): SessionIds {
  const life = `${randomInt(1000, 2 ** 32)}_${randomInt(10, 2 ** 16)}`;
  let count = 0;
  return (now) => {
    count += 1;
    return `${life}_${count}_${compactTime(now)}@${hostName}`;
  };
}

/** The part of a session id that is unique and fits into other ids. */
export function sessionKey(sessionId: string): string {
  const at = sessionId.indexOf('@');
  return at < 0 ? sessionId : sessionId.slice(0, at);
}
