import { Problem } from './problem.ts';

/** No request of the admin API nests deeper than four. */
const DEEPEST = 16;

/**
 * Refuses what PostgreSQL does not hold, wherever it stands in a request: NUL, half of a surrogate pair; and
 * nesting that no schema asks for, before anything walks through it.
 * @param where what the value is, for the message
 * @throws Problem naming where it stands
 */
export function refuseUnstorable(where: string, value: unknown, depth = 0): void {
  if (typeof value === 'string') {
    if (value.includes('\0') || !value.isWellFormed()) {
      throw new Problem('invalid-body', `${where}: expected Unicode text without NUL.`);
    }
  } else if (value !== null && typeof value === 'object' && !Buffer.isBuffer(value)) {
    if (depth === DEEPEST) throw new Problem('invalid-body', `The body: expected at most ${DEEPEST} levels.`);
    for (const [name, member] of Object.entries(value)) {
      refuseUnstorable(where, name);
      refuseUnstorable(`${where}.${name}`, member, depth + 1);
    }
  }
}
