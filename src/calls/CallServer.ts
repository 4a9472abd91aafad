import { explain } from '../../routing/because.ts';
import type { Decision, Refuse } from '../../routing/types.ts';
import type { IncomingInvite, Rejection } from '../sip/IncomingInvite.ts';
import { Q850 } from '../sip/reason.ts';
import type { CallSnapshot } from '../store/CallSnapshot.ts';
import type { Message } from '../store/Message.ts';
import type { Trunk } from '../store/trunks.ts';
import { epochMs } from '../telemetry/callSpans.ts';
import { admit } from './admit.ts';
import { Call } from './Call.ts';
import { CallerSide } from './CallerSide.ts';
import { type CallJournal, CallLog } from './CallLog.ts';
import type { ActiveCall, CallServices, CallStep } from './CallServices.ts';
import type { RecordOrigin } from './callRecord.ts';
import { inTime } from './inTime.ts';
import { Pending } from './Pending.ts';
import { PromptJournal } from './PromptJournal.ts';
import { RefusedCall } from './RefusedCall.ts';
import type { SessionIds } from './sessionIds.ts';
import { UndecidedCall } from './UndecidedCall.ts';

/** A carrier that gets 503 should look again after so long. */
const RETRY_AFTER_SECONDS = 5;

const OVERLOADED: Rejection = {
  status: 503,
  q850: Q850.temporaryFailure,
  retryAfterSeconds: RETRY_AFTER_SECONDS,
};
const TRUNK_FULL: Rejection = {
  status: 503,
  q850: Q850.noCircuitAvailable,
  retryAfterSeconds: RETRY_AFTER_SECONDS,
};

/** A database that has not said for so long whom a call is for counts as away: the carrier still has time to go elsewhere. */
const ROUTING_WAIT_MS = 3000;

/** How often a call that outlived a connection is asked whether it still is. */
const SURVIVOR_CHECK_MS = 5000;

/** Mode of a call whose X belongs to no application. */
const NO_MODE = 'none';

/** What a call belongs to before it is decided. */
const NO_BINDING: Pick<Refuse, 'subscriptionId' | 'userData' | 'extension'> = {};

export interface CallServerOptions extends Omit<CallServices, 'releases'> {
  readonly journal: CallJournal;
  readonly sessionIds: SessionIds;
  readonly origin: RecordOrigin;
}

/**
 * Takes calls: asks routing about each INVITE, opens the Call and knows all calls in progress.
 *
 * An INVITE is turned down with 503 before it becomes a call when nothing durable could be written of it: the journal
 * is away or hangs, or routing has no answer because the database is. Calls that began earlier go on.
 */
export class CallServer {
  readonly #options: CallServerOptions & CallServices;
  readonly #releases = new Pending();
  readonly #calls = new Map<string, ActiveCall>();
  /** INVITEs for which the database is being asked. */
  #undecided = 0;
  #idle: (() => void) | undefined;
  /** Session ids of calls that began before the connection to the SIP server was lost. */
  #survivors = new Set<string>();
  #survivorTimer: NodeJS.Timeout | undefined;

  constructor(options: CallServerOptions) {
    const journal = new PromptJournal(options.journal, () => performance.now());
    this.#options = { ...options, journal, releases: this.#releases };
  }

  /** Calls in progress by mode. */
  activeByMode(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { mode } of this.#calls.values()) counts.set(mode, (counts.get(mode) ?? 0) + 1);
    return counts;
  }

  get activeCalls(): number {
    return this.#calls.size;
  }

  /** Takes an INVITE. It never throws: the INVITE is answered in every case. */
  take(invite: IncomingInvite<Trunk>): void {
    const receivedAtMs = performance.now();
    const { journal, trunks } = this.#options;
    if (!journal.available) this.#turnDown(invite, OVERLOADED, 'journal-away');
    else if (invite.trunk && !trunks.admits(invite.trunk)) this.#turnDown(invite, TRUNK_FULL, 'trunk-full');
    else this.#route(invite, receivedAtMs);
  }

  /** Ends a call at its customer's wish; one that is not carried here is no concern of ours. */
  stop(sessionId: string): void {
    this.#calls.get(sessionId)?.stop();
  }

