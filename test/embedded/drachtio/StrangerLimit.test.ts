import { describe, expect, it } from 'vitest';
import { StrangerLimit } from '../../../embedded/drachtio/StrangerLimit.ts';

const limits = { eachPerSecond: 0.001, eachBurst: 3, allPerSecond: 0.001, allBurst: 8 };

/** How many of so many requests from an address are read. */
function admitted(limit: StrangerLimit, address: string, requests: number): number {
  return Array.from({ length: requests }, () => limit.admits(address)).filter(Boolean).length;
}

describe('what strangers may send', () => {
  it('is a small allowance each', () => {
    const limit = new StrangerLimit(limits);
    expect(admitted(limit, '192.0.2.1', 10)).toBe(3);
    expect(admitted(limit, '192.0.2.2', 10)).toBe(3);
  });

  it('is one allowance for all of them together, however many addresses they make up', () => {
    const limit = new StrangerLimit(limits);
    const addresses = Array.from({ length: 200 }, (_, at) => `198.51.100.${at}`);
    expect(addresses.filter((address) => limit.admits(address))).toHaveLength(8);
  });

  it('concerns nobody whom a client has let in, or to whom it has sent something', () => {
    const limit = new StrangerLimit(limits);
    limit.answered('192.0.2.1', 180);
    limit.answered('192.0.2.2', 404);
    limit.meet('192.0.2.3');
    admitted(limit, '198.51.100.1', 100);
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3'])
      expect(admitted(limit, address, 50)).toBe(50);
  });

  it.each([100, 400, 401, 403, 407, 503])('is not more for one who was answered %i', (status) => {
    const limit = new StrangerLimit(limits);
    limit.answered('192.0.2.1', status);
    expect(admitted(limit, '192.0.2.1', 10)).toBe(3);
  });

  it('is one for the whole /64 of an IPv6 address, whose owner has all of them', () => {
    const limit = new StrangerLimit(limits);
    expect(admitted(limit, '2001:db8:0:1::1', 2) + admitted(limit, '2001:db8:0:1:ffff::2', 9)).toBe(3);
    expect(admitted(limit, '2001:db8:0:2::1', 9)).toBe(3);
  });

  it('is one for that /64 also where zeros are left out of how its addresses are written', () => {
    const limit = new StrangerLimit(limits);
    expect(admitted(limit, '2001:db8::1:0:0:1', 2) + admitted(limit, '2001:db8::2:0:0:1', 9)).toBe(3);
    expect(admitted(limit, '::ffff:192.0.2.1', 9)).toBe(3);
    expect(admitted(limit, '::ffff:192.0.2.2', 9)).toBe(2);
  });

  it('comes back with time', async () => {
    const limit = new StrangerLimit({ ...limits, eachPerSecond: 50, allPerSecond: 50 });
    expect(admitted(limit, '192.0.2.1', 4)).toBe(3);
    await expect.poll(() => limit.admits('192.0.2.1'), { interval: 5 }).toBe(true);
  });
});
