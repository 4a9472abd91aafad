import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wav } from '../admin/wav.ts';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import type { PartnerReply } from '../kit/PartnerClient.ts';
import {
  type CustomerUnderTest,
  expectRefusal,
  idOf,
  newCustomer,
  nextUser,
  OK,
} from './customerUnderTest.ts';
import { signedHeaders } from './signedHeaders.ts';

const PATH = '/rest/provision/caas/privatenumber/v1.0';
const CALLEE_PATH = '/rest/caas/privatenumber/calleenumber/v1.0';
const NO_ID = '00000000-0000-4000-8000-000000000000';

let api: ApiUnderTest;
let customer: CustomerUnderTest;

beforeAll(async () => {
  api = await startApi();
  customer = await newCustomer(api, 'AX', { recording: true });
  await api.admin.addAnnouncement('known.wav', wav({}));
});
afterAll(() => api.stop());

/** The only item of a query's reply. */
async function itemOf(query: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
  const { body } = await customer.client.queryAx(query);
  const items = body.privateNumList as Record<string, unknown>[];
  expect(items).toHaveLength(1);
  return items[0] ?? {};
}

describe('AX bind, query, modify, unbind', () => {
  it('answers with the fields and types of the documents', async () => {
    const [a, x] = [nextUser(), await customer.addX()];
    const bound = await customer.client.bindAx(a, {
      privateNum: x,
      calleeNumDisplay: '1',
      recordFlag: 'true',
      recordHintTone: 'known.wav',
      privateSms: 'false',
      preVoice: { callerHintTone: 'known.wav', calleeHintTone: 'known.wav' },
      maxDuration: 120,
      lastMinVoice: 'known.wav',
      callDirection: 2,
      userData: 'u-1',
    });
    const subscriptionId = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(bound).toEqual({ ...OK, body: { ...OK.body, origNum: a, privateNum: x, subscriptionId } });
    expect(await customer.client.queryAx({ privateNum: x })).toEqual({
      ...OK,
      body: {
        ...OK.body,
        privateNumList: [
          {
            origNum: a,
            privateNum: x,
            subscriptionId: idOf(bound),
            recordFlag: 'true',
            recordHintTone: 'known.wav',
            privateSms: 'false',
            calleeNumDisplay: '1',
            maxDuration: 120,
            lastMinVoice: 'known.wav',
            callDirection: 2,
            preVoice: { callerHintTone: 'known.wav', calleeHintTone: 'known.wav' },
            userData: 'u-1',
          },
        ],
      },
    });
  });

  it('has defaults for all that is not given; a direction that was never set is left out', async () => {
    const [a, x] = [nextUser(), await customer.addX()];
    const bound = await customer.client.bindAx(a, { privateNum: x });
    expect(await itemOf({ subscriptionId: idOf(bound) })).toEqual({
      origNum: a,
      privateNum: x,
      subscriptionId: idOf(bound),
      recordFlag: 'false',
      privateSms: 'true',
      calleeNumDisplay: '0',
      maxDuration: 0,
      preVoice: {},
    });
  });

  it('gives an X of the city that is asked for; loose: any, when that city has none left', async () => {
    const [here, there] = [await customer.addX('010'), await customer.addX('021')];
    const city = { areaCode: '010', privateNumType: 'mobile-virtual' };
    const bind = (more: object) => customer.client.bindAx(nextUser(), { ...city, ...more });
    expect((await bind({ areaMatchMode: '1' })).body.privateNum).toBe(here);
    await expectRefusal(bind({}), '1011002', 'Insufficient number of resources.');
    await expectRefusal(bind({ areaMatchMode: '0' }), '1011002', 'Insufficient number of resources.');
    expect((await bind({ areaMatchMode: 1 })).body.privateNum).toBe(there);
  });

  it('finds all X of an A, which win over an X; an id wins over both', async () => {
    const [a, first, second] = [nextUser(), await customer.addX(), await customer.addX()];
    const bound = await customer.client.bindAx(a, { privateNum: first });
    await customer.client.bindAx(a, { privateNum: second });
    const { body } = await customer.client.queryAx({ origNum: a, privateNum: first });
    expect(body.privateNumList).toMatchObject([{ privateNum: first }, { privateNum: second }]);
    expect(await itemOf({ privateNum: second, subscriptionId: idOf(bound) })).toMatchObject({
      privateNum: first,
    });
  });

  it('changes what it is told to, and nothing else, by id or by X', async () => {
    const [a, x] = [nextUser(), await customer.addX()];
    const bound = await customer.client.bindAx(a, { privateNum: x, maxDuration: 5, userData: 'kept' });
    const bySubscription = { subscriptionId: idOf(bound), privateNum: 'of no account' };
    expect(await customer.client.modifyAx({ ...bySubscription, recordFlag: true, callDirection: 1 })).toEqual(
      OK,
    );
    expect(await customer.client.modifyAx({ privateNum: x, origNum: a, privateSms: 'false' })).toEqual(OK);
    expect(await itemOf({ privateNum: x })).toMatchObject({
      recordFlag: 'true',
      callDirection: 1,
      privateSms: 'false',
      maxDuration: 5,
      userData: 'kept',
    });
  });

  it('ends a binding by its id or its X; the A of the older form is not read', async () => {
    const x = await customer.addX();
    for (const by of ['subscriptionId', 'privateNum'] as const) {
      const bound = await customer.client.bindAx(nextUser(), { privateNum: x });
      const query =
        by === 'subscriptionId' ? { subscriptionId: idOf(bound) } : { privateNum: x, origNum: 'any' };
      expect(await customer.client.unbindAx(query)).toEqual(OK);
      await expectRefusal(
        customer.client.queryAx({ privateNum: x }),
        '1016001',
        'The record does not exist.',
      );
    }
  });

  it('takes both header schemes, and DELETE with a JSON body', async () => {
    const x = await customer.addX();
    const signature = { appKey: customer.appKey, secret: customer.secret, variant: 'wsse-bytes' } as const;
    const send = async (method: 'POST' | 'DELETE', body: object) => {
      const sent = { method, headers: signedHeaders(signature), body: JSON.stringify(body) };
      return (await request(`${api.base}${PATH}`, sent)).body.json();
    };
    expect(await send('POST', { origNum: nextUser(), privateNum: x })).toMatchObject({ privateNum: x });
    expect(await send('DELETE', { privateNum: x })).toEqual(OK.body);
  });
});

