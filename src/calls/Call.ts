import type { LostReason } from '../../media/index.ts';
import type { Connect } from '../../routing/types.ts';
import type { Rejection } from '../sip/IncomingInvite.ts';
import type { Progress } from '../sip/OutgoingInvite.ts';
import { Q850 } from '../sip/reason.ts';
import type { DialogEnd, SipDialog } from '../sip/SipDialog.ts';
import type { CallSnapshot } from '../store/CallSnapshot.ts';
import { AnchoredPath } from './AnchoredPath.ts';
import { CalleeLeg, type CalleeResult } from './CalleeLeg.ts';
import type { CallerSide } from './CallerSide.ts';
import { CallLimits } from './CallLimits.ts';
import type { Ending } from './CallLog.ts';
import { type CallPath, PathError } from './CallPath.ts';
import { type CallStep, STOPPED_BY_CUSTOMER } from './CallServices.ts';
import { calleeFailure } from './calleeFailure.ts';
import { inTime } from './inTime.ts';
import { needsMedia } from './needsMedia.ts';
import { PlainPath } from './PlainPath.ts';
import { stateCodeOf } from './stateCodes.ts';

/** How long the record of a recorded call may wait for what its media server has written. */
const RECORDING_WAIT_MS = 3000;

type CallRecording = NonNullable<CallSnapshot['recording']>;
type CalleeAnswer = Extract<CalleeResult, { kind: 'answered' | 'offered' }>;

export interface CallOptions {
  readonly side: CallerSide;
  readonly decision: Connect;
}

type Phase = 'preparing' | 'ringing' | 'joining' | 'talking';

/**
 * One call that is forwarded to a callee, from the decision to the last BYE.
 *
 * **preparing**: when the call needs a media server its channels are made now; else there is nothing to wait for.
 *
 * **ringing**: the INVITE to the callee is out, on one trunk after the other (`CalleeLeg`). Progress goes to the caller
 * as the path wants it (`CallPath`). The ring limit runs.
 *
 * **joining**: the callee has answered. The caller's 200 is sent as soon as the call's row is durable, so that no call
 * that is charged can be lost, unless he was answered before (AXE); hints are played; the sides are connected. Who
 * hangs up now has talked.
 *
 * **talking**: until either side, the duration limit, the operator or a fault ends it.
 *
 * The end comes from every phase through `#finish`, and only the first to reach it passes (`CallerSide.hangUp`).
 * Everything that the call holds (legs, dialogs, timers, channels, its place on trunks) is given back there. What was on
 * its way at that moment (an answer, a dialog) looks whether the call has ended when it arrives, and hangs up by itself.
 */
export class Call implements CallStep {
  readonly #side: CallerSide;
  readonly #decision: Connect;
  readonly #limits = new CallLimits();
  #phase: Phase = 'preparing';
  #hasProgressed = false;
  #preparing: Promise<CallPath> | undefined;
  #path: CallPath | undefined;
  #calleeLeg: CalleeLeg | undefined;
  #callee: SipDialog | undefined;
  /** Resolves when both sides hear each other, or never will. */
  readonly #connected = Promise.withResolvers<void>();
  #abandonOffer: (() => void) | undefined;

  constructor({ side, decision }: CallOptions) {
    this.#side = side;
    this.#decision = decision;
  }

  get sessionId(): string {
    return this.#side.sessionId;
  }

  get mode(): string {
    return this.#side.mode;
  }

  get isUp(): boolean {
    return this.#isAnswered && this.#callee !== undefined && !this.#side.hasEnded;
  }

  /**
   * Makes the media of a call that may still come to nothing: `run` or `abandon` must follow.
   * @throws MediaError, PathError when there is none to be had; `run` says so too
   */
  async prepare(): Promise<void> {
    this.#preparing = this.#choosePath();
    await this.#preparing;
  }

  /** Gives back what `prepare` made; the call is not forwarded. */
  abandon(): void {
    const releasing = this.#preparing?.then((path) => path.release()).catch(() => undefined);
    if (releasing) this.#side.services.releases.add(releasing);
  }

