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
      AXBRIDGE_CALL_FREQUENCY: '100/60',
    };
    expect(readConfig(set)).toMatchObject({
      AXBRIDGE_TIME_ZONE: 'Europe/Berlin',
      AXBRIDGE_REAL_CALLERS: 'on',
      AXBRIDGE_MAX_CALLS: 500,
      AXBRIDGE_CALL_FREQUENCY: { calls: 100, seconds: 60 },
    });
  });

  it.each([
    ['AXBRIDGE_TIME_ZONE', 'Asia/Nowhere', 'a time zone, like Asia/Shanghai'],
    ['AXBRIDGE_REAL_CALLERS', 'yes', 'one of off, on'],
    ['AXBRIDGE_MAX_CALLS', '0', 'a whole number from 1'],
    ['AXBRIDGE_CALL_FREQUENCY', '100', 'calls/seconds, like 100/60'],
    ['AXBRIDGE_CALL_FREQUENCY', '0/60', 'calls/seconds'],
    ['AXBRIDGE_CALL_FREQUENCY', '100/0', 'calls/seconds'],
    ['AXBRIDGE_CALL_FREQUENCY', '100/86401', 'calls/seconds, like 100/60, within one day'],
  ])('refuse %s=%s', (name, value, expected) => {
    expect(() => readConfig({ [name]: value })).toThrow(`${name}="${value}": expected ${expected}`);
  });
});
