import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Phone } from '../kit/Phone.ts';
import { Scenario } from '../kit/Scenario.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';

let scenario: Scenario;
let spare: Phone;

beforeAll(async () => {
  const database = await createTestDatabase({ max: 1 });
  await database.close();
  [scenario, spare] = await Promise.all([
    Scenario.start({
      database: database.url,
      anna: { sound: false },
      ben: { sound: false },
      env: { AXBRIDGE_TRUNK_OPTIONS_SECONDS: '1' },
    }),
    Phone.start({
      name: 'Spare carrier',
      sound: false,
      account: { realm: 'spare.example', username: 'axbridge', password: 'only-for-tests' },
    }),
  ]);
  await scenario.admin.addTrunk({
    name: 'spare',
    host: spare.host,
    port: spare.port,
    transport: 'udp',
    sources: [],
    priority: 2,
    username: 'axbridge',
    password: 'only-for-tests',
  });
  await scenario.admin.send('PATCH', '/trunks/carrier-a', { priority: 1 });
});

afterAll(async () => {
  await scenario?.close();
  await spare?.close();
});

describe('two trunks', () => {
  it.each([408, 500, 503])(
    'a call that the first refuses with %i goes to the second, which asks for a password',
    async (status) => {
      const { b, x, a } = await scenario.bind();
      const call = await scenario.anna.call(x, { from: a });
      (await scenario.ben.nextCall()).reject(status);
      const atSpare = await spare.nextCall();
      expect(atSpare.wantedNumber).toBe(b);
      expect(atSpare.shownNumber).toBe(x);
      await Promise.all([atSpare.answer(), call.answered]);
      await call.hangUp();
      await atSpare.end();
      const [told] = await scenario.told(x);
      const names = told?.events.map(({ eventType }) => eventType);
      expect(names?.filter((name) => name === 'callout')).toHaveLength(1);
      expect(told?.events.at(-1)?.statusInfo.stateCode).toBe(0);
    },
  );

  it.each([404, 480, 486, 603])('what the first says of the callee, %i, is the end of it', async (status) => {
    const before = spare.calls.items.length;
    const { x, a } = await scenario.bind();
    const call = await scenario.anna.call(x, { from: a });
    (await scenario.ben.nextCall()).reject(status);
    await call.end();
    await scenario.told(x);
    expect(spare.calls.items).toHaveLength(before);
  });

  it('a trunk that does not answer OPTIONS gets no calls until it does', async () => {
    scenario.ben.optionsStatus = 503;
    const up = (name: string) => scenario.application.metric(`axbridge_trunk_up{trunk="${name}"}`);
    await expect.poll(() => up('carrier-a'), { timeout: 15_000 }).toBe(0);
    expect(await up('spare')).toBe(1);
    const { x, a } = await scenario.bind();
    const before = scenario.ben.calls.items.length;
    const call = await scenario.anna.call(x, { from: a });
    const atSpare = await spare.nextCall();
    atSpare.reject(486);
    await call.end();
    expect(scenario.ben.calls.items).toHaveLength(before);

    scenario.ben.optionsStatus = 200;
    await expect.poll(() => up('carrier-a'), { timeout: 15_000 }).toBe(1);
    const next = await scenario.anna.call(x, { from: a });
    (await scenario.ben.nextCall()).reject(486);
    await next.end();
  });
});
