import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Bindings } from '../../src/bindings/Bindings.ts';
import type { App } from '../../src/store/apps.ts';
import { PATIENT } from '../kit/patience.ts';
import { BindingsUnderTest } from './bindingsUnderTest.ts';

const PLAIN = { recordFlag: false, callDirection: 0, duration: 0 } as const;
const TERMS = { maxDuration: 0, privateSms: true, preVoice: {} };
const TIMES = { timeUnit: 0, bindExpiredTime: 0, callbackExpiredTime: 0 } as const;

let rig: BindingsUnderTest;
/** What PostgreSQL has told all nodes. */
const heard: string[] = [];

beforeAll(async () => {
  rig = await BindingsUnderTest.start();
  await rig.sql.listen('axbridge_changes', (payload) => heard.push(payload));
});
afterAll(() => rig.close());

/** Makes something and ends it. @returns the numbers that this concerns */
type Round = (bindings: Bindings, app: App) => Promise<string[]>;

const ROUNDS: Record<string, [App['mode'], Round]> = {
  AXB: [
    'AXB',
    async ({ axb }, app) => {
      const pair = { callerNum: rig.person(), calleeNum: rig.person() };
      const { subscriptionId, relationNum } = await axb.bind(app, { ...pair, ...PLAIN, ...TERMS });
      await axb.unbind(app, { subscriptionId });
      return [relationNum];
    },
  ],
  AX: [
    'AX',
    async ({ ax }, app) => {
      const a = { origNum: rig.person(), showsCaller: false, recordFlag: false };
      const { privateNum } = await ax.bind(app, { ...a, ...TERMS });
      await ax.unbind(app, { privateNum });
      return [privateNum];
    },
  ],
  AXE: [
    'AXE',
    async ({ axe }, app) => {
      const a = { bindNum: rig.person(), showsCaller: false, recordFlag: false };
      const { subscriptionId, virtualNum } = await axe.bind(app, { ...a, ...TIMES });
      await axe.unbind(app, { subscriptionId });
      return [virtualNum];
    },
  ],
  AXYB: [
    'AXYB',
    async ({ axyb }, app) => {
      const { subscriptionId, x } = await axyb.bind(app, { origNum: rig.person(), ...PLAIN });
      const yNum = await axyb.relate(app, { subscriptionId, origNum: rig.person(), ybDuration: 0 });
      await axyb.unrelate(app, subscriptionId, { yNum });
      await axyb.unbind(app, subscriptionId);
      return [x, yNum];
    },
  ],
};

describe.each(Object.entries(ROUNDS))(
  'every node hears of what is bound and ended in %s',
  (_, [mode, round]) => {
    it.each([
      ['one at a time', 1],
      ['many in one statement', 6],
    ])('%s', async (_name, count) => {
      const app = await rig.addApp(mode);
      await rig.addNumbers(app, 2 * count);
      heard.length = 0;
      const concerned = await Promise.all(Array.from({ length: count }, () => round(rig.nodes[0], app)));
      for (const number of new Set(concerned.flat())) {
        // Bound and ended: news that come in one transaction may come once.
        await vi.waitFor(
          () => expect(heard.filter((payload) => payload === `number:${number}`).length).toBeGreaterThan(1),
          PATIENT,
        );
      }
    });
  },
);
