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

const PATH = '/rest/omp/xyrelationnumber/v1.0';
const NO_ID = '00000000-0000-4000-8000-000000000000';
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);

let api: ApiUnderTest;
/** Has one announcement, and always a free number. */
let customer: CustomerUnderTest;

beforeAll(async () => {
  api = await startApi();
  customer = await newCustomer(api, 'AXYB', { recording: true });
  await api.admin.addAnnouncement('known.wav', wav({}));
});
afterAll(() => api.stop());

/** A customer with numbers of his own, who has bound A to an X. */
async function withX(count: number) {
  const own = await newCustomer(api, 'AXYB');
  for (let added = 0; added < count; added++) await own.addX();
  const a = nextUser();
  const bound = await own.client.bindAxyb(a);
  return { ...own, a, subscriptionId: idOf(bound), x: String(bound.body.relationNumber) };
}

const itemsOf = async (client: CustomerUnderTest['client'], query: Readonly<Record<string, string>>) =>
  (await client.queryAxyb(query)).body.xyRelationNumList as Record<string, unknown>[];

describe('AXYB bind in two steps, query, unbind', () => {
  it('answers with the fields and types of the documents', async () => {
    const own = await newCustomer(api, 'AXYB', { recording: true });
    const numbers = [await own.addX('0755'), await own.addX('0755')];
    const [a, b] = [nextUser(), nextUser()];
    const first = await own.client.bindAxyb(a, {
      areaCode: '0755',
      callDirection: 1,
      duration: 7200,
      recordFlag: true,
      recordHintTone: 'known.wav',
      preVoiceX: 'known.wav',
      userData: 'order',
    });
    const subscriptionId = expect.stringMatching(/^[0-9a-f-]{36}$/);
    const relationNumber = expect.stringMatching(/^\+86170/);
    expect(first).toEqual({ ...OK, body: { ...OK.body, subscriptionId, relationNumber } });
    const firstPart = {
      bindId: idOf(first),
      numA: a,
      numX: first.body.relationNumber,
      recordFlag: 'true',
      recordHintTone: 'known.wav',
      subscribeTime: TIME,
      callDirection: 1,
      duration: '7200',
      preVoiceX: 'known.wav',
      userData: 'order',
    };
    expect(await itemsOf(own.client, { subscriptionId: idOf(first) })).toEqual([firstPart]);

    const second = await own.client.bindAxyb(b, {
      subscriptionId: idOf(first),
      areaCode: '0755',
      ybDuration: 600,
      preVoiceY: 'known.wav',
      userData: 'courier',
    });
    expect(second).toEqual({ ...OK, body: { ...OK.body, subscriptionId: idOf(first), relationNumber } });
    expect([first.body.relationNumber, second.body.relationNumber].sort()).toEqual(numbers.sort());
    const y = String(second.body.relationNumber);
    const whole = {
      ...firstPart,
      numY: y,
      numB: b,
      ybDuration: '600',
      preVoiceY: 'known.wav',
      userData: 'courier',
    };
    const x = String(first.body.relationNumber);
    for (const query of [{ subscriptionId: idOf(first) }, { relationNum: x }, { relationNum: y }]) {
      expect(await itemsOf(own.client, query)).toEqual([whole]);
    }
  });

  it('has defaults for all that is not given; the second part shows the user data of the first', async () => {
    const { client, a, subscriptionId, x } = await withX(2);
    const b = nextUser();
    const { body } = await client.bindAxyb(b, { subscriptionId });
    expect(await itemsOf(client, { subscriptionId })).toEqual([
      {
        bindId: subscriptionId,
        numA: a,
        numX: x,
        numY: body.relationNumber,
        numB: b,
        recordFlag: 'false',
        subscribeTime: TIME,
        callDirection: 0,
        duration: '0',
        ybDuration: '0',
      },
    ]);
  });

  it('lists each B with his Y, in the order of binding', async () => {
    const { client, subscriptionId } = await withX(4);
    const people = [nextUser(), nextUser(), nextUser()];
    const ys: unknown[] = [];
    for (const b of people) ys.push((await client.bindAxyb(b, { subscriptionId })).body.relationNumber);
    expect(new Set(ys).size).toBe(3);
    const items = await itemsOf(client, { subscriptionId });
    expect(items.map(({ numB }) => numB)).toEqual(people);
    expect(items.map(({ numY }) => numY)).toEqual(ys);
  });

  it('ends one relation by its Y, which wins, or by its B; or all together', async () => {
    const { client, subscriptionId, x } = await withX(4);
    const people = [nextUser(), nextUser(), nextUser()];
    const ys: string[] = [];
    for (const b of people) {
      ys.push(String((await client.bindAxyb(b, { subscriptionId })).body.relationNumber));
    }
    const [first = '', , third = ''] = people;
    expect(await client.unbindAxyb({ subscriptionId, yNum: ys[1] ?? '', bNum: first })).toEqual(OK);
    expect((await itemsOf(client, { subscriptionId })).map(({ numB }) => numB)).toEqual([first, third]);
    expect(await client.unbindAxyb({ subscriptionId, bNum: first })).toEqual(OK);
    expect((await itemsOf(client, { subscriptionId })).map(({ numB }) => numB)).toEqual([third]);
    for (const gone of [{ yNum: ys[0] ?? '' }, { bNum: first }, { yNum: x }]) {
      await expectRefusal(client.unbindAxyb({ subscriptionId, ...gone }), '1016001', 'does not exist');
    }
    expect(await client.unbindAxyb({ subscriptionId })).toEqual(OK);
    await expectRefusal(client.queryAxyb({ subscriptionId }), '1016001', 'The record does not exist.');
    await expectRefusal(client.queryAxyb({ relationNum: x }), '1016001', 'The record does not exist.');
    await expectRefusal(client.queryAxyb({ relationNum: ys[2] ?? '' }), '1016001', 'does not exist');
  });

  it('takes both header schemes, and DELETE with a JSON body', async () => {
    const own = await newCustomer(api, 'AXYB');
    await own.addX();
    const signature = { appKey: own.appKey, secret: own.secret, variant: 'wsse-bytes' } as const;
    const send = async (method: 'POST' | 'DELETE', query: string, body: object) => {
      const sent = { method, headers: signedHeaders(signature), body: JSON.stringify(body) };
      return (await (await request(`${api.base}${PATH}${query}`, sent)).body.json()) as PartnerReply['body'];
    };
    const bound = await send('POST', `?app_key=${own.appKey}`, { origNum: nextUser(), areaCode: '0571' });
    expect(bound.resultcode).toBe('0');
    const { subscriptionId } = bound;
    expect(await send('DELETE', '', { subscriptionId, app_key: own.appKey })).toEqual(OK.body);
  });
});

