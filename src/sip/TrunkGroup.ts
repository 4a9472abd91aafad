import type { Trunk } from '../store/trunks.ts';
import { SourceAcl } from './sourceAcl.ts';
import { orderTrunks } from './trunks.ts';

export interface TrunkGroupOptions {
  readonly isHealthy: (name: string) => boolean;
  /** 0 ≤ number < 1. */
  readonly random?: () => number;
}

/** The trunks as calls see them: where a packet came from, which one to call out on, how many calls each carries. */
export class TrunkGroup {
  readonly #options: TrunkGroupOptions;
  readonly #calls = new Map<string, number>();
  #trunks: readonly Trunk[] = [];
  #sources = new SourceAcl<Trunk>([]);

  constructor(options: TrunkGroupOptions) {
    this.#options = options;
  }

  get trunks(): readonly Trunk[] {
    return this.#trunks;
  }

  /** Takes a new list; calls that are on a trunk stay on it. */
  replace(trunks: readonly Trunk[]): void {
    this.#trunks = trunks;
    this.#sources = new SourceAcl(trunks);
  }

  /** @returns undefined when the address belongs to no enabled trunk */
  trunkOf(address: string, port: number): Trunk | undefined {
    return this.#sources.trunkOf(address, port);
  }

  isFull(trunk: Trunk): boolean {
    return trunk.maxCalls !== undefined && this.callsOn(trunk.name) >= trunk.maxCalls;
  }

  callsOn(name: string): number {
    return this.#calls.get(name) ?? 0;
  }

  /** The trunks to try for one call, in order (see `orderTrunks`). */
  order(): Trunk[] {
    return orderTrunks(this.#trunks, {
      isHealthy: this.#options.isHealthy,
      callsOn: (name) => this.callsOn(name),
      random: this.#options.random ?? Math.random,
    });
  }

  /** Counts a call on a trunk until the function that is returned is called; calling it again does nothing. */
  occupy(name: string): () => void {
    this.#calls.set(name, this.callsOn(name) + 1);
    let occupied = true;
    return () => {
      if (!occupied) return;
      occupied = false;
      const calls = this.callsOn(name) - 1;
      if (calls > 0) this.#calls.set(name, calls);
      else this.#calls.delete(name);
    };
  }
}

/** Where a trunk is asked whether it is there. */
export function trunkUri(trunk: Trunk): string {
  return `sip:${hostOf(trunk)}`;
}

/**
 * A telephone number at a trunk (RFC 3261 19.1.6).
 * @param number E.164
 */
export function numberUri(trunk: Trunk, number: string): string {
  return `sip:${number}@${hostOf(trunk)};user=phone`;
}

function hostOf({ host, port, transport }: Trunk): string {
  const address = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return transport === 'udp' ? `${address}:${port}` : `${address}:${port};transport=${transport}`;
}
