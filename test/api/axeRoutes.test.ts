import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wav } from '../admin/wav.ts';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import {
  type CustomerUnderTest,
  expectRefusal,
  idOf,
  newCustomer,
  nextUser,
  OK,
} from './customerUnderTest.ts';
import { signedHeaders } from './signedHeaders.ts';

const PATH = '/rest/caas/extendnumber/v1.0';
const LIST_PATH = '/rest/caas/extendnumber/v2.0';
const NO_ID = '00000000-0000-4000-8000-000000000000';

let api: ApiUnderTest;
let customer: CustomerUnderTest;

beforeAll(async () => {
  api = await startApi();
  customer = await newCustomer(api, 'AXE', { recording: true });
  await api.admin.addAnnouncement('known.wav', wav({}));
});
afterAll(() => api.stop());

describe('AXE bind, query, modify, unbind', () => {
  it('answers with the fields and types of the documents', async () => {
    const [a, x] = [nextUser(), await customer.addX()];
    const fields = {
      extendNum: '1207',
      displayNumMode: '1',
      recordFlag: 'true',
      recordHintTone: 'known.wav',
      callbackTone: 'known.wav',
      callbackNum: '+8657188123456',
      timeUnit: '1',
      bindExpiredTime: 90,
      callbackExpiredTime: 30,
      userData: 'u-1',
    };
    const bound = await customer.client.bindAxe(a, { virtualNum: x, ...fields });
    const subscriptionId = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(bound).toEqual({
      ...OK,
      body: { ...OK.body, subscriptionId, virtualNum: x, bindNum: a, extendNum: '1207' },
    });
    const shown = { subscriptionId: idOf(bound), virtualNum: x, bindNum: a, ...fields };
    for (const query of [{ subscriptionId: idOf(bound) }, { virtualNum: x, extendNum: '1207' }]) {
      expect(await customer.client.queryAxe(query)).toEqual({ ...OK, body: { ...OK.body, ...shown } });
      expect(await customer.client.listAxe(query)).toEqual({
        ...OK,
        body: { ...OK.body, virtualNumList: [shown] },
      });
    }
  });

  it('has defaults for all that is not given, and makes up an extension', async () => {
    const [a, x] = [nextUser(), await customer.addX()];
    const bound = await customer.client.bindAxe(a, { virtualNum: x, extendNum: '' });
    expect(bound.body.extendNum).toMatch(/^(?!0000)\d{4}$/);
    expect((await customer.client.queryAxe({ subscriptionId: idOf(bound) })).body).toEqual({
      ...OK.body,
      subscriptionId: idOf(bound),
      virtualNum: x,
      bindNum: a,
      extendNum: bound.body.extendNum,
      displayNumMode: '0',
      recordFlag: 'false',
      timeUnit: '0',
      bindExpiredTime: 0,
      callbackExpiredTime: 0,
    });
  });

  it('gives the X of the city with the fewest bindings; loose: any, when that city has none', async () => {
    const own = await newCustomer(api, 'AXE');
    const [first, second] = [await own.addX('010'), await own.addX('010')];
    const bind = (more: object) => own.client.bindAxe(nextUser(), { areaCode: '010', ...more });
    const chosen = [await bind({}), await bind({}), await bind({}), await bind({})];
    expect(chosen.map(({ body }) => body.virtualNum).sort()).toEqual([first, first, second, second]);
    await expectRefusal(bind({ areaCode: '021' }), '1012008', 'Insufficient number of resources.');
    expect((await bind({ areaCode: '021', areaMatchMode: '1' })).body.resultcode).toBe('0');
  });

  it('changes what it is told to, and nothing else', async () => {
    const [a, x] = [nextUser(), await customer.addX()];
    const bound = await customer.client.bindAxe(a, { virtualNum: x, extendNum: '0001', userData: 'kept' });
    const changes = { callbackNum: '4001234567', recordFlag: true, callbackTone: 'known.wav' };
    expect(await customer.client.modifyAxe({ subscriptionId: idOf(bound), ...changes })).toEqual(OK);
    const by = { virtualNum: x, extendNum: '0001' };
    expect(await customer.client.modifyAxe({ ...by, recordHintTone: 'known.wav' })).toEqual(OK);
    expect((await customer.client.queryAxe(by)).body).toMatchObject({
      bindNum: a,
      callbackNum: '+864001234567',
      recordFlag: 'true',
      callbackTone: 'known.wav',
      recordHintTone: 'known.wav',
      userData: 'kept',
    });
  });

  it('goes on to show the unit and the term of the bind after a modify', async () => {
    const x = await customer.addX();
    const terms = { timeUnit: '0', bindExpiredTime: 24, callbackExpiredTime: 12 };
    const { body } = await customer.client.bindAxe(nextUser(), { virtualNum: x, ...terms });
    const by = { subscriptionId: String(body.subscriptionId) };
    await customer.client.modifyAxe({ ...by, timeUnit: '1', bindExpiredTime: 5, callbackExpiredTime: 3 });
    expect((await customer.client.queryAxe(by)).body).toMatchObject({ ...terms, callbackExpiredTime: 3 });
    const [row] = await api.sql`
      SELECT extract(epoch FROM expires_at - now())::int AS seconds, call_back_seconds
      FROM axe_bindings WHERE subscription_id = ${by.subscriptionId}`;
    expect(row?.seconds).toBeGreaterThan(290);
    expect(row?.seconds).toBeLessThanOrEqual(300);
    expect(row?.call_back_seconds).toBe(180);
  });

  it('ends a binding by its id, or by its X and extension', async () => {
    const x = await customer.addX();
    const { client } = customer;
    const first = await client.bindAxe(nextUser(), { virtualNum: x, extendNum: '0001' });
    await client.bindAxe(nextUser(), { virtualNum: x, extendNum: '0002' });
    expect(await client.unbindAxe({ subscriptionId: idOf(first), virtualNum: 'of no account' })).toEqual(OK);
    expect(await client.unbindAxe({ virtualNum: x, extendNum: '0002' })).toEqual(OK);
    expect((await client.listAxe({ virtualNum: x })).body.virtualNumList).toEqual([]);
  });

  it('takes both header schemes, and DELETE with a JSON body', async () => {
    const x = await customer.addX();
    const signature = { appKey: customer.appKey, secret: customer.secret, variant: 'wsse-hex' } as const;
    const send = async (method: 'POST' | 'DELETE', body: object) => {
      const sent = { method, headers: signedHeaders(signature), body: JSON.stringify(body) };
      return (await request(`${api.base}${PATH}`, sent)).body.json();
    };
    const fields = { virtualNum: x, extendNum: 1207 };
    expect(await send('POST', { bindNum: nextUser(), ...fields })).toMatchObject({ extendNum: '1207' });
    expect(await send('DELETE', fields)).toEqual(OK.body);
  });
});

