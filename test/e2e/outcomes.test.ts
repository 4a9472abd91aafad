import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Scenario } from '../kit/Scenario.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';

/*
 * Ends of calls that take more than one call to show. Every other one is a row of test/e2e/scenarios.
 */

const ROUNDS = 5;

let scenario: Scenario;

beforeAll(async () => {
  const database = await createTestDatabase({ max: 1 });
  await database.close();
  scenario = await Scenario.start({
    database: database.url,
    anna: { sound: false },
    ben: { sound: false },
  });
});

afterAll(async () => {
  await scenario?.close();
});

describe('a call', () => {
  it('that is given up at the moment when Ben answers has one story, and nobody is left in it', async () => {
    const pair = await scenario.bind();
    for (let round = 1; round <= ROUNDS; round++) {
      const call = await scenario.dial(pair);
      const ringing = await scenario.ben.nextCall();
      ringing.ring();
      await call.progress.when(({ status }) => status === 180);
      const leaving = call.leave();
      ringing.answer().catch(() => undefined);
      await leaving;
      await ringing.end();
    }
    const told = await scenario.told(pair.x, { count: ROUNDS });
    for (const { events, records } of told) {
      expect(records).toHaveLength(1);
      expect(events.filter(({ eventType }) => eventType === 'disconnect')).toHaveLength(1);
      expect([0, 7502]).toContain(events.at(-1)?.statusInfo.stateCode);
    }
  });

  it('goes on after an unbind, while the next one is refused at once', async () => {
    const { pair, atAnna, atBen } = await scenario.talk();
    const { body } = await scenario.partner.unbind({ subscriptionId: pair.subscriptionId });
    expect(body.resultcode).toBe('0');
    const next = await scenario.dial(pair);
    next.cancel();
    await next.end();
    expect(atAnna.isOver).toBe(false);
    expect(await atBen.hangUp()).toBe(200);
    expect(await atAnna.end()).toMatchObject({ how: 'other-hung-up' });
    const told = await scenario.told(pair.x, { count: 2 });
    const codes = told.map(({ events }) => events.at(-1)?.statusInfo.stateCode);
    expect(codes.sort()).toEqual([0, 8014]);
  });

  it('from a source that belongs to no trunk gets nothing but a bare refusal', async () => {
    const { admin, application } = scenario;
    await admin.send('PATCH', '/trunks/carrier-a', { sources: ['10.9.8.7/32'] });
    try {
      const call = await scenario.dial(await scenario.bind());
      expect(await call.end()).toMatchObject({ how: 'refused', status: 403, reason: undefined });
      expect(await application.metric('axbridge_sip_rejected_sources_total')).toBeGreaterThan(0);
    } finally {
      await admin.send('PATCH', '/trunks/carrier-a', { sources: ['127.0.0.0/8'] });
    }
  });
});