  /** Takes the call through its phases. It never throws: what goes wrong ends the call. */
  async run(): Promise<void> {
    this.#side.onGone((end) => this.#callerGone(end));
    try {
      await this.#run();
    } catch (error) {
      if (this.#side.hasEnded) return;
      this.#side.services.logger.error({ err: error, sessionId: this.sessionId }, 'a call failed');
      this.end(8020);
    }
  }

  end(stateCode: number): void {
    this.#finish({ stateCode, releasedBy: 'platform' });
  }

  stop(): void {
    this.end(STOPPED_BY_CUSTOMER);
  }

  async checkLegs(): Promise<void> {
    if (!this.isUp) return;
    const [callerIsThere, calleeIsThere] = await Promise.all([this.#side.isThere(), this.#callee?.isAlive()]);
    if (callerIsThere && calleeIsThere) return;
    if (!callerIsThere && !calleeIsThere) this.end(8020);
    else this.#finish({ stateCode: 0, releasedBy: callerIsThere ? 'callee' : 'caller' });
  }

  async #run(): Promise<void> {
    if (this.#side.hasEnded) return;
    let path: CallPath;
    try {
      path = await (this.#preparing ?? this.#choosePath());
    } catch (error) {
      if (!(error instanceof PathError)) throw error;
      this.#finish({ stateCode: 7505, releasedBy: 'platform' }, error.rejection);
      return;
    }
    this.#path = path;
    if (this.#side.hasEnded) {
      await path.release();
      return;
    }
    await this.#takeResult(path, await this.#ring(path).result);
  }

  /**
   * A call whose media cannot be had goes on without: reaching the callee matters more than a tone or a recording. Only
   * a caller who has heard a prompt has his media with us already.
   */
  async #choosePath(): Promise<CallPath> {
    const { invite, channel, services, log } = this.#side;
    const decision = this.#decision;
    if (channel || needsMedia(decision, services.settings.anchor)) {
      try {
        return await AnchoredPath.create({
          ...services,
          invite,
          decision,
          sessionId: this.sessionId,
          ...(channel && { answered: channel }),
          onLost: (reason) => this.#mediaLost(reason),
          onFigures: (figures) => services.details?.media(this.sessionId, figures),
          onRecording: (objectName) => {
            if (objectName === undefined) services.metrics.notRecorded();
            else log.recording(objectName);
          },
        });
      } catch (error) {
        if (channel) throw error;
        services.logger.warn({ err: error, sessionId: this.sessionId }, 'no media; the call goes on without');
        if (decision.record) services.metrics.notRecorded();
      }
    }
    return new PlainPath(invite);
  }

  #ring(path: CallPath): CalleeLeg {
    const { services, log } = this.#side;
    const { callee, shown } = this.#decision;
    this.#phase = 'ringing';
    log.forwarded(callee, shown);
    path.forwarded();
    this.#limits.ringing(services.settings.ringSeconds, () => {
      this.#finish({ stateCode: 8035, releasedBy: 'platform', q850: Q850.recoveryOnTimerExpiry });
    });
    const leg = new CalleeLeg({
      ...services,
      sessionId: this.sessionId,
      handset: services.handsetOf?.(callee),
      callee,
      shown,
      offer: path.calleeOffer,
      onProgress: (progress) => this.#progress(path, progress),
      ladder: services.details?.ladderOf(this.sessionId),
    });
    this.#calleeLeg = leg;
    return leg;
  }

