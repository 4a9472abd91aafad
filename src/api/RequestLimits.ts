import { LRUCache } from 'lru-cache';
import type { SharedUse } from '../processes/SharedUse.ts';
import { TokenBucket } from '../processes/TokenBucket.ts';
import type { RequestLimit } from '../store/apps.ts';

export interface RequestLimitsOptions {
  /** Of each application that has none of its own; undefined for none. */
  readonly application: RequestLimit | undefined;
  /** Of all applications together; undefined for none. */
  readonly platform: RequestLimit | undefined;
  /** Milliseconds on a clock that does not jump. */
  readonly monotonicClock: () => number;
  /** What the other processes of the group take counts too. Absent: there are none. */
  readonly shared?: SharedUse | undefined;
}

/** Applications that are counted at the same time. */
const REMEMBERED = 10_000;
/** Whose requests are those of all applications; no application's key. */
const OF_ALL = '';

/**
 * Flow control: how many requests the processes of a group together take, of one application and of all. Only requests
 * that have proved whose they are count, so that a stranger cannot use up what belongs to customers. Counting is the
 * group's own: a count that all nodes shared would cost every request a round trip.
 */
export class RequestLimits {
  readonly #options: RequestLimitsOptions;
  readonly #applications = new LRUCache<string, TokenBucket>({ max: REMEMBERED });
  readonly #platform: TokenBucket | undefined;

  constructor(options: RequestLimitsOptions) {
    this.#options = options;
    this.#platform = options.platform && new TokenBucket(options.platform, options.monotonicClock());
    options.shared?.onTaken('requests', (appKey, { times, allowance }) => {
      const now = options.monotonicClock();
      // One that is known stands: who tells may not have heard yet that the limit is another.
      const ofApplication = () => this.#applications.get(appKey) ?? this.#bucketOf(appKey, allowance, now);
      const bucket = appKey === OF_ALL ? this.#platform : ofApplication();
      bucket?.remove(now, times);
    });
  }

  /**
   * Counts one request, first against the application's limit: what that refuses costs the others nothing.
   * @param own the application's own limit
   * @returns 0 when it is let through; else in how many milliseconds one will be
   */
  take(appKey: string, own: RequestLimit | undefined): number {
    const limit = own ?? this.#options.application;
    if (limit === undefined && this.#platform === undefined) return 0;
    const now = this.#options.monotonicClock();
    const wait = limit === undefined ? 0 : this.#takeOf(appKey, this.#bucketOf(appKey, limit, now), now);
    if (wait > 0 || this.#platform === undefined) return wait;
    return this.#takeOf(OF_ALL, this.#platform, now);
  }

  #takeOf(whose: string, bucket: TokenBucket, now: number): number {
    const wait = bucket.take(now);
    if (wait === 0) this.#options.shared?.take('requests', whose, bucket.limit);
    return wait;
  }

  #bucketOf(appKey: string, limit: RequestLimit, now: number): TokenBucket {
    const known = this.#applications.get(appKey);
    if (known?.limit.requests === limit.requests && known.limit.seconds === limit.seconds) return known;
    const bucket = new TokenBucket(limit, now);
    this.#applications.set(appKey, bucket);
    return bucket;
  }
}
