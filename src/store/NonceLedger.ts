import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { faultFields } from '../telemetry/fault.ts';
import type { Logger } from '../telemetry/logger.ts';
import { BatchedStatement } from './BatchedStatement.ts';
import type { Duties } from './Duties.ts';
import type { Sql } from './database.ts';
import { GroupCommit } from './GroupCommit.ts';
import type { Neighbours } from './Neighbours.ts';
import { Sweeper } from './Sweeper.ts';
import {
  claimNonces,
  DIGEST_BYTES,
  lastUsedNonces,
  type NonceClaim,
  sweepUsedNonces,
  writeNonces,
} from './usedNonces.ts';

export interface NonceLedgerOptions {
  readonly sql: Sql;
  readonly neighbours: Pick<Neighbours, 'aloneSince'>;
  /** Longest time for which a Created is fresh under one reading, milliseconds. */
  readonly spanMs: number;
  readonly log: Logger;
  /** Of all nodes that sweep one does at a time. Absent: this one always does. */
  readonly duties?: Pick<Duties, 'hold'> | undefined;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Requests that are remembered; of more in `spanMs`, the older ones are looked up in the database. */
  readonly remembered?: number;
}

/** The headers of a request whose digest and age are right. */
export interface SignedRequest {
  readonly appKey: string;
  readonly nonce: string;
  /** As sent. */
  readonly created: string;
  /** Until when the same headers could be fresh, however their time is read; milliseconds since the epoch. */
  readonly freshUntil: number;
  /** Whether they were fresh once before, longer ago than `spanMs`. */
  readonly wasFreshBefore: boolean;
}

const REMEMBERED = 200_000;
const FORGOTTEN_AT_A_TIME = 2;
/** What nobody waits for is written this often, so that few statements carry it. */
const GATHER_MS = 50;
const LARGEST_GROUP = 1000;
const LARGEST_BATCH = 64;
const LARGEST_SWEEP = 10_000;
const SWEEP_EVERY_MS = 60_000;

/**
 * Sees to it that no request is taken twice, on whatever node it comes the second time.
 *
 * Requests that were taken are in PostgreSQL, where one statement says for many at once which of them are the first of
 * their kind. A request does not wait for that where this process must know by itself, from its memory: no other node
 * lives, the last one (or this one's earlier life) ended longer ago than a header is fresh, and nothing had to be
 * forgotten early. Then the request is written down behind its back, for the lives and nodes to come; what a crash
 * loses is the last twentieth of a second. So a node that is alone pays no round trip, and several share theirs.
 *
 * Beijing time with a literal Z makes headers that are fresh a second time, hours later, as UTC. Memory does not reach
 * that far: in an application that has sent such headers, those read as UTC wait for PostgreSQL.
 */
export class NonceLedger {
  readonly #options: NonceLedgerOptions;
  readonly #taken: LRUCache<string, number>;
  readonly #claims: BatchedStatement<NonceClaim, boolean>;
  readonly #behind: GroupCommit<NonceClaim>;
  readonly #sweeper: Sweeper;
  /** Until when memory may lack something that is still fresh, milliseconds since the epoch. */
  #gapUntil = 0;
  /** Applications with headers that are fresh a second time, and until when. */
  readonly #returning = new Map<string, number>();
  /** For which time alone the two were found out. */
  #aloneSince: number | undefined;
  #catchingUp: Promise<void> | undefined;