describe('AXE: what a bind is refused for', () => {
  const A = '+8613900003001';
  const rows: readonly [string, Record<string, unknown>, string, string][] = [
    ['no A', { bindNum: null }, '1010002', 'bindNum: expected a number of 1 to 32 characters, it is missing'],
    [
      'an A of 33 characters',
      { bindNum: '1'.repeat(33) },
      '1010002',
      'bindNum: expected a number of 1 to 32',
    ],
    ['an A that is no number', { bindNum: 'anna' }, '1010002', 'The number format is incorrect. bindNum'],
    ['an X of 33 characters', { virtualNum: '1'.repeat(33) }, '1010002', 'virtualNum: expected a number'],
    ['an X that is no number', { virtualNum: '170x' }, '1012001', 'Resource of number is not to be applied.'],
    ['an X that is not known', { virtualNum: '+8617999999999' }, '1012001', 'Resource of number is not'],
    ['neither X nor city', { virtualNum: null }, '1010002', 'Expected virtualNum or areaCode, got neither.'],
    ['a city of 33 characters', { areaCode: '0'.repeat(33) }, '1010002', 'areaCode: expected a city code'],
    ['another match mode', { areaMatchMode: '2' }, '1010002', 'areaMatchMode: expected "0" (strict) or'],
    [
      'the extension zero',
      { extendNum: '0000' },
      '1010002',
      'extendNum: expected 4 digits from 0001 to 9999',
    ],
    ['an extension that is short', { extendNum: '120' }, '1010002', 'extendNum: expected 4 digits'],
    ['an extension that is long', { extendNum: '12077' }, '1010002', 'extendNum: expected an extension'],
    ['an extension of letters', { extendNum: '12a7' }, '1010002', 'extendNum: expected an extension'],
    [
      'an extension in other digits',
      { extendNum: '１２０７' },
      '1010002',
      'extendNum: expected an extension',
    ],
    ['another display', { displayNumMode: '2' }, '1010002', 'displayNumMode: expected "0" (A sees X) or'],
    ['another recordFlag', { recordFlag: 'yes' }, '1010002', 'recordFlag: expected "true" or "false"'],
    ['too long a hint', { recordHintTone: 'h'.repeat(129) }, '1010002', 'recordHintTone: expected the name'],
    ['a hint that nobody uploaded', { recordFlag: true, recordHintTone: 'no.wav' }, '1010002', 'no.wav'],
    ['too long a tone', { callbackTone: 't'.repeat(129) }, '1010002', 'callbackTone: expected the name'],
    ['a tone that nobody uploaded', { callbackTone: 'no.wav' }, '1010002', 'no.wav'],
    [
      'a call-back number of 33',
      { callbackNum: '1'.repeat(33) },
      '1010002',
      'callbackNum: expected a number',
    ],
    ['a call-back number that is none', { callbackNum: 'x' }, '1010002', 'format is incorrect. callbackNum'],
    ['another unit', { timeUnit: '2' }, '1010002', 'timeUnit: expected "0" (hours) or "1" (minutes)'],
    ['a term below 0', { bindExpiredTime: -1 }, '1010002', 'bindExpiredTime: expected 0 to 720 hours'],
    [
      'a term of 721 hours',
      { bindExpiredTime: 721 },
      '1010002',
      'bindExpiredTime: expected at most 720 hours',
    ],
    [
      'a term of 43201 minutes',
      { timeUnit: 1, bindExpiredTime: 43_201 },
      '1010002',
      'bindExpiredTime: expected',
    ],
    [
      'a record of 721 hours',
      { callbackExpiredTime: 721 },
      '1010002',
      'callbackExpiredTime: expected at most',
    ],
    [
      'a record of half an hour',
      { callbackExpiredTime: 0.5 },
      '1010002',
      'callbackExpiredTime: expected 0 to',
    ],
    ['braces in userData', { userData: '{u}' }, '1010002', 'userData: expected at most 256 characters'],
    ['too long a userData', { userData: 'u'.repeat(257) }, '1010002', 'userData: expected at most 256'],
  ];

  it.each(rows)('%s', async (_, fields, resultcode, text) => {
    const x = await customer.addX();
    await expectRefusal(customer.client.bindAxe(A, { virtualNum: x, ...fields }), resultcode, text);
    expect((await customer.client.listAxe({ virtualNum: x })).body.virtualNumList).toEqual([]);
  });

  it('recording, in an application without it', async () => {
    const other = await newCustomer(api, 'AXE');
    const virtualNum = await other.addX();
    const bind = (more: object) => other.client.bindAxe(A, { ...more, virtualNum });
    await expectRefusal(bind({ recordFlag: true }), '1012012', 'does not open recording function');
    const bound = await bind({ recordHintTone: 'no.wav' });
    expect(bound.body.resultcode).toBe('0');
    const modified = other.client.modifyAxe({ subscriptionId: idOf(bound), recordFlag: 'true' });
    await expectRefusal(modified, '1012012', 'does not open recording function');
  });

  it('an X of another application, and one that takes no bindings', async () => {
    const virtualNum = await (await newCustomer(api, 'AXE')).addX();
    await expectRefusal(customer.client.bindAxe(A, { virtualNum }), '1012001', 'is not to be applied');
    const x = await customer.addX();
    await api.admin.send('PATCH', `/numbers/${x}`, { state: 'suspended' });
    await expectRefusal(customer.client.bindAxe(A, { virtualNum: x }), '1012102', 'status is abnormal');
  });

  it('an A who has an extension on this X, and an extension that another A has', async () => {
    const [a, x] = [nextUser(), await customer.addX()];
    await customer.client.bindAxe(a, { virtualNum: x, extendNum: '1207' });
    const again = (extendNum: string) => customer.client.bindAxe(a, { virtualNum: x, extendNum });
    await expectRefusal(again('1208'), '1016002', 'The record already exists.');
    await expectRefusal(again('1207'), '1016002', 'The record already exists.');
    const other = customer.client.bindAxe(nextUser(), { virtualNum: x, extendNum: '1207' });
    await expectRefusal(other, '1020167', 'No idle extend Number.');
    const elsewhere = await customer.client.bindAxe(a, {
      virtualNum: await customer.addX(),
      extendNum: '1207',
    });
    expect(elsewhere.body.resultcode).toBe('0');
  });

  it.each([1, 2])('more A than there are extensions of %d digits', async (extensionDigits) => {
    const own = await newCustomer(api, 'AXE', { extensionDigits });
    const x = await own.addX();
    const most = 10 ** extensionDigits - 1;
    const given = new Set<unknown>();
    for (let count = 0; count < most; count++) {
      given.add((await own.client.bindAxe(nextUser(), { virtualNum: x })).body.extendNum);
    }
    const every = Array.from({ length: most }, (_, index) =>
      String(index + 1).padStart(extensionDigits, '0'),
    );
    expect([...given].sort()).toEqual(every);
    await expectRefusal(
      own.client.bindAxe(nextUser(), { virtualNum: x }),
      '1020167',
      'No idle extend Number.',
    );
    const anywhere = { areaCode: '0571' };
    await expectRefusal(own.client.bindAxe(nextUser(), anywhere), '1012008', 'Insufficient number of');
    const tooLong = own.client.bindAxe(nextUser(), {
      virtualNum: x,
      extendNum: '1'.repeat(extensionDigits + 1),
    });
    await expectRefusal(tooLong, '1010002', `extendNum: expected ${extensionDigits} digits`);
    await own.client.unbindAxe({ virtualNum: x, extendNum: every[4] ?? '' });
    expect((await own.client.bindAxe(nextUser(), anywhere)).body.extendNum).toBe(every[4]);
  });

  it('a wanted extension that is taken on every X of the city; on one of them it goes to the other', async () => {
    const own = await newCustomer(api, 'AXE');
    const [first, second] = [await own.addX(), await own.addX()];
    const bind = () => own.client.bindAxe(nextUser(), { areaCode: '0571', extendNum: '1207' });
    expect([(await bind()).body.virtualNum, (await bind()).body.virtualNum].sort()).toEqual([first, second]);
    await expectRefusal(bind(), '1020167', 'No idle extend Number.');
  });
});

