import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, newCustomer, nextUser, OK } from '../api/customerUnderTest.ts';
import { type ApiUnderTest, OPERATOR_TOKEN, startApi } from '../kit/apiUnderTest.ts';
import { PartnerClient } from '../kit/PartnerClient.ts';
import { expectProblem, sendTo } from './adminRequest.ts';
import { wav } from './wav.ts';

let api: ApiUnderTest;
/** Another node, with a folder of its own. */
let other: ApiUnderTest;
beforeAll(async () => {
  api = await startApi({ settings: { AXBRIDGE_ANNOUNCEMENT_REVIEW: 'on' } });
  other = await startApi({ beside: api });
});
afterAll(async () => {
  await other.stop();
  await api.stop();
});

const send = (method: string, path: string, body?: unknown) => sendTo(api, method, path, body);
const upload = (name: string, file: Buffer, more = '') =>
  send('POST', `/announcements?name=${encodeURIComponent(name)}${more}`, file);
const approve = (name: string, body?: object) => send('POST', `/announcements/${name}/approve`, body);
const reject = (name: string, body: object) => send('POST', `/announcements/${name}/reject`, body);
const read = async (name: string) => (await send('GET', `/announcements/${name}`)).body;
const heard = (name: string) => readFile(join(api.announcementsDir, name)).catch(() => undefined);
const sha256 = (file: Buffer) => createHash('sha256').update(file).digest('hex');

const [ONE, TWO, THREE] = [wav({ samples: 8000 }), wav({ samples: 16_000 }), wav({ samples: 24_000 })];

let names = 0;
const newName = () => `tone-${++names}.wav`;

/** An announcement of which the first file was approved. */
async function approved(): Promise<string> {
  const name = newName();
  await upload(name, ONE);
  expect((await approve(name)).status).toBe(200);
  return name;
}

describe('an uploaded announcement', () => {
  it('waits, unheard, until an operator approves it', async () => {
    const name = newName();
    const made = await upload(name, ONE, '&note=waiting%20music');
    expect(made).toMatchObject({
      status: 201,
      body: { name, state: 'pending', note: 'waiting music', seconds: 1, sha256: sha256(ONE) },
    });
    expect(made.body).not.toHaveProperty('approved');
    expect(await heard(name)).toBeUndefined();
    expect(await approve(name, { by: 'Ada' })).toMatchObject({
      status: 200,
      body: { state: 'approved', reviewedBy: 'Ada', approved: { sha256: sha256(ONE), reviewedBy: 'Ada' } },
    });
    expect(await heard(name)).toEqual(ONE);
    expect(await read(name)).toMatchObject({ note: 'waiting music', reviewedAt: expect.any(String) });
  });

  it('is rejected with a cause, and may be approved after all', async () => {
    const name = newName();
    await upload(name, ONE);
    const rejected = await reject(name, { cause: 'names a person', by: 'Bob' });
    expect(rejected.body).toMatchObject({
      state: 'rejected',
      cause: 'names a person',
      reviewedBy: 'Bob',
      reviewedAt: expect.any(String),
    });
    expect(await heard(name)).toBeUndefined();
    const { body } = await approve(name);
    expect(body).toMatchObject({ state: 'approved', reviewedBy: 'operator' });
    expect(body).not.toHaveProperty('cause');
    expect(await heard(name)).toEqual(ONE);
  });

  it('is approved again without a change', async () => {
    const name = await approved();
    const before = await read(name);
    expect((await approve(name, { by: 'Zoe' })).body).toEqual(before);
  });

  it('is listed by its state', async () => {
    const name = newName();
    await upload(name, ONE);
    const pending = (await send('GET', '/announcements?state=pending')).body.items;
    expect(pending).toContainEqual(expect.objectContaining({ name }));
    expect((await send('GET', '/announcements?state=approved')).body.items).not.toContainEqual(
      expect.objectContaining({ name }),
    );
    expectProblem(
      await send('GET', '/announcements?state=new'),
      400,
      'invalid-query',
      'state: expected pending',
    );
  });

  it('is not rejected without a cause, and nobody reviews what is not there', async () => {
    const name = newName();
    await upload(name, ONE);
    expectProblem(await reject(name, {}), 400, 'invalid-body', 'cause: expected a text of 1 to 256');
    expectProblem(await approve('none.wav'), 404, 'not-found', 'none.wav');
    expectProblem(await reject('none.wav', { cause: 'x' }), 404, 'not-found', 'none.wav');
  });

  it('is approved only as it was listened to, where that is said', async () => {
    const name = newName();
    await upload(name, ONE);
    await upload(name, TWO);
    expectProblem(await approve(name, { sha256: sha256(ONE) }), 409, 'content-changed', sha256(TWO));
    expect((await approve(name, { sha256: sha256(TWO) })).status).toBe(200);
    expect(await heard(name)).toEqual(TWO);
  });
});