  constructor(options: NonceLedgerOptions) {
    const { sql, log, duties, remembered = REMEMBERED } = options;
    this.#options = options;
    this.#taken = new LRUCache({
      max: remembered,
      dispose: (forgetAt, _key, reason) => {
        if (reason === 'evict') this.#gapUntil = Math.max(this.#gapUntil, forgetAt);
      },
    });
    this.#claims = new BatchedStatement({
      largest: LARGEST_BATCH,
      run: (claims) => claimNonces(sql, claims),
    });
    this.#behind = new GroupCommit({
      name: 'used nonces',
      write: (claims) => writeNonces(sql, claims),
      onRefused: () => undefined,
      largestGroup: LARGEST_GROUP,
      gatherMs: GATHER_MS,
      logger: log,
    });
    this.#sweeper = new Sweeper({
      name: 'used nonces',
      sweep: () => sweepUsedNonces(sql, LARGEST_SWEEP),
      everyMs: SWEEP_EVERY_MS,
      duties,
      log,
    });
  }

  /** Requests that memory holds. */
  get size(): number {
    return this.#taken.size;
  }

  /** Finds out what others have taken, and begins to sweep. */
  async start(): Promise<void> {
    this.#sweeper.start();
    await this.#catchUp();
  }

  /** Resolves when what was taken is written down, unless the database is away. */
  async stop(): Promise<void> {
    await this.#sweeper.stop();
    await this.#catchingUp;
    if (!this.#behind.failing) await this.#behind.flush();
    await this.#behind.stop();
    await this.#claims.idle();
  }

  /**
   * To be asked once for each request, last of all that could refuse it.
   * @returns false when these headers were taken before; without a promise where memory knows
   * @throws StoreError (as a rejection): the request was not taken, and its headers are as good as before
   */
  take(request: SignedRequest): boolean | Promise<boolean> {
    const { appKey, nonce, created, freshUntil } = request;
    const { clock, spanMs } = this.#options;
    const now = clock();
    const digest = hash('sha256', nonce + created, 'buffer').subarray(0, DIGEST_BYTES);
    const key = keyOf(digest, appKey);
    this.#forgetSome(now);
    if ((this.#taken.peek(key) ?? 0) >= now) return false;
    const knows = this.#knows(request, now);
    this.#taken.set(key, Math.min(freshUntil, now + spanMs));
    if (freshUntil > now + spanMs) this.#returnsUntil(appKey, freshUntil);
    const claim = { appKey, digest, freshUntil };
    if (!knows) return this.#claim(key, claim);
    this.#behind.add(claim);
    return true;
  }

  /** Forgets the oldest that are fresh no more: faster than new ones come, so that memory follows their rate. */
  #forgetSome(now: number): void {
    let looked = 0;
    for (const key of this.#taken.rkeys()) {
      if (looked === FORGOTTEN_AT_A_TIME || (this.#taken.peek(key) ?? 0) >= now) return;
      this.#taken.delete(key);
      looked += 1;
    }
  }

  /** Whether memory tells what was taken before. */
  #knows({ appKey, wasFreshBefore }: SignedRequest, now: number): boolean {
    const { aloneSince } = this.#options.neighbours;
    if (aloneSince === undefined || this.#behind.failing) return false;
    if (aloneSince !== this.#aloneSince) {
      void this.#catchUp();
      return false;
    }
    if (now <= this.#gapUntil) return false;
    return !wasFreshBefore || (this.#returning.get(appKey) ?? 0) < now;
  }

  #catchUp(): Promise<void> {
    this.#catchingUp ??= this.#readOthers().finally(() => {
      this.#catchingUp = undefined;
    });
    return this.#catchingUp;
  }

  async #readOthers(): Promise<void> {
    const { sql, neighbours, spanMs, clock, log } = this.#options;
    const { aloneSince } = neighbours;
    if (aloneSince === undefined) return;
    try {
      const last = await lastUsedNonces(sql);
      const now = clock();
      if ([...last.values()].some((freshUntil) => freshUntil >= now))
        this.#gapUntil = Math.max(this.#gapUntil, aloneSince + spanMs);
      for (const [appKey, freshUntil] of last) this.#returnsUntil(appKey, freshUntil);
      this.#aloneSince = aloneSince;
    } catch (error) {
      log.warn(faultFields(error), 'used nonces could not be read; requests wait for the database');
    }
  }

  #returnsUntil(appKey: string, freshUntil: number): void {
    this.#returning.set(appKey, Math.max(freshUntil, this.#returning.get(appKey) ?? 0));
  }

  async #claim(key: string, claim: NonceClaim): Promise<boolean> {
    try {
      return await this.#claims.submit(claim);
    } catch (error) {
      this.#taken.delete(key);
      throw error;
    }
  }
}

/** A string of its own: one put together of parts would keep alive the header out of which the application's key was cut. */
function keyOf(digest: Buffer, appKey: string): string {
  return Buffer.concat([digest, Buffer.from(appKey)]).toString('latin1');
}
