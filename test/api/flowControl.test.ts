import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { codeOf, type Key, knock, LET_IN, newApp, StartedApis, signed, TOO_MANY } from './knocking.ts';

/** With the settings of the kit. */
let shared: ApiUnderTest;
beforeAll(async () => {
  shared = await startApi();
  return () => shared.stop();
});

/** Started by the test itself. */
const started = new StartedApis();
afterEach(() => started.stop());

describe('flow control', () => {
  const burst = async (api: ApiUnderTest, key: Key, count: number) => {
    const codes: string[] = [];
    for (let sent = 0; sent < count; sent++) codes.push(await codeOf(knock(api, signed(key))));
    return codes.filter((code) => code === LET_IN).length;
  };

  it.each([
    ['the application’s own limit', { requestLimit: { requests: 3, seconds: 3600 } }, {}, 3],
    ['the limit of every application', {}, { AXBRIDGE_APP_REQUESTS: '4/3600' }, 4],
    [
      'its own before that of every one, lower',
      { requestLimit: { requests: 2, seconds: 3600 } },
      { AXBRIDGE_APP_REQUESTS: '4/3600' },
      2,
    ],
    [
      'its own before that of every one, higher',
      { requestLimit: { requests: 6, seconds: 3600 } },
      { AXBRIDGE_APP_REQUESTS: '4/3600' },
      6,
    ],
    ['the platform’s limit', {}, { AXBRIDGE_PLATFORM_REQUESTS: '5/3600' }, 5],
    ['none', {}, {}, 10],
  ])('by %s', async (_, app, settings, expected) => {
    const api = await started.start({ settings });
    expect(await burst(api, await newApp(api, app), 10)).toBe(expected);
  });

  it('answers 429 and says when to come again', async () => {
    const api = shared;
    const key = await newApp(api, { requestLimit: { requests: 1, seconds: 30 } });
    await knock(api, signed(key));
    expect(await knock(api, signed(key))).toEqual({
      status: 429,
      resultcode: TOO_MANY,
      resultdesc: 'The flow control upper limit is reached on the platform.',
      retryAfter: '30',
    });
  });

  it('lets one in again when there is a token', async () => {
    const api = shared;
    const key = await newApp(api, { requestLimit: { requests: 2, seconds: 1 } });
    await burst(api, key, 2);
    await expect.poll(() => codeOf(knock(api, signed(key)))).toBe(LET_IN);
  });

  it('of one application is no matter of another; of the platform it is', async () => {
    const api = await started.start({ settings: { AXBRIDGE_PLATFORM_REQUESTS: '6/3600' } });
    const one = await newApp(api, { requestLimit: { requests: 2, seconds: 3600 } });
    const two = await newApp(api);
    // What the application's own limit refuses is not taken from the platform's.
    expect(await burst(api, one, 8)).toBe(2);
    expect(await burst(api, two, 8)).toBe(4);
  });

  it('counts nobody who has not proved whose request it is', async () => {
    const api = await started.start({ settings: { AXBRIDGE_PLATFORM_REQUESTS: '2/3600' } });
    const key = await newApp(api, { requestLimit: { requests: 2, seconds: 3600 } });
    for (let guess = 0; guess < 5; guess++) await knock(api, signed({ ...key, secret: 'guessed' }));
    expect(await burst(api, key, 3)).toBe(2);
  });

  it('begins anew with a limit that was changed', async () => {
    const api = shared;
    const key = await newApp(api, { requestLimit: { requests: 1, seconds: 3600 } });
    expect(await burst(api, key, 2)).toBe(1);
    await api.admin.send('PATCH', `/apps/${key.appKey}`, { requestLimit: { requests: 3, seconds: 3600 } });
    expect(await burst(api, key, 5)).toBe(3);
  });
});
