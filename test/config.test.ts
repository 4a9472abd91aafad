import { describe, expect, it } from 'vitest';
import { readConfig } from '../src/config.ts';

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
