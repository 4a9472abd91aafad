import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RecordingBucket } from '../../src/recordings/RecordingBucket.ts';
import { RecordingFolder } from '../../src/recordings/RecordingFolder.ts';
import { RecordingSweeper } from '../../src/recordings/RecordingSweeper.ts';
import { Recordings } from '../../src/recordings/Recordings.ts';
import { Uploads } from '../../src/recordings/Uploads.ts';
import { eventually } from '../kit/eventually.ts';
import { S3Server, whyNoS3Server } from '../kit/S3Server.ts';
import { createTestDatabase, type TestDatabase } from '../kit/testDatabase.ts';
import { writePcm } from './pcmFile.ts';

const DAY_MS = 86_400_000;
const reason = whyNoS3Server();

describe.skipIf(reason !== undefined)(`recordings for a bucket${reason ? ` (${reason})` : ''}`, () => {
  let server: S3Server;
  let database: TestDatabase;
  let folder: string;
  let files: RecordingFolder;
  let bucket: RecordingBucket;
  let bucketName: string;
  let recordings: Recordings;
  let count = 0;
  let logged: string[] = [];
  const log = {
    debug() {},
    info() {},
    warn: (_fields: object, message: string) => void logged.push(message),
    error: (_fields: object, message: string) => void logged.push(message),
  };

  beforeAll(async () => {
    [server, database] = await Promise.all([S3Server.start(), createTestDatabase({ max: 2 })]);
  }, 90_000);

  afterAll(async () => {
    await Promise.all([server?.stop(), database?.close()]);
  });

  beforeEach(async () => {
    logged = [];
    bucketName = `recordings-${++count}`;
    await server.createBucket(bucketName);
    bucket = bucketOf(server.secretKey);
    folder = await mkdtemp(join(tmpdir(), 'axbridge-uploads-'));
    files = new RecordingFolder(folder);
    recordings = new Recordings({ folder: files, bucket, freeBytes: 0, clock: Date.now, logger: log });
  });

  afterEach(async () => {
    bucket.close();
    await rm(folder, { recursive: true });
    await database.sql`TRUNCATE recordings`;
  });

  function bucketOf(secretAccessKey: string): RecordingBucket {
    return new RecordingBucket({
      bucket: bucketName,
      endpoint: server.endpoint,
      region: 'us-east-1',
      keys: { accessKeyId: server.accessKey, secretAccessKey },
      pathStyle: true,
    });
  }

  function uploads(more: { clock?: () => number; bucket?: Pick<RecordingBucket, 'put'> } = {}): Uploads {
    return new Uploads({
      sql: database.sql,
      folder: files,
      bucket,
      clock: Date.now,
      log,
      everyMs: 50,
      ...more,
    });
  }

  /** A recording of four seconds, converted and waiting. @returns its name */
  async function record(): Promise<string> {
    const { objectName, path } = await recordings.begin();
    await writePcm(path, 4);
    expect(await recordings.convert(objectName)).toBe(4);
    return objectName;
  }

  /** The call of a recording is closed. */
  async function close(objectName: string, at = Date.now()): Promise<void> {
    await database.sql`
      INSERT INTO recordings (app_key, object_name, domain, recorded_at)
      VALUES ('app', ${objectName}, 'ax.test', ${new Date(at)})`;
  }

  async function left(): Promise<string[]> {
    return (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.wav'));
  }

  async function inBucket(): Promise<string[]> {
    return (await server.objects(bucketName)).map(({ key }) => key.slice(11));
  }

  it('go there once their call is closed, and leave the folder', async () => {
    const [closed, open] = [await record(), await record()];
    await close(closed);
    const { size } = await stat(files.pathOf(closed));
    const moving = uploads();
    moving.start();
    await eventually('the upload', async () => !(await files.has(closed)));
    expect(await inBucket()).toEqual([closed]);
    expect(await files.has(open)).toBe(true);
    expect((await recordings.open(closed))?.bytes).toBe(size);
    await close(open);
    await eventually('the other upload', async () => (await left()).length === 0);
    expect((await inBucket()).sort()).toEqual([closed, open].sort());
    await moving.stop();
    expect(moving.waiting).toBe(0);
  });

  it('are read from the folder until then, and from the bucket afterwards, the same to the octet', async () => {
    const name = await record();
    await close(name);
    const read = async () => {
      const recording = await recordings.open(name);
      return buffer((await recording?.read(0, recording.bytes - 1)) ?? expect.unreachable('no recording'));
    };
    const before = await read();
    await uploads().stop();
    expect(await left()).toEqual([]);
    expect((await read()).equals(before)).toBe(true);
  });

  it('wait while the bucket is away and go when it is back', async () => {
    const names = [];
    for (let index = 0; index < 12; index++) names.push(await record());
    for (const name of names) await close(name);
    await server.goAway();
    const moving = uploads();
    moving.start();
    await eventually('a failure', () => moving.failures > 4);
    expect(await left()).toHaveLength(12);
    expect(moving.waiting).toBe(12);
    expect(await recordings.has(names[0] ?? '')).toBe(true);
    await server.comeBack();
    await eventually('the uploads', async () => (await left()).length === 0, 30_000);
    expect((await inBucket()).sort()).toEqual(names.sort());
    await moving.stop();
    expect(logged).toEqual([
      'the bucket takes no recordings; they wait in the folder',
      'the bucket takes recordings again',
    ]);
  });

  it('wait while the keys are wrong or there is no bucket', async () => {
    const name = await record();
    await close(name);
    const locked = bucketOf('a wrong secret');
    await uploads({ bucket: locked }).stop();
    locked.close();
    await server.deleteBucket(bucketName);
    await uploads().stop();
    expect(await left()).toHaveLength(1);
    await server.createBucket(bucketName);
    await uploads().stop();
    expect(await inBucket()).toEqual([name]);
  });

  it('that a crash left between bucket and folder are there once', async () => {
    const name = await record();
    await close(name);
    await bucket.put(name, files.pathOf(name));
    await uploads().stop();
    expect(await inBucket()).toEqual([name]);
    expect(await left()).toEqual([]);
  });

  it('go once, though two nodes share the folder', async () => {
    const names = [];
    for (let index = 0; index < 8; index++) names.push(await record());
    for (const name of names) await close(name);
    await Promise.all([uploads().stop(), uploads().stop()]);
    expect((await inBucket()).sort()).toEqual(names.sort());
    expect(await left()).toEqual([]);
  });

  it('are removed from the bucket seven days after the record, when the bucket lets us', async () => {
    const [old, young] = [await record(), await record()];
    await close(old, Date.now() - 7 * DAY_MS + 60_000);
    await close(young);
    await uploads().stop();
    expect(await inBucket()).toHaveLength(2);
    await server.goAway();
    const clock = () => Date.now() + 120_000;
    const sweeper = new RecordingSweeper({
      ...{ sql: database.sql, recordings, folder: files, bucket, clock, logger: log },
      everyMs: 50,
    });
    sweeper.start();
    await eventually('a sweep in vain', () => logged.length > 0);
    expect(await database.sql`SELECT FROM recordings`).toHaveLength(2);
    await server.comeBack();
    await eventually('the sweep', async () => (await inBucket()).length === 1, 30_000);
    expect(await inBucket()).toEqual([young]);
    await eventually('the row to go', async () => (await database.sql`SELECT FROM recordings`).length === 1);
    await sweeper.stop();
  });

  it('do not go there any more when they are that old', async () => {
    const name = await record();
    await close(name, Date.now() - 7 * DAY_MS - 1000);
    await uploads().stop();
    expect(await inBucket()).toEqual([]);
  });
});