describe('AX: what a bind is refused for', () => {
  const A = '+8613900002001';
  const rows: readonly [string, Record<string, unknown>, string, string][] = [
    ['no A', { origNum: null }, '1010002', 'origNum: expected a number of 1 to 32 characters, it is missing'],
    [
      'an A of 33 characters',
      { origNum: '1'.repeat(33) },
      '1010002',
      'origNum: expected a number of 1 to 32',
    ],
    ['an A that is no number', { origNum: 'anna' }, '1010002', 'The number format is incorrect. origNum'],
    ['an A that can only be called', { origNum: '4001234567' }, '1010002', 'format is incorrect. origNum'],
    ['an X of 33 characters', { privateNum: '1'.repeat(33) }, '1010002', 'privateNum: expected a number'],
    ['an X that is no number', { privateNum: '170x' }, '1011001', 'Account does not exist.'],
    ['an X that is not known', { privateNum: '+8617999999999' }, '1011001', 'Account does not exist.'],
    ['neither X nor city', { privateNum: null }, '1010002', 'Expected privateNum or areaCode, got neither.'],
    ['a city without type', { privateNum: null, areaCode: '010' }, '1010002', 'privateNumType: expected'],
    ['another type', { privateNumType: 'fixed' }, '1010002', 'privateNumType: expected "mobile-virtual"'],
    ['a city of 33 characters', { areaCode: '0'.repeat(33) }, '1010002', 'areaCode: expected a city code'],
    ['another match mode', { areaMatchMode: '2' }, '1010002', 'areaMatchMode: expected "0" (strict) or'],
    ['another display', { calleeNumDisplay: '2' }, '1010002', 'calleeNumDisplay: expected "0" (A sees X) or'],
    ['another recordFlag', { recordFlag: 'yes' }, '1010002', 'recordFlag: expected "true" or "false"'],
    ['too long a hint', { recordHintTone: 'h'.repeat(129) }, '1010002', 'recordHintTone: expected the name'],
    ['a hint that nobody uploaded', { recordFlag: true, recordHintTone: 'no.wav' }, '1010002', 'no.wav'],
    ['another privateSms', { privateSms: 'maybe' }, '1010002', 'privateSms: expected "true" or "false"'],
    ['a preVoice that is text', { preVoice: 'w.wav' }, '1010002', 'preVoice: expected an object'],
    ['a ringback that nobody uploaded', { preVoice: { calleeHintTone: 'no.wav' } }, '1010002', 'no.wav'],
    ['maxDuration below 0', { maxDuration: -1 }, '1010002', 'maxDuration: expected minutes from 0 to 1440'],
    ['maxDuration above a day', { maxDuration: 1441 }, '1010002', 'maxDuration: expected minutes'],
    ['a last-minute voice nobody uploaded', { maxDuration: 2, lastMinVoice: 'no.wav' }, '1010002', 'no.wav'],
    [
      'another direction',
      { callDirection: 3 },
      '1010002',
      'callDirection: expected 0 (both ways), 1 (A calls)',
    ],
    ['braces in userData', { userData: '{u}' }, '1010002', 'userData: expected at most 256 characters'],
    ['too long a userData', { userData: 'u'.repeat(257) }, '1010002', 'userData: expected at most 256'],
  ];

  it.each(rows)('%s', async (_, fields, resultcode, text) => {
    const x = await customer.addX();
    await expectRefusal(customer.client.bindAx(A, { privateNum: x, ...fields }), resultcode, text);
    await expectRefusal(customer.client.queryAx({ privateNum: x }), '1016001', 'The record does not exist.');
  });

  it('recording, in an application without it', async () => {
    const other = await newCustomer(api, 'AX');
    const bind = (more: object) => other.client.bindAx(A, { ...more, privateNum });
    const privateNum = await other.addX();
    await expectRefusal(bind({ recordFlag: true }), '1012012', 'does not open recording function');
    const bound = await bind({ recordFlag: false, recordHintTone: 'no.wav', lastMinVoice: 'no.wav' });
    expect(bound.body.resultcode).toBe('0');
    const modified = other.client.modifyAx({ subscriptionId: idOf(bound), recordFlag: 'true' });
    await expectRefusal(modified, '1012012', 'does not open recording function');
  });

  it('an X of another application, one that takes no bindings, one that has another A, or this one', async () => {
    const stranger = await newCustomer(api, 'AX');
    const foreign = await stranger.addX();
    await expectRefusal(customer.client.bindAx(A, { privateNum: foreign }), '1011001', 'Account does not');
    const x = await customer.addX();
    await api.admin.send('PATCH', `/numbers/${x}`, { state: 'bind-frozen' });
    await expectRefusal(customer.client.bindAx(A, { privateNum: x }), '1012102', 'status is abnormal');
    await api.admin.send('PATCH', `/numbers/${x}`, { state: 'normal' });
    const a = nextUser();
    await customer.client.bindAx(a, { privateNum: x });
    await expectRefusal(customer.client.bindAx(nextUser(), { privateNum: x }), '1011005', 'has been applied');
    await expectRefusal(customer.client.bindAx(a, { privateNum: x }), '1016002', 'record already exists');
  });

  it('a sixth X of one A, until one of the five is given up', async () => {
    const a = nextUser();
    const held: PartnerReply[] = [];
    for (let count = 0; count < 5; count++) {
      held.push(await customer.client.bindAx(a, { privateNum: await customer.addX() }));
    }
    const sixth = await customer.addX();
    await expectRefusal(
      customer.client.bindAx(a, { privateNum: sixth }),
      '1011003',
      'Exceeded the upper limit',
    );
    for (const reply of held.slice(0, 1)) await customer.client.unbindAx({ subscriptionId: idOf(reply) });
    expect((await customer.client.bindAx(a, { privateNum: sixth })).body.resultcode).toBe('0');
  });
});

