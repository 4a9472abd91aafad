import { createServer } from 'node:net';

/** A port that the processes of a group will share. */
export interface SharedPort {
  readonly port: number;
  /** Leaves it to those who listen on it by now. */
  release(): Promise<void>;
}

/**
 * Finds out that a port is free, and keeps it until processes listen on it. Each listens by itself (SO_REUSEPORT) and the
 * kernel gives every new connection to one of them.
 * @param port 0 takes a free one
 * @throws the system's error when it is taken, or when the system knows no shared ports
 */
export async function claimSharedPort(host: string, port: number): Promise<SharedPort> {
  const server = createServer((socket) => socket.destroy());
  await listen(server, { host, port, exclusive: true });
  const taken = server.address();
  const found = taken !== null && typeof taken === 'object' ? taken.port : port;
  await close(server);
  const shared = createServer((socket) => socket.destroy());
  await listen(shared, { host, port: found, reusePort: true });
  return { port: found, release: () => close(shared) };
}

type ListenOptions = Parameters<ReturnType<typeof createServer>['listen']>[0];

function listen(server: ReturnType<typeof createServer>, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: ReturnType<typeof createServer>): Promise<void> {
  return new Promise((closed) => server.close(() => closed()));
}
