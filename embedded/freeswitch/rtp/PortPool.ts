import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** A bound pair: RTP on an even port, RTCP on the odd one above it (RFC 3550, 11). */
export interface PortPair {
  readonly port: number;
  readonly rtp: Socket;
  readonly rtcp: Socket;
}

export interface PortPoolOptions {
  readonly host: string;
  /** First port of the range; 0 takes a range of this size that begins somewhere between 20000 and 50000. */
  readonly firstPort: number;
  readonly pairs: number;
  /** How long a released pair rests, so that a late packet of one call does not reach the next. */
  readonly restMs: number;
}

/** No pair of ports of the range is free. */
export class NoPortError extends Error {
  override readonly name = 'NoPortError';
  readonly code = 'no_rtp_port';
}

/**
 * Answers an address literal at once. Without it each packet sent would pass through `dns.lookup` and another turn
 * of the event loop; with it sending costs about a sixth less.
 */
function literalLookup(
  address: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
): void {
  callback(null, address, address.includes(':') ? 6 : 4);
}

/** Hands out port pairs in turn, so that a port is not used again before all the others have been. */
export class PortPool {
  readonly #options: PortPoolOptions;
  readonly #firstPort: number;
  readonly #taken = new Set<number>();
  readonly #restingUntilMs = new Map<number, number>();
  #next = 0;

  constructor(options: PortPoolOptions) {
    this.#options = options;
    const first = options.firstPort || 20000 + Math.floor(Math.random() * 30000);
    this.#firstPort = first + (first & 1);
  }

  /** UDP ports that are bound at the moment. */
  get portsInUse(): number {
    return 2 * this.#taken.size;
  }

  /** @throws NoPortError */
  async take(): Promise<PortPair> {
    const { pairs } = this.#options;
    for (let tried = 0; tried < pairs; tried++) {
      const port = this.#firstPort + 2 * this.#next;
      this.#next = (this.#next + 1) % pairs;
      if (port > 65534 || this.#taken.has(port) || this.#isResting(port)) continue;
      this.#taken.add(port);
      const pair = await this.#bindPair(port);
      if (pair) return pair;
      this.#taken.delete(port);
    }
    throw new NoPortError(`none of ${pairs} RTP port pairs from ${this.#firstPort} is free`);
  }

  /** Closes the pair's sockets and lets its ports rest. */
  release(pair: PortPair): void {
    if (!this.#taken.delete(pair.port)) return;
    pair.rtp.close();
    pair.rtcp.close();
    this.#restingUntilMs.set(pair.port, performance.now() + this.#options.restMs);
  }

  #isResting(port: number): boolean {
    const until = this.#restingUntilMs.get(port);
    if (until === undefined) return false;
    if (until > performance.now()) return true;
    this.#restingUntilMs.delete(port);
    return false;
  }

  async #bindPair(port: number): Promise<PortPair | undefined> {
    const rtp = await this.#bind(port);
    if (!rtp) return undefined;
    const rtcp = await this.#bind(port + 1);
    if (rtcp) return { port, rtp, rtcp };
    rtp.close();
    return undefined;
  }

  async #bind(port: number): Promise<Socket | undefined> {
    const { host } = this.#options;
    const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', lookup: literalLookup });
    // With the address at hand `listening` comes within `bind`, so the wait has to begin before it.
    const listening = once(socket, 'listening');
    socket.bind(port, host);
    try {
      await listening;
      return socket;
    } catch {
      // Somebody else has the port: the next one will do.
      socket.close();
      return undefined;
    }
  }
}
