import { explain } from '../../routing/because.ts';
import type { Decision } from '../../routing/types.ts';
import type { CallSnapshot } from '../store/CallSnapshot.ts';
import type { Message } from '../store/Message.ts';
import type { Logger } from '../telemetry/logger.ts';
import { callEvent, callinQuestion } from './callEvents.ts';
import { callRecord, type RecordOrigin } from './callRecord.ts';

/** What a call needs of the journal. */
export interface CallJournal {
  /** False while new calls must be turned away. */
  readonly available: boolean;
  /** @param event undefined where the callin event does not go to the outbox (X mode: it is a question) */
  open(call: CallSnapshot, event: Message | undefined): Promise<void>;
  progress(call: CallSnapshot, event: Message): Promise<void>;
  close(call: CallSnapshot, messages: readonly Message[]): Promise<void>;
}

export interface CallLogOptions {
  readonly journal: CallJournal;
  readonly call: CallSnapshot;
  readonly origin: RecordOrigin;
  /** When the INVITE came, at `call.callInAt`, by `performance.now()`. */
  readonly receivedAtMs: number;
  readonly logger: Logger;
}

/** How a call ended. */
export interface Ending {
  readonly stateCode: number;
  readonly releasedBy: 'caller' | 'callee' | 'platform';
  /** Q.850 cause of a callee's leg that failed. */
  readonly q850?: number | undefined;
  /** SIP status of a callee's leg that failed. */
  readonly sipStatus?: number | undefined;
}

/**
 * What a call has done so far, written to the journal as it happens. Events come in the order of the calls to this
 * class; nothing here waits, and nothing here can end a call.
 */
export class CallLog {
  readonly #options: CallLogOptions;
  #opened: Promise<boolean> = Promise.resolve(false);

  constructor(options: CallLogOptions) {
    this.#options = options;
  }

  get call(): CallSnapshot {
    return this.#options.call;
  }

  /**
   * Milliseconds since the epoch as this call counts them: from the moment at which it came in, by a clock that nobody
   * sets. A wall clock that is stepped would be told, and paid for, as the length of the call.
   */
  now(): number {
    return Math.round(this.call.callInAt + performance.now() - this.#options.receivedAtMs);
  }

  /** Resolves with true when the row and the callin event (if it is kept) are durable, with false when they never will be. */
  get opened(): Promise<boolean> {
    return this.#opened;
  }

  open(): void {
    const { call } = this.#options;
    this.#open(callEvent('callin', call, call.callInAt));
  }

  /**
   * Opens a call that the customer's server decides (X mode). Its callin event is not kept for delivery: it is asked
   * once and not repeated (facts 6).
   * @returns the callin event, to be put to the customer's server once `opened` is true
   */
  openAsking(): Message {
    const question = callinQuestion(this.#options.call);
    this.#open(undefined);
    return question;
  }

  /** Notes what the call belongs to now; what an earlier decision said of it holds no longer. */
  decided(decision: Decision): void {
    this.call.because = explain(decision.because);
    const { sessionId, because } = this.call;
    this.#options.logger.debug(
      { sessionId, part: 'routing', decision: decision.kind, because },
      'it is decided',
    );
    if (decision.kind !== 'connect' && decision.kind !== 'refuse') return;
    const { call } = this;
    const { subscriptionId, userData, extension } = decision;
    if (subscriptionId === undefined) delete call.subscriptionId;
    else call.subscriptionId = subscriptionId;
    if (userData === undefined) delete call.userData;
    else call.userData = userData;
    if (extension === undefined) delete call.extension;
    else call.extension = extension;
  }

  /** The call has its line: its close frees it. */
  lineTaken(): void {
    this.call.line = true;
  }

  /** @param digits what the caller typed when he was asked for an extension; '' for nothing */
  collected(digits: string): void {
    this.call.digits = digits;
    this.#progress(callEvent('collectInfo', this.call, this.now()));
  }

  /** @param shown the number that the callee sees */
  forwarded(callee: string, shown: string = this.call.x): void {
    const at = this.now();
    this.call.callee = callee;
    if (shown !== this.call.x) this.call.shown = shown;
    this.call.forwardedAt = at;
    this.#progress(callEvent('callout', this.call, at));
  }

  alerting(): void {
    const at = this.now();
    this.call.alertingAt = at;
    this.#progress(callEvent('alerting', this.call, at));
  }

  /** @param at when the callee answered, milliseconds since the epoch */
  answered(at: number): void {
    this.call.answeredAt = at;
    this.#progress(callEvent('answer', this.call, at));
  }

  recording(objectName: string): void {
    const { hostName: domain } = this.#options.origin;
    this.call.recording = { objectName, domain, startedAt: this.now() };
  }

  /** The recording came to nothing. */
  notRecorded(): void {
    delete this.call.recording;
  }

  /** The call is over from this moment on; `close` may come a little later. */
  ended(): void {
    this.call.endedAt = this.now();
  }

  /** Writes the disconnect event and the record. */
  close(ending: Ending): void {
    const { call } = this;
    closeSnapshot(call, ending);
    const messages = closingMessages(call, this.#options.origin);
    this.#options.journal.close(call, messages).then(
      () => this.#debug('its end is durable'),
      (error: unknown) => this.#warn(error),
    );
  }

  #open(event: Message | undefined): void {
    const { journal, call } = this.#options;
    this.#opened = journal.open(call, event).then(
      () => {
        this.#debug('it is durable');
        return true;
      },
      (error: unknown) => {
        this.#warn(error);
        return false;
      },
    );
  }

  #progress(event: Message): void {
    this.#options.journal.progress(this.call, event).catch((error: unknown) => this.#warn(error));
  }

  #debug(message: string): void {
    const { logger, call } = this.#options;
    logger.debug({ sessionId: call.sessionId, part: 'journal' }, message);
  }

  #warn(error: unknown): void {
    const { logger, call } = this.#options;
    logger.error({ err: error, sessionId: call.sessionId }, 'a call could not be written to the journal');
  }
}

/** Notes in the snapshot how the call ended. */
export function closeSnapshot(call: CallSnapshot, { stateCode, releasedBy, q850, sipStatus }: Ending): void {
  call.stateCode = stateCode;
  call.releasedBy = releasedBy;
  if (q850 !== undefined) call.q850 = q850;
  if (sipStatus !== undefined) call.sipStatus = sipStatus;
}

/** The last two messages of a call whose snapshot says how it ended: its disconnect event and its record. */
export function closingMessages(call: CallSnapshot, origin: RecordOrigin): Message[] {
  const disconnect = callEvent('disconnect', call, call.endedAt ?? call.callInAt);
  return [disconnect, callRecord(call, origin)];
}
