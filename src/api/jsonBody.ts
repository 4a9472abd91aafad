import { PartnerError } from './errorCodes.ts';

export interface JsonLimits {
  /** Bytes. */
  readonly largestBody: number;
  /** Objects and arrays inside each other. */
  readonly deepest: number;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a request's body.
 * @returns undefined for an empty one
 * @throws PartnerError 1010002 for what is no JSON in UTF-8, or nested too deep
 */
export function readJson(body: Buffer, { deepest }: JsonLimits): unknown {
  if (body.length === 0) return undefined;
  if (isDeeper(body, deepest)) {
    throw new PartnerError('invalid-request', `The body: expected at most ${deepest} levels of JSON.`);
  }
  try {
    return JSON.parse(UTF8.decode(body));
  } catch {
    throw new PartnerError('invalid-request', 'The body: expected JSON in UTF-8.');
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** Looks at the bytes before anything is made of them; no byte of a longer UTF-8 sequence is one of these signs. */
function isDeeper(json: Buffer, deepest: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] ?? 0;
    if (quoted) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else if (OPENING.has(byte)) {
      depth += 1;
      if (depth > deepest) return true;
    } else if (CLOSING.has(byte)) depth -= 1;
  }
  return false;
}