  #progress(path: CallPath, progress: Progress): void {
    if (this.#phase !== 'ringing' || this.#side.hasEnded) return;
    const { log, services } = this.#side;
    if (progress.status === 180 && log.call.alertingAt === undefined) log.alerting();
    path.progress(progress);
    if (!this.#hasProgressed) services.metrics.postDialDelay(this.mode, this.#secondsWaited());
    this.#hasProgressed = true;
  }

  async #takeResult(path: CallPath, result: CalleeResult): Promise<void> {
    if (result.kind === 'no-trunk') {
      this.#finish({ stateCode: result.why === 'full' ? 522 : 7508, releasedBy: 'platform' });
    } else if (result.kind === 'failed') {
      const { stateCode, sipStatus, q850 } = calleeFailure(result.status, result.q850, result.rang);
      const ending: Ending = { stateCode, releasedBy: 'callee', q850, sipStatus: result.status };
      this.#finish(ending, { status: sipStatus, q850 });
    } else if (this.#side.hasEnded) {
      if (result.kind === 'answered') result.dialog.hangUp(Q850.normalClearing);
      else result.abandon();
    } else {
      await this.#join(path, result);
    }
  }

  async #join(path: CallPath, result: CalleeAnswer): Promise<void> {
    const { services, log } = this.#side;
    const answeredAt = log.now();
    this.#phase = 'joining';
    this.#limits.answered();
    if (result.kind === 'answered') this.#takeCallee(result.dialog);
    else this.#abandonOffer = result.abandon;
    try {
      const [sdp, isDurable] = await Promise.all([path.calleeAnswered(result.sdp), this.#side.isDurable()]);
      if (!isDurable) this.end(8020);
      if (this.#side.hasEnded) return;
      const wasAnswered = this.#side.dialog !== undefined;
      if (wasAnswered) this.#answered(answeredAt);
      else if (!(await this.#side.answer(sdp, () => this.#answered(answeredAt)))) return;
      this.#limitDuration(path, answeredAt);
      const callee = wasAnswered ? this.#callee : await this.#completeOffer(path, result);
      const caller = this.#side.dialog;
      if (!callee || !caller || this.#side.hasEnded) return;
      await path.join({ caller, callee });
      if (!this.#side.hasEnded) this.#phase = 'talking';
      this.#connected.resolve();
    } catch (error) {
      if (!(error instanceof PathError)) throw error;
      services.logger.warn({ err: error, sessionId: this.sessionId }, 'the two sides cannot be connected');
      const ending = { stateCode: 7506, releasedBy: 'platform', q850: Q850.incompatibleDestination } as const;
      this.#finish(ending, error.rejection);
    }
  }

  /** From now on the call is answered, whatever comes next: the caller's 200 is out. */
  #answered(answeredAt: number): void {
    const { log, services } = this.#side;
    log.answered(answeredAt);
    services.metrics.setup(this.mode, this.#secondsWaited());
  }

  get #isAnswered(): boolean {
    return this.#side.log.call.answeredAt !== undefined;
  }

  /** For a caller who left the offer to us: his ACK holds the answer. */
  async #completeOffer(path: CallPath, result: CalleeAnswer): Promise<SipDialog | undefined> {
    if (this.#side.invite.offer !== undefined) return this.#callee;
    const sdp = await this.#side.acknowledged();
    if (this.#side.hasEnded) return undefined;
    if (sdp === undefined) throw new PathError('the ACK holds no answer', 488);
    const answer = await path.callerAnswered(sdp);
    if (result.kind === 'answered' || answer === undefined) return this.#callee;
    this.#abandonOffer = undefined;
    const callee = await result.accept(answer);
    if (this.#side.hasEnded) callee.hangUp(Q850.normalClearing);
    else this.#takeCallee(callee);
    return callee;
  }

  #takeCallee(callee: SipDialog): void {
    this.#callee = callee;
    callee.onEnd((end) => this.#calleeGone(end));
  }

  #limitDuration(path: CallPath, answeredAt: number): void {
    const { maxDurationSeconds } = this.#decision;
    if (maxDurationSeconds === 0) return;
    const onLastMinute = () => {
      if (path instanceof AnchoredPath) void this.#announceLastMinute(path);
    };
    const onEnd = () => this.end(8010);
    const elapsedMs = this.#side.log.now() - answeredAt;
    this.#limits.duration({ seconds: maxDurationSeconds, onLastMinute, onEnd }, elapsedMs);
  }

  async #announceLastMinute(path: AnchoredPath): Promise<void> {
    const { announcements, logger } = this.#side.services;
    const { lastMinVoice, app } = this.#decision;
    try {
      const file =
        (lastMinVoice === undefined ? undefined : await announcements.uploaded(lastMinVoice)) ??
        (await announcements.scene('last-minute', app.announcements));
      // A call of one minute hears it as soon as there is somebody to talk to.
      await this.#connected.promise;
      if (file !== undefined && !this.#side.hasEnded) await path.announce(file);
    } catch (error) {
      logger.warn({ err: error, sessionId: this.sessionId }, 'last-minute voice not played');
    }
  }

  #callerGone(end: DialogEnd | undefined): void {
    if (end?.by === 'stack') this.#finish({ stateCode: 7505, releasedBy: 'caller' });
    else if (this.#isAnswered) this.#finish({ stateCode: 0, releasedBy: 'caller' });
    else {
      const hasRung = this.#side.log.call.alertingAt !== undefined;
      this.#finish({ stateCode: hasRung ? 7502 : 7501, releasedBy: 'caller' });
    }
  }

  #calleeGone({ by }: DialogEnd): void {
    const stateCode = by === 'stack' ? 7506 : this.#isAnswered ? 0 : 7503;
    this.#finish({ stateCode, releasedBy: 'callee' });
  }

  #mediaLost(reason: LostReason): void {
    this.#finish({ stateCode: reason === 'limit' ? 8010 : 8020, releasedBy: 'platform' });
  }

  #finish(ending: Ending, rejection?: Rejection): void {
    if (!this.#side.hangUp(ending, rejection)) return;
    const { q850 } = stateCodeOf(ending.stateCode);
    this.#limits.stop();
    this.#calleeLeg?.cancel(q850);
    this.#callee?.hangUp(q850);
    this.#abandonOffer?.();
    this.#connected.resolve();
    this.#side.services.releases.add(this.#close(ending));
    this.#calleeLeg?.release();
  }

  /**
   * Writes the end of the call, and gives back its media. The record of a recorded call must not name a recording that
   * is not there, so its close waits until that is known.
   */
  async #close(ending: Ending): Promise<void> {
    const { log, services } = this.#side;
    const { recording } = log.call;
    const path = this.#path;
    const releasing = this.#releasePath();
    const isKept = path && recording ? await this.#isRecorded(path, recording) : false;
    if (recording && !isKept) log.notRecorded();
    this.#side.close(ending);
    await releasing;
    if (recording && isKept) services.recordings.keep(recording.objectName);
    else if (recording) await this.#discard(recording.objectName);
  }

  /** Whether there is a recording to keep. A call that should have one and has not is counted. */
  async #isRecorded(path: CallPath, { objectName, startedAt }: CallRecording): Promise<boolean> {
    const { log, services } = this.#side;
    const { logger, metrics, recordings } = services;
    const lastedMs = (log.call.endedAt ?? startedAt) - startedAt;
    const asking = path.stopRecording().then((end) => recordings.outcome(objectName, lastedMs, end));
    const outcome = await inTime(asking, RECORDING_WAIT_MS).catch((error: unknown) => {
      logger.warn({ err: error, sessionId: this.sessionId }, 'a recording cannot be looked at');
      return 'incomplete' as const;
    });
    if (outcome === 'complete' || outcome === 'too-short') return outcome === 'complete';
    logger.warn({ outcome, sessionId: this.sessionId }, 'a call was not recorded');
    metrics.notRecorded();
    return false;
  }

  async #discard(objectName: string): Promise<void> {
    const { recordings, logger } = this.#side.services;
    await recordings.discard(objectName).catch((error: unknown) => {
      logger.warn({ err: error, objectName }, 'a recording that is not kept could not be removed');
    });
  }

  async #releasePath(): Promise<void> {
    try {
      await this.#path?.release();
    } catch (error) {
      const { logger } = this.#side.services;
      logger.warn({ err: error, sessionId: this.sessionId }, 'media not released');
    }
  }

  #secondsWaited(): number {
    return (performance.now() - this.#side.waitsSinceMs) / 1000;
  }
}
