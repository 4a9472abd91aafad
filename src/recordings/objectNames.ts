import { randomInt } from 'node:crypto';

const OBJECT_NAME = /^(\d\d)(\d\d)(\d\d)\d{6,}\.wav$/;

/**
 * A name for a recording that begins now: `yyMMddHHmmss` (UTC), digits, `.wav` (facts 8.3).
 * @param now milliseconds since the epoch
 */
export function newObjectName(now: number): string {
  const stamp = new Date(now).toISOString().slice(2, 19).replace(/\D/g, '');
  return `${stamp}${String(randomInt(1e9)).padStart(9, '0')}.wav`;
}

/** Whether a name, wherever it comes from, is one that a recording can have. */
export function isObjectName(name: string): boolean {
  return OBJECT_NAME.test(name);
}

/** The day on which a recording began, `yyyy-MM-dd` (UTC). @throws RangeError for a name that is none of ours */
export function dayOf(objectName: string): string {
  const found = OBJECT_NAME.exec(objectName);
  if (!found)
    throw new RangeError(`recording ${JSON.stringify(objectName)}: expected yyMMddHHmmss, digits, .wav`);
  return `20${found[1]}-${found[2]}-${found[3]}`;
}
