import { isIP } from 'node:net';

/** A setting that is missing or cannot be understood. The message names the setting, the value and what was expected. */
export class SettingError extends Error {
  readonly code = 'SETTING_INVALID';
  constructor(name: string, value: string, expected: string) {
    super(`${name}=${JSON.stringify(value)}: expected ${expected}`);
    this.name = 'SettingError';
  }
}

/*
 * How settings are read from their text. Each takes the text and the setting's name, and throws SettingError.
 */

const SECONDS_PER_DAY = 86_400;

export const text = (value: string): string => value;

export const oneOf =
  <const T extends string>(...allowed: readonly T[]) =>
  (value: string, name: string): T => {
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) throw new SettingError(name, value, `one of ${allowed.join(', ')}`);
    return found;
  };

export const integer =
  (least: number, most: number) =>
  (value: string, name: string): number => {
    const number = Number(value);
    if (value.trim() === '' || !Number.isInteger(number) || number < least || number > most) {
      throw new SettingError(name, value, `a whole number from ${least} to ${most}`);
    }
    return number;
  };

export const integerOrNone =
  (least: number, most: number) =>
  (value: string, name: string): number | undefined =>
    value === '' ? undefined : integer(least, most)(value, name);

/** First digits of telephone numbers in global form, comma-separated; "off" for none. */
export const numberPrefixes = (value: string, name: string): readonly string[] => {
  if (value === 'off') return [];
  const prefixes = value.split(',').map((each) => each.trim());
  if (prefixes.every((each) => /^\+[1-9]\d{0,14}$/.test(each))) return prefixes;
  throw new SettingError(name, value, 'first digits of numbers, like +979,+1900, or off');
};

/** At most so many calls in each span of so many seconds. */
export interface CallFrequency {
  readonly calls: number;
  readonly seconds: number;
}

export const frequencyOrNone = (value: string, name: string): CallFrequency | undefined => {
  if (value === '') return undefined;
  const [, calls, seconds] = /^(\d{1,7})\/(\d{1,5})$/.exec(value)?.map(Number) ?? [];
  if (!calls || !seconds || seconds > SECONDS_PER_DAY)
    throw new SettingError(name, value, 'calls/seconds, like 100/60, within one day');
  return { calls, seconds };
};

export const accountId = (value: string, name: string): string => {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/.test(value)) return value;
  throw new SettingError(name, value, 'letters, digits, dots, dashes and underlines, at most 32');
};

/** So many requests, or failures, in so many seconds. */
export interface Rate {
  readonly most: number;
  readonly seconds: number;
}

export const rateOrOff = (value: string, name: string): Rate | undefined => {
  if (value === 'off') return undefined;
  const [, most, seconds] = /^(\d{1,8})\/(\d{1,5})$/.exec(value)?.map(Number) ?? [];
  if (!most || !seconds || seconds > SECONDS_PER_DAY)
    throw new SettingError(name, value, 'number/seconds, like 600/60, within one day, or off');
  return { most, seconds };
};

/** A time zone of the IANA database, in the spelling of the runtime. */
export const timeZone = (value: string, name: string): string => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone;
  } catch {
    throw new SettingError(name, value, 'a time zone, like Asia/Shanghai');
  }
};

export const port = integer(0, 65_535);

export const portOrOff = (value: string, name: string): number | undefined =>
  value === 'off' ? undefined : port(value, name);

export const baseUrlOrNone = (value: string, name: string): string | undefined => {
  if (value === '') return undefined;
  const url = URL.parse(value);
  const isBase = url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '';
  if (!isBase || url.username !== '' || url.password !== '')
    throw new SettingError(name, '…', 'http://host or https://host, with a path or without');
  return url.href.replace(/\/+$/, '');
};

/** The value is not shown: it may hold a password. */
export const databaseUrlOrNone = (value: string, name: string): string => {
  if (value !== '' && !/^postgres(ql)?:\/\/./.test(value))
    throw new SettingError(name, '…', 'postgres://user:password@host:port/database');
  return value;
};

export const listOf = (value: string): string[] =>
  value
    .split(/[,;]/)
    .map((item) => item.trim())
    .filter((item) => item !== '');

export const addressRanges = (value: string, name: string): string[] => {
  const ranges = listOf(value);
  const isRange = (range: string) => {
    const [address = '', prefix = '0', ...rest] = range.split('/');
    const family = isIP(address);
    const isPrefix = /^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 6 ? 128 : 32);
    return family !== 0 && isPrefix && rest.length === 0 && !address.includes('%');
  };
  if (!ranges.every(isRange))
    throw new SettingError(name, value, 'addresses and CIDR ranges, like 10.0.0.0/8, separated by commas');
  return ranges;
};

export const secondsList = (value: string, name: string): number[] => {
  const seconds = listOf(value).map(Number);
  if (seconds.some((each) => !(each >= 0)))
    throw new SettingError(name, value, 'seconds, separated by commas');
  return seconds;
};

/** A host name, IPv4 address or IPv6 address in brackets, and a port. */
export const hostAndPortOrNone = (value: string, name: string): HostAndPort | undefined => {
  if (value === '') return undefined;
  const match = /^(?:\[([\da-fA-F:.]+)\]|([\w.-]+)):(\d{1,5})$/.exec(value);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65_535)
    throw new SettingError(name, value, 'host:port, like 192.0.2.1:9060');
  return { host, port };
};

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** A server given as `host:port,secret`. */
export interface ServerAddress extends HostAndPort {
  readonly secret: string;
}

export const serverList = (value: string, name: string): ServerAddress[] =>
  value
    .split(';')
    .filter((item) => item.trim() !== '')
    .map((item) => {
      const match = /^\s*\[?([^\]\s,]+?)\]?:(\d{1,5}),(.+?)\s*$/.exec(item);
      if (!match?.[1] || !match[2] || !match[3])
        throw new SettingError(name, '…', 'host:port,secret; more of them separated by ;');
      return { host: match[1], port: Number(match[2]), secret: match[3] };
    });

export const oneServer = (value: string, name: string): ServerAddress | undefined => {
  const [server, another] = serverList(value, name);
  if (another !== undefined) throw new SettingError(name, '…', 'one server');
  return server;
};
