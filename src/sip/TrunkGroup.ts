import type { SharedUse } from '../processes/SharedUse.ts';
import { TokenBucket } from '../processes/TokenBucket.ts';
import type { Trunk } from '../store/trunks.ts';
import { SourceAcl } from './sourceAcl.ts';
import { orderTrunks } from './trunks.ts';

export interface TrunkGroupOptions {
  readonly isHealthy: (name: string) => boolean;
  /** 0 ≤ number < 1. */
  readonly random?: () => number;
  /** Milliseconds, of a clock that does not jump. */
  readonly now?: () => number;
  /** What the other processes of the group carry counts too. Absent: there are none. */
  readonly shared?: SharedUse | undefined;
}

/** The trunks as calls see them: where a packet came from, which one to call out on, how many calls each carries. */
export class TrunkGroup {
  readonly #options: TrunkGroupOptions;
  readonly #calls = new Map<string, number>();
  /** Of the trunks that have one. */
  readonly #rates = new Map<string, TokenBucket>();
  readonly #now: () => number;
  #trunks: readonly Trunk[] = [];
  #sources = new SourceAcl<Trunk>([]);
  /** Those that may only carry so many calls. */
  #limited: ReadonlySet<string> = new Set();

  constructor(options: TrunkGroupOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    options.shared?.onTaken('trunk', (name, { times }) => this.#rates.get(name)?.remove(this.#now(), times));
  }

  get trunks(): readonly Trunk[] {
    return this.#trunks;
  }

  /** Takes a new list; calls that are on a trunk stay on it. */
  replace(trunks: readonly Trunk[]): void {
    this.#trunks = trunks;
    this.#sources = new SourceAcl(trunks);
    this.#limitRates(trunks);
    this.#limited = new Set(trunks.filter(({ maxCalls }) => maxCalls !== undefined).map(({ name }) => name));
    for (const name of this.#limited) this.#tellCallsOn(name);
  }

  /** @returns undefined when the address belongs to no enabled trunk */
  trunkOf(address: string, port: number): Trunk | undefined {
    return this.#sources.trunkOf(address, port);
  }

  /** Whether it carries as many calls as it may, or has begun as many in this second, all processes of the group together. */
  isFull(trunk: Trunk): boolean {
    return this.#hasAllCalls(trunk) || this.#rates.get(trunk.name)?.has(this.#now()) === false;
  }

  /** Whether one more call may come in over it; if so, it counts as one of this second. */
  admits(trunk: Trunk): boolean {
    if (this.isFull(trunk)) return false;
    this.#takeOfRate(trunk.name);
    return true;
  }

  /** Calls that this process has on it. */
  callsOn(name: string): number {
    return this.#calls.get(name) ?? 0;
  }

  /** The trunks to try for one call, in order (see `orderTrunks`). */
  order(): Trunk[] {
    const usable = this.#trunks.filter((trunk) => !this.isFull(trunk));
    return orderTrunks(usable, {
      isHealthy: this.#options.isHealthy,
      random: this.#options.random ?? Math.random,
    });
  }

  /** A call goes out over a trunk: it counts in this second, and until the function that is returned is called. */
  begin(name: string): () => void {
    this.#takeOfRate(name);
    return this.occupy(name);
  }

  /** Counts a call on a trunk until the function that is returned is called; calling it again does nothing. */
  occupy(name: string): () => void {
    this.#calls.set(name, this.callsOn(name) + 1);
    this.#tellCallsOn(name);
    let occupied = true;
    return () => {
      if (!occupied) return;
      occupied = false;
      const calls = this.callsOn(name) - 1;
      if (calls > 0) this.#calls.set(name, calls);
      else this.#calls.delete(name);
      this.#tellCallsOn(name);
    };
  }

  #hasAllCalls({ name, maxCalls }: Trunk): boolean {
    if (maxCalls === undefined) return false;
    return this.callsOn(name) + (this.#options.shared?.heldElsewhere('trunk', name) ?? 0) >= maxCalls;
  }

  #tellCallsOn(name: string): void {
    if (this.#limited.has(name)) this.#options.shared?.hold('trunk', name, this.callsOn(name));
  }

  #takeOfRate(name: string): void {
    const rate = this.#rates.get(name);
    rate?.remove(this.#now());
    if (rate) this.#options.shared?.take('trunk', name, rate.limit);
  }

  #limitRates(trunks: readonly Trunk[]): void {
    const before = new Map(this.#rates);
    this.#rates.clear();
    for (const { name, callsPerSecond } of trunks) {
      if (callsPerSecond === undefined) continue;
      const old = before.get(name);
      const isSame = old?.limit.requests === callsPerSecond;
      const limit = { requests: callsPerSecond, seconds: 1 };
      this.#rates.set(name, isSame ? old : new TokenBucket(limit, this.#now()));
    }
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
