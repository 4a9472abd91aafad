import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AppDirectory } from '../../src/store/AppDirectory.ts';
import type { CallSnapshot } from '../../src/store/CallSnapshot.ts';
import { closeDatabase, connectDatabase, type Sql } from '../../src/store/database.ts';
import { DEFAULT_GUARDS } from '../../src/store/guards.ts';
import { type DurableMessages, Journal } from '../../src/store/journal.ts';
import { Lines } from '../../src/store/lines.ts';
import { NodeLife, openCallsOfDeadLives } from '../../src/store/nodes.ts';
import { Sealer } from '../../src/store/sealing.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { ScriptedCall, silent, TEST_SEAL_KEY } from '../push/pushUnderTest.ts';

const APP = 'app';
const apps: Pick<AppDirectory, 'get'> = {
  get: (appKey) => ({
    secret: 'secret',
    accountState: 'normal',
    app: {
      ...{ accountId: 'axbridge', pushNumberStatus: false, sms: false, qualityCheck: false },
      ...{ appKey, name: 'app', mode: 'AXB', state: 'normal', recording: false, announcements: {} },
      ...{
        callBackMemory: false,
        extensionDigits: 4,
        collectRepeats: 0,
        guards: DEFAULT_GUARDS,
        allowedAddresses: [],
      },
      ...{ statusUrl: 'http://192.0.2.1/', feeUrl: 'http://192.0.2.1/', createdAt: new Date() },
    },
  }),
};

let database: TestDatabase;
let sql: Sql;
const sealer = new Sealer(TEST_SEAL_KEY);

beforeAll(async () => {
  database = await createTestDatabase();
  sql = connectDatabase({ url: database.url, max: 2 });
});
afterEach(async () => {
  await database.sql`TRUNCATE outbox, calls, nodes, lines`;
});
afterAll(async () => {
  await closeDatabase(sql);
  await database.close();
});

function makeJournal(settings: { nodeId?: string; life?: string; sql?: Sql } = {}) {
  const heard: DurableMessages[] = [];
  const journal = new Journal({
    sql,
    sealer,
    apps,
    nodeId: 'one',
    life: randomUUID(),
    logger: silent,
    ...settings,
  });
  journal.onDurable((messages) => heard.push(messages));
  return { journal, heard };
}

const rows = () =>
  database.sql<{ kind: string; seq: number }[]>`SELECT kind, seq FROM outbox ORDER BY kind, seq`;

const X = '+8617000005001';

/** Takes the line of `X` for a call. */
function takeLine(appKey: string, sessionId: string, life: string) {
  const lines = new Lines({ sql, sealer, life });
  const line = { x: X, extension: '' };
  return lines.take({ appKey, subscriptionId: randomUUID(), line, sessionId, now: Date.now() });
}

