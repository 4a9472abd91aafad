import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import esl from 'drachtio-modesl';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { guardReading } from '../../media/readGuard.ts';

const server = createServer();
const unreadable: unknown[] = [];
server.prependListener('connection', (socket) => guardReading(socket, (error) => unreadable.push(error)));

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  new esl.Server({ server, myevents: false });
});
afterAll(() => server.close());

afterEach(() => unreadable.splice(0));

/** Connects as FreeSWITCH would, says something and waits for what becomes of the connection. */
async function say(bytes: string): Promise<void> {
  const stranger = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const closed = new Promise((resolve) => stranger.on('close', resolve));
  // It may be reset while it still speaks.
  stranger.on('error', () => undefined);
  stranger.resume();
  stranger.write(bytes);
  await closed;
}

describe('the port that FreeSWITCH connects back to', () => {
  it.each([
    ['a percent-escape that is none', 'Event-Name: %zz\n\n'],
    ['many blocks at once', 'noop\n\n'.repeat(30_000)],
  ])('is closed to who sends %s, and nothing else happens', async (_what, bytes) => {
    await say(bytes);
    expect(unreadable).toHaveLength(1);
  });
});
