import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { inTime } from '../../src/calls/inTime.ts';

describe('waiting for work, but not for ever', () => {
  it('ends when the time is over', async () => {
    expect(await inTime(new Promise(() => {}), 20)).toBe('late');
  });

  it('takes an answer that came in time, although this process was held up until the time was over', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const asked = once(server, 'connection');
    const socket = connect(port, '127.0.0.1');
    const [[answering]] = await Promise.all([asked, once(socket, 'connect')]);
    const answer = once(socket, 'data').then(([data]) => String(data));
    const waiting = inTime(answer, 50);
    answering.end('answer');
    const heldUpUntil = performance.now() + 100;
    while (performance.now() < heldUpUntil);
    expect(await waiting).toBe('answer');
    socket.destroy();
    server.close();
  });
});
