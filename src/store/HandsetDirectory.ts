import type { Logger } from '../telemetry/logger.ts';
import type { Changes } from './changes.ts';
import type { Sql } from './database.ts';
import {
  changeContacts,
  type Handset,
  type HandsetContact,
  type HandsetSource,
  listHandsets,
} from './handsets.ts';
import { Rereading } from './Rereading.ts';
import type { Sealer } from './sealing.ts';

export interface HandsetDirectoryOptions {
  readonly sql: Sql;
  readonly sealer: Sealer;
  readonly changes: Changes;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly log: Logger;
}

interface Registered {
  readonly handset: Handset;
  readonly contact: HandsetContact;
}

/**
 * All handsets that are switched on, in memory: there are as many as people who test, and each call asks for two. The
 * list is read at start and after each change of whatever node; when PostgreSQL is away, the last list stays.
 */
export class HandsetDirectory {
  readonly #options: HandsetDirectoryOptions;
  readonly #rereading: Rereading;
  #byUsername: ReadonlyMap<string, Handset> = new Map();
  #byNumber: ReadonlyMap<string, Handset> = new Map();
  #bySource: ReadonlyMap<string, readonly Registered[]> = new Map();
  #unsubscribe: (() => void) | undefined;

  constructor(options: HandsetDirectoryOptions) {
    this.#options = options;
    this.#rereading = new Rereading({
      read: () => this.#read(),
      onFailure: (err) => options.log.warn({ err }, 'handsets could not be read again; the last list stays'),
    });
  }

  /**
   * Reads the list and follows its changes until `stop`.
   * @throws StoreError
   */
  async start(): Promise<void> {
    this.#unsubscribe = this.#options.changes.onChange(({ handsets, everything }) => {
      if (handsets || everything) void this.reload();
    });
    await this.#read();
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    await this.#rereading.stop();
  }

  withUsername(username: string): Handset | undefined {
    return this.#byUsername.get(username);
  }

  /** Where the handset of a number registered last. @returns undefined when it is none, or is not registered now */
  contactOf(number: string): HandsetContact | undefined {
    const now = this.#options.clock();
    return this.#byNumber.get(number)?.contacts.findLast(({ expiresAt }) => expiresAt > now);
  }

  /** The handset that is registered from exactly there. */
  registeredAt(source: HandsetSource): Handset | undefined {
    const here = this.#bySource.get(keyOf(source));
    if (here === undefined) return undefined;
    const now = this.#options.clock();
    return here.findLast(({ contact }) => contact.expiresAt > now)?.handset;
  }

  /**
   * As `changeContacts`; what it changed is seen here when it resolves.
   * @throws StoreError
   */
  async change(
    handset: Handset,
    change: (before: readonly HandsetContact[]) => readonly HandsetContact[] | undefined,
  ): Promise<boolean> {
    const { sql, sealer } = this.#options;
    const isKnown = await changeContacts(sql, sealer, handset, change);
    await this.reload();
    return isKnown;
  }

  /** Reads the list again; a change that comes while it is read makes it read once more. */
  reload(): Promise<void> {
    return this.#rereading.request();
  }

  async #read(): Promise<void> {
    const { sql, sealer } = this.#options;
    const handsets = (await listHandsets(sql, sealer)).filter(({ enabled }) => enabled);
    this.#byUsername = new Map(handsets.map((handset) => [handset.username, handset]));
    this.#byNumber = new Map(handsets.map((handset) => [handset.number, handset]));
    this.#bySource = Map.groupBy(
      handsets.flatMap((handset) => handset.contacts.map((contact) => ({ handset, contact }))),
      ({ contact }) => keyOf(contact.source),
    );
  }
}

function keyOf({ transport, address, port }: HandsetSource): string {
  return `${transport} ${address} ${port}`;
}
