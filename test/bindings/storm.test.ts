import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Bindings } from '../../src/bindings/Bindings.ts';
import type { App } from '../../src/store/apps.ts';
import { EXPIRING_TABLES, sweepExpired } from '../../src/store/expiredBindings.ts';
import { setNumberStates } from '../../src/store/numberChanges.ts';
import { numberWriter } from '../kit/numberWriter.ts';
import { BindingsUnderTest } from './bindingsUnderTest.ts';

const ROUNDS = 25;
const CLIENTS = 6;

let rig: BindingsUnderTest;
beforeAll(async () => {
  rig = await BindingsUnderTest.start();
});
afterAll(() => rig.close());

const chance = (): boolean => Math.random() < 0.5;
const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)] as Item;

it('two nodes bind, change, end, freeze and sweep on the same few numbers: no deadlock, and every count is right', async () => {
  const apps = {
    ax: await rig.addApp('AX'),
    axe: await rig.addApp('AXE', { extensionDigits: 1 }),
    axyb: await rig.addApp('AXYB'),
  };
  const numbers = new Map<App, string[]>();
  for (const app of Object.values(apps)) numbers.set(app, await rig.addNumbers(app, 6));
  const people = Array.from({ length: 10 }, () => rig.person());
  const xOf = (app: App): string => pick(numbers.get(app) ?? []);
  const plain = { areaMatchMode: '0', recordFlag: false } as const;

  async function axRound({ ax }: Bindings): Promise<void> {
    const terms = { ...plain, showsCaller: false, maxDuration: 0, privateSms: true, preVoice: {} };
    const named = chance() ? { privateNum: xOf(apps.ax) } : {};
    const { subscriptionId } = await ax.bind(apps.ax, { ...terms, ...named, origNum: pick(people) });
    await ax.setTemporaryCallee(apps.ax, { subscriptionId }, { calleeNum: rig.person(), duration: 60 });
    await ax.modify(apps.ax, { subscriptionId }, { maxDuration: 1 });
    if (chance()) await ax.unbind(apps.ax, { subscriptionId });
    else await ax.unbind(apps.ax, { privateNum: xOf(apps.ax) });
  }

  async function axeRound({ axe }: Bindings): Promise<void> {
    const times = { timeUnit: 1, bindExpiredTime: chance() ? 1 : 0, callbackExpiredTime: 0 } as const;
    const named = chance() ? { virtualNum: xOf(apps.axe) } : {};
    const bindNum = pick(people);
    const { subscriptionId } = await axe.bind(apps.axe, {
      ...plain,
      ...times,
      ...named,
      bindNum,
      showsCaller: false,
    });
    await axe.modify(apps.axe, { subscriptionId }, { bindExpiredTime: 1 });
    if (chance()) await axe.unbind(apps.axe, { subscriptionId });
  }

  async function axybRound({ axyb }: Bindings): Promise<void> {
    const times = { callDirection: 0, duration: chance() ? 60 : 0 } as const;
    const { subscriptionId } = await axyb.bind(apps.axyb, { ...plain, ...times, origNum: pick(people) });
    const { areaMatchMode } = plain;
    const part = { subscriptionId, areaMatchMode, ybDuration: chance() ? 60 : 0, origNum: rig.person() };
    const yNum = await axyb.relate(apps.axyb, part);
    if (chance()) await axyb.unrelate(apps.axyb, subscriptionId, { yNum });
    if (chance()) await axyb.unbind(apps.axyb, subscriptionId);
  }

  async function sweepRound(): Promise<void> {
    rig.now += 20_000;
    for (const table of EXPIRING_TABLES) await sweepExpired(rig.sql, table, new Date(rig.now), 5);
    const x = xOf(pick(Object.values(apps)));
    await setNumberStates(rig.sql, numberWriter, [x], { state: 'bind-frozen' });
    await setNumberStates(rig.sql, numberWriter, [x], { state: 'normal' });
  }

  const rounds = [axRound, axeRound, axybRound, sweepRound];
  async function client(node: Bindings): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      await pick(rounds)(node).catch((error: unknown) => {
        expect(error).toMatchObject({ name: 'BindingError' });
      });
    }
  }
  await Promise.all(rig.nodes.flatMap((node) => Array.from({ length: CLIENTS }, () => client(node))));
  for (const app of Object.values(apps)) expect(await rig.isCountedRight(app)).toBe(true);
});
