import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../cli/runCommand.ts';
import { toldCalls } from '../kit/customer.ts';
import { Scenario } from '../kit/Scenario.ts';

interface Leg {
  readonly codec: string;
  readonly packetsIn: number;
  readonly packetsOut: number;
  readonly lost: number;
  readonly mos: number;
}

interface KnownCall {
  readonly sessionId: string;
  readonly state: string;
  readonly caller: string;
  readonly callee: string;
  readonly stateCode: number;
  readonly because: readonly string[];
  readonly events: readonly { readonly event: string; readonly at: string }[];
  readonly deliveries: readonly { readonly event: string; readonly state: string }[];
  readonly media?: { readonly caller?: Leg; readonly callee?: Leg };
  readonly ladder?: {
    readonly omitted: number;
    readonly messages: readonly {
      readonly at: string;
      readonly leg: string;
      readonly way: string;
      readonly what: string;
      readonly method: string;
      readonly from?: string;
      readonly text?: string;
    }[];
  };
}

let scenario: Scenario;

beforeAll(async () => {
  scenario = await Scenario.start({ app: { recording: true } });
});
afterAll(() => scenario?.close());

/** What the admin API knows of the call on an X, as soon as `isThere`. */
async function known(x: string, isThere: (call: KnownCall) => boolean): Promise<KnownCall> {
  let call: KnownCall | undefined;
  await expect
    .poll(
      async () => {
        const told = toldCalls(scenario.sink).find(({ events }) => events[0]?.statusInfo.called === x);
        if (told === undefined) return false;
        call = await scenario.admin.send<KnownCall>('GET', `/calls/${encodeURIComponent(told.sessionId)}`);
        return isThere(call);
      },
      { timeout: 20_000 },
    )
    .toBe(true);
  if (call === undefined) throw new Error('no call');
  return call;
}

const arrows = (call: KnownCall, leg: string) =>
  call.ladder?.messages
    .filter((message) => message.leg === leg)
    .map(({ way, what, method }) => `${way} ${what === method ? what : `${what} (${method})`}`);

describe('a call that can be asked for by its session id', () => {
  it('shows its ladder, its decision, its moments, what was told of it and what its media was like', async () => {
    const { pair, atAnna, atBen } = await scenario.talk({ recordFlag: 'true' });
    const talking = await known(pair.x, ({ ladder }) => (ladder?.messages.length ?? 0) >= 7);
    expect(talking.state).toBe('in-progress');
    await atAnna.media?.hearsPackets(25);
    await atBen.hangUp();
    await atAnna.end();
    const call = await known(
      pair.x,
      ({ media, deliveries }) => media !== undefined && deliveries.length === 6,
    );

    expect(JSON.stringify(call)).not.toMatch(new RegExp(`${pair.a.slice(3)}|${pair.b.slice(3)}`));
    expect(call).toMatchObject({ state: 'ended', stateCode: 0, caller: expect.stringContaining('****') });
    expect(call.because.length).toBeGreaterThan(0);
    expect(call.events.map(({ event }) => event)).toEqual([
      'callin',
      'callout',
      'alerting',
      'answer',
      'disconnect',
    ]);
    expect(arrows(call, 'caller')).toEqual([
      ...['in INVITE', 'out 180 Ringing (INVITE)', 'out 200 OK (INVITE)', 'in ACK'],
      ...['out BYE', 'in 200 OK (BYE)'],
    ]);
    expect(arrows(call, 'callee')).toEqual([
      ...['out INVITE', 'in 180 Ringing (INVITE)', 'in 200 OK (INVITE)', 'out ACK'],
      ...['in BYE', 'out 200 OK (BYE)'],
    ]);
    const times = call.ladder?.messages.map(({ at }) => at) ?? [];
    expect(times).toEqual(times.toSorted());
    for (const leg of [call.media?.caller, call.media?.callee]) {
      expect(leg).toMatchObject({ codec: 'PCMA' });
      expect(leg?.packetsIn).toBeGreaterThan(10);
      expect(leg?.packetsOut).toBeGreaterThan(10);
    }
  });

  it('is drawn by the command line, and goes as far as it came', async () => {
    const pair = await scenario.bind();
    const atAnna = await scenario.dial(pair);
    const atBen = await scenario.ben.nextCall();
    atBen.reject(486);
    await atAnna.end();
    const call = await known(pair.x, ({ state }) => state === 'ended');
    const { application } = scenario;
    const run = await runCommand({ base: application.http }, ['call', 'show', call.sessionId], {
      AXBRIDGE_ADMIN_TOKEN: application.adminToken,
    });
    expect(run).toMatchObject({ exitCode: 0, err: '' });
    expect(run.out).toContain('SIP LADDER');
    expect(run.out).toMatch(/│── INVITE ─+►│ +│ \+86139\*\*\*\*\d+ → \+86170/);
    expect(run.out).toMatch(/│ +│◄─+ 486 [\w ]+\(INVITE\) ──│ udp\//);
    expect(run.out).toMatch(/│◄─+ 486 [\w ]+\(INVITE\) ──│ +│ /);
    expect(run.out).not.toMatch(new RegExp(`${pair.a.slice(3)}|${pair.b.slice(3)}`));
  });

  it('is found although its application has been removed since', async () => {
    const gone = await scenario.tenant('AXB');
    const pair = await gone.bind();
    const talking = await scenario.talkOn(pair);
    await talking.atAnna.hangUp();
    await talking.atBen.end();
    await known(pair.x, ({ state }) => state === 'ended');
    await gone.partner.unbind({ subscriptionId: pair.subscriptionId });
    await scenario.admin.send('DELETE', `/numbers/${encodeURIComponent(pair.x)}`);
    await scenario.admin.send('DELETE', `/apps/${gone.appKey}`);
    expect(await known(pair.x, ({ state }) => state === 'ended')).toMatchObject({ stateCode: 0 });
  });

  it.each(['none', '1_2_3_20261122225822@axbridge.local', '1_2_3_99999999999999@axbridge.local'])(
    'is not found under %s, which no call has',
    async (sessionId) => {
      await expect(scenario.admin.send('GET', `/calls/${sessionId}`)).rejects.toThrow(/404/);
    },
  );
});
