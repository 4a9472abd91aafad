import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { route } from '../../routing/route.ts';
import { createPlatform } from '../../src/calls/platform.ts';
import { Admission } from '../../src/store/Admission.ts';
import { DatabaseRoutingTable } from '../../src/store/routingTable.ts';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { OPEN_PLATFORM } from '../kit/openPlatform.ts';
import { PartnerClient } from '../kit/PartnerClient.ts';
import { type Answer, sendTo } from './adminRequest.ts';

const ANNA = '+8613900001001';
const BEN = '+8613900001002';
const AXB = '+8617000005001';
const AXE = '+8617000005002';
const AX = '+8617000005003';
const ABROAD = '+14155550100';

let api: ApiUnderTest;
/** Keys of applications by their X. */
const keys: Record<string, string> = {};

beforeAll(async () => {
  api = await startApi();
  for (const [mode, x] of Object.entries({ AXB, AXE, AX })) {
    const { appKey, appSecret } = await api.admin.createApp({ name: mode, mode });
    await api.admin.addNumber(appKey, x);
    keys[x] = appKey;
    const partner = new PartnerClient(api.base, appKey, appSecret);
    if (x === AXB) await partner.bind(ANNA, BEN, { relationNum: x });
    if (x === AXE) await partner.bindAxe(ANNA, { virtualNum: x, extendNum: '1234' });
    if (x === AX) await partner.bindAx(ANNA, { privateNum: x, calleeNumDisplay: '1' });
  }
});
afterAll(() => api.stop());

const send = (method: string, path: string, body?: unknown) => sendTo(api, method, path, body);
const set = (x: string, fields: object) => send('PATCH', `/apps/${keys[x]}`, fields);
const outcome = ({ body }: Answer) => {
  const decision = body.decision as { readonly kind: string; readonly stateCode?: number };
  return decision.stateCode ?? decision.kind;
};
const explain = async (caller: string, x: string, at?: string) =>
  outcome(await send('POST', '/explain', { caller, x, ...(at !== undefined && { at }) }));

describe('a guard that the operator sets decides from the next call on', () => {
  it('7005 and 7004: black list of callers and callees', async () => {
    expect(await explain(ANNA, AXB)).toBe('connect');
    await send('POST', '/blacklist', { number: ANNA, blocks: 'caller' });
    expect([await explain(ANNA, AXB), await explain(BEN, AXB)]).toEqual([7005, 'connect']);
    await send('POST', '/blacklist', { number: ANNA, blocks: 'callee' });
    expect([await explain(ANNA, AXB), await explain(BEN, AXB)]).toEqual(['connect', 7004]);
    await send('POST', '/blacklist', { number: ANNA, appKey: keys[AXB], blocks: 'both' });
    expect([await explain(ANNA, AXB), await explain(BEN, AXB)]).toEqual([7005, 7004]);
    await send('DELETE', '/blacklist', { number: ANNA });
    expect([await explain(ANNA, AXE), await explain(ANNA, AXB)]).toEqual([8019, 7005]);
    await send('DELETE', '/blacklist', { number: ANNA, appKey: keys[AXB] });
    expect(await explain(ANNA, AXB)).toBe('connect');
  });

  it('8042: callers from abroad', async () => {
    expect(await explain(ABROAD, AXB)).toBe(8042);
    await set(AXB, { guards: { callsFromAbroad: true } });
    expect(await explain(ABROAD, AXB)).toBe(8014);
    await set(AXB, { guards: { callsFromAbroad: false } });
    expect(await explain(ABROAD, AXB)).toBe(8042);
  });

  it('8043: callees abroad', async () => {
    await set(AXE, { callBackNumber: ABROAD });
    expect(await explain(ANNA, AXE)).toBe(8043);
    await set(AXE, { guards: { callsAbroad: true } });
    expect(await explain(ANNA, AXE)).toBe('connect');
    await set(AXE, { callBackNumber: null, guards: { callsAbroad: false } });
    expect(await explain(ANNA, AXE)).toBe(8019);
  });

  it('8050: hours, in the time zone of the platform', async () => {
    await set(AXB, { guards: { hours: ['08:00-12:00', '22:00-06:00'] } });
    const at = (time: string) => explain(ANNA, AXB, `2026-01-31T${time}+08:00`);
    const times = [
      '07:59:59',
      '08:00:00',
      '11:59:59',
      '12:00:00',
      '21:59:59',
      '22:00:00',
      '00:00:00',
      '05:59:59',
    ];
    expect(await Promise.all([...times, '06:00:00'].map(at))).toEqual([
      8050,
      'connect',
      'connect',
      8050,
      8050,
      'connect',
      'connect',
      'connect',
      8050,
    ]);
    await set(AXB, { guards: { hours: [] } });
    expect(await at('07:59:59')).toBe('connect');
  });

  it('8024: the real caller, where the deployment does not show him', async () => {
    const { sql, sealer, blackList } = api;
    const decide = (showsRealCallers: boolean) => {
      const platform = createPlatform({ showsRealCallers, timeZone: 'UTC', blackList });
      return route({ caller: BEN, x: AX, now: Date.now() }, new DatabaseRoutingTable(sql, sealer), platform);
    };
    expect(await decide(false)).toMatchObject({ kind: 'refuse', stateCode: 8024 });
    expect(await decide(true)).toMatchObject({ kind: 'connect', shown: BEN });
  });

  const once = { calls: 1, seconds: 60 };
  it.each<[number, object]>([
    [7002, { applicationFrequency: once }],
    [7003, { shownFrequency: once }],
    [8047, { callerFrequency: once }],
    [8048, { calleeFrequency: once }],
    [8049, { xFrequency: once }],
    [7109, { maxCalls: 1 }],
  ])('%d: %j', async (code, guards) => {
    const { sql, sealer } = api;
    const { appKey, appSecret } = await api.admin.createApp({ name: 'limited', mode: 'AXB', guards });
    const x = `+86170000061${String(code).slice(-2)}`;
    await api.admin.addNumber(appKey, x);
    await new PartnerClient(api.base, appKey, appSecret).bind(ANNA, BEN, { relationNum: x });
    const quiet = {
      error: () => undefined,
      warn: () => undefined,
      info: () => undefined,
      debug: () => undefined,
    };
    const admission = new Admission({
      sql,
      sealer,
      maxCalls: undefined,
      callFrequency: undefined,
      log: quiet,
    });
    const call = async (sessionId: string) => {
      const table = new DatabaseRoutingTable(sql, sealer);
      const connect = await route({ caller: ANNA, x, now: Date.now() }, table, OPEN_PLATFORM);
      if (connect.kind !== 'connect') throw new Error(`${connect.kind}`);
      return admission.check({ connect, caller: ANNA, x, sessionId });
    };
    expect([await call('first'), await call('second')]).toEqual([undefined, code]);
    await send('PATCH', `/apps/${appKey}`, {
      guards: Object.fromEntries(Object.keys(guards).map((name) => [name, null])),
    });
    expect(await call('third')).toBeUndefined();
  });
});
