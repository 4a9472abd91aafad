import type { Logger } from '../telemetry/logger.ts';
import type { AppDirectory, KnownApp } from './AppDirectory.ts';
import type { CallSnapshot } from './CallSnapshot.ts';
import type { Sql } from './database.ts';
import { GroupCommit } from './GroupCommit.ts';
import type { Message, NotificationKind } from './Message.ts';
import { type JournalEntry, writeEntries } from './writeEntries.ts';

/**
 * `JOURNAL_FULL`: too many entries wait for the database; a new call must not be taken.
 * `JOURNAL_AWAY`: the last write failed and none has succeeded since; a new call must not be taken.
 * `JOURNAL_REFUSED`: the database refused the entry for what it holds.
 * `JOURNAL_STOPPED`: the journal was stopped before the entry was written.
 */
export type JournalErrorCode = 'JOURNAL_FULL' | 'JOURNAL_AWAY' | 'JOURNAL_REFUSED' | 'JOURNAL_STOPPED';

/** An entry of the journal was not written. */
export class JournalError extends Error {
  readonly code: JournalErrorCode;
  constructor(code: JournalErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'JournalError';
    this.code = code;
  }
}

/** A message as it lies in the outbox. */
export interface StoredMessage {
  readonly id: string;
  readonly appKey: string;
  readonly kind: NotificationKind;
  /** The call; of the kind `number` always NUMBER_CHAIN. */
  readonly sessionId: string;
  readonly seq: number;
  /** The body as JSON text: the very bytes that are stored and sent. */
  readonly text: string;
}

/**
 * Messages that have just become durable.
 * `fresh` ones come in the order of their calls, and every earlier message of the same call was told in the same way.
 * `elsewhere` ones lie in the outbox but not necessarily alone: the call began in another life of this or another node,
 * or a write was repeated because its outcome was unknown. Whoever delivers them must read the outbox.
 */
export interface DurableMessages {
  readonly fresh: readonly StoredMessage[];
  readonly elsewhere: readonly StoredMessage[];
}

export interface JournalOptions {
  readonly sql: Sql;
  readonly sealer: { seal(text: string): Buffer };
  /** Tells where an application wants to be told; what has no URL is not stored. */
  readonly apps: Pick<AppDirectory, 'get'>;
  readonly nodeId: string;
  /** The life of this process; see nodes.ts. */
  readonly life: string;
  readonly logger: Logger;
  /** Entries that may wait for the database before new calls are turned away. */
  readonly mostWaiting?: number;
}

const MOST_WAITING = 20_000;
const LARGEST_GROUP = 1_000;
/** A call's first three events come within milliseconds, and nobody on the line waits for them: they share a write. */
const GATHER_MS = 10;

interface PendingEntry extends JournalEntry {
  /** Becomes the snapshot once, when the entry is first written; each event of a call replaces it. */
  latest: CallSnapshot | undefined;
  readonly written: PromiseWithResolvers<void>;
}

