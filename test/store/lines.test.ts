import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { deleteExpiredCallBacks } from '../../src/store/callBacks.ts';
import { closeDatabase, connectDatabase, type Sql } from '../../src/store/database.ts';
import { LineSweeper } from '../../src/store/LineSweeper.ts';
import { freeForgottenLines, type LineRequest, Lines } from '../../src/store/lines.ts';
import { Sealer } from '../../src/store/sealing.ts';
import { PATIENT } from '../kit/patience.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { silent } from '../push/pushUnderTest.ts';

const APP = 'app';
const X = '+8617000005001';
const A = '+8613900001001';
const CALLER = '+8613900001002';
const NOW = Date.UTC(2026, 0, 5, 4);

const sealer = new Sealer(randomBytes(32));
let database: TestDatabase;
let elsewhere: Sql;
beforeAll(async () => {
  database = await createTestDatabase();
  elsewhere = connectDatabase({ url: database.url, max: 8 });
});
afterEach(async () => {
  await database.sql`TRUNCATE lines, call_backs, calls, ax_bindings, axe_bindings`;
});
afterAll(async () => {
  await closeDatabase(elsewhere);
  await database.close();
});

const linesOf = (sql: Sql = database.sql): Lines => new Lines({ sql, sealer, life: randomUUID() });

const bindingOfX = randomUUID();
const request = (more: Partial<LineRequest> = {}): LineRequest => ({
  appKey: APP,
  subscriptionId: bindingOfX,
  line: { x: X, extension: '' },
  sessionId: randomUUID(),
  now: NOW,
  ...more,
});

async function bindAx(calleeId: string | null = null): Promise<void> {
  await database.sql`
    INSERT INTO ax_bindings (app_key, subscription_id, x, a_digest, a_sealed, callee_id, callee_sealed, callee_expires_at)
    VALUES (${APP}, ${bindingOfX}, ${X}, ${sealer.digest(A)}, ${sealer.seal(A)}, ${calleeId},
            ${calleeId === null ? null : sealer.seal(CALLER)}, ${calleeId === null ? null : new Date(NOW + 60_000)})`;
}

const calleeId = async (): Promise<unknown> =>
  (await database.sql`SELECT callee_id, callee_sealed IS NULL AS gone FROM ax_bindings`)[0];
const heldBy = async (): Promise<string[]> =>
  (await database.sql<{ session_id: string }[]>`SELECT session_id FROM lines`).map((row) => row.session_id);

/** Makes the lines older. */
async function age(seconds: number): Promise<void> {
  await database.sql`UPDATE lines SET taken_at = taken_at - make_interval(secs => ${seconds}::float8)`;
}

interface CallBack {
  readonly extension: string;
  readonly caller: string;
  readonly expiresAt: number;
}

async function callBacks(): Promise<CallBack[]> {
  const rows = await database.sql<{ extension: string; caller: Buffer; expires_at: number }[]>`
    SELECT extension, caller_sealed AS caller, (extract(epoch FROM expires_at) * 1000)::float8 AS expires_at
    FROM call_backs ORDER BY extension`;
  return rows.map(({ extension, caller, expires_at }) => {
    return { extension, caller: sealer.open(caller), expiresAt: expires_at };
  });
}

