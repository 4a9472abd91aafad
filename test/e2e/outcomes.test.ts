import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aLawWav, toneSecond } from '../kit/audio.ts';
import type { IncomingCall } from '../kit/IncomingCall.ts';
import type { CallEnd } from '../kit/PhoneCall.ts';
import { type Pair, Scenario } from '../kit/Scenario.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';

const RING_SECONDS = 5;

let scenario: Scenario;

beforeAll(async () => {
  const database = await createTestDatabase({ max: 1 });
  await database.close();
  scenario = await Scenario.start({
    database: database.url,
    anna: { sound: false },
    ben: { sound: false },
    env: { AXBRIDGE_RING_SECONDS: String(RING_SECONDS) },
  });
  // The product's own announcements take six seconds each.
  const { admin, app } = scenario;
  await admin.addAnnouncement('short.wav', aLawWav(toneSecond(1000).subarray(0, 2400)));
  const announcements = { 'no-binding': 'short.wav', 'no-permission': 'short.wav' };
  await admin.send('PATCH', `/apps/${app.appKey}`, { announcements });
});

afterAll(async () => {
  await scenario?.close();
});

/** Cause of a Q.850 Reason header (RFC 3326). */
function causeOf({ reason }: CallEnd): number {
  return Number(/^Q\.850\s*;\s*cause=(\d+)/.exec(reason ?? '')?.[1] ?? Number.NaN);
}

/** What the customer heard of the one call on this X. */
async function toldOf({ x }: Pick<Pair, 'x'>) {
  const [told] = await scenario.told(x);
  if (told === undefined) throw new Error('the customer was told nothing');
  expect(told.records).toHaveLength(1);
  return {
    events: told.events.map(({ eventType }) => eventType),
    stateCode: told.events.at(-1)?.statusInfo.stateCode,
    record: told.records[0]?.fields ?? {},
  };
}

interface Ways {
  readonly case: string;
  /** What Ben's side does with the call. */
  readonly ben: (call: IncomingCall) => void;
  readonly stateCode: number;
  readonly sip: number;
  readonly q850: number;
  readonly alerting?: boolean;
}

const rungThen =
  (then: (call: IncomingCall) => void) =>
  (call: IncomingCall): void => {
    call.ring();
    then(call);
  };

const ways: Ways[] = [
  { case: 'busy (486)', ben: (call) => call.reject(486), stateCode: 8102, sip: 486, q850: 17 },
  { case: 'busy everywhere (600)', ben: (call) => call.reject(600), stateCode: 8102, sip: 486, q850: 17 },
  {
    case: 'declined (603)',
    ben: rungThen((call) => call.reject(603)),
    stateCode: 7503,
    sip: 603,
    q850: 21,
    alerting: true,
  },
  { case: 'barred (403)', ben: (call) => call.reject(403), stateCode: 7504, sip: 403, q850: 21 },
  { case: 'no such number (404)', ben: (call) => call.reject(404), stateCode: 8100, sip: 404, q850: 1 },
  { case: 'incomplete number (484)', ben: (call) => call.reject(484), stateCode: 8100, sip: 484, q850: 28 },
  {
    case: 'not reachable (480 without ringing)',
    ben: (call) => call.reject(480),
    stateCode: 8103,
    sip: 480,
    q850: 20,
  },
  {
    case: 'no answer (480 after ringing)',
    ben: rungThen((call) => call.reject(480)),
    stateCode: 8101,
    sip: 480,
    q850: 19,
    alerting: true,
  },
  {
    case: 'busy that a gateway flattened to 480 with a Q.850 reason',
    ben: (call) => call.reject(480, { Reason: 'Q.850;cause=17;text="User busy"' }),
    stateCode: 8102,
    sip: 486,
    q850: 17,
  },
  {
    case: 'number unknown to the exchange behind a 503',
    ben: (call) => call.reject(503, { Reason: 'Q.850;cause=1' }),
    stateCode: 8100,
    sip: 404,
    q850: 1,
  },
];