describe('where X and Y come from', () => {
  it('the city that is asked for; loose: any, when that city has none left', async () => {
    const own = await newCustomer(api, 'AXYB');
    const [here, there] = [await own.addX('010'), await own.addX('021')];
    const bind = (more: object) => own.client.bindAxyb(nextUser(), { areaCode: '010', ...more });
    const bound = await bind({});
    expect(bound.body.relationNumber).toBe(here);
    await expectRefusal(bind({}), '1011002', 'Insufficient number of resources.');
    const subscriptionId = idOf(bound);
    await expectRefusal(bind({ subscriptionId }), '1011002', 'Insufficient number of resources.');
    expect((await bind({ subscriptionId, areaMatchMode: '1' })).body.relationNumber).toBe(there);
    await expectRefusal(bind({ areaMatchMode: '1' }), '1011002', 'Insufficient number of resources.');
  });

  it('a Y that serves other A is taken before a number is made a Y; an A has each Y once', async () => {
    const { client, addX, subscriptionId } = await withX(5);
    const other = idOf(await client.bindAxyb(nextUser()));
    const [b, c, d] = [nextUser(), nextUser(), nextUser()];
    const yOf = async (id: string, who: string) =>
      (await client.bindAxyb(who, { subscriptionId: id })).body.relationNumber;
    const shared = await yOf(subscriptionId, b);
    expect(await yOf(other, b)).toBe(shared);
    const further = await yOf(subscriptionId, c);
    expect(further).not.toBe(shared);
    expect(await yOf(other, d)).toBe(further);
    const items = await itemsOf(client, { relationNum: String(shared) });
    expect(items.map(({ bindId }) => bindId).sort()).toEqual([subscriptionId, other].sort());
    expect(await addX()).toBeDefined();
  });

  it('a number that was a Y may be an X when its last relation has ended, and not before', async () => {
    const { client, subscriptionId } = await withX(2);
    const y = String((await client.bindAxyb(nextUser(), { subscriptionId })).body.relationNumber);
    await expectRefusal(client.bindAxyb(nextUser()), '1011002', 'Insufficient number of resources.');
    await client.unbindAxyb({ subscriptionId, yNum: y });
    expect((await client.bindAxyb(nextUser())).body.relationNumber).toBe(y);
  });
});

