import type { SipPacket } from './Phone.ts';
import type { PhoneMedia } from './PhoneMedia.ts';

/** A packet that told its receiver what it should not. */
export interface Leak {
  readonly secret: string;
  readonly where: 'SIP' | 'RTP' | 'RTCP';
  /** The line, or the first octets in hex, in which it stands. */
  readonly line: string;
}

/** The digits that give a person away in any spelling: with and without country code, `+`, `00` or `0`. */
export function digitsOf(number: string): string {
  return number.replace(/^\+86/, '');
}

/** Reads every packet that reached one side, byte by byte, for what belongs to the other side. */
export function findLeaks(
  sip: readonly SipPacket[],
  media: readonly (PhoneMedia | undefined)[],
  secrets: readonly string[],
): Leak[] {
  const leaks: Leak[] = [];
  for (const { direction, bytes } of sip) {
    if (direction === 'out') continue;
    for (const text of spellings(bytes)) {
      for (const secret of secrets.filter((each) => text.includes(each))) {
        const line = text.split('\r\n').find((each) => each.includes(secret)) ?? '';
        leaks.push({ secret, where: 'SIP', line });
      }
    }
  }
  for (const { control, bytes } of media.flatMap((each) => each?.received ?? [])) {
    for (const secret of secrets.filter((each) => bytes.includes(each, 0, 'latin1'))) {
      leaks.push({ secret, where: control ? 'RTCP' : 'RTP', line: bytes.subarray(0, 64).toString('hex') });
    }
  }
  return leaks;
}

/** The packet as it came, and with its escapes undone where it has any. */
function spellings(bytes: string): string[] {
  const unescaped = bytes.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return unescaped === bytes ? [bytes] : [bytes, unescaped];
}
