import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { listeningPid } from '../../bench/listeningPid.ts';

describe('who listens on a port', () => {
  it('is found by the port, and is nobody once it is closed', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    expect(listeningPid(port)).toBe(process.pid);
    server.close();
    await once(server, 'close');
    expect(() => listeningPid(port)).toThrow(`port ${port}`);
  });
});
