import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BucketOptions, RecordingBucket } from '../../src/recordings/RecordingBucket.ts';
import { S3Server, whyNoS3Server } from '../kit/S3Server.ts';

const NAME = '261122120007000000001.wav';
const UNKNOWN = '261122120007000000002.wav';
const OCTETS = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
const reason = whyNoS3Server();

describe.skipIf(reason !== undefined)(`a bucket${reason === undefined ? '' : ` (${reason})`}`, () => {
  let server: S3Server;
  let folder: string;
  let file: string;
  let bucket: RecordingBucket;
  const open: RecordingBucket[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'axbridge-bucket-'));
    file = join(folder, 'file.wav');
    await writeFile(file, OCTETS);
    server = await S3Server.start();
    await server.createBucket('recordings');
    bucket = bucketOf();
  }, 90_000);

  afterAll(async () => {
    for (const each of open) each.close();
    await server?.stop();
    await rm(folder, { recursive: true });
  });

  function bucketOf(more: Partial<BucketOptions> = {}): RecordingBucket {
    const made = new RecordingBucket({
      bucket: 'recordings',
      endpoint: server.endpoint,
      region: 'us-east-1',
      keys: { accessKeyId: server.accessKey, secretAccessKey: server.secretKey },
      pathStyle: true,
      ...more,
    });
    open.push(made);
    return made;
  }

  it('keeps a recording under its day and name, and gives it back whole or in part', async () => {
    await bucket.check();
    await bucket.put(NAME, file);
    expect(await server.objects('recordings')).toEqual([{ key: `2026-11-22/${NAME}`, bytes: OCTETS.length }]);
    expect(await bucket.has(NAME)).toBe(true);
    const recording = await bucket.open(NAME);
    expect(recording?.bytes).toBe(OCTETS.length);
    const read = async (first: number, last: number) =>
      buffer((await recording?.read(first, last)) ?? expect.unreachable('no recording'));
    expect((await read(0, OCTETS.length - 1)).equals(OCTETS)).toBe(true);
    expect((await read(1000, 1999)).equals(OCTETS.subarray(1000, 2000))).toBe(true);
  });

  it('holds one that is sent twice once', async () => {
    await bucket.put(NAME, file);
    await bucket.put(NAME, file);
    expect(await server.objects('recordings')).toHaveLength(1);
  });

  it('says of what it does not have that it is not there', async () => {
    expect(await bucket.has(UNKNOWN)).toBe(false);
    expect(await bucket.open(UNKNOWN)).toBeUndefined();
  });

  it('removes a recording, also one that is not there', async () => {
    await bucket.put(NAME, file);
    await bucket.remove(NAME);
    await bucket.remove(NAME);
    expect(await server.objects('recordings')).toEqual([]);
  });

  it('refuses wrong keys, and says no more than that', async () => {
    for (const keys of [
      { accessKeyId: server.accessKey, secretAccessKey: 'a wrong secret' },
      { accessKeyId: 'nobody:here', secretAccessKey: server.secretKey },
    ]) {
      const locked = bucketOf({ keys });
      const refused = { name: 'BucketError', code: 'BUCKET_REFUSED' };
      await expect(locked.check()).rejects.toMatchObject(refused);
      await expect(locked.put(NAME, file)).rejects.toMatchObject(refused);
      await expect(locked.has(NAME)).rejects.toMatchObject(refused);
      await expect(locked.remove(NAME)).rejects.toMatchObject(refused);
      const message = await locked.put(NAME, file).catch(String);
      expect(message).not.toMatch(/secret|nobody|Signature=/);
    }
  });

  it('that does not exist is told apart from one that is empty', async () => {
    const missing = bucketOf({ bucket: 'nowhere' });
    await expect(missing.check()).rejects.toMatchObject({ code: 'BUCKET_MISSING' });
    await expect(missing.put(NAME, file)).rejects.toMatchObject({ code: 'BUCKET_MISSING' });
  });

  it('that is away says so soon, and works again when it is back', async () => {
    await bucket.put(NAME, file);
    await server.goAway();
    const away = { name: 'BucketError', code: 'BUCKET_AWAY' };
    await expect(bucket.check()).rejects.toMatchObject(away);
    await expect(bucket.put(UNKNOWN, file)).rejects.toMatchObject(away);
    await expect(bucket.open(NAME)).rejects.toMatchObject(away);
    await expect(bucket.remove(NAME)).rejects.toMatchObject(away);
    await server.comeBack();
    expect(await bucket.has(NAME)).toBe(true);
    expect(await bucket.has(UNKNOWN)).toBe(false);
  });

  it('takes no file that is not there', async () => {
    await expect(bucket.put(NAME, join(folder, 'none.wav'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
