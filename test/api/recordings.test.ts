import { mkdir, mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTlsIdentity } from '../../src/api/certificate.ts';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { PartnerClient } from '../kit/PartnerClient.ts';
import { signedHeaders } from './signedHeaders.ts';

const DOMAIN = 'rec1.example.com';
const DAY_MS = 86_400_000;
const WAV = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251));
const RECORD_PATH = '/rest/provision/voice/record/v1.0';

let now = Date.now();
let api: ApiUnderTest;
let owner: { appKey: string; appSecret: string };
let partner: PartnerClient;
let count = 0;

beforeAll(async () => {
  api = await startApi({ recordingsClock: () => now });
  owner = await api.admin.createApp({ name: 'ride', mode: 'AXB', recording: true });
  partner = new PartnerClient(api.base, owner.appKey, owner.appSecret);
});
afterAll(() => api.stop());

/** Leaves a recording of an application, as a call does. */
async function leave(
  { recordingFolder, sql }: ApiUnderTest,
  name: string,
  { appKey = owner.appKey, recordedAt = now },
): Promise<void> {
  await mkdir(dirname(recordingFolder.pathOf(name)), { recursive: true });
  await writeFile(recordingFolder.pathOf(name), WAV);
  await sql`
    INSERT INTO recordings (app_key, object_name, domain, recorded_at)
    VALUES (${appKey}, ${name}, ${DOMAIN}, ${new Date(recordedAt)})`;
}

/** A new recording. @returns its name */
async function record(terms: { appKey?: string; recordedAt?: number } = {}): Promise<string> {
  const name = `260105040007${String(++count).padStart(9, '0')}.wav`;
  await leave(api, name, terms);
  return name;
}

async function addressOf(name: string): Promise<string> {
  const { status, location } = await partner.recording(name, DOMAIN);
  expect(status).toBe(301);
  return location ?? '';
}

async function fetchBytes(address: string, headers: Record<string, string> = {}, method?: 'HEAD') {
  const response = await request(address, { headers, ...(method && { method }) });
  return {
    status: response.statusCode,
    headers: response.headers,
    bytes: Buffer.from(await response.body.arrayBuffer()),
  };
}

