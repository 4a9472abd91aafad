import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppGuards, Connect, Frequency } from '../../routing/types.ts';
import { SharedUse, type Use } from '../../src/processes/SharedUse.ts';
import { Admission, type AdmissionRequest } from '../../src/store/Admission.ts';
import { sweepCallCounts } from '../../src/store/admitCalls.ts';
import { closeDatabase, connectDatabase, openDatabase } from '../../src/store/database.ts';
import { DEFAULT_GUARDS } from '../../src/store/guards.ts';
import { Sealer } from '../../src/store/sealing.ts';
import { eventually } from '../kit/eventually.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';

const ANNA = '+8613900001001';
const BEN = '+8613900001002';
const X = '+8617000005001';
const Y = '+8617000005002';
const NO_LOG = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};

const sealer = new Sealer(randomBytes(32));
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

interface Limits {
  readonly maxCalls?: number;
  readonly callFrequency?: Frequency;
}

const admission = ({ maxCalls, callFrequency }: Limits = {}, { sql } = database, shared?: SharedUse) =>
  new Admission({ sql, sealer, maxCalls, callFrequency, log: NO_LOG, shared });

/** Calls of a new application with these guards. */
function callsOf(
  guards: Partial<AppGuards>,
  appKey: string = randomUUID(),
  account: Partial<Connect['app']['account']> = {},
) {
  const app: Connect['app'] = {
    appKey,
    mode: 'AXB',
    state: 'normal',
    account: { accountId: 'axbridge', state: 'normal', callFrequency: undefined, ...account },
    recording: false,
    qualityHintTone: undefined,
    announcements: {},
    callBackMemory: false,
    extensionDigits: 4,
    collectRepeats: 0,
    callBackNumber: undefined,
    guards: { ...DEFAULT_GUARDS, ...guards },
  };
  return ({ caller = ANNA, callee = BEN, x = X, shown = X } = {}): AdmissionRequest => ({
    connect: {
      kind: 'connect',
      app,
      number: { number: x, areaCode: '', state: 'normal' },
      subscriptionId: '',
      callee,
      shown,
      ringback: undefined,
      record: false,
      recordHintTone: undefined,
      maxDurationSeconds: 0,
      lastMinVoice: undefined,
      userData: undefined,
      because: [],
    },
    caller,
    x,
    sessionId: randomUUID(),
  });
}

/** The answers to calls that come one after the other. */
async function answers(to: Admission, calls: readonly AdmissionRequest[]): Promise<(number | undefined)[]> {
  const given: (number | undefined)[] = [];
  for (const call of calls) given.push(await to.check(call));
  return given;
}

describe('without limits', () => {
  it('a call is let through at once, without a promise and without a row', async () => {
    const call = callsOf({});
    expect(admission().check(call())).toBeUndefined();
    const [row] = await database.sql`SELECT FROM call_counts WHERE app_key = ${call().connect.app.appKey}`;
    expect(row).toBeUndefined();
  });
});

