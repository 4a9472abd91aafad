import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { PartnerClient } from '../kit/PartnerClient.ts';
import { expectProblem, sendTo } from './adminRequest.ts';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const send = (method: string, path: string, body?: unknown) => sendTo(api, method, path, body);

let numbersMade = 0;
let peopleMade = 0;
const nextX = (): string => `+86170${String(++numbersMade).padStart(8, '0')}`;
const person = (): string => `+86139${String(++peopleMade).padStart(8, '0')}`;

/** A customer's application, and his client. */
async function customer(mode: string, more: object = {}) {
  const { appKey, appSecret } = await api.admin.createApp({ name: 'ride', mode, ...more });
  const addX = async () => {
    const number = nextX();
    await api.admin.addNumber(appKey, number);
    return number;
  };
  return { appKey, partner: new PartnerClient(api.base, appKey, appSecret), addX };
}

/** What stands on a number in the tables of all modes, and who called it last. */
async function standsOn(number: string): Promise<number> {
  const [row] = await api.sql<{ rows: number }[]>`
    SELECT (SELECT count(*) FROM bindings WHERE x = ${number}) + (SELECT count(*) FROM binding_parties WHERE x = ${number})
         + (SELECT count(*) FROM ax_bindings WHERE x = ${number}) + (SELECT count(*) FROM axe_bindings WHERE x = ${number})
         + (SELECT count(*) FROM axyb_bindings WHERE x = ${number})
         + (SELECT count(*) FROM axyb_relations WHERE ${number} IN (x, y))
         + (SELECT count(*) FROM call_backs WHERE x = ${number}) AS rows`;
  return Number(row?.rows);
}

const rememberCaller = (appKey: string, x: string, extension = '') =>
  api.sql`INSERT INTO call_backs (app_key, x, extension, caller_sealed) VALUES (${appKey}, ${x}, ${extension}, '')`;

/** A number of a new application of each mode with bindings on it: how many, and which other number that concerns. */
const BOUND = {
  AXB: async () => {
    const { appKey, partner, addX } = await customer('AXB');
    const x = await addX();
    for (let pair = 0; pair < 3; pair++) await partner.bind(person(), person(), { relationNum: x });
    return { appKey, number: x, bindings: 3, also: undefined };
  },
  AX: async () => {
    const { appKey, partner, addX } = await customer('AX');
    const x = await addX();
    await partner.bindAx(person(), { privateNum: x });
    await rememberCaller(appKey, x);
    return { appKey, number: x, bindings: 1, also: undefined };
  },
  AXE: async () => {
    const { appKey, partner, addX } = await customer('AXE');
    const x = await addX();
    for (const extendNum of ['0001', '0002']) await partner.bindAxe(person(), { virtualNum: x, extendNum });
    await rememberCaller(appKey, x, '0001');
    return { appKey, number: x, bindings: 2, also: undefined };
  },
  'AXYB, the X': async () => {
    const { appKey, x, y } = await related();
    return { appKey, number: x, bindings: 1, also: y };
  },
  'AXYB, the Y': async () => {
    const { appKey, x, y } = await related();
    return { appKey, number: y, bindings: 1, also: x };
  },
} as const;

async function related() {
  const { appKey, partner, addX } = await customer('AXYB');
  await addX();
  await addX();
  const first = await partner.bindAxyb(person());
  const second = await partner.bindAxyb(person(), { subscriptionId: first.body.subscriptionId });
  return { appKey, x: String(first.body.relationNumber), y: String(second.body.relationNumber) };
}