describe('replaced content', () => {
  it('waits while what was approved is heard, and takes its place when it is approved', async () => {
    const name = await approved();
    expect(await upload(name, TWO)).toMatchObject({
      status: 200,
      body: { state: 'pending', sha256: sha256(TWO), approved: { sha256: sha256(ONE) } },
    });
    expect(await heard(name)).toEqual(ONE);
    await approve(name);
    expect(await heard(name)).toEqual(TWO);
    expect(await readdir(join(api.announcementsDir, 'unheard'))).not.toContainEqual(
      expect.stringMatching(`^${name}`),
    );
  });

  it('is rejected without a change to what is heard', async () => {
    const name = await approved();
    await upload(name, TWO);
    expect((await reject(name, { cause: 'too loud' })).body).toMatchObject({
      state: 'rejected',
      approved: { sha256: sha256(ONE) },
    });
    expect(await heard(name)).toEqual(ONE);
  });

  it('gives way to what is uploaded after it', async () => {
    const name = await approved();
    await upload(name, TWO);
    await reject(name, { cause: 'too loud' });
    const again = await upload(name, THREE);
    expect(again.body).toMatchObject({ state: 'pending', seconds: 3, approved: { seconds: 1 } });
    expect(again.body).not.toHaveProperty('cause');
    const waiting = await readdir(join(api.announcementsDir, 'unheard'));
    expect(waiting.filter((file) => file.startsWith(name))).toEqual([`${name}.${sha256(THREE)}`]);
  });

  it('needs no review when it is what is heard already', async () => {
    const name = await approved();
    await upload(name, TWO);
    expect((await upload(name, ONE)).body).toMatchObject({ state: 'approved', sha256: sha256(ONE) });
    expect(await heard(name)).toEqual(ONE);
  });
});

describe('an approved announcement that is rejected', () => {
  it('is heard no longer, may not be named any more, and comes back when it is approved', async () => {
    const name = await approved();
    const { appKey } = await newCustomer(api, 'AXB', { announcements: { 'no-binding': name } });
    expect((await reject(name, { cause: 'complaint' })).body).not.toHaveProperty('approved');
    expect(await heard(name)).toBeUndefined();
    const busy = { announcements: { 'no-permission': name } };
    const refused = await send('PATCH', `/apps/${appKey}`, busy);
    expectProblem(
      refused,
      409,
      'not-approved',
      `announcements.no-permission: the announcement "${name}" is rej`,
    );
    await approve(name);
    expect(await heard(name)).toEqual(ONE);
    expect((await send('PATCH', `/apps/${appKey}`, busy)).status).toBe(200);
  });
});

