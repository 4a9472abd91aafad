import type { LostReason } from '../../media/index.ts';
import type { Connect } from '../../routing/types.ts';
import type { IncomingInvite, Rejection } from '../sip/IncomingInvite.ts';
import type { Progress } from '../sip/OutgoingInvite.ts';
import { Q850 } from '../sip/reason.ts';
import type { DialogEnd, SipDialog } from '../sip/SipDialog.ts';
import type { Trunk } from '../store/trunks.ts';
import { AnchoredPath } from './AnchoredPath.ts';
import { CalleeLeg, type CalleeResult } from './CalleeLeg.ts';
import { CallLimits } from './CallLimits.ts';
import type { CallLog, Ending } from './CallLog.ts';
import { type CallPath, PathError } from './CallPath.ts';
import { type ActiveCall, type CallServices, STOPPED_BY_CUSTOMER } from './CallServices.ts';
import { calleeFailure } from './calleeFailure.ts';
import { needsMedia } from './needsMedia.ts';
import { PlainPath } from './PlainPath.ts';
import { SHORTEST_RECORDING_MS } from './recordings.ts';
import { stateCodeOf } from './stateCodes.ts';

/** An answered call waits so long for its row in the journal; the callee's ringing has usually given it seconds. */
const JOURNAL_WAIT_MS = 3000;

export interface CallOptions {
  readonly invite: IncomingInvite<Trunk>;
  readonly decision: Connect;
  readonly log: CallLog;
  readonly services: CallServices;
  /** When the INVITE came, by `performance.now()`. */
  readonly receivedAtMs: number;
  readonly onEnd: () => void;
}

type Phase = 'preparing' | 'ringing' | 'joining' | 'talking' | 'ended';

/**
 * One call that is forwarded to a callee, from the caller's INVITE to the last BYE.
 *
 * **preparing**: the decision is made and the journal has been told. When the call needs a media server its channels
 * are made now; else there is nothing to wait for.
 *
 * **ringing**: the INVITE to the callee is out, on one trunk after the other (`CalleeLeg`). Progress goes to the caller
 * as the path wants it (`CallPath`). The ring limit runs.
 *
 * **joining**: the callee has answered. The caller's 200 is sent as soon as the call's row is durable, so that no call
 * that is charged can be lost; hints are played; the sides are connected. Who hangs up now has talked.
 *
 * **talking**: until either side, the duration limit, the operator or a fault ends it.
 *
 * **ended**: `#finish` is the one door to it, from every phase, and only the first to reach it passes: BYE, CANCEL,
 * answer and timers may cross, and still there is one disconnect event and one record. Everything that the call holds
 * (legs, dialogs, timers, channels, its place on trunks) is given back there. What was on its way at that moment (an
 * answer, a dialog) looks at the phase when it arrives and hangs up by itself.
 */
export class Call implements ActiveCall {
  readonly #options: CallOptions;
  readonly #limits = new CallLimits();
  readonly #leaveTrunk: () => void;
  #phase: Phase = 'preparing';
  #hasProgressed = false;
  #path: CallPath | undefined;
  #calleeLeg: CalleeLeg | undefined;
  #caller: SipDialog | undefined;
  #callee: SipDialog | undefined;
  /** Resolves when both sides hear each other, or never will. */
  readonly #connected = Promise.withResolvers<void>();
  #abandonOffer: (() => void) | undefined;
  #acknowledged: PromiseWithResolvers<string | undefined> | undefined;

  constructor(options: CallOptions) {
    this.#options = options;
    const { invite, services } = options;
    this.#leaveTrunk = invite.trunk ? services.trunks.occupy(invite.trunk.name) : () => undefined;
  }

  get sessionId(): string {
    return this.#options.log.call.sessionId;
  }

  get mode(): string {
    return this.#options.log.call.mode;
  }

  get isUp(): boolean {
    return this.#caller !== undefined && this.#callee !== undefined && this.#phase !== 'ended';
  }