describe('the journal', () => {
  it('has an event in the database before it tells of it', async () => {
    const { journal } = makeJournal();
    const found = Promise.withResolvers<number>();
    journal.onDurable(() => {
      database.sql`SELECT 1 FROM outbox`.then((stored) => found.resolve(stored.length), found.reject);
    });
    await new ScriptedCall(journal, APP).open();
    expect(await found.promise).toBe(1);
  });

  it('writes what many calls do at once in few transactions, and what one call does meanwhile as one entry', async () => {
    const { journal, heard } = makeJournal();
    const calls = Array.from({ length: 50 }, () => new ScriptedCall(journal, APP));
    await Promise.all(calls.flatMap((call) => [call.open(), call.progress('callout'), call.close()]));
    expect(heard.length).toBeLessThanOrEqual(2);
    expect(heard.flatMap(({ fresh }) => fresh)).toHaveLength(200);
    expect(await rows()).toHaveLength(200);
    expect(await database.sql`SELECT 1 FROM calls WHERE closed_at IS NULL`).toHaveLength(0);
  });

  it('keeps no number of a person readable in the database', async () => {
    const { journal } = makeJournal();
    await new ScriptedCall(journal, APP).run();
    const [dump] = await database.sql<{ all: string }[]>`
      SELECT (SELECT string_agg(c::text, '') FROM calls c) || (SELECT string_agg(o::text, '') FROM outbox o) AS all`;
    expect(dump?.all).not.toMatch(/8613900001/);
    expect(Buffer.from(dump?.all ?? '').toString('latin1')).not.toContain(
      Buffer.from('8613900001').toString('hex'),
    );
  });

  it('survives a database that goes away: calls go on, new ones are turned away, nothing is lost or doubled', async () => {
    const { journal, heard } = makeJournal();
    const call = new ScriptedCall(journal, APP);
    await call.open();
    await database.sql`ALTER TABLE outbox RENAME TO outbox_away`;
    const later = [call.progress('callout'), call.progress('alerting')];
    await expect.poll(() => journal.available).toBe(false);
    await expect(new ScriptedCall(journal, APP).open()).rejects.toMatchObject({ code: 'JOURNAL_AWAY' });
    later.push(call.progress('answer'), call.close());
    await database.sql`ALTER TABLE outbox_away RENAME TO outbox`;
    await Promise.all(later);
    expect(journal.available).toBe(true);
    expect(heard.flatMap(({ fresh }) => fresh.map(({ kind, seq }) => `${kind} ${seq}`))).toEqual([
      ...['event 0', 'event 1', 'event 2', 'event 3', 'event 4', 'record 5'],
    ]);
    expect(await rows()).toHaveLength(6);
  });

  it('writes an entry once although the outcome of its first write was unknown, even if it was delivered since', async () => {
    const life = randomUUID();
    const { journal } = makeJournal({ life });
    const call = new ScriptedCall(journal, APP);
    const callin = call.event('callin');
    await journal.open(call.snapshot, callin);
    await database.sql`DELETE FROM outbox`;
    const { journal: again, heard } = makeJournal({ life });
    await again.open(call.snapshot, callin);
    expect(await rows()).toHaveLength(0);
    expect(heard[0]).toMatchObject({ fresh: [], elsewhere: [{ seq: 0 }] });
  });

  it('frees the line of a call together with its close, and no other', async () => {
    const { journal } = makeJournal();
    const call = new ScriptedCall(journal, APP);
    await call.open();
    expect(await takeLine(APP, call.sessionId, randomUUID())).toBe('taken');
    expect(await takeLine('another', call.sessionId, randomUUID())).toBe('taken');
    call.snapshot.line = true;
    await call.progress('callout');
    expect(await takeLine(APP, 'next', randomUUID())).toBe('busy');
    await call.close();
    expect(await takeLine(APP, 'next', randomUUID())).toBe('taken');
    await call.close();
    expect(await database.sql`SELECT FROM lines`).toHaveLength(2);
  });

  it('keeps the line of a call whose close the database did not take', async () => {
    const { journal } = makeJournal();
    const call = new ScriptedCall(journal, APP);
    await call.open();
    await takeLine(APP, call.sessionId, randomUUID());
    call.snapshot.line = true;
    await database.sql`ALTER TABLE outbox RENAME TO outbox_away`;
    const closed = call.close();
    await expect.poll(() => journal.available).toBe(false);
    expect(await takeLine(APP, 'next', randomUUID())).toBe('busy');
    await database.sql`ALTER TABLE outbox_away RENAME TO outbox`;
    await closed;
    expect(await takeLine(APP, 'next', randomUUID())).toBe('taken');
  });

  it('drops only the entry that the database refuses', async () => {
    const { journal } = makeJournal();
    const broken = new ScriptedCall(journal, APP, {
      ...new ScriptedCall(journal, APP).snapshot,
      sessionId: 'zero\0byte',
    } satisfies CallSnapshot);
    const good = Array.from({ length: 7 }, () => new ScriptedCall(journal, APP));
    const [refused, ...written] = await Promise.allSettled([broken, ...good].map((call) => call.open()));
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'JOURNAL_REFUSED' } });
    expect(written.every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(await rows()).toHaveLength(7);
  });
});

