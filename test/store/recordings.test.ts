import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closingMessages } from '../../src/calls/CallLog.ts';
import { Journal } from '../../src/store/journal.ts';
import {
  filedRecordings,
  findRecording,
  forgetRecordings,
  oldRecordings,
} from '../../src/store/recordings.ts';
import { Sealer } from '../../src/store/sealing.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { ScriptedCall, silent, TEST_SEAL_KEY } from '../push/pushUnderTest.ts';

const NAME = '261122120007000000001.wav';
const ENDED_AT = Date.UTC(2026, 10, 22, 12, 5);
const origin = { spId: 'sp1', hostName: 'ax.test' };

let database: TestDatabase;
let journal: Journal;

beforeAll(async () => {
  database = await createTestDatabase({ max: 2 });
  journal = makeJournal();
});
afterEach(async () => {
  await database.sql`TRUNCATE calls, recordings`;
});
afterAll(async () => {
  await journal.stop();
  await database.close();
});

function makeJournal(): Journal {
  const { sql } = database;
  const sealer = new Sealer(TEST_SEAL_KEY);
  const apps = { get: () => undefined };
  return new Journal({ sql, sealer, apps, nodeId: 'one', life: randomUUID(), logger: silent });
}

/** A call that is closed with a recording. */
async function recordedCall(): Promise<ScriptedCall> {
  const call = new ScriptedCall(journal, 'app');
  await call.open();
  const { snapshot } = call;
  snapshot.recording = { objectName: NAME, domain: 'ax.test', startedAt: ENDED_AT - 60_000 };
  await call.progress('answer');
  expect(await findRecording(database.sql, 'app', NAME)).toBeUndefined();
  snapshot.endedAt = ENDED_AT;
  await journal.close(snapshot, closingMessages(snapshot, origin));
  return call;
}

describe('a recording', () => {
  it('belongs to its application from the moment in which its call is closed', async () => {
    await recordedCall();
    const { sql } = database;
    expect(await findRecording(sql, 'app', NAME)).toEqual({
      domain: 'ax.test',
      recordedAt: new Date(ENDED_AT),
    });
    expect(await findRecording(sql, 'another', NAME)).toBeUndefined();
    expect(await findRecording(sql, 'app', '261122120007000000002.wav')).toBeUndefined();
  });

  it('is noted once, and only by the life that closes the call', async () => {
    const { snapshot } = await recordedCall();
    const late = { ...snapshot, recording: { objectName: 'late.wav', domain: 'ax.test', startedAt: 0 } };
    await makeJournal().close(late, closingMessages(late, origin));
    expect(await database.sql`SELECT object_name FROM recordings`).toEqual([{ object_name: NAME }]);
  });

  it('is not there for a call without one', async () => {
    await new ScriptedCall(journal, 'app').run();
    expect(await database.sql`SELECT FROM recordings`).toHaveLength(0);
  });

  it('is told by its name and the time of its call', async () => {
    await recordedCall();
    const ask = (from: number, until: number) =>
      filedRecordings(database.sql, [NAME, 'another.wav'], { from: new Date(from), until: new Date(until) });
    expect(await ask(ENDED_AT, ENDED_AT + 1)).toEqual([NAME]);
    expect(await ask(ENDED_AT - 1, ENDED_AT)).toEqual([]);
    expect(await ask(ENDED_AT + 1, ENDED_AT + 2)).toEqual([]);
  });

  it('is old once its moment has passed, and forgotten when asked for', async () => {
    await recordedCall();
    const { sql } = database;
    expect(await oldRecordings(sql, new Date(ENDED_AT), 10)).toEqual([]);
    expect(await oldRecordings(sql, new Date(ENDED_AT + 1), 10)).toEqual([NAME]);
    await forgetRecordings(sql, [NAME]);
    expect(await findRecording(sql, 'app', NAME)).toBeUndefined();
  });
});