describe('the file', () => {
  const audio = async (name: string, query = '') => {
    const { statusCode, headers, body } = await request(
      `${api.base}/admin/v1/announcements/${name}/audio${query}`,
      { headers: { authorization: `Bearer ${OPERATOR_TOKEN}` } },
    );
    return { status: statusCode, headers, file: Buffer.from(await body.arrayBuffer()) };
  };

  it('is downloaded as it was uploaded last, or as it is heard', async () => {
    const name = await approved();
    await upload(name, TWO);
    const newest = await audio(name);
    expect(newest).toMatchObject({ status: 200, file: TWO });
    expect(newest.headers).toMatchObject({
      'content-type': 'audio/wav',
      'content-disposition': `attachment; filename="${name}"`,
      etag: `"${sha256(TWO)}"`,
    });
    expect((await audio(name, '?which=approved')).file).toEqual(ONE);
  });

  it('is not there as long as nothing is heard', async () => {
    const name = newName();
    await upload(name, ONE);
    expect((await audio(name, '?which=approved')).status).toBe(404);
    expect((await audio(name, '?which=oldest')).status).toBe(400);
    expect((await audio('none.wav')).status).toBe(404);
  });

  it('that is gone, or that somebody has changed, is told of, and is not approved', async () => {
    const name = newName();
    await upload(name, ONE);
    const path = join(api.announcementsDir, 'unheard', `${name}.${sha256(ONE)}`);
    await writeFile(path, TWO);
    expectProblem(await approve(name), 409, 'file-missing', 'upload it again');
    await rm(path);
    expectProblem(await approve(name), 409, 'file-missing', 'nodes must share');
    expect((await reject(name, { cause: 'lost' })).status).toBe(200);
    expectProblem(await approve(name), 409, 'file-missing', name);
    expect(await read(name)).toMatchObject({ state: 'rejected' });
    await upload(name, ONE);
    expect((await approve(name)).status).toBe(200);
  });
});

describe('an approval that the database did not take', () => {
  it('leaves nothing that is heard once the file is rejected, or another one is uploaded', async () => {
    for (const next of [
      (name: string) => reject(name, { cause: 'too loud' }),
      (name: string) => upload(name, THREE),
    ]) {
      const name = newName();
      await upload(name, ONE);
      await writeFile(join(api.announcementsDir, name), ONE);
      expect((await next(name)).status).toBe(200);
      expect(await heard(name)).toBeUndefined();
    }
  });

  it('is mended by approving once more', async () => {
    const name = newName();
    await upload(name, ONE);
    const waiting = join(api.announcementsDir, 'unheard', `${name}.${sha256(ONE)}`);
    await rename(waiting, join(api.announcementsDir, name));
    expect((await approve(name)).body).toMatchObject({ state: 'approved' });
    expect(await heard(name)).toEqual(ONE);
  });
});

describe('removal', () => {
  it('takes all files of an announcement, and none of another', async () => {
    const name = await approved();
    await upload(name, TWO);
    await upload(`${name}.wav`, THREE);
    expect((await send('DELETE', `/announcements/${name}`)).status).toBe(204);
    expectProblem(await send('GET', `/announcements/${name}`), 404, 'not-found', name);
    expect(await heard(name)).toBeUndefined();
    const waiting = await readdir(join(api.announcementsDir, 'unheard'));
    expect(waiting.filter((file) => file.startsWith(name))).toEqual([`${name}.wav.${sha256(THREE)}`]);
  });

  it('is refused while anything names it', async () => {
    const name = await approved();
    const { appKey } = await newCustomer(api, 'AXB', { announcements: { 'no-binding': name } });
    await upload(name, TWO);
    expectProblem(await send('DELETE', `/announcements/${name}`), 409, 'in-use', appKey);
    expect(await heard(name)).toEqual(ONE);
  });
});