describe('the address of a recording', () => {
  it('is a 301 without a body, to where the request came in', async () => {
    const name = await record();
    const path = `${RECORD_PATH}?fileName=${name}&recordDomain=${DOMAIN}`;
    const response = await request(`${api.base}${path}`, {
      // What a client calls us is nothing to rely on.
      headers: { ...signedHeaders({ ...owner, secret: owner.appSecret }), host: 'evil.example' },
    });
    expect(response.statusCode).toBe(301);
    expect(await response.body.text()).toBe('');
    expect(response.headers['cache-control']).toBe('no-store');
    const address = String(response.headers.location);
    expect(address.startsWith(`${api.base}/recordings/${name}?`)).toBe(true);
    expect((await fetchBytes(address)).bytes.equals(WAV)).toBe(true);
  });

  it('begins with the public URL where one is set', async () => {
    const other = await startApi({ publicUrl: 'https://numbers.example.com/calls' });
    const app = await other.admin.createApp({ name: 'ride', mode: 'AXB' });
    const name = '260105040007000000001.wav';
    await leave(other, name, { appKey: app.appKey });
    const client = new PartnerClient(other.base, app.appKey, app.appSecret);
    const { location } = await client.recording(name, DOMAIN);
    expect(location).toMatch(`https://numbers.example.com/calls/recordings/${name}?expires=`);
    await other.stop();
  });

  it('is one of HTTPS for a client that came by HTTPS', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'axbridge-tls-'));
    const options = { certificateFile: '', privateKeyFile: '', dataDir, host: '127.0.0.1' };
    const tls = await loadTlsIdentity({ mode: 'self-signed', ...options }, Date.now());
    const secure = await startApi(tls && { tls });
    const name = '260105040007000000001.wav';
    const app = await secure.admin.createApp({ name: 'ride', mode: 'AXB' });
    await leave(secure, name, { appKey: app.appKey });
    const dispatcher = new Agent({ connect: { ca: tls?.certificate ?? '' } });
    const { headers, body } = await request(
      `${secure.secureBase}${RECORD_PATH}?fileName=${name}&recordDomain=${DOMAIN}`,
      { headers: signedHeaders({ appKey: app.appKey, secret: app.appSecret }), dispatcher },
    );
    await body.dump();
    const address = String(headers.location);
    expect(address.startsWith(`${secure.secureBase}/recordings/`)).toBe(true);
    const download = await request(address, { dispatcher });
    expect(Buffer.from(await download.body.arrayBuffer()).equals(WAV)).toBe(true);
    await dispatcher.close();
    await secure.stop();
    await rm(dataDir, { recursive: true });
  });

  it.each(['AX', 'AXE', 'AXYB', 'X'])('is given to an application of mode %s too', async (mode) => {
    const app = await api.admin.createApp({ name: 'other', mode });
    const name = await record({ appKey: app.appKey });
    const client = new PartnerClient(api.base, app.appKey, app.appSecret);
    expect((await client.recording(name, DOMAIN)).status).toBe(301);
  });

  it('is refused with 1012007 for what is unknown, foreign, of another domain, gone or a path', async () => {
    const stranger = await api.admin.createApp({ name: 'stranger', mode: 'AXB' });
    const name = await record();
    const gone = await record();
    await rm(api.recordingFolder.pathOf(gone));
    const asked = [
      partner.recording('260105040007999999999.wav', DOMAIN),
      partner.recording(name, 'rec2.example.com'),
      partner.recording(gone, DOMAIN),
      partner.recording(`../2026-01-05/${name}`, DOMAIN),
      partner.recording('../../../../etc/passwd', DOMAIN),
      new PartnerClient(api.base, stranger.appKey, stranger.appSecret).recording(name, DOMAIN),
    ];
    for (const reply of await Promise.all(asked)) {
      expect(reply).toEqual({ status: 403, location: undefined, resultcode: '1012007' });
    }
  });

  it('is refused with 1012007 from the seventh day after the record', async () => {
    const young = await record({ recordedAt: now - 7 * DAY_MS + 60_000 });
    const old = await record({ recordedAt: now - 7 * DAY_MS });
    expect((await partner.recording(young, DOMAIN)).status).toBe(301);
    expect((await partner.recording(old, DOMAIN)).resultcode).toBe('1012007');
  });

  it('needs both fields, and an application that says who it is', async () => {
    const name = await record();
    expect((await partner.recording('', DOMAIN)).resultcode).toBe('1010002');
    expect((await partner.recording(name, '')).resultcode).toBe('1010002');
    expect((await partner.recording('x'.repeat(129), DOMAIN)).resultcode).toBe('1010002');
    const nobody = new PartnerClient(api.base, owner.appKey, 'another secret');
    expect((await nobody.recording(name, DOMAIN)).resultcode).toBe('1010003');
  });
});