describe('a frequency', () => {
  const twice = { calls: 2, seconds: 60 };
  it.each<[string, number, Partial<AppGuards>, object | undefined]>([
    ['of an application', 7002, { applicationFrequency: twice }, undefined],
    ['of a shown number', 7003, { shownFrequency: twice }, { shown: Y }],
    ['of a caller', 8047, { callerFrequency: twice }, { caller: BEN }],
    ['of a callee', 8048, { calleeFrequency: twice }, { callee: ANNA }],
    ['of an X', 8049, { xFrequency: twice }, { x: Y }],
  ])('%s refuses the third call with %d, and nobody else', async (_name, code, guards, another) => {
    const call = callsOf(guards);
    const all = admission();
    expect(await answers(all, [call(), call(), call(), call()])).toEqual([undefined, undefined, code, code]);
    if (another !== undefined) expect(await all.check(call(another))).toBeUndefined();
    expect(await all.check(callsOf(guards)())).toBeUndefined();
  });

  it('of an account counts the calls of all its applications (7001), and of no other account', async () => {
    const all = admission({ callFrequency: { calls: 2, seconds: 86_400 } });
    const [one, other] = [randomUUID(), randomUUID()].map((accountId) => ({ accountId }));
    const three = [callsOf({}, 'a', one)(), callsOf({ maxCalls: 5 }, 'b', one)(), callsOf({}, 'c', one)()];
    expect(await answers(all, three)).toEqual([undefined, undefined, 7001]);
    expect(await all.check(callsOf({}, 'd', other)())).toBeUndefined();
  });

  it('of an account may be its own, whatever the platform sets, or where it sets none', async () => {
    const own = { accountId: randomUUID(), callFrequency: { calls: 3, seconds: 86_400 } };
    const call = callsOf({}, 'e', own);
    const most = { callFrequency: { calls: 1, seconds: 86_400 } };
    expect(await answers(admission(most), [call(), call()])).toEqual([undefined, undefined]);
    expect(await answers(admission(), [call(), call()])).toEqual([undefined, 7001]);
  });

  it('of a caller does not count those who withhold their number', async () => {
    const call = callsOf({ callerFrequency: { calls: 1, seconds: 60 } });
    const hidden = { caller: '' };
    expect(await answers(admission(), [call(hidden), call(hidden)])).toEqual([undefined, undefined]);
  });

  it('lets the next call through when the span is over, and counts each call for its own span', async () => {
    const call = callsOf({ applicationFrequency: { calls: 2, seconds: 1 } });
    const all = admission();
    const first = performance.now();
    await all.check(call());
    await expect.poll(() => performance.now() - first).toBeGreaterThan(500);
    const second = performance.now();
    await all.check(call());
    expect(await all.check(call())).toBe(7002);
    await expect.poll(() => all.check(call()), { interval: 20 }).toBeUndefined();
    expect(performance.now() - first).toBeGreaterThan(990);
    expect(performance.now() - second).toBeLessThan(990);
    expect(await all.check(call())).toBe(7002);
    await expect.poll(() => all.check(call()), { interval: 20 }).toBeUndefined();
    expect(performance.now() - second).toBeGreaterThan(990);
  });

  it('keeps at most sixty-one entries, however many calls there are', async () => {
    const call = callsOf({ applicationFrequency: { calls: 100_000, seconds: 1 } });
    const all = admission();
    const begun = performance.now();
    while (performance.now() - begun < 1500) await all.check(call());
    const { appKey } = call().connect.app;
    const [row] = await database.sql`
      SELECT cardinality(times) AS entries, (SELECT sum(n)::int FROM unnest(calls) n) AS calls
      FROM call_counts WHERE app_key = ${appKey}`;
    expect(row?.entries).toBeLessThanOrEqual(61);
    expect(row?.calls).toBeGreaterThan(61);
  });

  it('is told by the first limit in the order of the table', async () => {
    const once = { calls: 1, seconds: 60 };
    const guards = { callerFrequency: once, calleeFrequency: once, xFrequency: once };
    const call = callsOf({ ...guards, shownFrequency: once, applicationFrequency: once, maxCalls: 1 });
    expect(await answers(admission(), [call(), call()])).toEqual([undefined, 7109]);
    const fewer = callsOf({ ...guards, shownFrequency: once });
    expect(await answers(admission(), [fewer(), fewer()])).toEqual([undefined, 7003]);
  });

  it('that refuses a call does not use up the others', async () => {
    const call = callsOf({
      callerFrequency: { calls: 1, seconds: 60 },
      applicationFrequency: { calls: 2, seconds: 60 },
      maxCalls: 2,
    });
    const all = admission({ maxCalls: 2 });
    const tries = [call(), call(), call(), call(), call({ caller: BEN }), call({ caller: '' })];
    expect(await answers(all, tries)).toEqual([undefined, 8047, 8047, 8047, undefined, 522]);
  });
});

describe('ports of an application (7109)', () => {
  const closeInJournal = ({ connect, sessionId }: AdmissionRequest, closedAt: Date | null) => database.sql`
    INSERT INTO calls (app_key, session_id, node_id, life, x, snapshot, next_seq, opened_at, closed_at)
    VALUES (${connect.app.appKey}, ${sessionId}, 'node', gen_random_uuid(), ${X}, '', 1, now(), ${closedAt})
    ON CONFLICT (app_key, session_id) DO UPDATE SET closed_at = excluded.closed_at`;

  it('are taken by calls that go on, in the journal or not yet, and free once they are closed', async () => {
    const call = callsOf({ maxCalls: 2 });
    const [first, second] = [call(), call()];
    const all = admission();
    expect(await answers(all, [first, second, call()])).toEqual([undefined, undefined, 7109]);
    await closeInJournal(first, null);
    expect(await all.check(call())).toBe(7109);
    await closeInJournal(first, new Date());
    expect(await answers(all, [call(), call()])).toEqual([undefined, 7109]);
  });

  it('are not held by a call that the journal never had', async () => {
    const call = callsOf({ maxCalls: 1 });
    const all = admission();
    await all.check(call());
    await database.sql`UPDATE call_ports SET taken_at = now() - interval '61 seconds'`;
    expect(await answers(all, [call(), call()])).toEqual([undefined, 7109]);
  });

  it('are counted for each application', async () => {
    const all = admission();
    const calls = [callsOf({ maxCalls: 1 })(), callsOf({ maxCalls: 1 })()];
    expect(await answers(all, calls)).toEqual([undefined, undefined]);
  });
});

