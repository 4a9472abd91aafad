import { isIP } from 'node:net';

/** `https://host:port` for people; an IPv6 address gets its brackets. */
export function addressOf(scheme: 'http' | 'https', host: string, port: number): string {
  return `${scheme}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