describe('the recording at its address', () => {
  it('comes whole, or only its length', async () => {
    const address = await addressOf(await record());
    const whole = await fetchBytes(address);
    expect(whole.status).toBe(200);
    expect(whole.bytes.equals(WAV)).toBe(true);
    const expected = { 'content-type': 'audio/wav', 'content-length': '5000', 'accept-ranges': 'bytes' };
    expect(whole.headers).toMatchObject(expected);
    const head = await fetchBytes(address, {}, 'HEAD');
    expect(head.status).toBe(200);
    expect(head.headers).toMatchObject(expected);
    expect(head.bytes).toHaveLength(0);
  });

  it('comes in parts', async () => {
    const address = await addressOf(await record());
    const part = await fetchBytes(address, { range: 'bytes=100-199' });
    expect(part.status).toBe(206);
    expect(part.headers).toMatchObject({ 'content-range': 'bytes 100-199/5000', 'content-length': '100' });
    expect(part.bytes.equals(WAV.subarray(100, 200))).toBe(true);
    const end = await fetchBytes(address, { range: 'bytes=-10' });
    expect(end.bytes.equals(WAV.subarray(4990))).toBe(true);
    const beyond = await fetchBytes(address, { range: 'bytes=5000-' });
    expect(beyond.status).toBe(416);
    expect(beyond.headers['content-range']).toBe('bytes */5000');
    const several = await fetchBytes(address, { range: 'bytes=0-1,5-6' });
    expect([several.status, several.bytes.length]).toEqual([200, 5000]);
    const ofAVersion = await fetchBytes(address, { range: 'bytes=0-1', 'if-range': '"x"' });
    expect(ofAVersion.status).toBe(200);
  });

  it('is closed to an address that was changed in any way', async () => {
    const [mine, other] = [await record(), await record()];
    const address = new URL(await addressOf(mine));
    const changed = (change: (url: URL) => void): string => {
      const url = new URL(address);
      change(url);
      return url.href;
    };
    const expires = Number(address.searchParams.get('expires'));
    const signature = String(address.searchParams.get('signature'));
    const forged = [
      changed((url) => url.searchParams.set('expires', String(expires + 1))),
      changed((url) => url.searchParams.set('expires', `${expires}.0`)),
      changed((url) => url.searchParams.set('expires', `0${expires}`)),
      changed((url) => url.searchParams.delete('expires')),
      changed((url) => url.searchParams.delete('signature')),
      changed((url) => url.searchParams.set('signature', `${signature}=`)),
      changed((url) => url.searchParams.set('signature', signature.slice(0, -1))),
      changed((url) => url.searchParams.append('signature', signature)),
      changed((url) => url.searchParams.set('signature', 'ä'.repeat(43))),
      ...[other, `raw-${mine}`, `%2e%2e%2f${mine}`, '..%2f..%2f..%2fetc%2fpasswd', `${mine}%00`].map((name) =>
        address.href.replace(mine, name),
      ),
    ];
    for (const each of forged) {
      const { status, headers, bytes } = await fetchBytes(each);
      expect([each, status]).toEqual([each, 403]);
      expect(headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(JSON.parse(bytes.toString())).toEqual({
        type: 'about:blank',
        title: 'Forbidden',
        status: 403,
        detail: 'The address is not good, or not any more.',
      });
    }
  });

  it('is there for three days, then not any more', async () => {
    const before = now;
    const address = await addressOf(await record());
    now = before + 3 * DAY_MS - 1000;
    expect((await fetchBytes(address)).status).toBe(200);
    now = before + 3 * DAY_MS;
    expect((await fetchBytes(address)).status).toBe(403);
    now = before;
  });

  it('is there no longer than seven days after the record, however young its address', async () => {
    const before = now;
    const address = await addressOf(await record({ recordedAt: now - 6 * DAY_MS }));
    now = before + DAY_MS;
    expect((await fetchBytes(address)).status).toBe(403);
    now = before;
  });

  it('is 404 when the file is gone, and nobody learns where it lay', async () => {
    const name = await record();
    const address = await addressOf(name);
    await rm(api.recordingFolder.pathOf(name));
    const { status, bytes } = await fetchBytes(address);
    expect(status).toBe(404);
    expect(bytes.toString()).not.toContain(name);
  });

  it('fails without a word of the disk when the file cannot be read', async () => {
    const name = await record();
    const address = await addressOf(name);
    await rm(api.recordingFolder.pathOf(name));
    await mkdir(api.recordingFolder.pathOf(name));
    const { status, bytes } = await fetchBytes(address);
    expect(status).toBe(500);
    expect(bytes.toString()).not.toMatch(/EISDIR|recordings|\.wav/);
    await rm(api.recordingFolder.pathOf(name), { recursive: true });
  });

  it.runIf(process.platform === 'linux')('holds no file for a client that has gone', async () => {
    const name = await record();
    const path = api.recordingFolder.pathOf(name);
    await writeFile(path, Buffer.alloc(20_000_000));
    const held = async () => {
      const open = await readdir('/proc/self/fd');
      const targets = await Promise.all(open.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
      return targets.filter((target) => target.endsWith(name)).length;
    };
    const { body } = await request(await addressOf(name));
    body.on('error', () => undefined);
    expect(await held()).toBe(1);
    body.destroy();
    await expect.poll(held).toBe(0);
    await fetchBytes(await addressOf(name), {}, 'HEAD');
    expect((await fetchBytes(await addressOf(name), { range: 'bytes=99999999-' })).status).toBe(416);
    expect(await held()).toBe(0);
  });

  it('takes no other method', async () => {
    const address = await addressOf(await record());
    for (const method of ['POST', 'PUT', 'DELETE'] as const) {
      const response = await request(address, { method });
      expect(response.statusCode).toBe(404);
      await response.body.dump();
    }
  });

  it('writes no address into the log', async () => {
    const address = new URL(await addressOf(await record()));
    await fetchBytes(address.href);
    expect(JSON.stringify(api.logged)).not.toContain(address.searchParams.get('signature'));
  });
});
