import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { PartnerClient } from '../kit/PartnerClient.ts';
import { expectProblem, sendTo } from './adminRequest.ts';
import { wav } from './wav.ts';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const send = (method: string, path: string, body?: unknown, headers?: object) =>
  sendTo(api, method, path, body, headers);
const newApp = (more: object = {}) => send('POST', '/apps', { name: 'ride', mode: 'AXB', ...more });

describe('announcements', () => {
  const upload = (name: string, file: Buffer) =>
    send('POST', `/announcements?name=${encodeURIComponent(name)}`, file, { 'content-type': 'audio/wav' });

  it('are checked, stored under their name, replaced and deleted', async () => {
    const file = wav({ samples: 16_000 });
    const made = await upload('wait.wav', file);
    expect(made).toMatchObject({ status: 201, body: { name: 'wait.wav', bytes: file.length, seconds: 2 } });
    expect(await readFile(join(api.announcementsDir, 'wait.wav'))).toEqual(file);
    expect(await upload('wait.wav', wav({ samples: 8000 }))).toMatchObject({
      status: 200,
      body: { seconds: 1 },
    });
    expect((await send('GET', '/announcements')).body.items).toHaveLength(1);
    expect(await readdir(api.announcementsDir)).toEqual(['wait.wav']);
    expect((await send('DELETE', '/announcements/wait.wav')).status).toBe(204);
    expect(await readdir(api.announcementsDir)).toEqual([]);
    expectProblem(await send('GET', '/announcements/wait.wav'), 404, 'not-found', 'wait.wav');
  });

  it('take away what a process that was killed has begun to write', async () => {
    const draft = (digit: number) => `.${String(digit).repeat(8)}-0000-4000-8000-000000000000.part`;
    const [old, fresh] = [draft(1), draft(2)];
    for (const name of [old, fresh]) await writeFile(join(api.announcementsDir, name), 'RIFF');
    await utimes(join(api.announcementsDir, old), 0, 0);
    await upload('wait.wav', wav({ samples: 8000 }));
    expect((await readdir(api.announcementsDir)).sort()).toEqual([fresh, 'wait.wav']);
    await rm(join(api.announcementsDir, fresh));
    await send('DELETE', '/announcements/wait.wav');
  });

  it('may have names of 128 characters, which are found again', async () => {
    const name = `${'n'.repeat(124)}.wav`;
    expect((await upload(name, wav({}))).status).toBe(201);
    expect((await send('GET', `/announcements/${name}`)).body).toMatchObject({ name });
    expect((await send('DELETE', `/announcements/${name}`)).status).toBe(204);
  });

  it('may have names as those of the hosted product', async () => {
    const name = 'shop_1-night@2.wav';
    expect((await upload(name, wav({}))).status).toBe(201);
    const path = `/announcements/${encodeURIComponent(name)}`;
    expect((await send('GET', path)).body).toMatchObject({ name });
    expect((await send('DELETE', path)).status).toBe(204);
  });

  it('may be 2 MB and no more', async () => {
    const most = 2 * 1024 * 1024 - 44;
    expect((await upload('big.wav', wav({ samples: most }))).status).toBe(201);
    const answer = await upload('big.wav', wav({ samples: most + 2 })).catch((error: Error) => error);
    if (answer instanceof Error) expect(answer.message).toMatch(/other side closed|EPIPE|ECONNRESET/);
    else expectProblem(answer, 413, 'too-large', /larger/);
  });

  it('are refused when they are something else, or have an unsafe name', async () => {
    expectProblem(await upload('pcm.wav', wav({ format: 1, bits: 16 })), 400, 'invalid-file', 'got format 1');
    expectProblem(await upload('empty.wav', Buffer.alloc(0)), 400, 'invalid-file', /WAV/);
    for (const name of ['../../evil.wav', 'a/b.wav', 'x.mp3', '.wav', '']) {
      expectProblem(await upload(name, wav({})), 400, 'invalid-query', 'name: expected a file name');
    }
  });

  it('stay while an application or a binding names them', async () => {
    await upload('mine.wav', wav({}));
    const { appKey, appSecret } = (await newApp({ announcements: { 'no-binding': 'mine.wav' } })).body;
    expectProblem(await send('DELETE', '/announcements/mine.wav'), 409, 'in-use', appKey);
    await send('PATCH', `/apps/${appKey}`, { announcements: { 'no-binding': null } });
    await send('POST', '/numbers', { appKey, numbers: [{ number: '+8617000005501' }] });
    const partner = new PartnerClient(api.base, appKey, appSecret);
    const bound = await partner.bind('+8613900001001', '+8613900001002', {
      preVoice: { callerHintTone: 'mine.wav' },
    });
    expect(bound.body.resultcode).toBe('0');
    expectProblem(await send('DELETE', '/announcements/mine.wav'), 409, 'in-use', '1 bindings');
    await partner.unbind({ relationNum: '+8617000005501' });
    expect((await send('DELETE', '/announcements/mine.wav')).status).toBe(204);
  });
});