describe('the state of a number', () => {
  it.each([
    [{ state: 'suspended' }, {}],
    [{ state: 'bind-frozen' }, {}],
    [{ state: 'unavailable' }, { cause: 'stopped' }],
    [{ state: 'unavailable', cause: 'forwarding-on' }, { cause: 'forwarding-on' }],
    [
      { state: 'unavailable', cause: 'deleted', areaCode: '010' },
      { cause: 'deleted', areaCode: '010' },
    ],
    [{ state: 'returned' }, { cause: 'deleted' }],
    [{ state: 'returned', cause: 'arrears' }, { cause: 'arrears' }],
  ])('can be %j, in which nothing is bound to it', async (patch, expected) => {
    const { partner, addX } = await customer('AXB');
    const x = await addX();
    const { status, body } = await send('PATCH', `/numbers/${x}`, patch);
    expect(status).toBe(200);
    expect(body).toMatchObject({ state: patch.state, ...expected });
    if (!('cause' in expected)) expect(body).not.toHaveProperty('cause');
    const bind = await partner.bind(person(), person(), { relationNum: x });
    expect(bind.body.resultcode).toBe('1012102');
    expect((await partner.bind(person(), person())).body.resultcode).toBe('1012008');
  });

  it('is a reason for 8055 where it takes the number out of service, and lets calls go on in bind-frozen', async () => {
    const { partner, addX } = await customer('AXB');
    const x = await addX();
    const caller = person();
    await partner.bind(caller, person(), { relationNum: x });
    const outcome = async () => (await send('POST', '/explain', { caller, x })).body.decision;
    for (const state of ['suspended', 'unavailable']) {
      await send('PATCH', `/numbers/${x}`, { state });
      expect(await outcome()).toMatchObject({ kind: 'refuse', stateCode: 8055 });
    }
    await send('PATCH', `/numbers/${x}`, { state: 'bind-frozen' });
    expect(await outcome()).toMatchObject({ kind: 'connect' });
    await send('PATCH', `/numbers/${x}`, { state: 'normal' });
    expect((await send('GET', `/numbers/${x}`)).body).not.toHaveProperty('cause');
    await send('PATCH', `/numbers/${x}`, { state: 'returned' });
    expect(await outcome()).toMatchObject({ kind: 'refuse', stateCode: 8055 });
  });

  it('is for ever where it is returned', async () => {
    const { addX } = await customer('AXB');
    const x = await addX();
    await send('PATCH', `/numbers/${x}`, { state: 'returned', cause: 'arrears' });
    expect((await send('PATCH', `/numbers/${x}`, { state: 'returned', cause: 'arrears' })).status).toBe(200);
    for (const patch of [{ state: 'normal' }, { state: 'returned', cause: 'deleted' }]) {
      expectProblem(await send('PATCH', `/numbers/${x}`, patch), 409, 'number-returned', 'cannot be undone');
    }
    const { appKey } = await customer('AX');
    expectProblem(await send('POST', `/numbers/${x}/move`, { appKey }), 409, 'number-returned', x.slice(1));
    expect((await send('DELETE', `/numbers/${x}`)).status).toBe(204);
  });

  it.each(Object.entries(BOUND))('ends everything when the number is returned: %s', async (_mode, bound) => {
    const { number, bindings, also } = await bound();
    expect(await standsOn(number)).toBeGreaterThan(0);
    const { body } = await send('POST', '/numbers/state', { numbers: [number], state: 'returned' });
    expect(body).toMatchObject({
      endedBindings: bindings,
      items: [{ number, state: 'returned', bindings: 0 }],
    });
    expect(await standsOn(number)).toBe(0);
    if (also !== undefined) expect(await standsOn(also)).toBe(_mode.endsWith('Y') ? 1 : 0);
  });

  it('changes for many numbers at once, all or none', async () => {
    const { addX } = await customer('AXB');
    const numbers = [await addX(), await addX()];
    const stranger = nextX();
    const wrong = await send('POST', '/numbers/state', {
      numbers: [...numbers, stranger],
      state: 'suspended',
    });
    expectProblem(wrong, 404, 'not-found', 'There is no number +86170****');
    expect((await send('GET', `/numbers/${numbers[0]}`)).body.state).toBe('normal');
    const changed = await send('POST', '/numbers/state', { numbers, state: 'suspended' });
    expect(changed.body.items).toMatchObject(numbers.map((number) => ({ number, state: 'suspended' })));
  });

  it('is what numbers can be listed by', async () => {
    const { appKey, addX } = await customer('AXB');
    const [one, two] = [await addX(), await addX(), await addX()];
    await send('POST', '/numbers/state', { numbers: [one, two], state: 'suspended' });
    const listed = await send('GET', `/numbers?appKey=${appKey}&state=suspended&limit=1`);
    expect(listed.body).toMatchObject({ items: [{ number: one }], next: one });
    const rest = await send(
      'GET',
      `/numbers?state=suspended&after=${encodeURIComponent(one)}&appKey=${appKey}`,
    );
    expect(rest.body.items).toMatchObject([{ number: two }]);
    expectProblem(await send('GET', '/numbers?state=asleep'), 400, 'invalid-query', 'state: expected normal');
  });

  it.each([
    [
      { state: 'asleep' },
      'state: expected normal, suspended, unavailable, bind-frozen or returned, got "asl',
    ],
    [{ cause: 'arrears' }, 'cause: expected together with a state'],
    [{ state: 'suspended', cause: 'arrears' }, 'cause: expected none with state suspended, got arrears'],
    [{ state: 'returned', cause: 'barred' }, 'cause: expected deleted, arrears, stopped with state returned'],
    [{ state: 'unavailable', cause: 'boredom' }, 'cause: expected deleted, arrears, stopped, barred'],
  ])('is refused as %j', async (patch, detail) => {
    const { addX } = await customer('AXB');
    expectProblem(await send('PATCH', `/numbers/${await addX()}`, patch), 400, 'invalid-body', detail);
  });

  it('of a number that nobody knows is not found', async () => {
    expectProblem(
      await send('PATCH', `/numbers/${nextX()}`, { state: 'normal' }),
      404,
      'not-found',
      'no number',
    );
    const many = { numbers: Array.from({ length: 101 }, nextX), state: 'normal' };
    expectProblem(
      await send('POST', '/numbers/state', many),
      400,
      'invalid-body',
      'an array of 1 to 100 different',
    );
  });
});