describe('AXE: the edges of what is taken', () => {
  it.each([
    ['the first extension', { extendNum: '0001' }, { extendNum: '0001' }],
    ['the last extension', { extendNum: '9999' }, { extendNum: '9999' }],
    ['an extension that is no text', { extendNum: 1207 }, { extendNum: '1207' }],
    ['720 hours', { bindExpiredTime: 720, callbackExpiredTime: '720' }, { callbackExpiredTime: 720 }],
    ['43200 minutes', { timeUnit: 1, bindExpiredTime: 43_200 }, { timeUnit: '1', bindExpiredTime: 43_200 }],
    ['an integer for an enum', { displayNumMode: 1 }, { displayNumMode: '1' }],
    ['booleans', { recordFlag: true }, { recordFlag: 'true' }],
    ['a call-back number of 95', { callbackNum: '95588' }, { callbackNum: '+8695588' }],
    ['nothing in many forms', { areaCode: '', callbackTone: null, userData: '' }, {}],
  ])('%s', async (_, fields, shown) => {
    const x = await customer.addX();
    const bound = await customer.client.bindAxe(nextUser(), { virtualNum: x, ...fields });
    expect(bound.body).toMatchObject({ resultcode: '0', virtualNum: x });
    expect((await customer.client.queryAxe({ subscriptionId: idOf(bound) })).body).toMatchObject(shown);
  });
});

