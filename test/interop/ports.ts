import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 20;
const PATIENCE_MS = 10_000;

/** A UDP port of 127.0.0.1 that is free at this moment. */
export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

/**
 * Resolves when some program listens on this UDP port, as sipp and baresip do not say when they are ready.
 * Linux only, as is everything here.
 */
export async function udpPortInUse(port: number): Promise<void> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  const until = Date.now() + PATIENCE_MS;
  while (!readFileSync('/proc/net/udp', 'utf8').includes(wanted)) {
    if (Date.now() > until) throw new Error(`nothing listens on UDP port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