describe('AX: the edges of what is taken', () => {
  it.each([
    ['maxDuration of a day', { maxDuration: 1440 }, { maxDuration: 1440 }],
    ['digits in quotes', { maxDuration: '60', callDirection: '1' }, { maxDuration: 60, callDirection: 1 }],
    ['booleans', { recordFlag: true, privateSms: false }, { recordFlag: 'true', privateSms: 'false' }],
    ['capitals', { recordFlag: 'True', privateSms: 'FALSE' }, { recordFlag: 'true', privateSms: 'false' }],
    ['an integer for an enum', { calleeNumDisplay: 1 }, { calleeNumDisplay: '1' }],
    ['nothing in many forms', { areaCode: '', preVoice: [], userData: null }, { preVoice: {} }],
    ['userData of 256 characters', { userData: 'u'.repeat(256) }, { userData: 'u'.repeat(256) }],
    ['a city beside an X', { areaCode: '010' }, {}],
    ['fields that nobody knows', { deep: { er: 1 } }, {}],
  ])('%s', async (_, fields, shown) => {
    const x = await customer.addX();
    const bound = await customer.client.bindAx(nextUser(), { privateNum: x, ...fields });
    expect(bound.body).toMatchObject({ resultcode: '0', privateNum: x });
    expect(await itemOf({ subscriptionId: idOf(bound) })).toMatchObject(shown);
  });

  it('numbers without a plus', async () => {
    const [a, x] = [nextUser(), await customer.addX()];
    const bound = await customer.client.bindAx(a.slice(3), { privateNum: x.slice(1) });
    expect(bound.body).toMatchObject({ origNum: a, privateNum: x });
  });
});

