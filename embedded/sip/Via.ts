import { parseParams, splitAtCommas } from './quotedText.ts';

/** The parts of a Via value that routing and transaction matching need (RFC 3261 20.42). */
export interface Via {
  /** Upper case: UDP, TCP, TLS, … */
  readonly transport: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly params: ReadonlyMap<string, string>;
}

/** The value that a branch of RFC 3261 begins with (8.1.1.7). */
export const magicCookie = 'z9hG4bK';

const pattern =
  /^SIP\s*\/\s*\d+\.\d+\s*\/\s*([A-Za-z0-9\-.!%*_+`'~]+)\s+(\[[0-9A-Fa-f:.]+\]|[^\s:;,[\]]+)\s*(?::\s*(\d{1,5}))?\s*(?:;(.*))?$/i;

/** Reads one Via value. @returns undefined where it is none */
export function parseVia(value: string): Via | undefined {
  const match = pattern.exec(value);
  if (match === null) return undefined;
  const [, transport = '', host = '', port, params = ''] = match;
  return {
    transport: transport.toUpperCase(),
    host: host.startsWith('[') ? host.slice(1, -1) : host,
    port: port === undefined ? undefined : Number(port),
    params: parseParams(params),
  };
}

/** The first of the Via values that may stand on one line. */
export function firstViaValue(line: string): string {
  return line.includes(',') ? (splitAtCommas(line)[0] ?? '') : line;
}

/**
 * The Via line with what the receiver saw: `received` and, where the sender asked, `rport`
 * (RFC 3261 18.2.1, RFC 3581 4). Values after the first are left alone.
 */
export function markSource(line: string, via: Via, sourceAddress: string, sourcePort: number): string {
  const wantsPort = via.params.has('rport');
  if (!wantsPort && via.host === sourceAddress && !via.params.has('received')) return line;
  const first = firstViaValue(line);
  const rest = line.slice(line.indexOf(first) + first.length);
  const cleaned = first
    .replace(/\s*;\s*received\s*=[^;]*/i, '')
    .replace(/\s*;\s*rport(?:\s*=[^;]*)?(?=;|$)/i, wantsPort ? `;rport=${sourcePort}` : '');
  return `${cleaned};received=${sourceAddress}${rest}`;
}
