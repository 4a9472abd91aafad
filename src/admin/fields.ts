import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { Type } from 'typebox';

/** An E.164 number with its plus. */
export const E164 = Type.String({
  pattern: '^\\+[1-9]\\d{3,14}$',
  description: 'a number in E.164, like +8617000005001',
});

export const Name = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$',
  description: 'letters, digits, dots, dashes and underlines, at most 63',
});

export const Title = Type.String({
  minLength: 1,
  maxLength: 128,
  description: 'a text of 1 to 128 characters',
});

export const AppKey = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'the appKey of an application',
});

/** What call records name as spId. */
export const AccountId = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$',
  description: 'letters, digits, dots, dashes and underlines, at most 32',
});

export const SessionId = Type.String({
  minLength: 1,
  maxLength: 256,
  description: 'the sessionId of a call',
});

export const AreaCode = Type.String({
  pattern: '^\\d{0,8}$',
  description: 'a city code in digits, like 0571',
});

/** Where notifications go. User names in a URL would end in logs; a fragment would not be sent. */
export const WebUrl = Type.Refine(
  Type.String({ maxLength: 512, description: 'an http or https URL without user name and fragment' }),
  (value) => {
    const url = URL.parse(value);
    return (
      url !== null &&
      (url.protocol === 'http:' || url.protocol === 'https:') &&
      url.username === '' &&
      url.password === '' &&
      url.hash === ''
    );
  },
);

/** A host name or an address, without a port. */
export const Host = Type.Refine(
  Type.String({ minLength: 1, maxLength: 253, description: 'a host name or an IP address, without a port' }),
  (value) =>
    isIP(value) !== 0 ||
    (domainToASCII(value) !== '' &&
      /^(?=.*[a-z])[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i.test(value)),
);

export const Port = Type.Integer({ minimum: 1, maximum: 65_535, description: 'a port from 1 to 65535' });

/** An address range, or a single address, which stands for itself. Bits outside the prefix must be 0. */
export const AddressRange = Type.Refine(
  Type.String({
    maxLength: 49,
    description: 'a CIDR range whose host bits are 0, like 192.0.2.0/24, or one address',
  }),
  isAddressRange,
);

/** @returns whether PostgreSQL's `cidr` would take the value */
export function isAddressRange(value: string): boolean {
  const [address = '', prefix, ...rest] = value.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || address.includes('%')) return false;
  const bits = family === 4 ? 32 : 128;
  if (prefix === undefined) return true;
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return false;
  const hostBits = BigInt(bits - Number(prefix));
  return (addressBits(address, family) & ((1n << hostBits) - 1n)) === 0n;
}

function addressBits(address: string, family: number): bigint {
  if (family === 4) return ofIPv4(address);
  // The URL parser writes every IPv6 form, also one with an IPv4 tail, as groups of hexadecimal digits.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array<string>(zeros).fill('0'), ...right].reduce(
    (bits, group) => (bits << 16n) | BigInt(Number.parseInt(group, 16)),
    0n,
  );
}

function ofIPv4(address: string): bigint {
  return address.split('.').reduce((bits, octet) => (bits << 8n) | BigInt(octet), 0n);
}

/** The file name of an announcement: nothing in it can leave its folder. */
export const AnnouncementName = Type.String({
  // No two @ in a row: to FreeSWITCH they begin a position in the file.
  pattern: '^[A-Za-z0-9](?:@?[A-Za-z0-9._-])*\\.wav$',
  maxLength: 128,
  description:
    'a file name of letters, digits, dots, dashes, underlines and single @ that begins with a letter or digit, ends in ' +
    '.wav and has at most 128 characters',
});

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$/;

/** A moment in time (RFC 3339). */
export const Moment = Type.Refine(
  Type.String({ pattern: MOMENT.source, description: 'a time like 2026-01-31T08:00:00Z' }),
  (value) => !Number.isNaN(Date.parse(value)),
);
