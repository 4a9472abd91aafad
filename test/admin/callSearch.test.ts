import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallSnapshot } from '../../src/store/CallSnapshot.ts';
import { findCalls } from '../../src/store/callSearch.ts';
import { runCommand } from '../cli/runCommand.ts';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { expectProblem, sendTo } from './adminRequest.ts';

const [ANNA, BEN, CARA] = ['+8613900001001', '+8613900001002', '+8613900001003'];
const [X, OTHER_X] = ['+8617000005001', '+8617000005002'];
const MINUTE_MS = 60_000;
const NOW = Date.now();

interface Found {
  readonly items: readonly { readonly sessionId: string }[];
  readonly next?: string;
}

let api: ApiUnderTest;

/** Writes a call into the journal, as the node that carried it would have. */
async function keep(
  call: Partial<CallSnapshot> & Pick<CallSnapshot, 'sessionId' | 'callInAt'>,
): Promise<void> {
  const snapshot: CallSnapshot = {
    ...{ appKey: 'ride', mode: 'AXB', x: X, areaCode: '0571', caller: ANNA, nextSeq: 1, because: [] },
    ...call,
  };
  const { appKey, sessionId, x, stateCode = null, callInAt, endedAt } = snapshot;
  const sealed = api.sealer.seal(JSON.stringify(snapshot));
  await api.sql`
    INSERT INTO calls (app_key, session_id, node_id, life, x, state_code, snapshot, next_seq, opened_at, closed_at)
    VALUES (${appKey}, ${sessionId}, 'node', ${randomUUID()}, ${x}, ${stateCode}, ${sealed}, 1,
            ${new Date(callInAt)}, ${endedAt === undefined ? null : new Date(endedAt)})`;
}

const find = async (body?: object): Promise<Found> =>
  (await sendTo(api, 'POST', '/calls/search', body)).body as unknown as Found;
const ids = async (body?: object) => (await find(body)).items.map(({ sessionId }) => sessionId);
const at = (minutesAgo: number) => NOW - minutesAgo * MINUTE_MS;

beforeAll(async () => {
  api = await startApi();
  await keep({ sessionId: 'talking', callInAt: at(1), callee: BEN, answeredAt: at(0.5) });
  const ended = { callee: CARA, endedAt: at(8), stateCode: 0, releasedBy: 'callee' } as const;
  await keep({ sessionId: 'talked', callInAt: at(10), ...ended, answeredAt: at(9) });
  await keep({
    sessionId: 'stranger',
    callInAt: at(20),
    caller: BEN,
    x: OTHER_X,
    endedAt: at(20),
    stateCode: 8014,
  });
  await keep({
    sessionId: 'food',
    appKey: 'food',
    callInAt: at(20),
    caller: '',
    endedAt: at(19),
    stateCode: 8014,
  });
  await keep({ sessionId: 'yesterday', callInAt: at(25 * 60), endedAt: at(25 * 60), stateCode: 8014 });
});
afterAll(() => api.stop());

describe('the search for calls', () => {
  it('shows those of the last day, the latest first, with numbers of people masked', async () => {
    const { items } = await find();
    expect(items.map(({ sessionId }) => sessionId)).toEqual(['talking', 'talked', 'stranger', 'food']);
    expect(items[0]).toMatchObject({
      ...{ appKey: 'ride', mode: 'AXB', state: 'in-progress', x: X },
      ...{ caller: '+86139****1001', callee: '+86139****1002' },
      answeredAt: new Date(at(0.5)).toISOString(),
    });
    expect(items[1]).toMatchObject({ state: 'ended', stateCode: 0, releasedBy: 'callee' });
    expect(JSON.stringify(items)).not.toMatch(/\+86139\d{8}/);
  });

  it.each([
    [{ appKey: 'food' }, ['food']],
    [{ x: OTHER_X }, ['stranger']],
    [{ stateCode: 8014 }, ['stranger', 'food']],
    [{ stateCode: 8014, appKey: 'ride' }, ['stranger']],
    [{ number: CARA }, ['talked']],
    [{ number: BEN }, ['talking', 'stranger']],
    [{ number: BEN, x: X }, ['talking']],
    [{ number: '+8613900001009' }, []],
  ])('finds those to which %j applies', async (search, expected) => {
    expect(await ids(search)).toEqual(expected);
  });

  it('looks within a time', async () => {
    const time = (minutesAgo: number) => new Date(at(minutesAgo)).toISOString();
    expect(await ids({ from: time(26 * 60) })).toContain('yesterday');
    expect(await ids({ from: time(15), to: time(5) })).toEqual(['talked']);
    expect(await ids({ to: time(24 * 60) })).toEqual(['yesterday']);
  });

  it.each([{}, { number: ANNA }, { number: BEN }])('comes in pages (%j)', async (search) => {
    const all = await ids(search);
    const seen: string[] = [];
    for (let after = {}; ; ) {
      const { items, next } = await find({ ...search, ...after, limit: 1 });
      seen.push(...items.map(({ sessionId }) => sessionId));
      if (next === undefined) break;
      after = { after: next };
    }
    expect(seen).toEqual(all);
  });

  it('for a person stops after so many calls, and goes on from there', async () => {
    const { sql, sealer } = api;
    const search = { from: new Date(at(60)), to: new Date(NOW), number: CARA };
    const first = await findCalls(sql, sealer, search, { after: undefined, most: 10, mostRead: 1 });
    expect(first.calls).toEqual([]);
    const rest = await findCalls(sql, sealer, search, { after: first.next, most: 10, mostRead: 100 });
    expect(rest.calls.map(({ call }) => call.sessionId)).toEqual(['talked']);
    expect(rest.next).toBeUndefined();
  });

  it.each([
    [{ number: '1001' }, 'number: expected a number in E.164'],
    [{ stateCode: '8014' }, 'stateCode: expected a stateCode, like 8014'],
    [{ from: 'yesterday' }, 'from: expected a time like 2026-01-31T08:00:00Z'],
    [{ after: 'talked' }, 'after: expected `next` of the answer before'],
    [{ after: '2026-13-31T08:00:00.000Z/talked' }, 'after: expected `next` of the answer before'],
    [{ callee: BEN }, 'callee: no such field'],
  ])('refuses %j', async (body, detail) => {
    expectProblem(await sendTo(api, 'POST', '/calls/search', body), 400, 'invalid-body', detail);
  });
});

it('is "call list" on the command line', async () => {
  const { out } = await runCommand(api, ['call', 'list', '--number', '-', '--limit', '1'], {}, `${BEN}\n`);
  expect(out).toMatch(/^CAME IN +X +EXT +CALLER +CALLEE +ANSWERED +ENDED +CODE +SESSION$/m);
  expect(out).toMatch(/ \+86139\*{4}1001 +\+86139\*{4}1002 .* in-progress +– +talking$/m);
  const [, after = ''] = /^more: --after (\S+)$/m.exec(out) ?? [];
  const next = await runCommand(api, ['call', 'list', '--number', BEN, '--after', after]);
  expect(next.out).toMatch(/8014 +stranger$/m);
  expect((await runCommand(api, ['call', 'list', '--state-code', '9999'])).out).toBe('no calls\n');
});
