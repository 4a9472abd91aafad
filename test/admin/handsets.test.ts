import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { expectProblem, sendTo } from './adminRequest.ts';

let api: ApiUnderTest;
let apiWithout: ApiUnderTest;
beforeAll(async () => {
  [api, apiWithout] = await Promise.all([startApi(), startApi({ handsets: false })]);
});
afterAll(() => Promise.all([api.stop(), apiWithout.stop()]));

const send = (method: string, path: string, body?: unknown) => sendTo(api, method, path, body);
const NUMBER = '+8613900001001';

describe('handsets', () => {
  it('are made, read, changed and deleted; the number is masked and the password shown once', async () => {
    const made = await send('POST', '/handsets', { number: NUMBER });
    expect(made).toMatchObject({
      status: 201,
      body: {
        username: expect.stringMatching(/^handset-[0-9a-f]{8}$/),
        password: expect.stringMatching(/^[\w-]{24}$/),
        number: '+86139****1001',
        md5Only: false,
        enabled: true,
        registrations: [],
      },
    });
    const { username, password } = made.body as unknown as { username: string; password: string };
    expect(api.reloaded.handsets).toBe(1);
    const read = await send('GET', `/handsets/${username}`);
    const { password: _shownOnce, ...rest } = made.body as unknown as Record<string, unknown>;
    expect(read).toMatchObject({ status: 200, body: rest });
    const changed = await send('PATCH', `/handsets/${username}`, {
      enabled: false,
      number: '+8613900001003',
    });
    expect(changed.body).toMatchObject({ username, enabled: false, number: '+86139****1003' });
    const listed = await send('GET', '/handsets');
    expect(listed.body.items).toHaveLength(1);
    expect(JSON.stringify([read.body, changed.body, listed.body])).not.toContain(password);
    expect(JSON.stringify([made.body, read.body, listed.body])).not.toContain(NUMBER);
    expect((await send('DELETE', `/handsets/${username}`)).status).toBe(204);
    expect(api.reloaded.handsets).toBe(3);
    expectProblem(await send('GET', `/handsets/${username}`), 404, 'not-found', 'handset');
    expectProblem(
      await send('PATCH', `/handsets/${username}`, { enabled: true }),
      404,
      'not-found',
      'handset',
    );
    expectProblem(await send('DELETE', `/handsets/${username}`), 404, 'not-found', 'handset');
  });

  it('may have a user name and password of their own, which nobody else may have', async () => {
    const anna = { number: '+8613900002001', username: 'anna', password: 'annas-password' };
    const made = await send('POST', '/handsets', anna);
    expect(made).toMatchObject({ status: 201, body: { username: 'anna' } });
    expect(JSON.stringify(made.body)).not.toContain('annas-password');
    const [row] = await api.sql`SELECT handsets::text AS row FROM handsets WHERE username = 'anna'`;
    expect(row?.row).not.toContain(Buffer.from('annas-password').toString('hex'));
    expect(row?.row).not.toContain(Buffer.from('13900002001').toString('hex'));
    expectProblem(
      await send('POST', '/handsets', { ...anna, number: '+8613900002002' }),
      409,
      'already-exists',
      'username',
    );
    expectProblem(
      await send('POST', '/handsets', { ...anna, username: 'b' }),
      409,
      'already-exists',
      'number',
    );
    await send('POST', '/handsets', { number: '+8613900002003', username: 'ben' });
    expectProblem(
      await send('PATCH', '/handsets/ben', { number: anna.number }),
      409,
      'already-exists',
      'number',
    );
  });

  it.each([
    [{}, 'number'],
    [{ number: '13900001001' }, 'number: expected a number in E.164'],
    [{ number: NUMBER, username: NUMBER }, 'username: expected a letter'],
    [{ number: NUMBER, username: 'a@b' }, 'username: expected a letter'],
    [{ number: NUMBER, password: 'short' }, 'password: expected a text of 8 to 128'],
    [{ number: NUMBER, password: 'with a space' }, 'password: expected'],
    [{ number: NUMBER, enabled: true }, 'enabled'],
    [{ number: NUMBER, md5Only: 1 }, 'md5Only: expected true or false'],
  ])('are refused when they say %j', async (body, detail) => {
    expectProblem(await send('POST', '/handsets', body), 400, 'invalid-body', detail);
  });

  it('are not to be had where they are switched off', async () => {
    const paths: [string, string][] = [
      ['POST', '/handsets'],
      ['GET', '/handsets'],
      ['GET', '/handsets/anna'],
      ['PATCH', '/handsets/anna'],
      ['DELETE', '/handsets/anna'],
    ];
    for (const [method, path] of paths) {
      const answer = await sendTo(
        apiWithout,
        method,
        path,
        method === 'POST' ? { number: NUMBER } : undefined,
      );
      expectProblem(answer, 409, 'handsets-off', 'AXBRIDGE_HANDSETS=on');
    }
  });
});
