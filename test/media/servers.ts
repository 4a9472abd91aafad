import { createConnection } from 'node:net';
import { SETTINGS } from '../../src/config.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
}

/** The SIP server and the media server that a test runs against. */
export interface MediaServers {
  readonly kind: 'external';
  readonly drachtio: Address;
  readonly freeswitch: Address;
  stop(): Promise<void>;
}

/** The real servers that AXBRIDGE_DRACHTIO and AXBRIDGE_FREESWITCH name. */
export async function startMediaServers(): Promise<MediaServers> {
  const drachtio = addressIn('AXBRIDGE_DRACHTIO');
  const freeswitch = addressIn('AXBRIDGE_FREESWITCH');
  if (drachtio === undefined || freeswitch === undefined) throw new Error('expected both settings');
  return { kind: 'external', drachtio, freeswitch, stop: async () => undefined };
}

function addressIn(name: 'AXBRIDGE_DRACHTIO' | 'AXBRIDGE_FREESWITCH'): Address | undefined {
  return SETTINGS[name].parse(process.env[name] ?? '', name)[0];
}

/** One `api` command on a connection of its own, to look at the media server from outside the product. */
export async function askFreeSwitch({ host, port, secret }: Address, command: string): Promise<string> {
  const socket = createConnection({ host, port });
  socket.write(`auth ${secret}\n\napi ${command}\n\n`);
  let received = '';
  for await (const piece of socket) {
    received += piece;
    const head = /Content-Type: api\/response\nContent-Length: (\d+)\n\n/.exec(received);
    if (head === null) continue;
    const body = received.slice(head.index + head[0].length);
    if (Buffer.byteLength(body) >= Number(head[1])) return body;
  }
  throw new Error(`${command}: the event socket closed`);
}

/** Channels that the media server has now (`show channels` counts rows of a database that may lag behind or be off). */
export async function channelCount(freeswitch: Address): Promise<number> {
  return Number(/^(\d+) session\(s\) - peak/m.exec(await askFreeSwitch(freeswitch, 'status'))?.[1]);
}
