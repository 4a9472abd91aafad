import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { codeOf, knock, LET_IN, newApp, StartedApis, signed, TOO_MANY, USED } from './knocking.ts';
import { createdNow } from './signedHeaders.ts';

/** With the settings of the kit. */
let shared: ApiUnderTest;
beforeAll(async () => {
  shared = await startApi();
  return () => shared.stop();
});

/** Started by the test itself. */
const started = new StartedApis();
afterEach(() => started.stop());

describe('a request that comes again', () => {
  it.each([
    ['AKSK', 'aksk', 0],
    ['WSSE', 'wsse-bytes', 0],
    ['WSSE with the hex digest', 'wsse-hex', 0],
    ['AKSK in Beijing time', 'aksk', 8],
    ['WSSE in Beijing time', 'wsse-bytes', 8],
  ] as const)('is refused: %s', async (_, variant, offsetHours) => {
    const api = shared;
    const headers = signed(await newApp(api), { variant, created: createdNow(offsetHours) });
    expect(await codeOf(knock(api, headers))).toBe(LET_IN);
    const again = await knock(api, headers);
    expect(again).toMatchObject({
      status: 401,
      resultcode: USED,
      resultdesc: expect.stringContaining('Nonce'),
    });
    expect(await codeOf(knock(api, headers, '{}'))).toBe(USED);
  });

  it('is refused in another spelling of the digest, too', async () => {
    const api = shared;
    const key = await newApp(api);
    const same = { nonce: 'n0nce', created: createdNow() };
    expect(await codeOf(knock(api, signed(key, { ...same, variant: 'wsse-bytes' })))).toBe(LET_IN);
    expect(await codeOf(knock(api, signed(key, { ...same, variant: 'wsse-hex' })))).toBe(USED);
  });

  it('is another one with another Nonce, another Created, or of another application', async () => {
    const api = shared;
    const [one, two] = [await newApp(api), await newApp(api)];
    const same = { nonce: 'n0nce', created: createdNow() };
    const earlier = `${new Date(Date.now() - 60_000).toISOString().slice(0, 19)}Z`;
    for (const headers of [
      signed(one, same),
      signed(one, { ...same, nonce: 'another' }),
      signed(one, { ...same, created: earlier }),
      signed(two, same),
    ]) {
      expect(await codeOf(knock(api, headers))).toBe(LET_IN);
    }
  });

  it('is taken once when it comes many times at the same moment', async () => {
    const api = shared;
    const headers = signed(await newApp(api));
    const replies = await Promise.all(Array.from({ length: 20 }, () => codeOf(knock(api, headers))));
    expect(replies.filter((code) => code === LET_IN)).toHaveLength(1);
    expect(replies.filter((code) => code === USED)).toHaveLength(19);
  });

  it('costs nothing that a request which was refused before its turn might still need', async () => {
    const api = shared;
    const key = await newApp(api, { requestLimit: { requests: 1, seconds: 60 } });
    await knock(api, signed(key));
    const headers = signed(key);
    expect(await codeOf(knock(api, headers))).toBe(TOO_MANY);
    await api.admin.send('PATCH', `/apps/${key.appKey}`, { requestLimit: null });
    expect(await codeOf(knock(api, headers))).toBe(LET_IN);
  });

  it('may come where the operator allows it', async () => {
    const api = await started.start({ settings: { AXBRIDGE_REPLAY: 'allow' } });
    const headers = signed(await newApp(api));
    for (let time = 0; time < 3; time++) expect(await codeOf(knock(api, headers))).toBe(LET_IN);
  });

  it('is refused by the next life of the node', async () => {
    const first = await started.start({});
    const headers = signed(await newApp(first));
    expect(await codeOf(knock(first, headers))).toBe(LET_IN);
    await expect
      .poll(async () => (await first.sql`SELECT FROM used_nonces`).count, { timeout: 5000 })
      .toBe(1);
    const second = await started.start({ beside: first });
    expect(await codeOf(knock(second, headers))).toBe(USED);
  });
});

describe('two nodes', () => {
  async function startTwo(): Promise<readonly [ApiUnderTest, ApiUnderTest]> {
    const one = await started.start({});
    const heard = new Promise<void>((resolve) => {
      const end = one.changes.onChange(({ nodes }) => {
        if (!nodes) return;
        end();
        resolve();
      });
    });
    await one.sql`INSERT INTO nodes (node_id, life) VALUES (${one.nodeId}, gen_random_uuid()), ('two', gen_random_uuid())`;
    await heard;
    return [one, await started.start({ beside: one })];
  }

  it('take a request once between them', async () => {
    const [one, two] = await startTwo();
    const key = await newApp(one);
    for (const [first, then] of [
      [one, two],
      [two, one],
    ] as const) {
      const headers = signed(key);
      expect(await codeOf(knock(first, headers))).toBe(LET_IN);
      expect(await codeOf(knock(then, headers))).toBe(USED);
    }
  });

  it('take it once when it comes to both at the same moment', async () => {
    const [one, two] = await startTwo();
    const key = await newApp(one);
    for (let round = 0; round < 20; round++) {
      const headers = signed(key);
      const codes = await Promise.all([codeOf(knock(one, headers)), codeOf(knock(two, headers))]);
      expect(codes.toSorted()).toEqual([USED, LET_IN]);
    }
  });
});
