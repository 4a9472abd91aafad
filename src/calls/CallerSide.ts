import type { IncomingInvite, Rejection } from '../sip/IncomingInvite.ts';
import { Q850 } from '../sip/reason.ts';
import type { DialogEnd, SipDialog } from '../sip/SipDialog.ts';
import type { Trunk } from '../store/trunks.ts';
import { withFields } from '../telemetry/logger.ts';
import { CallerChannel } from './CallerChannel.ts';
import type { CallLog, Ending } from './CallLog.ts';
import type { CallServices } from './CallServices.ts';
import { inTime } from './inTime.ts';
import { spansOfCall } from './spansOfCall.ts';
import { stateCodeOf } from './stateCodes.ts';

/** A caller is kept waiting so long for his call's row in the journal; a commit takes milliseconds. */
const JOURNAL_WAIT_MS = 3000;

/** Tells that the caller has gone: with how his dialog ended, or without where he had not been answered. */
export type GoneListener = (end: DialogEnd | undefined) => void;

export interface CallerSideOptions {
  readonly invite: IncomingInvite<Trunk>;
  readonly log: CallLog;
  readonly services: CallServices;
  /** When the INVITE came, by `performance.now()`. */
  readonly receivedAtMs: number;
  readonly onEnd: () => void;
}

/**
 * The caller of a call, from his INVITE to his last BYE: what stays the same while the call goes through its steps
 * (`UndecidedCall`, then `Call` or `RefusedCall`), one of which has it at a time.
 *
 * He is answered once, by whichever step needs it first. Until he talks to the callee he may have a media channel of
 * his own, on which he hears prompts and announcements.
 *
 * `hangUp` is the one door to the end of the call, whatever the step: CANCEL, BYE, answers and timers may cross, and
 * only the first to reach it passes. Who passed gives back what his step holds and then calls `close`, so that there
 * is one disconnect event and one record.
 */
export class CallerSide {
  readonly invite: IncomingInvite<Trunk>;
  readonly log: CallLog;
  readonly services: CallServices;
  /** Since when he waits for what comes next, by `performance.now()`: since his INVITE, or since his last key. */
  waitsSinceMs: number;
  readonly #onEnd: () => void;
  readonly #leaveTrunk: () => void;
  #onGone: GoneListener = () => {};
  #dialog: SipDialog | undefined;
  #acknowledged: PromiseWithResolvers<string | undefined> | undefined;
  #channel: CallerChannel | undefined;
  #hasEnded = false;
  #ended: PromiseWithResolvers<void> | undefined;

  constructor({ invite, log, services, receivedAtMs, onEnd }: CallerSideOptions) {
    this.invite = invite;
    this.log = log;
    this.services = services;
    this.waitsSinceMs = receivedAtMs;
    this.#onEnd = onEnd;
    this.#leaveTrunk = invite.trunk ? services.trunks.occupy(invite.trunk.name) : () => undefined;
  }

  get sessionId(): string {
    return this.log.call.sessionId;
  }

  get mode(): string {
    return this.log.call.mode;
  }

  /** Once his 200 is out. */
  get dialog(): SipDialog | undefined {
    return this.#dialog;
  }

