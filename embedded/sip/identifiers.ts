import { randomBytes } from 'node:crypto';
import { magicCookie } from './Via.ts';

/*
 * Random identifiers. One call of the system's generator fills a pool that many identifiers are cut from: a call
 * needs about ten of them.
 */
const poolOctets = 8192;
let pool = '';
let taken = 0;

function randomHex(characters: number): string {
  if (taken + characters > pool.length) {
    pool = randomBytes(poolOctets).toString('hex');
    taken = 0;
  }
  taken += characters;
  return pool.slice(taken - characters, taken);
}

/** A branch that is unique in space and time (RFC 3261 8.1.1.7). */
export function newBranch(): string {
  return `${magicCookie}${randomHex(20)}`;
}

/** A tag with more than the 32 bits of randomness that RFC 3261 19.3 asks for. */
export function newTag(): string {
  return randomHex(16);
}

/** A Call-ID that says nothing about its host or the call (RFC 3261 8.1.1.4). */
export function newCallId(): string {
  const hex = randomHex(32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
