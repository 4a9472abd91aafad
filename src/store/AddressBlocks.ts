import { faultFields } from '../telemetry/fault.ts';
import type { Logger } from '../telemetry/logger.ts';
import { blockAddress, listBlockedAddresses, sweepBlockedAddresses } from './blockedAddresses.ts';
import type { Changes } from './changes.ts';
import type { Duties } from './Duties.ts';
import type { Sql } from './database.ts';
import { Rereading } from './Rereading.ts';
import { Sweeper } from './Sweeper.ts';

export interface AddressBlocksOptions {
  readonly sql: Sql;
  readonly changes: Changes;
  readonly log: Logger;
  /** Of all nodes that sweep one does at a time. Absent: this one always does. */
  readonly duties?: Pick<Duties, 'hold'> | undefined;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

const SWEEP_EVERY_MS = 600_000;
const LARGEST_SWEEP = 1000;

/**
 * Addresses that are blocked, all of them in memory: every request of the partner API asks. They are read at start and
 * after each change of whatever node; when PostgreSQL is away, the last ones stay.
 */
export class AddressBlocks {
  readonly #options: AddressBlocksOptions;
  readonly #rereading: Rereading;
  readonly #sweeper: Sweeper;
  /** Until when, milliseconds since the epoch. */
  #blocked = new Map<string, number>();
  #unsubscribe: (() => void) | undefined;

  constructor(options: AddressBlocksOptions) {
    const { sql, log, duties } = options;
    this.#options = options;
    this.#rereading = new Rereading({
      read: () => this.#read(),
      onFailure: (error) =>
        log.warn(faultFields(error), 'blocked addresses could not be read again; the last ones stay'),
    });
    this.#sweeper = new Sweeper({
      name: 'blocked addresses',
      sweep: () => sweepBlockedAddresses(sql, LARGEST_SWEEP),
      everyMs: SWEEP_EVERY_MS,
      duties,
      log,
    });
  }

  /** Reads the blocked addresses and follows their changes until `stop`. @throws StoreError */
  async start(): Promise<void> {
    this.#unsubscribe = this.#options.changes.onChange(({ blockedAddresses, everything }) => {
      if (blockedAddresses || everything) void this.reload();
    });
    await this.#read();
    this.#sweeper.start();
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    await this.#sweeper.stop();
    await this.#rereading.stop();
  }

  /** Whether requests from this source are refused. @param nowMs milliseconds since the epoch */
  has(source: string, nowMs: number): boolean {
    return this.#blocked.size > 0 && (this.#blocked.get(source) ?? 0) > nowMs;
  }

  /** Refuses requests from this source for so many seconds, on all nodes; on this one also when PostgreSQL is away. */
  async add(source: string, seconds: number): Promise<void> {
    const { sql, clock, log } = this.#options;
    this.#blocked.set(source, clock() + seconds * 1000);
    log.warn({ address: source, seconds }, 'an address is blocked: it sent wrong credentials too often');
    try {
      await blockAddress(sql, source, seconds);
    } catch (error) {
      log.warn(faultFields(error), 'a blocked address could not be written down: other nodes do not know it');
    }
  }

  /** Reads them again; a change that comes while they are read makes it read once more. */
  reload(): Promise<void> {
    return this.#rereading.request();
  }

  async #read(): Promise<void> {
    const rows = await listBlockedAddresses(this.#options.sql);
    this.#blocked = new Map(rows.map(({ address, blockedUntil }) => [address, blockedUntil.getTime()]));
  }
}