describe('AXYB: what the first step is refused for', () => {
  const A = '+8613900004001';
  it.each([
    ['no A', { origNum: null }, '1010002', 'origNum: expected a number of 1 to 32 characters, it is missing'],
    [
      'an A of 33 characters',
      { origNum: '1'.repeat(33) },
      '1010002',
      'origNum: expected a number of 1 to 32',
    ],
    ['an A that is no number', { origNum: 'anna' }, '1010002', 'The number format is incorrect. origNum'],
    ['a city of 33 characters', { areaCode: '0'.repeat(33) }, '1010002', 'areaCode: expected a city code'],
    ['another match mode', { areaMatchMode: '2' }, '1010002', 'areaMatchMode: expected "0" (strict) or'],
    [
      'another direction',
      { callDirection: 3 },
      '1010002',
      'callDirection: expected 0 (both ways), 1 (A calls)',
    ],
    [
      'a duration below 0',
      { duration: -1 },
      '1010002',
      'duration: expected 0, or seconds from 60 to 7776000',
    ],
    ['a duration of 59', { duration: 59 }, '1010002', 'duration: expected 0, or seconds from 60 to 7776000'],
    ['more than 90 days', { duration: 7_776_001 }, '1010002', 'duration: expected 0, or seconds from 60'],
    ['half a second', { duration: 60.5 }, '1010002', 'duration: expected 0, or seconds from 60'],
    ['another recordFlag', { recordFlag: 'yes' }, '1010002', 'recordFlag: expected "true" or "false"'],
    ['too long a hint', { recordHintTone: 'h'.repeat(129) }, '1010002', 'recordHintTone: expected the name'],
    ['a hint that nobody uploaded', { recordFlag: true, recordHintTone: 'no.wav' }, '1010002', 'no.wav'],
    ['too long a preVoiceX', { preVoiceX: 'v'.repeat(129) }, '1010002', 'preVoiceX: expected the name'],
    ['a preVoiceX that nobody uploaded', { preVoiceX: 'no.wav' }, '1010002', 'no.wav'],
    ['braces in userData', { userData: '{u}' }, '1010002', 'userData: expected at most 256 characters'],
    ['too long a userData', { userData: 'u'.repeat(257) }, '1010002', 'userData: expected at most 256'],
    ['no number left', {}, '1011002', 'Insufficient number of resources.'],
  ])('%s', (_, fields, resultcode, text) =>
    expectRefusal(customer.client.bindAxyb(A, fields), resultcode, text),
  );

  it('recording, in an application without it', async () => {
    const { client } = await newCustomer(api, 'AXYB');
    await expectRefusal(
      client.bindAxyb(A, { recordFlag: true }),
      '1012012',
      'does not open recording function',
    );
  });

  it('a sixth X of one A, until one of the five is given up', async () => {
    const { client, a, subscriptionId } = await withX(6);
    for (let count = 1; count < 5; count++) await client.bindAxyb(a);
    await expectRefusal(client.bindAxyb(a), '1011003', 'Exceeded the upper limit of resources');
    await client.unbindAxyb({ subscriptionId });
    expect((await client.bindAxyb(a)).body.resultcode).toBe('0');
  });
});

describe('AXYB: what the second step is refused for', () => {
  it.each([
    ['no B', { origNum: null }, '1010002', 'origNum: expected a number of 1 to 32 characters, it is missing'],
    ['a B that is no number', { origNum: 'bert' }, '1010002', 'The number format is incorrect. origNum'],
    ['an id that is none', { subscriptionId: 'none' }, '1016001', 'The record does not exist.'],
    ['an id that nobody has', { subscriptionId: NO_ID }, '1016001', 'The record does not exist.'],
    ['an id of 65 characters', { subscriptionId: 'i'.repeat(65) }, '1010002', 'subscriptionId: expected'],
    ['a ybDuration of 59', { ybDuration: 59 }, '1010002', 'ybDuration: expected 0, or seconds from 60'],
    ['more than 90 days', { ybDuration: 7_776_001 }, '1010002', 'ybDuration: expected 0, or seconds from 60'],
    ['too long a preVoiceY', { preVoiceY: 'v'.repeat(129) }, '1010002', 'preVoiceY: expected the name'],
    ['a preVoiceY that nobody uploaded', { preVoiceY: 'no.wav' }, '1010002', 'no.wav'],
    ['braces in userData', { userData: '{u}' }, '1010002', 'userData: expected at most 256 characters'],
  ])('%s', async (_, fields, resultcode, text) => {
    const { client, subscriptionId } = await withX(2);
    await expectRefusal(client.bindAxyb(nextUser(), { subscriptionId, ...fields }), resultcode, text);
    expect(await itemsOf(client, { subscriptionId })).toHaveLength(1);
  });

  it('A himself, a B who has a Y for this A, and a binding of another application', async () => {
    const { client, a, subscriptionId } = await withX(3);
    const self = client.bindAxyb(a, { subscriptionId });
    await expectRefusal(self, '1012010', `The number +86139****${a.slice(-4)} has been bound.`);
    const b = nextUser();
    await client.bindAxyb(b, { subscriptionId });
    await expectRefusal(client.bindAxyb(b, { subscriptionId }), '1016002', 'The record already exists.');
    const stranger = (await withX(2)).client;
    await expectRefusal(stranger.bindAxyb(nextUser(), { subscriptionId }), '1016001', 'does not exist');
    await expectRefusal(stranger.unbindAxyb({ subscriptionId }), '1016001', 'does not exist');
    await expectRefusal(stranger.unbindAxyb({ subscriptionId, bNum: b }), '1016001', 'does not exist');
    await expectRefusal(stranger.queryAxyb({ subscriptionId }), '1016001', 'does not exist');
  });
});