  /** Takes the call through its phases. It never throws: what goes wrong ends the call. */
  async run(): Promise<void> {
    const { invite, log } = this.#options;
    log.open();
    invite.onCancel(() => this.#callerGone());
    if (invite.cancelled) this.#callerGone();
    try {
      await this.#run();
    } catch (error) {
      this.#options.services.logger.error({ err: error, sessionId: this.sessionId }, 'a call failed');
      this.#finish({ stateCode: 8020, releasedBy: 'platform' });
    }
  }

  end(stateCode: number): void {
    this.#finish({ stateCode, releasedBy: 'platform' });
  }

  stop(): void {
    this.end(STOPPED_BY_CUSTOMER);
  }

  async checkLegs(): Promise<void> {
    if (!this.#caller || !this.#callee) return;
    const [callerIsThere, calleeIsThere] = await Promise.all([
      this.#caller.isAlive(),
      this.#callee.isAlive(),
    ]);
    if (callerIsThere && calleeIsThere) return;
    if (!callerIsThere && !calleeIsThere) this.end(8020);
    else this.#finish({ stateCode: 0, releasedBy: callerIsThere ? 'callee' : 'caller' });
  }

  async #run(): Promise<void> {
    if (this.#phase === 'ended') return;
    let path: CallPath;
    try {
      path = await this.#choosePath();
    } catch (error) {
      if (!(error instanceof PathError)) throw error;
      this.#finish({ stateCode: 7505, releasedBy: 'platform' }, { status: error.sipStatus });
      return;
    }
    this.#path = path;
    if (this.#hasEnded()) {
      await path.release();
      return;
    }
    await this.#takeResult(path, await this.#ring(path).result);
  }

  /** A call whose media cannot be had goes on without: reaching the callee matters more than a tone or a recording. */
  async #choosePath(): Promise<CallPath> {
    const { invite, decision, services, log } = this.#options;
    if (needsMedia(decision, services.settings.anchor)) {
      try {
        return await AnchoredPath.create({
          ...services,
          invite,
          decision,
          onLost: (reason) => this.#mediaLost(reason),
          onRecording: (objectName) => {
            if (objectName === undefined) services.metrics.notRecorded();
            else log.recording(objectName);
          },
        });
      } catch (error) {
        services.logger.warn({ err: error, sessionId: this.sessionId }, 'no media; the call goes on without');
        if (decision.record) services.metrics.notRecorded();
      }
    }
    return new PlainPath(invite);
  }

  #ring(path: CallPath): CalleeLeg {
    const { decision, services, log } = this.#options;
    this.#phase = 'ringing';
    log.forwarded(decision.callee);
    this.#limits.ringing(services.settings.ringSeconds, () => {
      this.#finish({ stateCode: 8035, releasedBy: 'platform', q850: Q850.recoveryOnTimerExpiry });
    });
    const leg = new CalleeLeg({
      frontEnd: services.frontEnd,
      trunks: services.trunks,
      handset: services.handsetOf?.(decision.callee),
      callee: decision.callee,
      shown: decision.shown,
      offer: path.calleeOffer,
      onProgress: (progress) => this.#progress(path, progress),
    });
    this.#calleeLeg = leg;
    return leg;
  }

  #progress(path: CallPath, progress: Progress): void {
    if (this.#phase !== 'ringing') return;
    const { log, services } = this.#options;
    if (progress.status === 180 && log.call.alertingAt === undefined) log.alerting();
    path.progress(progress);
    if (!this.#hasProgressed) services.metrics.postDialDelay(this.mode, this.#secondsSinceInvite());
    this.#hasProgressed = true;
  }

  async #takeResult(path: CallPath, result: CalleeResult): Promise<void> {
    if (result.kind === 'no-trunk') {
      this.#finish({ stateCode: result.why === 'full' ? 522 : 7508, releasedBy: 'platform' });
    } else if (result.kind === 'failed') {
      const { stateCode, sipStatus, q850 } = calleeFailure(result.status, result.q850, result.rang);
      const ending: Ending = { stateCode, releasedBy: 'callee', q850, sipStatus: result.status };
      this.#finish(ending, { status: sipStatus, q850 });
    } else if (this.#hasEnded()) {
      if (result.kind === 'answered') result.dialog.hangUp(Q850.normalClearing);
      else result.abandon();
    } else {
      await this.#join(path, result);
    }
  }

  async #join(
    path: CallPath,
    result: Extract<CalleeResult, { kind: 'answered' | 'offered' }>,
  ): Promise<void> {
    const { services } = this.#options;
    const answeredAt = services.clock();
    this.#phase = 'joining';
    this.#limits.answered();
    if (result.kind === 'answered') this.#takeCallee(result.dialog);
    else this.#abandonOffer = result.abandon;
    try {
      const [sdp, isDurable] = await Promise.all([path.calleeAnswered(result.sdp), this.#isDurable()]);
      if (!isDurable) this.end(8020);
      if (this.#hasEnded()) return;
      const caller = await this.#answerCaller(sdp, answeredAt);
      if (!caller) return;
      this.#limitDuration(path, answeredAt);
      const callee = await this.#completeOffer(path, result);
      if (!callee || this.#hasEnded()) return;
      await path.join({ caller, callee });
      if (!this.#hasEnded()) this.#phase = 'talking';
      this.#connected.resolve();
    } catch (error) {
      if (!(error instanceof PathError)) throw error;
      services.logger.warn({ err: error, sessionId: this.sessionId }, 'the two sides cannot be connected');
      this.#finish({ stateCode: 7506, releasedBy: 'platform', q850: 88 }, { status: error.sipStatus });
    }
  }

  /** From the moment in which the 200 is out the call is answered, whatever comes next. */
  async #answerCaller(sdp: string, answeredAt: number): Promise<SipDialog | undefined> {
    const { invite, log, services } = this.#options;
    if (invite.offer === undefined) this.#acknowledged = Promise.withResolvers();
    const onAnswered = (caller: SipDialog) => {
      if (this.#hasEnded()) {
        caller.hangUp(Q850.normalClearing);
        return;
      }
      this.#caller = caller;
      log.answered(answeredAt);
      services.metrics.setup(this.mode, this.#secondsSinceInvite());
      caller.onEnd((end) => this.#hungUp('caller', end));
    };
    try {
      await invite.answer(sdp, onAnswered, this.#acknowledged?.resolve);
    } catch {
      this.#callerGone();
      return undefined;
    }
    return this.#hasEnded() ? undefined : this.#caller;
  }

  /** For a caller who left the offer to us: his ACK holds the answer. */
  async #completeOffer(
    path: CallPath,
    result: Extract<CalleeResult, { kind: 'answered' | 'offered' }>,
  ): Promise<SipDialog | undefined> {
    if (!this.#acknowledged) return this.#callee;
    const sdp = await this.#acknowledged.promise;
    if (this.#hasEnded()) return undefined;
    if (sdp === undefined) throw new PathError('the ACK holds no answer', 488);
    const answer = await path.callerAnswered(sdp);
    if (result.kind === 'answered' || answer === undefined) return this.#callee;
    this.#abandonOffer = undefined;
    const callee = await result.accept(answer);
    if (this.#hasEnded()) callee.hangUp(Q850.normalClearing);
    else this.#takeCallee(callee);
    return callee;
  }

  #takeCallee(callee: SipDialog): void {
    this.#callee = callee;
    callee.onEnd((end) => this.#hungUp('callee', end));
  }

  #limitDuration(path: CallPath, answeredAt: number): void {
    const { decision, services } = this.#options;
    if (decision.maxDurationSeconds === 0) return;
    const onLastMinute = () => {
      if (path instanceof AnchoredPath) void this.#announceLastMinute(path);
    };
    const onEnd = () => this.end(8010);
    const elapsedMs = services.clock() - answeredAt;
    this.#limits.duration({ seconds: decision.maxDurationSeconds, onLastMinute, onEnd }, elapsedMs);
  }

  async #announceLastMinute(path: AnchoredPath): Promise<void> {
    const { decision, services } = this.#options;
    const { lastMinVoice, app } = decision;
    try {
      const file =
        (lastMinVoice === undefined ? undefined : await services.announcements.uploaded(lastMinVoice)) ??
        (await services.announcements.scene('last-minute', app.announcements['last-minute']));
      // A call of one minute hears it as soon as there is somebody to talk to.
      await this.#connected.promise;
      if (file !== undefined && !this.#hasEnded()) await path.announce(file);
    } catch (error) {
      services.logger.warn({ err: error, sessionId: this.sessionId }, 'last-minute voice not played');
    }
  }

  async #isDurable(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, JOURNAL_WAIT_MS, false);
    });
    const isDurable = await Promise.race([this.#options.log.opened, late]);
    clearTimeout(timer);
    return isDurable;
  }

  #callerGone(): void {
    const hasRung = this.#options.log.call.alertingAt !== undefined;
    this.#finish({ stateCode: hasRung ? 7502 : 7501, releasedBy: 'caller' });
  }

  #hungUp(side: 'caller' | 'callee', { by }: DialogEnd): void {
    if (by === 'peer') this.#finish({ stateCode: this.#caller ? 0 : 7503, releasedBy: side });
    else this.#finish({ stateCode: side === 'caller' ? 7505 : 7506, releasedBy: side });
  }

  #mediaLost(reason: LostReason): void {
    this.#finish({ stateCode: reason === 'limit' ? 8010 : 8020, releasedBy: 'platform' });
  }

  #finish(ending: Ending, rejection?: Rejection): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    const { invite, log, services, onEnd } = this.#options;
    const { outcome, sipStatus, q850 } = stateCodeOf(ending.stateCode);
    this.#limits.stop();
    if (this.#caller) this.#caller.hangUp(q850);
    else invite.reject(rejection ?? { status: sipStatus, q850 });
    this.#calleeLeg?.cancel(q850);
    this.#callee?.hangUp(q850);
    this.#abandonOffer?.();
    this.#acknowledged?.resolve(undefined);
    this.#connected.resolve();
    services.releases.add(this.#releasePath());
    log.close(ending);
    this.#leaveTrunk();
    this.#calleeLeg?.release();
    services.metrics.attempt(this.mode, outcome);
    onEnd();
  }

  /** Ends the media; a recording is complete only then. Whether it is long enough is known before. */
  async #releasePath(): Promise<void> {
    const { log, services } = this.#options;
    const { recording } = log.call;
    const isKept = recording && services.clock() - recording.startedAt >= SHORTEST_RECORDING_MS;
    if (recording && !isKept) log.notRecorded();
    try {
      await this.#path?.release();
      if (isKept) services.recordings.keep(recording.objectName);
      else if (recording) await services.recordings.discard(recording.objectName);
    } catch (error) {
      services.logger.warn({ err: error, sessionId: this.sessionId }, 'media not released');
    }
  }

  /** Asked after every wait: a function, because TypeScript believes that a field stays as it was. */
  #hasEnded(): boolean {
    return this.#phase === 'ended';
  }

  #secondsSinceInvite(): number {
    return (performance.now() - this.#options.receivedAtMs) / 1000;
  }
}
