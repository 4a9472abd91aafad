import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NonceLedger, type SignedRequest } from '../../src/store/NonceLedger.ts';
import { DIGEST_BYTES, sweepUsedNonces, writeNonces } from '../../src/store/usedNonces.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { silent } from '../push/pushUnderTest.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SPAN = 10 * MINUTE;

let database: TestDatabase;
let now: number;
let requests = 0;
const running: NonceLedger[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
beforeEach(() => {
  now = Date.now();
});
afterEach(async () => {
  for (const ledger of running.splice(0)) await ledger.stop();
  await database.sql`TRUNCATE used_nonces`;
});

/** Who else works on the database, as the test says. */
interface Others {
  aloneSince: number | undefined;
}

async function startLedger(others: Others, remembered = 1000): Promise<NonceLedger> {
  const ledger = new NonceLedger({
    sql: database.sql,
    neighbours: others,
    spanMs: SPAN,
    log: silent,
    clock: () => now,
    remembered,
  });
  running.push(ledger);
  await ledger.start();
  return ledger;
}

/** A request that no other one of the file is like, made now in UTC. */
function newRequest(more: Partial<SignedRequest> = {}): SignedRequest {
  return {
    appKey: 'app',
    nonce: `nonce${++requests}`,
    created: 'now',
    freshUntil: now + SPAN / 2,
    wasFreshBefore: true,
    ...more,
  };
}

/** The same moment in Beijing, with a literal Z. */
const inBeijingTime = (more: Partial<SignedRequest> = {}) =>
  newRequest({ freshUntil: now + 8 * HOUR + SPAN / 2, wasFreshBefore: false, ...more });

const written = async () => (await database.sql`SELECT FROM used_nonces`).count;

describe('a node that is alone', () => {
  it('knows by itself, and writes down behind the request’s back', async () => {
    const ledger = await startLedger({ aloneSince: now });
    now += 1;
    const request = newRequest();
    expect(ledger.take(request)).toBe(true);
    expect(ledger.take(request)).toBe(false);
    await expect.poll(written, { timeout: 5000 }).toBe(1);
  });

  it('remembers a request for as long as it is fresh', async () => {
    const ledger = await startLedger({ aloneSince: now });
    now += 1;
    const request = newRequest();
    expect(ledger.take(request)).toBe(true);
    now = request.freshUntil;
    expect(ledger.take(request)).toBe(false);
  });

  it('forgets as many as come, or more, once they are fresh no more', async () => {
    const ledger = await startLedger({ aloneSince: now });
    now += 1;
    for (let taken = 0; taken < 100; taken++) ledger.take(newRequest());
    now += SPAN;
    for (let taken = 0; taken < 40; taken++) ledger.take(newRequest());
    expect(ledger.size).toBe(60);
    for (let taken = 0; taken < 40; taken++) ledger.take(newRequest());
    expect(ledger.size).toBe(80);
  });

  it('writes down what it took before it ends', async () => {
    const ledger = await startLedger({ aloneSince: now });
    now += 1;
    for (let taken = 0; taken < 100; taken++) ledger.take(newRequest());
    await ledger.stop();
    expect(await written()).toBe(100);
  });

  it('asks the database after a new start, until what an earlier life took is fresh no more', async () => {
    const request = newRequest();
    const earlier = await startLedger({ aloneSince: now - 1 });
    earlier.take(request);
    await earlier.stop();
    const later = await startLedger({ aloneSince: now });
    expect(await later.take(request)).toBe(false);
    const another = later.take(newRequest());
    expect(another).toBeInstanceOf(Promise);
    expect(await another).toBe(true);
    now += SPAN + 1;
    expect(later.take(newRequest())).toBe(true);
  });

  it('asks the database for what it had to forget early', async () => {
    const ledger = await startLedger({ aloneSince: now }, 3);
    now += 1;
    const [first, ...more] = [newRequest(), newRequest(), newRequest(), newRequest()];
    for (const request of [first, ...more]) ledger.take(request);
    await expect.poll(written, { timeout: 5000 }).toBe(4);
    expect(await ledger.take(first)).toBe(false);
    const another = ledger.take(newRequest());
    expect(another).toBeInstanceOf(Promise);
    expect(await another).toBe(true);
    now += SPAN + 1;
    expect(ledger.take(newRequest())).toBe(true);
  });
});

describe('nodes side by side', () => {
  it('ask the database, and take each request once', async () => {
    const [one, two] = [
      await startLedger({ aloneSince: undefined }),
      await startLedger({ aloneSince: undefined }),
    ];
    const request = newRequest();
    const taken = await Promise.all([one.take(request), two.take(request), one.take(request)]);
    expect(taken.filter((isFirst) => isFirst)).toHaveLength(1);
  });

  it('tell apart what is alike but for its application', async () => {
    const ledger = await startLedger({ aloneSince: undefined });
    const request = newRequest();
    const both = [ledger.take(request), ledger.take({ ...request, appKey: 'other' })];
    expect(await Promise.all(both)).toEqual([true, true]);
  });

  it('know by themselves again when what the other one took is fresh no more', async () => {
    const others: Others = { aloneSince: undefined };
    const [one, two] = [await startLedger(others), await startLedger({ aloneSince: undefined })];
    const request = newRequest();
    expect(await two.take(request)).toBe(true);
    now += MINUTE;
    others.aloneSince = now;
    expect(await one.take(request)).toBe(false);
    // Finding out what the other one took may take a moment.
    await expect
      .poll(
        () => {
          now += SPAN;
          return one.take(newRequest());
        },
        { timeout: 5000 },
      )
      .toBe(true);
  });
});

describe('Beijing time with a literal Z', () => {
  it('is not taken a second time as UTC, eight hours later', async () => {
    const ledger = await startLedger({ aloneSince: now });
    now += 1;
    const request = inBeijingTime();
    expect(ledger.take(request)).toBe(true);
    await expect.poll(written, { timeout: 5000 }).toBe(1);
    now += 8 * HOUR;
    expect(await ledger.take({ ...request, wasFreshBefore: true })).toBe(false);
  });

  it('is not taken a second time by a later life', async () => {
    const earlier = await startLedger({ aloneSince: now });
    now += 1;
    const request = inBeijingTime();
    earlier.take(request);
    await earlier.stop();
    now += 7 * HOUR;
    const later = await startLedger({ aloneSince: now });
    now += HOUR;
    expect(await later.take({ ...request, wasFreshBefore: true })).toBe(false);
  });

  it('makes requests in UTC wait for the database in its own application, for eight hours, and nobody else', async () => {
    const ledger = await startLedger({ aloneSince: now });
    now += 1;
    ledger.take(inBeijingTime());
    expect(ledger.take(inBeijingTime())).toBe(true);
    expect(ledger.take(newRequest({ appKey: 'other' }))).toBe(true);
    const inUtc = ledger.take(newRequest());
    expect(inUtc).toBeInstanceOf(Promise);
    expect(await inUtc).toBe(true);
    now += 8 * HOUR + SPAN;
    expect(ledger.take(newRequest())).toBe(true);
  });
});

describe('a database that fails', () => {
  it('leaves a request as good as it was', async () => {
    const ledger = await startLedger({ aloneSince: undefined });
    const request = newRequest();
    await database.sql`ALTER TABLE used_nonces RENAME TO gone`;
    try {
      await expect(ledger.take(request)).rejects.toMatchObject({ code: 'DATABASE_FAILED' });
    } finally {
      await database.sql`ALTER TABLE gone RENAME TO used_nonces`;
    }
    expect(await ledger.take(request)).toBe(true);
    expect(ledger.take(request)).toBe(false);
  });

  it('is asked, and no longer passed by, while it does not take what is written behind', async () => {
    const ledger = await startLedger({ aloneSince: now });
    now += 1;
    await database.sql`ALTER TABLE used_nonces RENAME TO gone`;
    try {
      expect(ledger.take(newRequest())).toBe(true);
      await expect
        .poll(async () => await Promise.resolve(ledger.take(newRequest())).catch(() => 'refused'), {
          timeout: 5000,
        })
        .toBe('refused');
    } finally {
      await database.sql`ALTER TABLE gone RENAME TO used_nonces`;
    }
    await expect.poll(() => ledger.take(newRequest()), { timeout: 10_000 }).toBe(true);
  });
});

describe('the sweeper', () => {
  // Written without a ledger: it would sweep too, at its start, and might be first.
  it('takes away what can be fresh no more, and nothing else', async () => {
    await writeNonces(
      database.sql,
      [now - 2 * MINUTE, now + SPAN / 2, now + 8 * HOUR].map((freshUntil) => ({
        appKey: 'app',
        digest: randomBytes(DIGEST_BYTES),
        freshUntil,
      })),
    );
    expect(await sweepUsedNonces(database.sql, 1)).toBe(true);
    expect(await sweepUsedNonces(database.sql, 1)).toBe(false);
    expect(await written()).toBe(2);
  });
});