describe('what is not approved', () => {
  it('is refused in the settings of an application, new or changed', async () => {
    const name = newName();
    await upload(name, ONE);
    const announcements = { 'no-binding': name };
    const detail = `announcements.no-binding: the announcement "${name}" is pending; approve it first.`;
    const made = await send('POST', '/apps', { name: 'ride', mode: 'AXB', announcements });
    expectProblem(made, 409, 'not-approved', detail);
    const checked = { recording: true, qualityCheck: true, qualityHintTone: name };
    const hint = await send('POST', '/apps', { name: 'ride', mode: 'AXB', ...checked });
    expectProblem(hint, 409, 'not-approved', 'qualityHintTone: the announcement');
  });

  it('is refused by binds of every mode with 1010002, and taken as soon as it is approved', async () => {
    const name = newName();
    await upload(name, ONE);
    const recorded = { recordFlag: 'true', recordHintTone: name };
    const axb = await newCustomer(api, 'AXB', { recording: true });
    const ax = await newCustomer(api, 'AX', { recording: true });
    const axe = await newCustomer(api, 'AXE', { recording: true });
    const axyb = await newCustomer(api, 'AXYB', { recording: true });
    const xs = [await axb.addX(), await ax.addX(), await axe.addX(), await axyb.addX()];
    const [a, b] = [nextUser(), nextUser()];
    const binds = [
      () => axb.client.bind(a, b, { ...recorded, relationNum: xs[0] }),
      () => ax.client.bindAx(a, { ...recorded, privateNum: xs[1], calleeNumDisplay: '0' }),
      () => axe.client.bindAxe(a, { ...recorded, virtualNum: xs[2] }),
      () => axyb.client.bindAxyb(a, { ...recorded, relationNumber: xs[3], areaCode: '0571' }),
    ];
    for (const bind of binds) {
      await expectRefusal(bind(), '1010002', `the announcement is not approved: ${name}`);
    }
    await approve(name);
    for (const bind of binds) expect(await bind()).toMatchObject(OK);
  });

  it('is refused by another node within a moment, although that one has bound with it before', async () => {
    const name = await approved();
    const { appKey, secret, addX } = await newCustomer(api, 'AXB', { recording: true });
    const x = await addX();
    const there = new PartnerClient(other.base, appKey, secret);
    const bind = () =>
      there.bind(nextUser(), nextUser(), { relationNum: x, recordFlag: 'true', recordHintTone: name });
    expect(await bind()).toMatchObject(OK);
    await reject(name, { cause: 'complaint' });
    await expect.poll(async () => (await bind()).body.resultcode).toBe('1010002');
  });
});

describe('many who work on one announcement at the same moment', () => {
  it('leave the files that its state says', async () => {
    const name = newName();
    const turns = Array.from({ length: 60 }, (_, turn) => {
      if (turn % 6 === 5) return send('DELETE', `/announcements/${name}`);
      if (turn % 3 === 0) return upload(name, turn % 2 === 0 ? ONE : TWO);
      return turn % 3 === 1 ? approve(name) : reject(name, { cause: 'too loud' });
    });
    const statuses = (await Promise.all(turns)).map(({ status }) => status);
    expect(statuses.filter((status) => ![200, 201, 204, 404].includes(status))).toEqual([]);
    const { status, body } = await send('GET', `/announcements/${name}`);
    const {
      state,
      sha256: newest,
      approved: heardNow,
    } = (status === 200 ? body : {}) as {
      state?: string;
      sha256?: string;
      approved?: { sha256: string };
    };
    const file = await heard(name);
    expect(file && sha256(file)).toBe(heardNow?.sha256);
    const waiting = (await readdir(join(api.announcementsDir, 'unheard'))).filter((each) =>
      each.startsWith(`${name}.`),
    );
    expect(waiting).toEqual(state === 'pending' || state === 'rejected' ? [`${name}.${newest}`] : []);
  });
});

describe('without a review', () => {
  it('what is uploaded is approved at once, in place of what waits', async () => {
    const name = newName();
    await upload(name, ONE);
    const uploaded = await sendTo(other, 'POST', `/announcements?name=${name}`, TWO);
    expect(uploaded.body).toMatchObject({
      state: 'approved',
      sha256: sha256(TWO),
      reviewedBy: 'AXBRIDGE_ANNOUNCEMENT_REVIEW=off',
    });
    expect(await readFile(join(other.announcementsDir, name))).toEqual(TWO);
  });
});
