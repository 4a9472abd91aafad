import type { Recordings } from '../recordings/Recordings.ts';
import type { CallSnapshot } from '../store/CallSnapshot.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type CallJournal, closeSnapshot, closingMessages } from './CallLog.ts';
import type { RecordOrigin } from './callRecord.ts';

export interface RecoveryOptions {
  /** Claims open calls of lives that are dead, some at a time; none when there are no more. */
  readonly claim: () => Promise<readonly CallSnapshot[]>;
  readonly journal: Pick<CallJournal, 'close'>;
  readonly origin: RecordOrigin;
  readonly recordings: Pick<Recordings, 'convert'>;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly logger: Logger;
  /** Seconds between two looks for nodes that have died. */
  readonly intervalSeconds: number;
}

/** What a call gets whose process died under it. */
const LOST_WITH_ITS_NODE = 8020;

/**
 * Closes calls that the last life of this node, or another node that stays dead, left open: one disconnect event and
 * one record each. Their ids follow from the session id, and the journal gives a call to one claimer only, so that
 * nothing comes twice, whoever closes it and however often that is begun.
 */
export class Recovery {
  readonly #options: RecoveryOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Looks at intervals until `stop`. Call `closeLost` first for what the last life left. */
  start(): void {
    this.#timer = setInterval(() => {
      this.lookNow();
    }, this.#options.intervalSeconds * 1000);
  }

  /** Looks at once, for who knows that a node has died. */
  lookNow(): void {
    this.#running = this.#running.then(() => this.#closeLostOrWarn());
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  /**
   * Closes all that can be claimed now.
   * @returns how many calls were closed
   * @throws what the database throws when it is away
   */
  async closeLost(): Promise<number> {
    let closed = 0;
    for (let lost = await this.#options.claim(); lost.length > 0; lost = await this.#options.claim()) {
      await Promise.all(lost.map((call) => this.#close(call)));
      closed += lost.length;
    }
    if (closed > 0)
      this.#options.logger.warn({ calls: closed }, 'closed calls that a dead process left open');
    return closed;
  }

  async #close(call: CallSnapshot): Promise<void> {
    const { journal, origin, recordings, clock } = this.#options;
    // Another machine's clock, or one that was stepped, may be behind the call's.
    call.endedAt = Math.max(clock(), call.answeredAt ?? call.callInAt);
    closeSnapshot(call, { stateCode: LOST_WITH_ITS_NODE, releasedBy: 'platform' });
    if (call.recording && (await recordings.convert(call.recording.objectName)) === 0) delete call.recording;
    await journal.close(call, closingMessages(call, origin));
  }

  async #closeLostOrWarn(): Promise<void> {
    try {
      await this.closeLost();
    } catch (error) {
      this.#options.logger.warn(
        { err: error },
        'calls of dead nodes could not be closed; will be tried again',
      );
    }
  }
}