describe('AXE: bindings that are not there', () => {
  it.each([
    ['an id that is none', { subscriptionId: 'none' }, '1016001'],
    ['an id that nobody has', { subscriptionId: NO_ID }, '1016001'],
    ['nothing', {}, '1010002'],
    ['an extension without an X', { extendNum: '1207' }, '1010002'],
    ['an X without an extension', { virtualNum: '+8617000000001' }, '1010002'],
    ['an id of 65 characters', { subscriptionId: 'i'.repeat(65) }, '1010002'],
    ['an X that is not known', { virtualNum: '+8617999999999', extendNum: '1207' }, '1012001'],
    ['a plus that was not escaped', { virtualNum: ' 8617000000001', extendNum: '1207' }, '1012001'],
  ])('%s', async (_, which, resultcode) => {
    const { client } = customer;
    await expectRefusal(client.unbindAxe(which), resultcode);
    await expectRefusal(client.queryAxe(which), resultcode);
    await expectRefusal(client.modifyAxe({ ...which, recordFlag: 'false' }), resultcode);
  });

  it('an extension that nobody has, and what another application has bound', async () => {
    const { client } = customer;
    const x = await customer.addX();
    const free = { virtualNum: x, extendNum: '1207' };
    for (const answer of [client.unbindAxe(free), client.queryAxe(free), client.modifyAxe(free)]) {
      await expectRefusal(answer, '1016001', 'The record does not exist.');
    }
    const bound = await client.bindAxe(nextUser(), free);
    const stranger = (await newCustomer(api, 'AXE')).client;
    for (const [which, resultcode] of [
      [{ subscriptionId: idOf(bound) }, '1016001'],
      [free, '1012001'],
    ] as const) {
      await expectRefusal(stranger.unbindAxe(which), resultcode);
      await expectRefusal(stranger.queryAxe(which), resultcode);
      await expectRefusal(stranger.modifyAxe(which), resultcode);
    }
    expect((await stranger.listAxe({ virtualNum: x })).body.virtualNumList).toEqual([]);
  });

  it('a modify whose time is too long in the unit of the bind', async () => {
    const { client } = customer;
    const virtualNum = await customer.addX();
    const bound = await client.bindAxe(nextUser(), { virtualNum, timeUnit: '0', bindExpiredTime: 1 });
    const by = { subscriptionId: idOf(bound) };
    await expectRefusal(client.modifyAxe({ ...by, bindExpiredTime: 721 }), '1010002', 'at most 720 hours');
    expect((await client.modifyAxe({ ...by, timeUnit: 1, bindExpiredTime: 721 })).body.resultcode).toBe('0');
  });
});