  /** What he hears prompts on, if he has been given one. */
  get channel(): CallerChannel | undefined {
    return this.#channel;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Resolves when the call has ended. */
  get ended(): Promise<void> {
    this.#ended ??= Promise.withResolvers();
    if (this.#hasEnded) this.#ended.resolve();
    return this.#ended.promise;
  }

  /** Sets who hears that he has gone: the step that the call is in now. It hears at once if he gave up before. */
  onGone(listener: GoneListener): void {
    this.#onGone = listener;
    this.invite.onCancel(() => this.#gone(undefined));
    if (this.invite.cancelled) this.#gone(undefined);
  }

  /**
   * Sends his 200.
   * @param onAnswered is called in the very turn in which the 200 is known to be out
   * @returns false when he has gone or the call has ended
   */
  async answer(sdp: string, onAnswered: (dialog: SipDialog) => void): Promise<boolean> {
    const onDialog = (dialog: SipDialog) => {
      if (this.#hasEnded) {
        dialog.hangUp(Q850.normalClearing);
        return;
      }
      this.#dialog = dialog;
      onAnswered(dialog);
      dialog.onEnd((end) => this.#gone(end));
    };
    if (this.invite.offer === undefined) this.#acknowledged = Promise.withResolvers();
    try {
      await this.invite.answer(sdp, onDialog, this.#acknowledged?.resolve);
    } catch {
      this.#gone(undefined);
    }
    return this.#dialog !== undefined && !this.#hasEnded;
  }

  /**
   * The SDP of his ACK, where the 200 held our offer because his INVITE had none.
   * @returns undefined when the ACK held none or the call ended before it
   */
  async acknowledged(): Promise<string | undefined> {
    return this.#acknowledged?.promise;
  }

  /**
   * Makes a media channel for him. He does not hear it before its SDP has been sent to him.
   * @returns undefined when the call has ended meanwhile
   * @throws MediaError when there is none to be had
   */
  async openChannel(): Promise<CallerChannel | undefined> {
    const { media, releases, logger } = this.services;
    const made = await media.create({ callerOffer: this.invite.offer ?? '', playOnly: true });
    if (this.#hasEnded) {
      releases.add(made.release());
      return undefined;
    }
    const { sessionId } = this;
    logger.debug({ sessionId, part: 'media', channels: made.channels }, 'the caller has a media channel');
    this.#channel = new CallerChannel(made, withFields(logger, { sessionId }));
    return this.#channel;
  }

  /** Whether the call's row is durable, as far as that can be waited for. */
  async isDurable(): Promise<boolean> {
    return (await inTime(this.log.opened, JOURNAL_WAIT_MS)) === true;
  }

  /** Whether he is still there, asked over the network where he has been answered. */
  async isThere(): Promise<boolean> {
    return this.#dialog === undefined || this.#dialog.isAlive();
  }

  /**
   * Ends the call on his side: a final response, or BYE.
   * @param rejection in place of the status and cause of the stateCode
   * @returns whether this ended the call; false when it had ended before
   */
  hangUp({ stateCode }: Ending, rejection?: Rejection): boolean {
    if (this.#hasEnded) return false;
    this.#hasEnded = true;
    this.log.ended();
    const { sipStatus, q850 } = stateCodeOf(stateCode);
    if (this.#dialog) this.#dialog.hangUp(rejection?.q850 ?? q850);
    else this.invite.reject(rejection ?? { status: sipStatus, q850 });
    this.#acknowledged?.resolve(undefined);
    this.#ended?.resolve();
    return true;
  }

  /** Writes the end of the call and gives back what he holds. After `hangUp`, once. */
  close(ending: Ending): void {
    const { admission, metrics, details } = this.services;
    this.#releaseChannel();
    this.log.close(ending);
    details?.ended(this.log.call);
    this.#tellEnd(ending);
    this.#leaveTrunk();
    admission.ended(this.sessionId);
    metrics.attempt(this.mode, stateCodeOf(ending.stateCode).outcome);
    this.#onEnd();
  }

  #tellEnd({ stateCode, releasedBy }: Ending): void {
    const { spans, logger } = this.services;
    const { sessionId } = this;
    logger.debug({ sessionId, part: 'calls', stateCode, releasedBy }, 'it has ended');
    if (spans) for (const span of spansOfCall(this.log.call)) spans.add(span);
  }

  #releaseChannel(): void {
    const { releases, details } = this.services;
    const channel = this.#channel;
    if (channel === undefined) return;
    const releasing = channel.release();
    releases.add(
      details ? releasing.then(() => details.media(this.sessionId, channel.media.figures)) : releasing,
    );
  }

  #gone(end: DialogEnd | undefined): void {
    if (!this.#hasEnded) this.#onGone(end);
  }
}
