import { describe, expect, it } from 'vitest';
import { SourceAcl } from '../../src/sip/sourceAcl.ts';
import { orderTrunks, shouldTryNextTrunk, type TrunkCandidate } from '../../src/sip/trunks.ts';

const trunk = (name: string, more: Partial<TrunkCandidate> = {}): TrunkCandidate => ({
  name,
  enabled: true,
  priority: 1,
  weight: 1,
  ...more,
});

const calm = { isHealthy: () => true, random: () => 0.5 };
const names = (trunks: readonly TrunkCandidate[]) => trunks.map(({ name }) => name).join(' ');

describe('the trunk for a call', () => {
  it('is the one with the lowest priority number', () => {
    expect(names(orderTrunks([trunk('b', { priority: 2 }), trunk('a')], calm))).toBe('a b');
  });

  it('is drawn by weight inside one priority', () => {
    let seed = 7;
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed / 2 ** 31;
    };
    const trunks = [trunk('light'), trunk('heavy', { weight: 3 })];
    let heavy = 0;
    for (let call = 0; call < 10_000; call += 1) {
      if (orderTrunks(trunks, { ...calm, random })[0]?.name === 'heavy') heavy += 1;
    }
    expect(heavy).toBeGreaterThan(7300);
    expect(heavy).toBeLessThan(7700);
  });

  it('is never a disabled one', () => {
    expect(names(orderTrunks([trunk('off', { enabled: false }), trunk('free')], calm))).toBe('free');
  });

  it('is a silent one only after all that answer', () => {
    const trunks = [trunk('silent'), trunk('far', { priority: 9 })];
    const isHealthy = (name: string) => name !== 'silent';
    expect(names(orderTrunks(trunks, { ...calm, isHealthy }))).toBe('far silent');
    expect(names(orderTrunks(trunks, { ...calm, isHealthy: () => false }))).toBe('silent far');
  });

  it('is none where there is none', () => {
    expect(orderTrunks([], calm)).toEqual([]);
  });
});

describe('the next trunk is tried', () => {
  it.each([undefined, 408, 500, 503])('after %s', (status) => {
    expect(shouldTryNextTrunk(status, false)).toBe(true);
  });

  it.each([300, 401, 403, 404, 410, 480, 484, 486, 487, 488, 502, 504, 600, 603, 604])(
    'never after %s',
    (status) => {
      expect(shouldTryNextTrunk(status, false)).toBe(false);
    },
  );

  it.each([undefined, 408, 500, 503])('never after %s once the phone has rung', (status) => {
    expect(shouldTryNextTrunk(status, true)).toBe(false);
  });
});

describe('the trunk that a packet came from', () => {
  const source = (name: string, port: number, ...sources: string[]) => ({
    name,
    port,
    enabled: true,
    sources,
  });
  const acl = new SourceAcl([
    source('wide', 5060, '10.0.0.0/8', '2001:db8::/32'),
    source('narrow', 5060, '10.1.2.0/24', '2001:db8:0:1::/64'),
    source('twin-a', 5071, '127.0.0.1/32'),
    source('twin-b', 5072, '127.0.0.1'),
    { ...source('off', 5060, '192.0.2.0/24'), enabled: false },
    source('odd', 5060, 'nonsense', '1.2.3.4/99', ''),
  ]);

  it.each([
    ['10.9.9.9', 1, 'wide'],
    ['10.1.2.3', 1, 'narrow'],
    ['::ffff:10.1.2.3', 1, 'narrow'],
    ['2001:db8:0:1::5', 1, 'narrow'],
    ['2001:db8:ffff::1', 1, 'wide'],
    ['127.0.0.1', 5072, 'twin-b'],
    ['127.0.0.1', 40_000, 'twin-a'],
    ['192.0.2.1', 1, undefined],
    ['11.0.0.1', 1, undefined],
    ['1.2.3.4', 1, undefined],
    ['2001:db9::1', 1, undefined],
    ['not an address', 1, undefined],
  ])('from %s port %i is %s', (address, port, name) => {
    expect(acl.trunkOf(address, port)?.name).toBe(name);
    expect(acl.trunkOf(address, port)?.name).toBe(name);
  });

  it('is anyone where a block takes in everything', () => {
    expect(new SourceAcl([source('any', 5060, '0.0.0.0/0')]).trunkOf('203.0.113.9', 1)?.name).toBe('any');
  });
});
