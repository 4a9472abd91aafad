import { describe, expect, it } from 'vitest';
import { describeSettings, readConfig, SETTINGS } from '../src/config.ts';

describe('AXBRIDGE_PUBLIC_URL', () => {
  it.each([
    ['', undefined],
    ['https://numbers.example.com', 'https://numbers.example.com'],
    ['http://10.0.0.1:8080/', 'http://10.0.0.1:8080'],
    ['https://example.com/calls/', 'https://example.com/calls'],
  ])('%s is read as %s', (value, base) => {
    expect(readConfig({ AXBRIDGE_PUBLIC_URL: value }).AXBRIDGE_PUBLIC_URL).toBe(base);
  });

  it.each([
    'numbers.example.com',
    'ftp://example.com',
    'https://example.com/?a=b',
    'https://example.com/#a',
    'https://user:word@example.com',
  ])('%s is refused', (value) => {
    expect(() => readConfig({ AXBRIDGE_PUBLIC_URL: value })).toThrow(/^AXBRIDGE_PUBLIC_URL=.*expected http/);
  });
});

describe('the settings', () => {
  it('come from a file too, and a file that is not there is named with its setting', () => {
    const file = import.meta.filename;
    expect(readConfig({ AXBRIDGE_HOST_NAME_FILE: file }).AXBRIDGE_HOST_NAME).toMatch(/^import/);
    expect(() => readConfig({ AXBRIDGE_SP_ID_FILE: '/no/such/file' })).toThrow(
      'AXBRIDGE_SP_ID_FILE="/no/such/file": expected a file that can be read',
    );
  });

  it('refuse a database that is none, without showing it', () => {
    expect(() => readConfig({ DATABASE_URL: 'axbridge:secret@db' })).toThrow(
      'DATABASE_URL="…": expected postgres://user:password@host:port/database',
    );
  });

  it('are all shown by --help, in 80 columns', () => {
    const lines = describeSettings().split('\n');
    const names = lines.map((line) => line.split(' ', 1)[0]).filter((name) => name !== '');
    expect(names).toEqual(Object.keys(SETTINGS));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

describe('settings of the guards', () => {
  it('have defaults that refuse nothing', () => {
    expect(readConfig({})).toMatchObject({
      AXBRIDGE_TIME_ZONE: 'Asia/Shanghai',
      AXBRIDGE_REAL_CALLERS: 'off',
      AXBRIDGE_MAX_CALLS: undefined,
      AXBRIDGE_CALL_FREQUENCY: undefined,
    });
  });

  it('are read', () => {
    const set = {
      AXBRIDGE_TIME_ZONE: 'europe/berlin',
      AXBRIDGE_REAL_CALLERS: 'on',
      AXBRIDGE_MAX_CALLS: '500',
      AXBRIDGE_BARRED: '+979, +86170',
      AXBRIDGE_CALL_FREQUENCY: '100/60',
    };
    expect(readConfig(set)).toMatchObject({
      AXBRIDGE_TIME_ZONE: 'Europe/Berlin',
      AXBRIDGE_REAL_CALLERS: 'on',
      AXBRIDGE_MAX_CALLS: 500,
      AXBRIDGE_BARRED: ['+979', '+86170'],
      AXBRIDGE_CALL_FREQUENCY: { calls: 100, seconds: 60 },
    });
  });

  it.each([
    ['AXBRIDGE_TIME_ZONE', 'Asia/Nowhere', 'a time zone, like Asia/Shanghai'],
    ['AXBRIDGE_REAL_CALLERS', 'yes', 'one of off, on'],
    ['AXBRIDGE_MAX_CALLS', '0', 'a whole number from 1'],
    ['AXBRIDGE_BARRED', '979', 'first digits of numbers, like +979,+1900, or off'],
    ['AXBRIDGE_BARRED', '+979,', 'first digits of numbers'],
    ['AXBRIDGE_CALL_FREQUENCY', '100', 'calls/seconds, like 100/60'],
    ['AXBRIDGE_CALL_FREQUENCY', '0/60', 'calls/seconds'],
    ['AXBRIDGE_CALL_FREQUENCY', '100/0', 'calls/seconds'],
    ['AXBRIDGE_CALL_FREQUENCY', '100/86401', 'calls/seconds, like 100/60, within one day'],
  ])('refuse %s=%s', (name, value, expected) => {
    expect(() => readConfig({ [name]: value })).toThrow(`${name}="${value}": expected ${expected}`);
  });
});

describe('settings of what guards the partner API', () => {
  it('have defaults that do no harm', () => {
    expect(readConfig({})).toMatchObject({
      AXBRIDGE_TRUSTED_PROXIES: [],
      AXBRIDGE_AUTH_FAILURES: { most: 100, seconds: 600 },
      AXBRIDGE_AUTH_BLOCK_SECONDS: 1800,
      AXBRIDGE_APP_REQUESTS: undefined,
      AXBRIDGE_PLATFORM_REQUESTS: undefined,
      AXBRIDGE_REPLAY: 'refuse',
      AXBRIDGE_BODY_KB: 64,
      AXBRIDGE_JSON_DEPTH: 16,
    });
  });

  it('are read', () => {
    const set = {
      AXBRIDGE_TRUSTED_PROXIES: '10.0.0.0/8, 192.0.2.1; 2001:db8::/32',
      AXBRIDGE_AUTH_FAILURES: 'off',
      AXBRIDGE_APP_REQUESTS: '600/60',
      AXBRIDGE_PLATFORM_REQUESTS: '5000/1',
    };
    expect(readConfig(set)).toMatchObject({
      AXBRIDGE_TRUSTED_PROXIES: ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32'],
      AXBRIDGE_AUTH_FAILURES: undefined,
      AXBRIDGE_APP_REQUESTS: { most: 600, seconds: 60 },
      AXBRIDGE_PLATFORM_REQUESTS: { most: 5000, seconds: 1 },
    });
  });

  it.each([
    ['AXBRIDGE_TRUSTED_PROXIES', 'nginx', 'addresses and CIDR ranges'],
    ['AXBRIDGE_TRUSTED_PROXIES', '10.0.0.0/33', 'addresses and CIDR ranges'],
    ['AXBRIDGE_TRUSTED_PROXIES', '10.0.0.0/8/8', 'addresses and CIDR ranges'],
    ['AXBRIDGE_TRUSTED_PROXIES', '2001:db8::/129', 'addresses and CIDR ranges'],
    ['AXBRIDGE_AUTH_FAILURES', '0/60', 'number/seconds, like 600/60, within one day, or off'],
    ['AXBRIDGE_AUTH_FAILURES', '5', 'number/seconds'],
    ['AXBRIDGE_APP_REQUESTS', '5/86401', 'number/seconds'],
    ['AXBRIDGE_PLATFORM_REQUESTS', 'none', 'number/seconds'],
    ['AXBRIDGE_REPLAY', 'off', 'one of refuse, allow'],
    ['AXBRIDGE_BODY_KB', '0', 'a whole number from 1'],
    ['AXBRIDGE_JSON_DEPTH', '1', 'a whole number from 2'],
  ])('refuse %s=%s', (name, value, expected) => {
    expect(() => readConfig({ [name]: value })).toThrow(
      `${name}=${JSON.stringify(value)}: expected ${expected}`,
    );
  });
});
