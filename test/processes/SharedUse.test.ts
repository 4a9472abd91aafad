import { afterEach, describe, expect, it } from 'vitest';
import { RequestLimits } from '../../src/api/RequestLimits.ts';
import { SharedUse } from '../../src/processes/SharedUse.ts';
import { UseExchange } from '../../src/processes/UseExchange.ts';
import { TrunkGroup } from '../../src/sip/TrunkGroup.ts';
import type { Trunk } from '../../src/store/trunks.ts';
import { eventually } from '../kit/eventually.ts';

/** Processes as their parent connects them, without the wire between. */
class Group {
  readonly exchange = new UseExchange<SharedUse>();
  /** How often a process told the others anything. */
  told = 0;

  process(): SharedUse {
    const made: SharedUse = new SharedUse((use) => {
      this.told += 1;
      this.exchange.told(made, use);
    });
    started.push(made);
    this.exchange.join(made);
    return made;
  }
}

const started: SharedUse[] = [];
afterEach(() => {
  for (const each of started.splice(0)) each.close();
});

const allowance = { requests: 10, seconds: 60 };

describe('what processes of a group hold', () => {
  it('each knows of the others, not of itself', async () => {
    const group = new Group();
    const [one, two, three] = [group.process(), group.process(), group.process()];
    one.hold('trunk', 'a', 3);
    two.hold('trunk', 'a', 4);
    one.hold('trunk', 'b', 9);
    await eventually('the third to hear of all', () => three.heldElsewhere('trunk', 'a') === 7);
    expect([one, two].map((each) => each.heldElsewhere('trunk', 'a'))).toEqual([4, 3]);
    expect([one, two, three].map((each) => each.heldElsewhere('trunk', 'b'))).toEqual([0, 9, 9]);
    expect(three.heldElsewhere('calls', '')).toBe(0);
    one.hold('trunk', 'a', 0);
    await eventually('that to be heard', () => three.heldElsewhere('trunk', 'a') === 4);
  });

  it('is known to one that comes later', async () => {
    const group = new Group();
    group.process().hold('calls', '', 5);
    await eventually('it to be told', () => group.told === 1);
    expect(group.process().heldElsewhere('calls', '')).toBe(5);
  });

  it('ends with the process', async () => {
    const group = new Group();
    const [dying, other] = [group.process(), group.process()];
    dying.hold('calls', '', 5);
    await eventually('it to be told', () => other.heldElsewhere('calls', '') === 5);
    group.exchange.leave(dying);
    expect(other.heldElsewhere('calls', '')).toBe(0);
    // What it said last may be heard after its end.
    group.exchange.told(dying, { held: new Map([['calls ', 6]]), taken: new Map() });
    expect(other.heldElsewhere('calls', '')).toBe(0);
  });

  it('is told in one go when much happens, and not at all when nothing changes', async () => {
    const group = new Group();
    const [one, two] = [group.process(), group.process()];
    const heard: [string, number][] = [];
    two.onTaken('requests', (whose, { times }) => heard.push([whose, times]));
    for (let count = 1; count <= 1000; count++) {
      one.hold('calls', '', count);
      one.take('requests', 'key with spaces', allowance);
    }
    await eventually('it to be told', () => heard.length > 0);
    expect(heard).toEqual([['key with spaces', 1000]]);
    expect(two.heldElsewhere('calls', '')).toBe(1000);
    expect(group.told).toBe(1);
    one.hold('calls', '', 1000);
    two.hold('calls', '', 1);
    await eventually('the other to be told', () => one.heldElsewhere('calls', '') === 1);
    expect(group.told).toBe(2);
  });
});

describe('limits of a group', () => {
  const trunk: Trunk = {
    ...{ name: 'carrier', host: '192.0.2.1', port: 5060, transport: 'udp', sources: [] },
    ...{ priority: 1, weight: 1, enabled: true },
  };

  function trunkGroups(limits: Partial<Trunk>) {
    const group = new Group();
    const clock = { ms: 0 };
    const limited = { ...trunk, ...limits };
    const groups = [group.process(), group.process()].map((shared) => {
      const made = new TrunkGroup({ isHealthy: () => true, now: () => clock.ms, shared });
      made.replace([limited]);
      return made;
    });
    const [one, two] = groups as [TrunkGroup, TrunkGroup];
    return { group, clock, limited, one, two };
  }

  it('calls on a trunk: those of all its processes count', async () => {
    const { one, two, limited } = trunkGroups({ maxCalls: 3 });
    const leave = [one.begin('carrier'), one.begin('carrier'), two.begin('carrier')];
    await eventually('both to be full', () => one.isFull(limited) && two.isFull(limited));
    expect(two.order()).toEqual([]);
    leave[0]?.();
    await eventually('both to have room', () => !one.isFull(limited) && !two.isFull(limited));
  });

  it('calls on a trunk: a limit that is set later counts what goes on already', async () => {
    const { one, two } = trunkGroups({});
    one.begin('carrier');
    const limited = { ...trunk, maxCalls: 1 };
    for (const each of [one, two]) each.replace([limited]);
    await eventually('the other to be full', () => two.isFull(limited));
  });

  it('calls on a trunk in a second: what one begins the other may not', async () => {
    const { group, clock, one, two, limited } = trunkGroups({ callsPerSecond: 4 });
    for (let calls = 0; calls < 4; calls++) expect(one.admits(limited)).toBe(true);
    await eventually('the other to be full', () => two.isFull(limited));
    clock.ms += 500;
    expect([two.admits(limited), two.admits(limited), two.admits(limited)]).toEqual([true, true, false]);
    await eventually('that to be told', () => group.told === 2);
    expect(one.admits(limited)).toBe(false);
  });

  it('requests of an application, of whatever connection, and of all applications', async () => {
    const group = new Group();
    const options = { application: allowance, platform: { requests: 15, seconds: 60 } };
    const [one, two] = [group.process(), group.process()].map(
      (shared) => new RequestLimits({ ...options, monotonicClock: () => 0, shared }),
    ) as [RequestLimits, RequestLimits];
    const taken = (limits: RequestLimits, appKey: string) =>
      Array.from({ length: 20 }, () => limits.take(appKey, undefined)).filter((wait) => wait === 0).length;
    expect(taken(one, 'first')).toBe(10);
    await eventually('that to be told', () => group.told === 1);
    expect(taken(two, 'first')).toBe(0);
    expect(taken(two, 'second')).toBe(5);
    await eventually('that to be told', () => group.told === 2);
    expect(taken(one, 'third')).toBe(0);
  });
  it('requests of an application: who has not heard yet that its limit is another does not have it begin anew', async () => {
    const group = new Group();
    const none = { application: undefined, platform: undefined, monotonicClock: () => 0 };
    const one = new RequestLimits({ ...none, shared: group.process() });
    const two = new RequestLimits({ ...none, shared: group.process() });
    const lower = { requests: 3, seconds: 60 };
    for (let count = 0; count < 3; count++) expect(two.take('app', lower)).toBe(0);
    await eventually('that to be told', () => group.told === 1);
    expect(one.take('app', allowance)).toBe(0);
    await eventually('that to be told', () => group.told === 2);
    expect(two.take('app', lower)).toBeGreaterThan(0);
  });
});
