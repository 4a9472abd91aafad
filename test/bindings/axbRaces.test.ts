import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AxbBindRequest } from '../../src/bindings/axbTypes.ts';
import type { Bindings } from '../../src/bindings/Bindings.ts';
import type { App } from '../../src/store/apps.ts';
import { MOST_BINDINGS_ON_X } from '../../src/store/axbBindings.ts';
import { BindingsUnderTest, outcomesOf } from './bindingsUnderTest.ts';

let rig: BindingsUnderTest;
let app: App;

beforeAll(async () => {
  rig = await BindingsUnderTest.start();
});
afterAll(() => rig.close());
beforeEach(async () => {
  app = await rig.addApp('AXB');
});

const request = (more: Partial<AxbBindRequest> = {}): AxbBindRequest => ({
  callerNum: rig.person(),
  calleeNum: rig.person(),
  callDirection: 0,
  duration: 0,
  recordFlag: false,
  maxDuration: 0,
  privateSms: true,
  preVoice: {},
  ...more,
});

describe('AXB bindings that are made at the same time', () => {
  it('carries 5000 pairs on one X and not one more, also when they come together', async () => {
    const [x = ''] = await rig.addNumbers(app, 1);
    await rig.sql`UPDATE numbers SET bindings = ${MOST_BINDINGS_ON_X - 3} WHERE number = ${x}`;
    const attempts = Array.from({ length: 8 }, () => rig.nodes[0].axb.bind(app, request({ relationNum: x })));
    expect(await outcomesOf(attempts)).toEqual({ made: 3, refused: ['too-many-bindings'] });
  });

  it('lets exactly one of many clients win the same number on the same X, over two nodes', async () => {
    const [x = ''] = await rig.addNumbers(app, 1);
    const user = rig.person();
    const attempts = Array.from({ length: 40 }, (_, index) =>
      (index % 2 === 0 ? rig.nodes[0] : rig.nodes[1]).axb.bind(
        app,
        request({ relationNum: x, ...(index % 3 === 0 ? { callerNum: user } : { calleeNum: user }) }),
      ),
    );
    expect(await outcomesOf(attempts)).toEqual({ made: 1, refused: ['number-already-bound'] });
    const [row] = await rig.sql`
      SELECT (SELECT count(*)::int FROM bindings WHERE x = ${x}) AS bindings,
             (SELECT count(*)::int FROM binding_parties WHERE x = ${x}) AS parties`;
    expect(row).toEqual({ bindings: 1, parties: 2 });
  });

  it('never deadlocks when two nodes bind and unbind on the same few numbers', async () => {
    const second = await rig.addApp('AXB');
    const numbers = new Map([
      [app, await rig.addNumbers(app, 3)],
      [second, await rig.addNumbers(second, 3)],
    ]);
    const users = Array.from({ length: 12 }, () => rig.person());
    const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;
    async function client({ axb }: Bindings): Promise<void> {
      for (let round = 0; round < 20; round++) {
        const owner = pick([app, second]);
        const relationNum = Math.random() < 0.5 ? { relationNum: pick(numbers.get(owner) ?? []) } : {};
        try {
          const wanted = request({ callerNum: pick(users), calleeNum: pick(users), ...relationNum });
          const { subscriptionId } = await axb.bind(owner, wanted);
          await axb.modify(owner, subscriptionId, { calleeNum: pick(users) }).catch(expectBindingError);
          await axb.unbind(owner, { subscriptionId });
        } catch (error) {
          expectBindingError(error);
        }
      }
    }
    const expectBindingError = (error: unknown): void => {
      expect(error).toMatchObject({ name: 'BindingError' });
    };
    await Promise.all(rig.nodes.flatMap((node) => Array.from({ length: 8 }, () => client(node))));
    const [row] = await rig.sql`
      SELECT (SELECT count(*)::int FROM binding_parties WHERE app_key IN (${app.appKey}, ${second.appKey})) AS parties,
             (SELECT sum(bindings)::int FROM numbers WHERE app_key IN (${app.appKey}, ${second.appKey})) AS load`;
    expect(row).toEqual({ parties: 0, load: 0 });
  });
});
