import { describe, expect, it } from 'vitest';
import { TrunkGroup } from '../../src/sip/TrunkGroup.ts';
import type { Trunk } from '../../src/store/trunks.ts';

const trunk = (name: string, more: Partial<Trunk> = {}): Trunk => ({
  name,
  host: '192.0.2.1',
  port: 5060,
  transport: 'udp',
  sources: ['192.0.2.1/32'],
  priority: 1,
  weight: 1,
  enabled: true,
  ...more,
});

function group(...trunks: Trunk[]) {
  const clock = { ms: 0 };
  const made = new TrunkGroup({ isHealthy: () => true, now: () => clock.ms });
  made.replace(trunks);
  return { clock, trunks: made };
}

/** How many of so many calls at one moment may come in. */
const admitted = (trunks: TrunkGroup, one: Trunk, calls: number): number =>
  Array.from({ length: calls }, () => trunks.admits(one)).filter(Boolean).length;

describe('the calls that a trunk may carry', () => {
  it('at a time: no more come in, and none goes out over it, until one has ended', () => {
    const full = trunk('full', { maxCalls: 2 });
    const { trunks } = group(full, trunk('free'));
    const leave = [trunks.occupy('full'), trunks.begin('full')];
    expect(trunks.admits(full)).toBe(false);
    expect(trunks.order().map(({ name }) => name)).toEqual(['free']);
    leave[0]?.();
    leave[0]?.();
    expect(trunks.callsOn('full')).toBe(1);
    expect(trunks.admits(full)).toBe(true);
    expect(trunks.order()).toHaveLength(2);
  });

  it('in a second: so many, both ways together, and as many again in the next', () => {
    const slow = trunk('slow', { callsPerSecond: 5 });
    const { trunks, clock } = group(slow, trunk('other'));
    expect(admitted(trunks, slow, 3)).toBe(3);
    trunks.begin('slow')();
    trunks.begin('slow')();
    expect(admitted(trunks, slow, 9)).toBe(0);
    expect(trunks.order().map(({ name }) => name)).toEqual(['other']);
    clock.ms += 400;
    expect(admitted(trunks, slow, 9)).toBe(2);
    clock.ms += 60_000;
    expect(admitted(trunks, slow, 9)).toBe(5);
  });

  it('in a second: a call that was turned down counts for nothing', () => {
    const slow = trunk('slow', { callsPerSecond: 5 });
    const { trunks, clock } = group(slow);
    admitted(trunks, slow, 1000);
    clock.ms += 1000;
    expect(admitted(trunks, slow, 9)).toBe(5);
  });

  it('are any number where nothing is said, and again once a limit is taken away', () => {
    const free = trunk('free');
    const { trunks } = group({ ...free, callsPerSecond: 1 });
    expect(admitted(trunks, free, 10)).toBe(1);
    trunks.replace([free]);
    expect(admitted(trunks, free, 1000)).toBe(1000);
  });

  it('in a second: other changes to the list give it no second share', () => {
    const slow = trunk('slow', { callsPerSecond: 5 });
    const { trunks } = group(slow);
    admitted(trunks, slow, 5);
    trunks.replace([{ ...slow, weight: 2 }]);
    expect(admitted(trunks, slow, 5)).toBe(0);
    trunks.replace([{ ...slow, callsPerSecond: 7 }]);
    expect(admitted(trunks, slow, 9)).toBe(7);
  });
});
