import { isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';

export interface StrangerLimits {
  /** Requests that one address may send in a second, and at once after a rest. */
  readonly eachPerSecond: number;
  readonly eachBurst: number;
  /** The same for all such addresses together. */
  readonly allPerSecond: number;
  readonly allBurst: number;
}

const defaultStrangerLimits: StrangerLimits = {
  eachPerSecond: 10,
  eachBurst: 50,
  allPerSecond: 300,
  allBurst: 600,
};

/** How long the good word of a client lasts. */
const vouchedMs = 600_000;
const rememberedAddresses = 10_000;
const ipv6Groups = 8;
const ipv6NetworkGroups = 4;

/** What a client answers to those whom it does not let in. */
const refusals: ReadonlySet<number> = new Set([400, 401, 403, 407]);

/** So many at once, and then so many a second. */
class Allowance {
  readonly #perSecond: number;
  readonly #burst: number;
  #left: number;
  #at: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#left = burst;
    this.#at = nowMs;
  }

  take(nowMs: number): boolean {
    this.#left = Math.min(this.#burst, this.#left + ((nowMs - this.#at) / 1000) * this.#perSecond);
    this.#at = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}

/**
 * What strangers may send. An address is no stranger once a client has let one of its requests in, or has sent one there
 * itself; for ten minutes then, and again each time. Strangers have a small allowance each and one together, so that a
 * flood, from one address or from a million made-up ones, costs those who are known a look at a map a packet, and victims
 * whose address was made up get few answers that they never asked for.
 */
export class StrangerLimit {
  readonly #limits: StrangerLimits;
  readonly #known = new LRUCache<string, true>({ max: rememberedAddresses, ttl: vouchedMs });
  readonly #strangers = new LRUCache<string, Allowance>({ max: rememberedAddresses });
  readonly #together: Allowance;

  constructor(limits: Partial<StrangerLimits> = {}) {
    this.#limits = { ...defaultStrangerLimits, ...limits };
    this.#together = new Allowance(this.#limits.allPerSecond, this.#limits.allBurst, performance.now());
  }

  /** Whether a request from this address is read. */
  admits(address: string): boolean {
    const network = networkOf(address);
    if (this.#known.get(network)) return true;
    const now = performance.now();
    let own = this.#strangers.get(network);
    if (own === undefined) {
      own = new Allowance(this.#limits.eachPerSecond, this.#limits.eachBurst, now);
      this.#strangers.set(network, own);
    }
    return own.take(now) && this.#together.take(now);
  }

  /** A client answered a request from there. Provisional 100 says nothing, an error of the client's own neither. */
  answered(address: string, status: number): void {
    if (status > 100 && status < 500 && !refusals.has(status)) this.meet(address);
  }

  /** A client has sent a request there. */
  meet(address: string): void {
    this.#known.set(networkOf(address), true);
  }
}

/** Whoever has one address of an IPv6 /64 has them all; an IPv4 address that is written as IPv6 is one alone. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address;
  const [before = '', after] = address.split('::');
  const groups = groupsOf(before);
  if (after !== undefined) {
    const rest = groupsOf(after);
    groups.push(...Array<string>(ipv6Groups - groups.length - rest.length).fill('0'), ...rest);
  }
  return groups.slice(0, ipv6NetworkGroups).join(':');
}

const groupsOf = (part: string): string[] => (part === '' ? [] : part.split(':'));
