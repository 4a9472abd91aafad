import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AddressPolicy } from '../../src/push/addressPolicy.ts';
import { guardedConnector } from '../../src/push/guardedConnector.ts';
import { NameServer } from './NameServer.ts';

/** Open by setting here, as the internet is; the rest of loopback stays closed, as an operator's own network is. */
const OPEN = '127.0.0.2';
const CLOSED = '127.0.0.1';

let names: NameServer;
let inside: Server;
let port: number;
/** At which of our addresses connections arrived. */
const reached: (string | undefined)[] = [];

beforeAll(async () => {
  names = await NameServer.start();
  inside = createServer((request, response) => {
    reached.push(request.socket.localAddress);
    response.end('ok');
  });
  await new Promise<void>((resolve) => inside.listen(0, '0.0.0.0', resolve));
  port = (inside.address() as AddressInfo).port;
});

afterAll(async () => {
  await names.stop();
  inside.closeAllConnections();
  await new Promise((closed) => inside.close(closed));
});

beforeEach(() => {
  reached.length = 0;
});

/** One POST over a new connection. @returns the status, or the code of the error */
async function post(): Promise<number | string> {
  const connect = guardedConnector(new AddressPolicy([OPEN]), 2000, [names.address]);
  const pool = new Pool(`http://customer.example:${port}`, { connect });
  try {
    const { statusCode, body } = await pool.request({ method: 'POST', path: '/', body: '{}' });
    await body.dump();
    return statusCode;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  } finally {
    await pool.destroy();
  }
}

describe('a target whose owner changes what its name means (DNS rebinding)', () => {
  it('is reached while the name leads to an open address, and from then on, when it leads inside, not', async () => {
    names.addresses = [OPEN];
    expect(await post()).toBe(200);
    names.addresses = [CLOSED];
    expect(await post()).toBe('PUSH_TARGET_CLOSED');
    expect(reached).toEqual([OPEN]);
  });

  it.each([
    ['cloud metadata', '169.254.169.254'],
    ['a private network', '10.0.0.5'],
    ['loopback', '127.0.0.53'],
    ['loopback as IPv6', '0:0:0:0:0:0:0:1'],
    ['loopback mapped into IPv6', '0:0:0:0:0:ffff:7f00:1'],
    ['a private IPv6 network', 'fd00:0:0:0:0:0:0:5'],
  ])('is not dialled at %s', async (_what, address) => {
    names.addresses = [address];
    expect(await post()).toBe('PUSH_TARGET_CLOSED');
    expect(reached).toEqual([]);
  });

  it('with several addresses is dialled at the open ones only, in whatever order they come', async () => {
    for (const addresses of [
      [CLOSED, OPEN, '10.0.0.5'],
      ['169.254.169.254', OPEN],
      [OPEN, CLOSED],
    ]) {
      names.addresses = addresses;
      expect(await post()).toBe(200);
    }
    expect(new Set(reached)).toEqual(new Set([OPEN]));
  });
});