describe('AX: bindings that are not there', () => {
  it.each([
    ['an id that is none', { subscriptionId: 'none' }, '1016001'],
    ['an id that nobody has', { subscriptionId: NO_ID }, '1016001'],
    ['neither id nor X', {}, '1010002'],
    ['an id of 65 characters', { subscriptionId: 'i'.repeat(65) }, '1010002'],
  ] as const)('%s', async (_, which, resultcode) => {
    const { client } = customer;
    for (const answer of [
      client.unbindAx(which),
      client.queryAx(which),
      client.modifyAx({ ...which, maxDuration: 1 }),
      client.setTemporaryCallee(nextUser(), which),
    ]) {
      await expectRefusal(answer, resultcode);
    }
  });

  it('an X that is free, one of another application, and one whose plus was not escaped', async () => {
    const { client } = customer;
    const free = { privateNum: await customer.addX() };
    const foreign = { privateNum: await (await newCustomer(api, 'AX')).addX() };
    const unescaped = { privateNum: free.privateNum.replace('+', ' ') };
    for (const [which, onUnbind, else_, onQuery] of [
      [free, '1016001', '1016001', '1016001'],
      [foreign, '1011004', '1011001', '1016001'],
      [unescaped, '1011004', '1011001', '1011001'],
    ] as const) {
      await expectRefusal(client.unbindAx(which), onUnbind);
      await expectRefusal(client.modifyAx(which), else_);
      await expectRefusal(client.setTemporaryCallee(nextUser(), which), else_);
      await expectRefusal(client.queryAx(which), onQuery);
    }
  });

  it("a binding of another application, by its id, and another A's than the older form names", async () => {
    const stranger = await newCustomer(api, 'AX');
    const x = await customer.addX();
    const bound = await customer.client.bindAx(nextUser(), { privateNum: x });
    const which = { subscriptionId: idOf(bound) };
    await expectRefusal(stranger.client.unbindAx(which), '1016001');
    await expectRefusal(stranger.client.queryAx(which), '1016001');
    await expectRefusal(stranger.client.modifyAx({ ...which, maxDuration: 1 }), '1016001');
    await expectRefusal(stranger.client.setTemporaryCallee(nextUser(), which), '1016001');
    const another = { privateNum: x, origNum: nextUser() };
    await expectRefusal(customer.client.modifyAx(another), '1016001');
    await expectRefusal(customer.client.setTemporaryCallee(nextUser(), another), '1016001');
  });

  it('a query that names nothing', () => expectRefusal(customer.client.queryAx({}), '1010002', 'got none'));
});

describe('the numbers and announcements of AX bindings', () => {
  it('stay while a binding stands on them', async () => {
    const x = await customer.addX();
    await api.admin.addAnnouncement('used.wav', wav({}));
    await customer.client.bindAx(nextUser(), { privateNum: x, preVoice: { callerHintTone: 'used.wav' } });
    await expect(api.admin.send('DELETE', `/numbers/${x}`)).rejects.toThrow('409');
    await expect(api.admin.send('DELETE', '/announcements/used.wav')).rejects.toThrow('1 bindings');
    await customer.client.unbindAx({ privateNum: x });
    await api.admin.send('DELETE', '/announcements/used.wav');
    await api.admin.send('DELETE', `/numbers/${x}`);
  });
});

it('leaves nothing in the log that names a person, and no failure', () => {
  expect(JSON.stringify(api.logged)).not.toMatch(/139\d{8}/);
  expect(api.logged.filter(({ level }) => level === 'error')).toEqual([]);
});

it('refuses applications of other modes on every path', async () => {
  for (const mode of ['AXB', 'AXE', 'AXYB', 'X']) {
    const { client } = await newCustomer(api, mode);
    for (const [method, path] of [
      ['POST', PATH],
      ['PUT', PATH],
      ['GET', PATH],
      ['DELETE', PATH],
      ['PUT', CALLEE_PATH],
    ] as const) {
      expect((await client.send(method, path)).body.resultcode).toBe('1010040');
    }
  }
});