  /** After the connection to the SIP server was lost: whoever does not talk yet cannot be heard of any more. */
  endUnanswered(): void {
    for (const call of [...this.#calls.values()]) if (!call.isUp) call.end(8020);
  }

  /**
   * After the connection is back: ends calls one side of which has gone in the meantime, and goes on asking those that
   * began before. drachtio-server answers 481 to a BYE in a dialog whose connection is gone and tells nobody of it.
   */
  async checkAll(): Promise<void> {
    const survivors = new Set([...this.#calls.keys(), ...this.#survivors]);
    this.#survivors = survivors;
    clearInterval(this.#survivorTimer);
    if (survivors.size === 0) return;
    this.#survivorTimer = setInterval(() => void this.#checkSurvivors(), SURVIVOR_CHECK_MS);
    await this.#checkSurvivors();
  }

  /**
   * Waits for calls in progress and ends those that are left after a time. New ones must have been stopped before.
   * @param seconds how long they may go on
   */
  async drain(seconds: number): Promise<void> {
    if (!this.#isIdle) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
        timer = setTimeout(resolve, seconds * 1000);
      });
      clearTimeout(timer);
      this.#idle = undefined;
    }
    for (const call of [...this.#calls.values()]) call.end(8020);
    await this.settled();
  }

  /** Resolves when the calls that have ended until now have given back everything, recordings included. */
  settled(): Promise<void> {
    return this.#releases.settled();
  }

  get #isIdle(): boolean {
    return this.#calls.size === 0 && this.#undecided === 0;
  }

  async #checkSurvivors(): Promise<void> {
    await Promise.all([...this.#survivors].map((sessionId) => this.#calls.get(sessionId)?.checkLegs()));
  }

  #route(invite: IncomingInvite<Trunk>, receivedAtMs: number): void {
    const { route, clock } = this.#options;
    const now = clock();
    const question = { caller: invite.caller, x: invite.x, now };
    try {
      const decision = route(question);
      if (!(decision instanceof Promise)) {
        this.#open(invite, decision, now, receivedAtMs);
        return;
      }
      this.#undecided += 1;
      inTime(decision, ROUTING_WAIT_MS)
        .then(
          (later) => {
            if (later === 'late') this.#cannotRoute(invite, new Error(`no answer in ${ROUTING_WAIT_MS} ms`));
            else this.#open(invite, later, now, receivedAtMs);
          },
          (error: unknown) => this.#cannotRoute(invite, error),
        )
        .finally(() => {
          this.#undecided -= 1;
          if (this.#isIdle) this.#idle?.();
        });
    } catch (error) {
      this.#cannotRoute(invite, error);
    }
  }

  #cannotRoute(invite: IncomingInvite<Trunk>, error: unknown): void {
    this.#options.logger.error({ err: error }, 'a call could not be routed');
    this.#turnDown(invite, OVERLOADED, 'routing-away');
  }

  #turnDown(invite: IncomingInvite<Trunk>, rejection: Rejection, outcome: string): void {
    invite.reject(rejection);
    this.#options.metrics.attempt(NO_MODE, outcome);
  }

  #open(invite: IncomingInvite<Trunk>, decision: Decision, now: number, receivedAtMs: number): void {
    const services = this.#options;
    const { metrics, sessionIds, journal, origin, logger, spans } = services;
    const mode = decision.app?.mode ?? NO_MODE;
    const decidedAtMs = performance.now();
    metrics.decision(mode, (decidedAtMs - receivedAtMs) / 1000);
    const snapshot = snapshotOf(sessionIds(now), mode, invite, decision, now);
    const log = new CallLog({ journal, call: snapshot, origin, receivedAtMs, logger });
    const { sessionId, x, because } = snapshot;
    services.details?.open(sessionId, invite);
    spans?.add({ sessionId, name: 'decide', startMs: epochMs(receivedAtMs), endMs: epochMs(decidedAtMs) });
    logger.debug({ sessionId, part: 'sip', x, trunk: invite.trunk?.name }, 'a call came in');
    logger.debug({ sessionId, part: 'routing', decision: decision.kind, because }, 'it is decided');
    const onEnd = () => this.#forget(sessionId);
    const side = new CallerSide({ invite, log, services, receivedAtMs, onEnd });
    let question: Message | undefined;
    if (decision.kind === 'ask') question = log.openAsking();
    else log.open();
    this.#carry(this.#firstStep(side, admit(side, decision), question));
  }

  /** A call within its limits that needs no line goes out at once. */
  #firstStep(
    side: CallerSide,
    decision: Decision | Promise<Decision>,
    question: Message | undefined,
  ): CallStep {
    if (!(decision instanceof Promise)) {
      if (decision.kind === 'connect' && decision.line === undefined) return new Call({ side, decision });
      if (decision.kind === 'refuse') return new RefusedCall({ side, decision });
    }
    const become = (call: CallStep) => this.#carry(call);
    return new UndecidedCall({ side, decision, question, become });
  }

  #carry(call: CallStep): void {
    this.#calls.set(call.sessionId, call);
    void call.run();
  }

  #forget(sessionId: string): void {
    this.#calls.delete(sessionId);
    if (this.#survivors.delete(sessionId) && this.#survivors.size === 0) clearInterval(this.#survivorTimer);
    if (this.#isIdle) this.#idle?.();
  }
}

function snapshotOf(
  sessionId: string,
  mode: string,
  invite: IncomingInvite<Trunk>,
  decision: Decision,
  now: number,
): CallSnapshot {
  const { app, number } = decision;
  const { subscriptionId, userData, extension } =
    decision.kind === 'connect' || decision.kind === 'refuse' ? decision : NO_BINDING;
  return {
    sessionId,
    appKey: app?.appKey ?? '',
    ...(app !== undefined && { spId: app.account.accountId }),
    mode,
    x: invite.x,
    areaCode: number?.areaCode ?? '',
    caller: invite.caller,
    ...(subscriptionId !== undefined && { subscriptionId }),
    ...(userData !== undefined && { userData }),
    ...(extension !== undefined && { extension }),
    callInAt: now,
    nextSeq: 0,
    because: explain(decision.because),
  };
}