describe('a line', () => {
  it('is taken by one call at a time, and by the next once it is free', async () => {
    const lines = linesOf();
    const [first, second] = [request(), request()];
    expect(await lines.take(first)).toBe('taken');
    expect(await lines.take(second)).toBe('busy');
    expect(await lines.take(request({ line: { x: X, extension: '0001' } }))).toBe('taken');
    expect(await lines.take(request({ appKey: 'another' }))).toBe('taken');
    await lines.free(APP, first.sessionId);
    expect(await lines.take(second)).toBe('taken');
  });

  it('is taken once by fifty calls that two processes have at the same time', async () => {
    const processes = [linesOf(), linesOf(elsewhere)];
    for (let round = 0; round < 20; round += 1) {
      const line = { x: X, extension: String(round) };
      const requests = Array.from({ length: 50 }, () => request({ line }));
      const answers = await Promise.all(requests.map((each, i) => processes[i % 2]?.take(each)));
      expect(answers.filter((answer) => answer === 'taken')).toHaveLength(1);
      expect(answers.filter((answer) => answer === 'busy')).toHaveLength(49);
      expect(await heldBy()).toContain(requests[answers.indexOf('taken')]?.sessionId);
    }
  });

  it('goes from call to call without ever being shared, whoever comes and goes', async () => {
    const processes = [linesOf(), linesOf(elsewhere)];
    let holders = 0;
    let most = 0;
    let calls = 0;
    async function call(lines: Lines): Promise<void> {
      for (let turn = 0; turn < 20; turn += 1) {
        const mine = request();
        if ((await lines.take(mine)) !== 'taken') continue;
        holders += 1;
        calls += 1;
        most = Math.max(most, holders);
        await database.sql`SELECT`;
        holders -= 1;
        await lines.free(APP, mine.sessionId);
      }
    }
    await Promise.all(processes.flatMap((lines) => Array.from({ length: 8 }, () => call(lines))));
    expect(most).toBe(1);
    expect(calls).toBeGreaterThan(1);
    expect(await heldBy()).toEqual([]);
  });

  it('says that the database is away, and names no number', async () => {
    const away = connectDatabase({ url: 'postgres://127.0.0.1:1/nowhere', max: 1 });
    const asked = linesOf(away).take(request({ remember: { caller: CALLER, seconds: 0 } }));
    await expect(asked).rejects.toMatchObject({ name: 'StoreError', code: 'DATABASE_UNAVAILABLE' });
    await expect(asked).rejects.not.toMatchObject({ message: expect.stringContaining('139') });
    await closeDatabase(away);
  });
});

describe('a temporary callee', () => {
  it('is used up with the line, and the line is not taken without him', async () => {
    const lines = linesOf();
    const id = randomUUID();
    await bindAx(id);
    const first = request({ temporaryCallee: id });
    expect(await lines.take(first)).toBe('taken');
    expect(await calleeId()).toEqual({ callee_id: null, gone: true });
    await lines.free(APP, first.sessionId);
    expect(await lines.take(request({ temporaryCallee: id }))).toBe('used');
    expect(await heldBy()).toEqual([]);
  });

  it('stays while the line is busy', async () => {
    const lines = linesOf();
    const id = randomUUID();
    await bindAx(id);
    await lines.take(request());
    expect(await lines.take(request({ temporaryCallee: id }))).toBe('busy');
    expect(await calleeId()).toEqual({ callee_id: id, gone: false });
  });

  it('that was replaced in the meantime is not used up by a call that was meant for the one before', async () => {
    const id = randomUUID();
    await bindAx(id);
    expect(await linesOf().take(request({ temporaryCallee: randomUUID() }))).toBe('used');
    expect(await calleeId()).toEqual({ callee_id: id, gone: false });
  });

  it('is used up once by fifty calls at the same time', async () => {
    const id = randomUUID();
    await bindAx(id);
    const processes = [linesOf(), linesOf(elsewhere)];
    const requests = Array.from({ length: 50 }, () => request({ temporaryCallee: id }));
    const answers = await Promise.all(requests.map((each, i) => processes[i % 2]?.take(each)));
    expect(answers.filter((answer) => answer === 'taken')).toHaveLength(1);
    expect(await heldBy()).toEqual([requests[answers.indexOf('taken')]?.sessionId]);
  });
});