describe('a number that is moved to another application', () => {
  it.each(Object.entries(BOUND))('loses everything that stands on it: %s', async (_mode, bound) => {
    const { number, bindings } = await bound();
    const target = await customer('AX');
    const { status, body } = await send('POST', `/numbers/${number}/move`, { appKey: target.appKey });
    expect(status).toBe(200);
    expect(body).toMatchObject({ number, appKey: target.appKey, bindings: 0, endedBindings: bindings });
    expect(await standsOn(number)).toBe(0);
    const a = person();
    expect((await target.partner.bindAx(a, { privateNum: number })).body.resultcode).toBe('0');
    const { decision } = (await send('POST', '/explain', { caller: person(), x: number })).body;
    expect(decision).toMatchObject({ kind: 'connect', app: { mode: 'AX' } });
  });

  it('keeps its state and its city, and what stands on other numbers stays', async () => {
    const { appKey, partner, addX } = await customer('AXB');
    const [moved, stays] = [await addX(), await addX()];
    for (const x of [moved, stays]) await partner.bind(person(), person(), { relationNum: x });
    await send('PATCH', `/numbers/${moved}`, { state: 'unavailable', cause: 'barred' });
    const target = await customer('AXE');
    const { body } = await send('POST', '/numbers/move', { numbers: [moved], appKey: target.appKey });
    expect(body.items).toMatchObject([{ state: 'unavailable', cause: 'barred', areaCode: '0571' }]);
    expect((await send('GET', `/numbers/${stays}`)).body).toMatchObject({ appKey, bindings: 1 });
  });

  it('goes with all others of the request, or none goes', async () => {
    const from = await customer('AXB');
    const target = await customer('AXB');
    const [one, two] = [await from.addX(), await target.addX()];
    const move = (numbers: string[], appKey = target.appKey) =>
      send('POST', '/numbers/move', { numbers, appKey });
    expectProblem(await move([one, two]), 409, 'already-exists', `belongs to application ${target.appKey}`);
    expectProblem(await move([one, nextX()]), 404, 'not-found', 'no number');
    expectProblem(await move([one], 'nobody'), 400, 'invalid-body', 'no application "nobody"');
    expectProblem(await move([one, one]), 400, 'invalid-body', 'different numbers');
    expect((await send('GET', `/numbers/${one}`)).body.appKey).toBe(from.appKey);
    expect((await move([one])).status).toBe(200);
  });

  it('carries nothing of the old application, however many bind while it goes to and fro', async () => {
    const [one, other] = [await customer('AXB'), await customer('AXB')];
    const x = await one.addX();
    let done = false;
    const codes = new Set<string | undefined>();
    const binders = [one, other, one, other].map(async ({ partner }) => {
      while (!done) {
        const { body } = await partner.bind(person(), person(), { relationNum: x });
        codes.add(body.resultcode);
      }
    });
    for (const { appKey } of [other, one, other, one, other, one, other]) {
      const moved = await send('POST', `/numbers/${x}/move`, { appKey });
      expect(moved.status).toBe(200);
    }
    done = true;
    await Promise.all(binders);
    expect([...codes].sort()).toEqual(['0', '1012001']);
    const [count] = await api.sql<{ strangers: number; bound: number; counted: number }[]>`
      SELECT (SELECT count(*)::int FROM bindings WHERE x = ${x} AND app_key <> ${other.appKey}) AS strangers,
             (SELECT count(*)::int FROM bindings WHERE x = ${x}) AS bound,
             (SELECT bindings FROM numbers WHERE number = ${x}) AS counted`;
    expect(count?.strangers).toBe(0);
    expect(count?.counted).toBe(count?.bound);
  });
});
