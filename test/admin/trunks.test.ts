import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { expectProblem, sendTo } from './adminRequest.ts';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const send = (method: string, path: string, body?: unknown, headers?: object) =>
  sendTo(api, method, path, body, headers);

describe('trunks', () => {
  const trunk = {
    name: 'carrier-a',
    host: '127.0.0.1',
    port: 5070,
    transport: 'udp',
    sources: ['127.0.0.1/32'],
  };

  it('are made, read, changed and deleted; a password is never shown', async () => {
    const made = await send('POST', '/trunks', { ...trunk, username: 'u', password: 'very-secret' });
    expect(made).toMatchObject({
      status: 201,
      body: { ...trunk, username: 'u', passwordSet: true, priority: 1, weight: 1, enabled: true },
    });
    const changed = await send('PATCH', '/trunks/carrier-a', {
      enabled: false,
      maxCalls: 30,
      callsPerSecond: 12,
      username: null,
      password: null,
    });
    expect(changed.body).toMatchObject({
      enabled: false,
      maxCalls: 30,
      callsPerSecond: 12,
      passwordSet: false,
    });
    const unlimited = await send('PATCH', '/trunks/carrier-a', { maxCalls: null, callsPerSecond: null });
    expect(unlimited.body).not.toHaveProperty('callsPerSecond');
    expect(JSON.stringify([made.body, (await send('GET', '/trunks')).body])).not.toContain('very-secret');
    expectProblem(await send('POST', '/trunks', trunk), 409, 'already-exists', 'carrier-a');
    expect((await send('DELETE', '/trunks/carrier-a')).status).toBe(204);
    expectProblem(await send('GET', '/trunks/carrier-a'), 404, 'not-found', 'carrier-a');
  });

  it.each([
    [{ ...trunk, host: '127.0.0.1:5060' }, 'host: expected a host name or an IP address, without a port'],
    [{ ...trunk, port: 70000 }, 'port: expected a port from 1 to 65535, got 70000'],
    [{ ...trunk, port: '5070' }, 'port: expected a port from 1 to 65535, got "5070"'],
    [{ ...trunk, transport: 'sctp' }, 'transport: expected udp, tcp or tls, got "sctp"'],
    [{ ...trunk, sources: ['127.0.0.1/8'] }, 'sources.0: expected a CIDR range whose host bits are 0'],
    [{ ...trunk, sources: '127.0.0.1' }, 'sources: expected an array'],
    [{ ...trunk, name: 'a b' }, 'name: expected letters'],
    [{ ...trunk, password: 'x' }, 'username: expected'],
    [{ ...trunk, weight: 0 }, 'weight: expected a number from 1'],
  ])('are refused when they say %j', async (body, detail) => {
    expectProblem(await send('POST', '/trunks', body), 400, 'invalid-body', detail);
  });
});
