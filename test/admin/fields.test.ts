import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import { AnnouncementName, Host, isAddressRange, WebUrl } from '../../src/admin/fields.ts';

describe('an address range', () => {
  it.each([
    '127.0.0.1/32',
    '127.0.0.1',
    '10.0.0.0/8',
    '192.0.2.128/25',
    '0.0.0.0/0',
    '::1',
    '2001:db8::/32',
    '2001:db8:0:0:1::/80',
    '::ffff:192.0.2.0/120',
    '::/0',
  ])('is %s', (range) => expect(isAddressRange(range)).toBe(true));

  it.each([
    '',
    '10.0.0.1/8',
    '192.0.2.1/24',
    '192.0.2.0/33',
    '192.0.2.0/',
    '192.0.2.0/a',
    '192.0.2.0/24/1',
    '192.0.2',
    '300.0.0.1',
    '2001:db8::1/32',
    '2001:db8::/129',
    'fe80::1%eth0',
    'carrier.example',
  ])('is not %j', (range) => expect(isAddressRange(range)).toBe(false));
});

describe('a host', () => {
  const check = Compile(Host);
  it.each(['127.0.0.1', '::1', 'sbc', 'sbc.carrier.example', 'sbc-1.example', 'xn--fiqs8s.example'])(
    'is %s',
    (host) => expect(check.Check(host)).toBe(true),
  );
  it.each([
    '',
    '1.2.3',
    '300.0.0.1',
    'sbc.example:5060',
    'sip:sbc.example',
    'a b',
    '-a.example',
    'a..b',
    '[::1]',
  ])('is not %j', (host) => expect(check.Check(host)).toBe(false));
});

describe('a URL for notifications', () => {
  const check = Compile(WebUrl);
  it.each(['http://127.0.0.1:9000/status', 'https://customer.example/a?b=c'])('is %s', (url) =>
    expect(check.Check(url)).toBe(true),
  );
  it.each([
    '',
    'customer.example',
    'ftp://customer.example',
    'http://u:p@customer.example/',
    'https://a.example/#x',
  ])('is not %j', (url) => expect(check.Check(url)).toBe(false));
});

describe('the name of an announcement', () => {
  const check = Compile(AnnouncementName);
  it.each(['wait.wav', 'a-b_c.1.wav', 'shop@night.wav', `${'n'.repeat(124)}.wav`])('is %s', (name) =>
    expect(check.Check(name)).toBe(true),
  );
  it.each([
    '',
    'wait.mp3',
    '../wait.wav',
    '.wav',
    '.hidden.wav',
    'a/b.wav',
    'a\\b.wav',
    'a b.wav',
    'a.wav\0',
    'a.wav\n',
    'a@@b.wav',
    `${'n'.repeat(125)}.wav`,
  ])('is not %j', (name) => expect(check.Check(name)).toBe(false));
});