/**
 * The journal: what a call did, durable before anyone hears of it.
 *
 * A call has one row, `calls`, from callin until it is closed, and each event and record one row in `outbox` until it
 * is delivered. Both are written in one transaction, and calls that do something at the same time share it
 * (GroupCommit). What one call does while a group is being written becomes a single entry: its last snapshot, all its
 * events.
 *
 * While the database is away calls in progress go on and their entries wait in memory, in order; only new calls are
 * turned away (`open` rejects). An entry whose first write had an unknown outcome is written again and finds itself
 * done: `next_seq` of the row tells. An entry of a call that another node has closed in the meantime, because this
 * one seemed dead, changes nothing: the row belongs to another life.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #commits: GroupCommit<PendingEntry>;
  readonly #gathering = new Map<string, PendingEntry>();
  /** Calls that this life opened and has not closed. */
  readonly #opened = new Set<string>();
  readonly #listeners = new Set<(messages: DurableMessages) => void>();

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#commits = new GroupCommit<PendingEntry>({
      name: 'journal',
      largestGroup: LARGEST_GROUP,
      gatherMs: GATHER_MS,
      logger: options.logger,
      write: (group) => this.#write(group),
      onRefused: (entry, error) =>
        entry.written.reject(
          new JournalError('JOURNAL_REFUSED', 'the database refused a journal entry', { cause: error }),
        ),
    });
  }

  /** Entries accepted and not yet durable. */
  get depth(): number {
    return this.#commits.depth;
  }

  /** False while new calls are turned away. */
  get available(): boolean {
    return !this.#commits.failing && this.depth < (this.#options.mostWaiting ?? MOST_WAITING);
  }

  /**
   * Opens a call with its callin event. Resolves when both are durable.
   * @param event undefined where nobody is told: in X mode callin is a question, asked past the outbox
   * @throws JournalError JOURNAL_AWAY or JOURNAL_FULL at once, and then nothing was accepted
   */
  async open(call: CallSnapshot, event: Message | undefined): Promise<void> {
    if (this.#commits.failing)
      throw new JournalError('JOURNAL_AWAY', 'the database does not take journal entries');
    if (!this.available)
      throw new JournalError('JOURNAL_FULL', `${this.depth} journal entries wait for the database`);
    this.#opened.add(call.sessionId);
    await this.#accept(call, event === undefined ? [] : [event], undefined);
  }

  /** Adds an event (collectInfo, callout, alerting, answer) to an open call. Accepted always; resolves when durable. */
  async progress(call: CallSnapshot, event: Message): Promise<void> {
    await this.#accept(call, [event], undefined);
  }

  /**
   * Closes a call: its last snapshot, the disconnect event, the record and what tells whose recording it left, in one
   * transaction, in which its line becomes free.
   * Accepted always, also for a call that an earlier life opened; resolves when durable.
   */
  async close(call: CallSnapshot, messages: readonly Message[]): Promise<void> {
    await this.#accept(call, messages, call.endedAt ?? Date.now());
  }

  /** Calls the listener with messages that have become durable; it must not throw. Returns the end of the subscription. */
  onDurable(listener: (messages: DurableMessages) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when all that was accepted before is durable. */
  flush(): Promise<void> {
    return this.#commits.flush();
  }

  /** Ends retries; what is not durable by now is rejected with JOURNAL_STOPPED. Flush first. */
  async stop(): Promise<void> {
    for (const entry of await this.#commits.stop()) {
      entry.written.reject(
        new JournalError('JOURNAL_STOPPED', 'the journal stopped before the entry was written'),
      );
    }
  }

  #accept(call: CallSnapshot, messages: readonly Message[], closedAt: number | undefined): Promise<void> {
    const fresh = this.#opened.has(call.sessionId);
    if (closedAt !== undefined) this.#opened.delete(call.sessionId);
    let entry = this.#gathering.get(call.sessionId);
    if (entry === undefined) {
      entry = {
        call: { appKey: call.appKey, sessionId: call.sessionId, x: call.x, openedAt: call.callInAt },
        snapshot: '',
        latest: call,
        stateCode: undefined,
        closedAt: undefined,
        recording: undefined,
        hasLine: false,
        nextSeq: 0,
        messages: [],
        fresh,
        written: Promise.withResolvers<void>(),
      };
      this.#gathering.set(call.sessionId, entry);
      this.#commits.add(entry);
    }
    entry.latest = call;
    entry.stateCode = call.stateCode;
    entry.closedAt ??= closedAt;
    if (closedAt !== undefined) {
      entry.recording = call.recording;
      entry.hasLine = call.line === true;
    }
    for (const message of messages) {
      if (message.kind === 'event') entry.nextSeq = Math.max(entry.nextSeq, message.seq + 1);
      entry.messages.push(message);
    }
    return entry.written.promise;
  }

  async #write(group: PendingEntry[]): Promise<void> {
    for (const entry of group) {
      if (this.#gathering.get(entry.call.sessionId) === entry) this.#gathering.delete(entry.call.sessionId);
      // A write that is tried again is the same write.
      if (entry.latest !== undefined) entry.snapshot = JSON.stringify(entry.latest);
      entry.latest = undefined;
    }
    const wanted = await this.#wanted(group);
    const saved = await writeEntries(this.#options, group, wanted);
    const fresh: StoredMessage[] = [];
    const elsewhere: StoredMessage[] = [];
    const freshSessions = new Set<string>();
    for (const entry of group) {
      if (entry.fresh && saved.has(entry.call.sessionId)) freshSessions.add(entry.call.sessionId);
    }
    for (const message of wanted) (freshSessions.has(message.sessionId) ? fresh : elsewhere).push(message);
    for (const entry of group) entry.written.resolve();
    if (wanted.length > 0) for (const listener of this.#listeners) listener({ fresh, elsewhere });
  }

  /** The messages of a group whose application has a URL for them. */
  async #wanted(group: readonly PendingEntry[]): Promise<StoredMessage[]> {
    const messages: StoredMessage[] = [];
    const known = new Map<string, KnownApp | undefined>();
    for (const entry of group) {
      const { appKey, sessionId } = entry.call;
      if (appKey === '' || entry.messages.length === 0) continue;
      if (!known.has(appKey)) known.set(appKey, await this.#options.apps.get(appKey));
      const app = known.get(appKey)?.app;
      for (const { id, kind, seq, body } of entry.messages) {
        const url = kind === 'event' ? app?.statusUrl : app?.feeUrl;
        if (url !== undefined)
          messages.push({ id, appKey, kind, sessionId, seq, text: JSON.stringify(body) });
      }
    }
    return messages;
  }
}