describe('calls of a dead life', () => {
  const claim = (nodeId: string, life: string, deadSeconds = 15) =>
    openCallsOfDeadLives({ sql, sealer, nodeId, life, deadSeconds, logger: silent });

  it('go to the next life of the node at once, whole and only once', async () => {
    const { journal } = makeJournal();
    const calls = Array.from({ length: 5 }, () => new ScriptedCall(journal, APP));
    await Promise.all(calls.map((call) => call.open()));
    await calls[0]?.close();
    const lives = [randomUUID(), randomUUID(), randomUUID()];
    const claims = await Promise.all(lives.map((life) => claim('one', life)));
    const largest = claims.reduce((most, each) => (each.length > most.length ? each : most));
    expect(new Set(largest)).toEqual(new Set(calls.slice(1).map((call) => call.snapshot)));
  });

  it('stay with another node while its heart beats, and are claimed once it has stopped', async () => {
    const life = randomUUID();
    const node = new NodeLife({ sql, nodeId: 'one', life, deadSeconds: 15, logger: silent });
    await node.start();
    const { journal } = makeJournal({ life });
    await new ScriptedCall(journal, APP).open();
    expect(await claim('two', randomUUID())).toHaveLength(0);
    await database.sql`UPDATE nodes SET heartbeat_at = now() - interval '16 seconds'`;
    expect(await claim('two', randomUUID())).toHaveLength(1);
    await node.stop();
  });

  it('are claimed while further nodes are alive', async () => {
    const lives = [randomUUID(), randomUUID(), randomUUID()];
    const nodes = lives.map((life, index) => {
      return new NodeLife({ sql, nodeId: `node ${index}`, life, deadSeconds: 15, logger: silent });
    });
    for (const node of nodes) await node.start();
    const { journal } = makeJournal({ life: lives[0] ?? '' });
    await new ScriptedCall(journal, APP).open();
    await database.sql`UPDATE nodes SET heartbeat_at = now() - interval '16 seconds' WHERE node_id = 'node 0'`;
    expect(await claim('node 1', lives[1] ?? '')).toHaveLength(1);
    for (const node of nodes) await node.stop();
  });

  it('leave their lines, also when they took them after their last word to the journal, or never got into it', async () => {
    const life = randomUUID();
    const node = new NodeLife({ sql, nodeId: 'one', life, deadSeconds: 15, logger: silent });
    await node.start();
    const { journal } = makeJournal({ life });
    const call = new ScriptedCall(journal, APP);
    await call.open();
    await takeLine(APP, call.sessionId, life);
    await takeLine('never durable', randomUUID(), life);
    await claim('two', randomUUID());
    expect(await database.sql`SELECT FROM lines`).toHaveLength(2);
    await database.sql`UPDATE nodes SET heartbeat_at = now() - interval '16 seconds'`;
    expect(await claim('two', randomUUID())).toHaveLength(1);
    expect(await database.sql`SELECT FROM lines`).toHaveLength(0);
    await node.stop();
  });

  it('give no line back that another call has taken since', async () => {
    const { journal: presumedDead } = makeJournal();
    const call = new ScriptedCall(presumedDead, APP);
    await call.open();
    await takeLine(APP, call.sessionId, randomUUID());
    call.snapshot.line = true;
    const life = randomUUID();
    const [found] = await claim('two', life);
    if (found === undefined) throw new Error('the call was not claimed');
    expect(await takeLine(APP, 'next', life)).toBe('taken');
    await ScriptedCall.found(makeJournal({ nodeId: 'two', life }).journal, { ...found, line: true }).close();
    await call.close();
    expect(await takeLine(APP, 'third', life)).toBe('busy');
  });

  it('cannot be closed a second time by the node that was taken for dead', async () => {
    const { journal: presumedDead } = makeJournal();
    const call = new ScriptedCall(presumedDead, APP);
    await call.open();
    const life = randomUUID();
    const [found] = await claim('two', life);
    if (found === undefined) throw new Error('the call was not claimed');
    const { journal: successor } = makeJournal({ nodeId: 'two', life });
    await ScriptedCall.found(successor, found).close();
    await call.progress('callout');
    await call.close();
    expect(await rows()).toEqual([
      { kind: 'event', seq: 0 },
      { kind: 'event', seq: 1 },
      { kind: 'record', seq: 2 },
    ]);
  });
});
