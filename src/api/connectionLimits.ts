import type { BlockList, Server, Socket } from 'node:net';
import { sourceOf } from '../store/sourceOf.ts';
import { isListed } from './addressList.ts';

export interface ConnectionLimits {
  /** Connections at a time of one address (of an IPv6 address, its /64). */
  readonly mostOfOneAddress: number;
  /** Connections at a time of all. */
  readonly most: number;
  /** Proxies, which carry the requests of many. */
  readonly exempt: BlockList;
}

/**
 * Limits the connections of a listening server from now on: those beyond are closed at once. Who opens many and sends
 * nothing, or slowly, then keeps out only those who share his address.
 */
export function limitConnections(server: Server, { mostOfOneAddress, most, exempt }: ConnectionLimits): void {
  const open = new Map<string, number>();
  server.maxConnections = most;
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress;
    if (address === undefined || isListed(exempt, address)) return;
    const source = sourceOf(address);
    const already = open.get(source) ?? 0;
    if (already >= mostOfOneAddress) {
      socket.destroy();
      return;
    }
    open.set(source, already + 1);
    socket.once('close', () => {
      const left = (open.get(source) ?? 1) - 1;
      if (left > 0) open.set(source, left);
      else open.delete(source);
    });
  });
}