describe('AXYB: the edges of what is taken', () => {
  it.each([
    ['a minute', { duration: 60 }, { duration: '60' }],
    ['90 days in quotes', { duration: '7776000' }, { duration: '7776000' }],
    ['for ever', { duration: 0 }, { duration: '0' }],
    ['direction in quotes', { callDirection: '2' }, { callDirection: 2 }],
    ['a hint without a recording', { recordHintTone: 'no.wav' }, { recordFlag: 'false' }],
    ['nothing in many forms', { areaCode: '', preVoiceX: null, userData: '' }, {}],
  ])('%s', async (_, fields, shown) => {
    await customer.addX();
    const bound = await customer.client.bindAxyb(nextUser(), fields);
    expect(await itemsOf(customer.client, { subscriptionId: idOf(bound) })).toMatchObject([shown]);
  });
});

describe('AXYB: requests that name no binding, or no application', () => {
  it.each([
    ['nothing', {}, '1010002', '1010002'],
    ['an id that is none', { subscriptionId: 'none' }, '1016001', '1016001'],
    ['an id that nobody has', { subscriptionId: NO_ID }, '1016001', '1016001'],
    ['a Y that is no number', { subscriptionId: NO_ID, yNum: 'y' }, '1011004', '1016001'],
    ['a B that is no number', { subscriptionId: NO_ID, bNum: 'bert' }, '1010002', '1016001'],
    ['an X that is no number', { relationNum: '170x' }, '1010002', '1011001'],
    ['an X that is not known', { relationNum: '+8617999999999' }, '1010002', '1016001'],
  ])('%s', async (_, which, onUnbind, onQuery) => {
    await expectRefusal(customer.client.unbindAxyb(which), onUnbind);
    await expectRefusal(customer.client.queryAxyb(which), onQuery);
  });

  it('the key in the query is needed, and must be the one that signed', async () => {
    const { client } = customer;
    for (const method of ['POST', 'GET', 'DELETE'] as const) {
      await expectRefusal(
        client.send(method, PATH),
        '1010002',
        'app_key: expected the key of the application',
      );
      await expectRefusal(client.send(method, `${PATH}?app_key=another`), '1010003', 'Invalid app_key.');
    }
  });

  it('there is no modification in this mode', async () => {
    const answer = customer.client.send('PUT', PATH, { subscriptionId: NO_ID });
    await expectRefusal(answer, '1010006', 'Invalid Rest API.');
  });
});

describe('the numbers and announcements of AXYB bindings', () => {
  it('stay while a binding or a relation stands on them', async () => {
    const { client, subscriptionId, x } = await withX(2);
    for (const name of ['x.wav', 'y.wav']) await api.admin.addAnnouncement(name, wav({}));
    const { body } = await client.bindAxyb(nextUser(), { subscriptionId, preVoiceY: 'y.wav' });
    for (const number of [x, body.relationNumber]) {
      await expect(api.admin.send('DELETE', `/numbers/${number}`)).rejects.toThrow('409');
    }
    await expect(api.admin.send('DELETE', '/announcements/y.wav')).rejects.toThrow('1 bindings');
    await api.admin.send('DELETE', '/announcements/x.wav');
    await client.unbindAxyb({ subscriptionId });
    for (const number of [x, body.relationNumber]) await api.admin.send('DELETE', `/numbers/${number}`);
  });
});

it('leaves nothing in the log that names a person, and no failure', () => {
  expect(JSON.stringify(api.logged)).not.toMatch(/139\d{8}/);
  expect(api.logged.filter(({ level }) => level === 'error')).toEqual([]);
});

it('refuses applications of other modes on every path', async () => {
  for (const mode of ['AXB', 'AX', 'AXE', 'X']) {
    const { client, appKey } = await newCustomer(api, mode);
    for (const method of ['POST', 'GET', 'DELETE'] as const) {
      expect((await client.send(method, `${PATH}?app_key=${appKey}`)).body.resultcode).toBe('1010040');
    }
  }
});