describe('ports of the platform (522)', () => {
  it('are free again when a call ends', () => {
    const call = callsOf({});
    const all = admission({ maxCalls: 2 });
    const first = call();
    expect([first, call(), call()].map((each) => all.check(each))).toEqual([undefined, undefined, 522]);
    all.ended(first.sessionId);
    all.ended('of a call that was never asked about');
    expect([call(), call()].map((each) => all.check(each))).toEqual([undefined, 522]);
  });

  it('are those of all processes of the group', async () => {
    const call = callsOf({});
    const told: Use[] = [];
    const shared = new SharedUse((use) => told.push(use));
    const all = admission({ maxCalls: 3 }, database, shared);
    const elsewhere = new SharedUse((use) => shared.hear(use));
    const others = admission({ maxCalls: 3 }, database, elsewhere);
    const [one, two] = [call(), call()];
    for (const each of [one, two]) expect(others.check(each)).toBeUndefined();
    await eventually('the calls of the others to be heard of', () => shared.heldElsewhere('calls', '') === 2);
    const mine = call();
    expect([mine, call()].map((each) => all.check(each))).toEqual([undefined, 522]);
    others.ended(one.sessionId);
    await eventually('the end of one to be heard of', () => shared.heldElsewhere('calls', '') === 1);
    expect([call(), call()].map((each) => all.check(each))).toEqual([undefined, 522]);
    await eventually('ours to be told', () => told.at(-1)?.held.get('calls ') === 2);
  });

  it('are not held by a call whose counting failed', async () => {
    const sql = connectDatabase({ url: database.url, max: 1 });
    await closeDatabase(sql);
    const call = callsOf({ maxCalls: 1 });
    const all = admission({ maxCalls: 1 }, { ...database, sql });
    await expect(all.check(call())).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(all.check(callsOf({})())).toBeUndefined();
  });
});

describe('two processes', () => {
  it('let through exactly as many calls as there may be, under fire', async () => {
    const another = await openDatabase({ url: database.url, max: 8 });
    const nodes = [admission(), admission({}, { ...database, sql: another })];
    const appKey = randomUUID();
    const call = callsOf(
      {
        applicationFrequency: { calls: 90, seconds: 60 },
        callerFrequency: { calls: 20, seconds: 60 },
        calleeFrequency: { calls: 30, seconds: 60 },
        xFrequency: { calls: 40, seconds: 60 },
        maxCalls: 70,
      },
      appKey,
    );
    const people = Array.from({ length: 10 }, (_, n) => `+861390000200${n}`);
    const asked = Array.from({ length: 600 }, (_, n) =>
      nodes[n % 2]?.check(
        call({
          caller: people[n % 10] ?? '',
          callee: people[(n * 7 + 3) % 10] ?? '',
          x: n % 3 === 0 ? X : Y,
        }),
      ),
    );
    const given = await Promise.all(asked);
    expect(given.filter((code) => code === undefined)).toHaveLength(70);
    const [counted] = await database.sql`
      SELECT sum(n)::int AS sum, max(n)::int AS max FROM call_counts, unnest(calls) n
      WHERE app_key = ${appKey} AND state_code = 7002`;
    expect(counted?.sum).toBe(70);
    await closeDatabase(another);
  });

  it('count each caller exactly, when that is the limit', async () => {
    const another = await openDatabase({ url: database.url, max: 8 });
    const nodes = [admission(), admission({}, { ...database, sql: another })];
    const call = callsOf({
      callerFrequency: { calls: 3, seconds: 60 },
      calleeFrequency: { calls: 1000, seconds: 60 },
    });
    const people = Array.from({ length: 20 }, (_, n) => `+86139000030${n + 10}`);
    const asked = people.flatMap((caller, n) =>
      Array.from({ length: 10 }, (_, time) =>
        nodes[(n + time) % 2]?.check(call({ caller, callee: people[(n * time) % 20] ?? '' })),
      ),
    );
    const given = await Promise.all(asked);
    expect(given.filter((code) => code === undefined)).toHaveLength(60);
    expect(given.filter((code) => code === 8047)).toHaveLength(140);
    await closeDatabase(another);
  });
});

describe('the tables', () => {
  it('hold no number that could be read', async () => {
    const frequency = { calls: 9, seconds: 60 };
    const call = callsOf({ callerFrequency: frequency, calleeFrequency: frequency, xFrequency: frequency });
    await admission().check(call());
    const [row] = await database.sql`SELECT string_agg(c::text, ' ') AS text FROM call_counts c`;
    for (const number of [ANNA, BEN, X]) {
      expect(row?.text).not.toContain(number.slice(3));
      expect(row?.text).not.toContain(Buffer.from(number.slice(3)).toString('hex'));
    }
  });

  it('are swept of what counts no more', async () => {
    const { sql } = database;
    const all = admission();
    const short = callsOf({ applicationFrequency: { calls: 1, seconds: 1 } });
    const long = callsOf({ applicationFrequency: { calls: 1, seconds: 60 }, maxCalls: 1 });
    await answers(all, [short(), long()]);
    const kept = async () => {
      await sweepCallCounts(sql, 10_000);
      const rows =
        await sql`SELECT app_key FROM call_counts WHERE state_code = 7002 UNION ALL SELECT app_key FROM call_ports`;
      return rows.map((row) => row.app_key);
    };
    const [shortKey, longKey] = [short().connect.app.appKey, long().connect.app.appKey];
    await expect.poll(kept, { timeout: 3000 }).not.toContain(shortKey);
    expect((await kept()).filter((key) => key === longKey)).toHaveLength(2);
    await sql`UPDATE call_ports SET taken_at = now() - interval '61 seconds' WHERE app_key = ${longKey}`;
    expect((await kept()).filter((key) => key === longKey)).toHaveLength(1);
    expect(await sweepCallCounts(sql, 10_000)).toBe(false);
  });
});
