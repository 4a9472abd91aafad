import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Application, type ApplicationOptions } from '../kit/Application.ts';
import { readWav } from '../kit/audio.ts';
import { eventually } from '../kit/eventually.ts';
import { PartnerClient } from '../kit/PartnerClient.ts';
import { S3Server, whyNoS3Server } from '../kit/S3Server.ts';
import { BEN_HZ, Scenario } from '../kit/Scenario.ts';
import { createTestDatabase } from '../kit/testDatabase.ts';

const BUCKET = 'recordings';
const reason = whyNoS3Server();

describe.skipIf(reason !== undefined)(`recorded calls with a bucket${reason ? ` (${reason})` : ''}`, () => {
  let server: S3Server;
  let scenario: Scenario;
  let settings: ApplicationOptions;

  beforeAll(async () => {
    const database = await createTestDatabase({ max: 1 });
    await database.close();
    server = await S3Server.start();
    await server.createBucket(BUCKET);
    const sealKey = randomBytes(32).toString('base64');
    settings = { database: database.url, env: { ...server.settings(BUCKET), AXBRIDGE_SEAL_KEY: sealKey } };
    scenario = await Scenario.start({ ...settings, app: { recording: true } });
  }, 120_000);

  afterAll(async () => {
    await scenario?.close();
    await server?.stop();
  });

  /** A call of four seconds. @returns the name of its recording and how to ask for it */
  async function recordedCall() {
    const { pair, atAnna, atBen } = await scenario.talk({ recordFlag: 'true' });
    await atAnna.media?.hears(BEN_HZ);
    await atAnna.media?.hearsPackets(200);
    await atBen.hangUp();
    await atAnna.end();
    const [told] = await scenario.told(pair.x);
    const fields = told?.records[0]?.fields ?? {};
    expect(fields.recordFlag).toBe(1);
    const name = String(fields.recordObjectName);
    return { name, ask: () => scenario.partner.recording(name, String(fields.recordDomain)) };
  }

  async function inFolder(): Promise<string[]> {
    const folder = join(scenario.application.dataDir, 'recordings');
    const files = await readdir(folder, { recursive: true });
    return files.filter((file) => file.endsWith('.wav'));
  }

  async function inBucket(): Promise<string[]> {
    return (await server.objects(BUCKET)).map(({ key }) => key.slice('yyyy-MM-dd/'.length));
  }

  it('leave their recording there, and hand it out at an address of ours', async () => {
    const { name, ask } = await recordedCall();
    await eventually('the upload', async () => (await inBucket()).includes(name), 20_000);
    await eventually('an empty folder', async () => (await inFolder()).length === 0);
    const { status, location = '' } = await ask();
    expect(status).toBe(301);
    expect(location.startsWith(`${scenario.application.http}/recordings/${name}?`)).toBe(true);

    const whole = await fetch(location);
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect(whole.headers.get('content-length')).toBe(String(bytes.length));
    const wav = readWav(bytes);
    expect(wav).toMatchObject({ format: 6, channels: 1, hertz: 8000 });
    expect(wav.data.length / 8000).toBeGreaterThan(3);

    const part = await fetch(location, { headers: { range: 'bytes=100-1099' } });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes 100-1099/${bytes.length}`);
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(100, 1100))).toBe(true);
    expect((await fetch(location.replace(/&signature=.*/, ''))).status).toBe(403);
  });

  it('can be fetched from a node that did not carry them, though it has a folder of its own', async () => {
    const [name = ''] = await inBucket();
    const { location = '' } = await scenario.partner.recording(name, 'axbridge.local');
    const { pathname, search } = new URL(location);
    const other = await Application.start(settings);
    const { appKey, appSecret } = scenario.app;
    expect(
      (await new PartnerClient(other.http, appKey, appSecret).recording(name, 'axbridge.local')).status,
    ).toBe(301);
    const [here, there] = await Promise.all([fetch(location), fetch(`${other.http}${pathname}${search}`)]);
    expect(there.status).toBe(200);
    expect(Buffer.from(await there.arrayBuffer()).equals(Buffer.from(await here.arrayBuffer()))).toBe(true);
    await other.stop();
  });

  it('go on while the bucket is away; kill -9 before the upload loses nothing and doubles nothing', async () => {
    const { application } = scenario;
    const before = await inBucket();
    const gone = before[0] ?? expect.unreachable('nothing in the bucket');
    const { location: ofGone = '' } = await scenario.partner.recording(gone, 'axbridge.local');
    await server.goAway();
    const { name, ask } = await recordedCall();
    await application.log.when(
      ({ msg }) => msg === 'the bucket takes no recordings; they wait in the folder',
    );
    expect(await inFolder()).toHaveLength(1);
    expect(await application.metric('axbridge_recordings_waiting')).toBe(1);
    expect(await application.metric('axbridge_recording_upload_failures_total')).toBeGreaterThan(0);
    const fromFolder = await fetch((await ask()).location ?? '');
    expect(fromFolder.status).toBe(200);
    const bytes = Buffer.from(await fromFolder.arrayBuffer());
    const unavailable = await fetch(ofGone);
    expect([unavailable.status, unavailable.headers.get('retry-after')]).toEqual([503, '30']);

    await application.kill();
    await server.comeBack();
    await application.restart();
    await eventually('an empty folder', async () => (await inFolder()).length === 0, 20_000);
    expect((await inBucket()).sort()).toEqual([...before, name].sort());
    const fromBucket = await fetch((await ask()).location ?? '');
    expect(Buffer.from(await fromBucket.arrayBuffer()).equals(bytes)).toBe(true);
  }, 90_000);

  it('leave nothing behind on a machine that is stopped at once after the call', async () => {
    const { name } = await recordedCall();
    await scenario.application.kill('SIGTERM');
    expect(await inFolder()).toEqual([]);
    expect(await inBucket()).toContain(name);
  });
});