describe('who called', () => {
  it('is kept with the line, sealed, for its time or as long as the binding lives, the last one only', async () => {
    const lines = linesOf();
    const axe = randomUUID();
    await bindAx();
    await database.sql`
      INSERT INTO axe_bindings (app_key, subscription_id, x, extension, a_digest, a_sealed)
      VALUES (${APP}, ${axe}, ${X}, '0007', ${sealer.digest(A)}, ${sealer.seal(A)})`;
    const inAxe = request({ subscriptionId: axe, line: { x: X, extension: '0007' } });
    const before = request({ remember: { caller: '+8613900001009', seconds: 0 } });
    expect(await lines.take(before)).toBe('taken');
    await lines.free(APP, before.sessionId);
    expect(await lines.take(request({ remember: { caller: CALLER, seconds: 0 } }))).toBe('taken');
    expect(await lines.take({ ...inAxe, remember: { caller: CALLER, seconds: 90 } })).toBe('taken');
    expect(await callBacks()).toEqual([
      { extension: '', caller: CALLER, expiresAt: Number.POSITIVE_INFINITY },
      { extension: '0007', caller: CALLER, expiresAt: NOW + 90_000 },
    ]);
    const [dump] = await database.sql`SELECT string_agg(c::text, '') AS all FROM call_backs c`;
    expect(dump?.all).not.toContain(Buffer.from(CALLER).toString('hex'));
  });

  it('is not kept by a call that finds the line busy, nor for a binding that has ended', async () => {
    const lines = linesOf();
    await bindAx();
    const remember = { caller: CALLER, seconds: 0 };
    const held = request();
    await lines.take(held);
    expect(await lines.take(request({ remember }))).toBe('busy');
    await lines.free(APP, held.sessionId);
    expect(await lines.take(request({ remember, subscriptionId: randomUUID() }))).toBe('taken');
    expect(await callBacks()).toEqual([]);
  });

  it('is forgotten with the binding, also when that ends while the call is being forwarded', async () => {
    const lines = linesOf();
    const remember = { caller: CALLER, seconds: 0 };
    for (let round = 0; round < 30; round += 1) {
      await bindAx();
      const taking = Array.from({ length: 4 }, (_, i) =>
        lines.take(request({ remember, line: { x: X, extension: '' }, appKey: APP, now: NOW + i })),
      );
      const ended = elsewhere`DELETE FROM ax_bindings`;
      await Promise.all([...taking, ended]);
      expect(await callBacks()).toEqual([]);
      await database.sql`TRUNCATE lines`;
    }
  });

  it('is swept when its time is over, and not before', async () => {
    await database.sql`
      INSERT INTO call_backs (app_key, x, extension, caller_sealed, expires_at)
      SELECT ${APP}, ${X}, e::text, ${sealer.seal(CALLER)},
             CASE WHEN e = 0 THEN 'infinity' ELSE ${new Date(NOW)}::timestamptz + make_interval(secs => e) END
      FROM generate_series(0, 5) e`;
    expect(await deleteExpiredCallBacks(database.sql, new Date(NOW + 3000), 2)).toBe(2);
    expect(await deleteExpiredCallBacks(database.sql, new Date(NOW + 3000), 2)).toBe(1);
    expect((await callBacks()).map(({ extension }) => extension)).toEqual(['0', '4', '5']);
  });
});

describe('a line that belongs to no call', () => {
  it('is free again after five minutes; one of a call in progress is not', async () => {
    const [own, lost, fresh] = [request(), request(), request()];
    const lines = linesOf();
    await lines.take(own);
    await lines.take({ ...lost, line: { x: X, extension: '1' } });
    await age(301);
    await lines.take({ ...fresh, line: { x: X, extension: '2' } });
    await age(280);
    await database.sql`
      INSERT INTO calls (app_key, session_id, node_id, life, x, snapshot, next_seq, opened_at)
      VALUES (${APP}, ${own.sessionId}, 'n', ${randomUUID()}, ${X}, '', 0, now())`;
    expect(await freeForgottenLines(database.sql)).toBe(1);
    expect((await heldBy()).sort()).toEqual([own.sessionId, fresh.sessionId].sort());
  });
});

describe('LineSweeper', () => {
  it('frees forgotten lines and forgets callers whose time is over, until it is stopped', async () => {
    await linesOf().take(request());
    await age(301);
    await database.sql`
      INSERT INTO call_backs (app_key, x, extension, caller_sealed, expires_at)
      SELECT ${APP}, ${X}, e::text, ${sealer.seal(CALLER)}, ${new Date(NOW)} FROM generate_series(1, 600) e`;
    const sweeper = new LineSweeper({ sql: elsewhere, clock: () => NOW, log: silent, everyMs: 60_000 });
    sweeper.start();
    await vi.waitFor(async () => expect(await callBacks()).toEqual([]), PATIENT);
    expect(await heldBy()).toEqual([]);
    await sweeper.stop();
  });
});