describe('a callee who cannot or will not talk', () => {
  it.each(ways)('$case gives $stateCode, SIP $sip and Q.850 $q850', async (way) => {
    const pair = await scenario.bind();
    const call = await scenario.dial(pair);
    way.ben(await scenario.ben.nextCall());
    const end = await call.end();
    expect(end).toMatchObject({ how: 'refused', status: way.sip });
    expect(causeOf(end)).toBe(way.q850);
    const { events, stateCode, record } = await toldOf(pair);
    expect(events).toEqual(['callin', 'callout', ...(way.alerting ? ['alerting'] : []), 'disconnect']);
    expect(stateCode).toBe(way.stateCode);
    expect(record).toMatchObject({
      ulFailReason: way.stateCode,
      fwdUnaswRsn: way.q850,
      fwdDstNum: pair.b,
      callDuration: 0,
    });
    expect(record.failTime).not.toBe('');
  });

  it('never answering is given up by the platform: 8035', async () => {
    const pair = await scenario.bind();
    const call = await scenario.dial(pair);
    const ringing = await scenario.ben.nextCall();
    ringing.ring();
    const end = await call.end((RING_SECONDS + 10) * 1000);
    expect(end).toMatchObject({ how: 'refused', status: 408 });
    expect(causeOf(end)).toBe(102);
    expect(await ringing.end()).toMatchObject({ how: 'cancelled' });
    const { events, stateCode } = await toldOf(pair);
    expect(events).toEqual(['callin', 'callout', 'alerting', 'disconnect']);
    expect(stateCode).toBe(8035);
  });
});

describe('a caller who gives up', () => {
  it('before Ben rings: 7501', async () => {
    const pair = await scenario.bind();
    const call = await scenario.dial(pair);
    const arrived = await scenario.ben.nextCall();
    call.cancel();
    expect(await call.end()).toMatchObject({ how: 'cancelled', status: 487 });
    arrived.ring();
    expect(await arrived.end()).toMatchObject({ how: 'cancelled' });
    const { events, stateCode } = await toldOf(pair);
    expect(events).toEqual(['callin', 'callout', 'disconnect']);
    expect(stateCode).toBe(7501);
  });

  it('while Ben rings: 7502', async () => {
    const pair = await scenario.bind();
    const call = await scenario.dial(pair);
    const ringing = await scenario.ben.nextCall();
    ringing.ring();
    await call.progress.when(({ status }) => status === 180);
    call.cancel();
    expect(await call.end()).toMatchObject({ how: 'cancelled', status: 487 });
    expect(await ringing.end()).toMatchObject({ how: 'cancelled' });
    const { events, stateCode, record } = await toldOf(pair);
    expect(events).toEqual(['callin', 'callout', 'alerting', 'disconnect']);
    expect(stateCode).toBe(7502);
    expect(record.callDuration).toBe(0);
  });

  it('at the moment when Ben answers: one story, and nobody is left in a call', async () => {
    const pair = await scenario.bind();
    for (let round = 1; round <= 5; round++) {
      const call = await scenario.dial(pair);
      const ringing = await scenario.ben.nextCall();
      ringing.ring();
      await call.progress.when(({ status }) => status === 180);
      call.cancel();
      ringing.answer().catch(() => undefined);
      await Promise.race([call.ended, call.answered.catch(() => undefined)]);
      if (!call.isOver) await call.hangUp();
      await ringing.end();
    }
    const told = await scenario.told(pair.x, { count: 5 });
    for (const { events, records } of told) {
      expect(records).toHaveLength(1);
      expect(events.filter(({ eventType }) => eventType === 'disconnect')).toHaveLength(1);
      expect([0, 7502]).toContain(events.at(-1)?.statusInfo.stateCode);
    }
  });
});

