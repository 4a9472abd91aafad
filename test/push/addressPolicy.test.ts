import { describe, expect, it } from 'vitest';
import { AddressPolicy, AddressRangeError } from '../../src/push/addressPolicy.ts';

describe('addresses of notification targets', () => {
  const byDefault = new AddressPolicy([]);

  it.each([
    ...['127.0.0.1', '127.255.255.254', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.0.1'],
    ...['169.254.169.254', '100.100.100.200', '100.64.0.1', '168.63.129.16', '224.0.0.1', '255.255.255.255'],
    ...['192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '192.0.0.192', '240.0.0.1'],
    ...[
      '::',
      '::1',
      '::7f00:1',
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '::ffff:169.254.169.254',
      '::ffff:10.0.0.1',
    ],
    ...['fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd00:ec2::254', 'ff02::1', 'fec0::1', '64:ff9b::7f00:1'],
    ...['2002:7f00:1::', '2001:db8::1', '2001::1', '100::1', '::ffff:0:127.0.0.1'],
  ])('%s is closed by default', (address) => {
    expect(byDefault.isOpen(address)).toBe(false);
  });

  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '172.32.0.1',
    '100.128.0.1',
    '223.255.255.255',
    '::ffff:8.8.8.8',
    '2606:4700::1111',
  ])('%s is open', (address) => {
    expect(byDefault.isOpen(address)).toBe(true);
  });

  it.each(['', 'localhost', '127.1', '1.2.3.4.5', '1.1.1.1:80'])(
    '%j is no address, so it is closed',
    (address) => {
      expect(byDefault.isOpen(address)).toBe(false);
    },
  );

  it('opens what the operator allows and nothing beside it', () => {
    const policy = new AddressPolicy(['10.1.0.0/16', '192.168.7.7', 'fd12::/32']);
    const asked = [
      '10.1.255.1',
      '::ffff:10.1.0.1',
      '192.168.7.7',
      'fd12::9',
      '10.2.0.1',
      '192.168.7.8',
      'fd13::9',
    ];
    expect(asked.filter((address) => policy.isOpen(address))).toEqual(asked.slice(0, 4));
  });

  it.each(['10.0.0.0/33', '10.0.0.0/', 'example.com', '10.0.0.0/8/9', '::/129', '10.0.0.0/-1', ''])(
    'refuses %j as a range',
    (range) => {
      expect(() => new AddressPolicy([range])).toThrow(AddressRangeError);
    },
  );
});
