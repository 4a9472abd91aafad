import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { PartnerClient } from '../kit/PartnerClient.ts';
import { type Answer, expectProblem, sendTo } from './adminRequest.ts';

const A = '+8613900001001';
const B = '+8613900001002';
const STRANGER = '+8613900001003';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const send = (method: string, path: string, body: unknown): Promise<Answer> =>
  sendTo(api, method, path, body);
const explain = (question: object): Promise<Answer> => send('POST', '/explain', question);

/** An application of a mode, with these X numbers. */
async function appOf(mode: string, numbers: readonly string[], more: object = {}) {
  const { appKey, appSecret } = (await send('POST', '/apps', { name: 'ride', mode, ...more })).body;
  await send('POST', '/numbers', { appKey, numbers: numbers.map((number) => ({ number })) });
  return { appKey, partner: new PartnerClient(api.base, appKey, appSecret) };
}

describe('explain', () => {
  it('says where a call would go and why, with the other party masked', async () => {
    const x = '+8617000005601';
    const { appKey, partner } = await appOf('AXB', [x]);
    await partner.bind(A, B, { relationNum: x });
    const answer = await explain({ caller: A, x });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        decision: { kind: 'connect', callee: '+86139****1002', shown: x, app: { appKey, mode: 'AXB' } },
      },
    });
    expect(answer.body.because).toEqual([
      `the X number belongs to application ${appKey}`,
      expect.stringMatching(/^the caller is A of binding \S+$/),
      'the binding lets both sides call',
      'the call goes to +86139****1002, who sees the X',
    ]);
    expect(JSON.stringify(answer.body)).not.toContain(B.slice(3));
  });

  it('says what refuses a call, and what is heard', async () => {
    const x = '+8617000005602';
    await appOf('AXB', [x]);
    expect((await explain({ caller: STRANGER, x })).body.decision).toMatchObject({
      kind: 'refuse',
      stateCode: 8014,
      announcement: 'no-binding',
    });
    const unknown = await explain({ caller: STRANGER, x: '+8617000009999' });
    expect(unknown.body.decision).toEqual({ kind: 'refuse', stateCode: 8018 });
  });

  it('asks the platform of the process, whose day is that of Shanghai', async () => {
    const x = '+8617000005603';
    await appOf('AXB', [x], { guards: { hours: ['08:00-21:30'] } });
    const early = await explain({ caller: STRANGER, x, at: '2026-01-30T22:00:00Z' });
    expect(early.body.decision).toMatchObject({ kind: 'refuse', stateCode: 8050 });
    const later = await explain({ caller: STRANGER, x, at: '2026-01-31T00:00:00Z' });
    expect(later.body.decision).toMatchObject({ stateCode: 8014 });
  });

  it('tells of the temporary callee of A, whom only a call uses up', async () => {
    const x = '+8617000005604';
    const { partner } = await appOf('AX', [x]);
    await partner.bindAx(A, { privateNum: x });
    await partner.setTemporaryCallee(B, { privateNum: x });
    for (let times = 0; times < 2; times += 1) {
      expect((await explain({ caller: A, x })).body.decision).toMatchObject({
        kind: 'connect',
        callee: '+86139****1002',
        line: { x, extension: '' },
        usesTemporaryCallee: true,
        remembersCaller: false,
      });
    }
    expect(
      (await explain({ caller: A, x: '+8617000005604', at: '2099-01-01T00:00:00Z' })).body,
    ).toMatchObject({ decision: { kind: 'refuse', stateCode: 8013 } });
  });

  it('asks for an extension, takes the digits, and says what becomes of them', async () => {
    const x = '+8617000005605';
    const { partner } = await appOf('AXE', [x], { collectRepeats: 1, announcements: { wait: 'default' } });
    await partner.bindAxe(A, { virtualNum: x, extendNum: '1207' });
    expect((await explain({ caller: STRANGER, x })).body.decision).toMatchObject({
      kind: 'collect',
      prompt: 'enter-extension',
      mostDigits: 4,
      failedAttempts: 0,
    });
    expect((await explain({ caller: STRANGER, x, digits: '1207' })).body).toMatchObject({
      decision: {
        kind: 'connect',
        callee: '+86139****1001',
        extension: '1207',
        ringback: { scene: 'wait' },
        line: { x, extension: '1207' },
        remembersCaller: true,
      },
    });
    const wrong = (await explain({ caller: STRANGER, x, digits: '1208' })).body;
    expect(wrong.decision).toMatchObject({ kind: 'collect', prompt: 'wrong-extension-retry' });
    expect(wrong.because.at(-1)).toBe('the caller may try again: 1 of 1');
    expect((await explain({ caller: STRANGER, x, digits: '' })).body.decision).toMatchObject({
      kind: 'collect',
      prompt: 'enter-extension',
      failedAttempts: 1,
    });
  });

  it('keeps digits to itself where nobody asks for them', async () => {
    const x = '+8617000005606';
    const { partner } = await appOf('AXE', [x]);
    await partner.bindAxe(A, { virtualNum: x, extendNum: '1207' });
    expect((await explain({ caller: A, x, digits: '1207' })).body.decision).toMatchObject({
      kind: 'refuse',
      stateCode: 8019,
      extension: '1207',
    });
  });

  it('tells own numbers from those of the other side', async () => {
    const { partner } = await appOf('AXYB', ['+8617000005608', '+8617000005609']);
    const ofA = await partner.bindAxyb(A, { areaMatchMode: '1' });
    const { subscriptionId, relationNumber: x } = ofA.body;
    const { relationNumber: y } = (await partner.bindAxyb(B, { subscriptionId, areaMatchMode: '1' })).body;
    const decided = async (caller: string, dialled: unknown) =>
      (await explain({ caller, x: dialled })).body.decision;
    expect(await decided(A, y)).toMatchObject({ kind: 'connect', callee: '+86139****1002', shown: x });
    expect(await decided(B, x)).toMatchObject({ kind: 'connect', callee: '+86139****1001', shown: y });
    expect(await decided(A, x)).toMatchObject({ kind: 'refuse', stateCode: 8032 });
    expect(await decided(B, y)).toMatchObject({ kind: 'refuse', stateCode: 8032 });
    expect(await decided(STRANGER, x)).toMatchObject({ kind: 'refuse', stateCode: 8030 });
    expect(await decided(STRANGER, y)).toMatchObject({ kind: 'refuse', stateCode: 8030 });
  });

  it("says that the customer's server decides", async () => {
    const x = '+8617000005607';
    const { appKey } = await appOf('X', [x]);
    const { body } = await explain({ caller: STRANGER, x });
    expect(body.decision).toMatchObject({ kind: 'ask', app: { appKey, mode: 'X' } });
    expect(body.because.at(-1)).toBe("the customer's server decides");
  });

  it('refuses what is no question', async () => {
    const x = '+8617000005601';
    for (const at of ['tomorrow', '2026-13-45T08:00:00Z', '2026-01-31T08:00:00']) {
      expectProblem(await explain({ caller: '', x, at }), 400, 'invalid-body', 'at: expected a time like');
    }
    for (const digits of ['12345', '12#', 'a', 1207]) {
      expectProblem(
        await explain({ caller: '', x, digits }),
        400,
        'invalid-body',
        'digits: expected up to 4 keys',
      );
    }
    expectProblem(await explain({ caller: '139', x }), 400, 'invalid-body', 'caller: expected');
    expectProblem(await explain({ caller: '' }), 400, 'invalid-body', 'x: expected');
  });
});