describe('a call that the platform refuses', () => {
  async function refusal(from: string, x: string): Promise<CallEnd> {
    const call = await scenario.anna.call(x, { from });
    return call.end();
  }

  it('a stranger: 8014', async () => {
    const { x } = await scenario.bind();
    const end = await refusal('+8613900009999', x);
    expect(end).toMatchObject({ how: 'refused', status: 403 });
    expect(causeOf(end)).toBe(21);
    const { events, stateCode, record } = await toldOf({ x });
    expect(events).toEqual(['callin', 'disconnect']);
    expect(stateCode).toBe(8014);
    expect(record).toMatchObject({ callerNum: '+8613900009999', calleeNum: x, subscriptionId: '' });
    expect(record.fwdDstNum).toBeUndefined();
  });

  it('a caller who withholds his number: 8014', async () => {
    const { x } = await scenario.bind();
    const call = await scenario.anna.call(x, { from: undefined });
    expect(await call.end()).toMatchObject({ how: 'refused', status: 403 });
    expect((await toldOf({ x })).stateCode).toBe(8014);
  });

  it('against the direction of the binding: 8016', async () => {
    const { a, b, x } = await scenario.bind({ callDirection: 2 });
    expect(await refusal(a, x)).toMatchObject({ how: 'refused', status: 403 });
    expect((await toldOf({ x })).stateCode).toBe(8016);
    const allowed = await scenario.anna.call(x, { from: b });
    (await scenario.ben.nextCall()).reject(486);
    await allowed.end();
  });

  it('a landline caller, before anything else: 8023', async () => {
    const { x } = await scenario.bind();
    expect(await refusal('+8657188880000', x)).toMatchObject({ how: 'refused', status: 403 });
    expect((await toldOf({ x })).stateCode).toBe(8023);
  });

  it('an X that is suspended: 8055, and again open when it is not', async () => {
    const pair = await scenario.bind();
    const path = `/numbers/${encodeURIComponent(pair.x)}`;
    await scenario.admin.send('PATCH', path, { state: 'suspended' });
    expect(await refusal(pair.a, pair.x)).toMatchObject({ how: 'refused', status: 403 });
    expect((await toldOf(pair)).stateCode).toBe(8055);
    await scenario.admin.send('PATCH', path, { state: 'normal' });
    const call = await scenario.dial(pair);
    (await scenario.ben.nextCall()).reject(486);
    await call.end();
  });

  it('an X that belongs to nobody: 404, and nobody is told', async () => {
    const end = await refusal('+8613900009999', '+8617099999999');
    expect(end).toMatchObject({ how: 'refused', status: 404 });
    expect(causeOf(end)).toBe(1);
    const { x } = await scenario.bind();
    await refusal('+8613900009999', x);
    await scenario.told(x);
    expect(JSON.stringify(scenario.sink.requests)).not.toContain('+8617099999999');
  });

  it('an application that is frozen: 7108', async () => {
    const pair = await scenario.bind();
    const path = `/apps/${scenario.app.appKey}`;
    await scenario.admin.send('PATCH', path, { state: 'frozen' });
    try {
      expect(await refusal(pair.a, pair.x)).toMatchObject({ how: 'refused', status: 403 });
      expect((await toldOf(pair)).stateCode).toBe(7108);
    } finally {
      await scenario.admin.send('PATCH', path, { state: 'normal' });
    }
  });

  it('after an unbind, at once, while the call in progress goes on', async () => {
    const { pair, atAnna, atBen } = await scenario.talk();
    const { body } = await scenario.partner.unbind({ subscriptionId: pair.subscriptionId });
    expect(body.resultcode).toBe('0');
    expect(await refusal(pair.a, pair.x)).toMatchObject({ how: 'refused', status: 403 });
    expect(atAnna.isOver).toBe(false);
    expect(await atBen.hangUp()).toBe(200);
    expect(await atAnna.end()).toMatchObject({ how: 'other-hung-up' });
  });

  it('a source that belongs to no trunk gets nothing but a bare refusal', async () => {
    await scenario.admin.send('PATCH', '/trunks/carrier-a', { sources: ['10.9.8.7/32'] });
    try {
      const { a, x } = await scenario.bind();
      const end = await refusal(a, x);
      expect(end).toMatchObject({ how: 'refused', status: 403, reason: undefined });
      expect(await scenario.application.metric('axbridge_sip_rejected_sources_total')).toBeGreaterThan(0);
    } finally {
      await scenario.admin.send('PATCH', '/trunks/carrier-a', { sources: ['127.0.0.0/8'] });
    }
  });
});