describe('the numbers and announcements of AXE bindings', () => {
  it('stay while a binding stands on them', async () => {
    const x = await customer.addX();
    await api.admin.addAnnouncement('used.wav', wav({}));
    const bound = await customer.client.bindAxe(nextUser(), { virtualNum: x, callbackTone: 'used.wav' });
    await expect(api.admin.send('DELETE', `/numbers/${x}`)).rejects.toThrow('409');
    await expect(api.admin.send('DELETE', '/announcements/used.wav')).rejects.toThrow('1 bindings');
    await customer.client.unbindAxe({ subscriptionId: idOf(bound) });
    await api.admin.send('DELETE', '/announcements/used.wav');
    await api.admin.send('DELETE', `/numbers/${x}`);
  });
});

it('leaves nothing in the log that names a person, and no failure', () => {
  expect(JSON.stringify(api.logged)).not.toMatch(/139\d{8}/);
  expect(api.logged.filter(({ level }) => level === 'error')).toEqual([]);
});

it('refuses applications of other modes on every path', async () => {
  for (const mode of ['AXB', 'AX', 'AXYB', 'X']) {
    const { client } = await newCustomer(api, mode);
    for (const method of ['POST', 'PUT', 'GET', 'DELETE'] as const) {
      expect((await client.send(method, PATH)).body.resultcode).toBe('1010040');
    }
    expect((await client.send('GET', LIST_PATH)).body.resultcode).toBe('1010040');
  }
});
