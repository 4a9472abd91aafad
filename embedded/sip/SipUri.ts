import { parseParams } from './quotedText.ts';

/** A sip: or sips: URI, taken apart (RFC 3261 19.1). */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** User part with its password, as written; empty for none. */
  readonly user: string;
  /** Host as written; an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: ReadonlyMap<string, string>;
  readonly headers: string;
}

const pattern =
  /^(sips?):(?:([^@\s<>"]*)@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?)(?::(\d{1,5}))?((?:;[^\s;?<>"]*)*)(?:\?([^\s<>"]*))?$/i;

/** Reads a sip: or sips: URI. @returns undefined for any other scheme and for what is no URI */
export function parseSipUri(text: string): SipUri | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, scheme = '', user = '', host = '', port, params = '', headers = ''] = match;
  const portNumber = port === undefined ? undefined : Number(port);
  if (portNumber !== undefined && (portNumber < 1 || portNumber > 65_535)) return undefined;
  return {
    scheme: scheme.toLowerCase() === 'sips' ? 'sips' : 'sip',
    user,
    host: host.startsWith('[') ? host.slice(1, -1) : host,
    port: portNumber,
    params: params === '' ? emptyParams : parseParams(params.slice(1)),
    headers,
  };
}

const emptyParams: ReadonlyMap<string, string> = new Map();

const absoluteUri = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"]+$/;

/** Whether the text can stand as a Request-URI: any absolute URI without spaces, quotes or angle brackets. */
export function isAbsoluteUri(text: string): boolean {
  return absoluteUri.test(text);
}

/** A host as it stands in a URI or a Via: IPv6 addresses in brackets. */
export function hostText(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
