import { refuseBusy } from '../../routing/lines.ts';
import { refuseFault } from '../../routing/refusals.ts';
import type { Ask, Collect, Connect, Decision, Refuse, RouteCall } from '../../routing/types.ts';
import type { Rejection } from '../sip/IncomingInvite.ts';
import type { DialogEnd } from '../sip/SipDialog.ts';
import type { Message } from '../store/Message.ts';
import { type CallSpan, epochMs } from '../telemetry/callSpans.ts';
import { admit } from './admit.ts';
import { askForDecision } from './askForDecision.ts';
import { Call } from './Call.ts';
import type { CallerSide } from './CallerSide.ts';
import { CallFaultError } from './CallFaultError.ts';
import type { Ending } from './CallLog.ts';
import { PathError } from './CallPath.ts';
import { type CallStep, STOPPED_BY_CUSTOMER } from './CallServices.ts';
import { collectDigits } from './collectDigits.ts';
import { inTime } from './inTime.ts';
import { RefusedCall } from './RefusedCall.ts';
import { takeLine } from './takeLine.ts';

/** The database answers in milliseconds; a caller does not wait longer than this for one that hangs. */
const DATABASE_WAIT_MS = 3000;
/** How often a temporary callee may be snatched away by another call before something must be wrong. */
const MOST_LINE_ATTEMPTS = 3;

export interface UndecidedCallOptions {
  readonly side: CallerSide;
  /** The first decision, within the limits. */
  readonly decision: Decision | Promise<Decision>;
  /** X mode: the callin event, which the customer's server must answer. */
  readonly question: Message | undefined;
  /** The call is decided, and goes on as another. */
  readonly become: (call: CallStep) => void;
}

/**
 * A call of which it is not decided yet what becomes of it. Each of its steps ends in the next decision:
 *
 *     collect: the caller types an extension -> routing decides again
 *     ask:     the customer's server answers -> routing decides by that
 *     connect: its line is taken -> Call; another call has it -> a refusal
 *     refuse:  -> RefusedCall
 *
 * Each decision to connect is counted against the limits first (`admit`). The caller may have been answered on the way,
 * to be asked for the extension. Who hangs up here has hung up before the call was forwarded (7516). What fails on our
 * side is a refusal too, so that the caller hears the announcement for it.
 */
export class UndecidedCall implements CallStep {
  readonly isUp = false;
  readonly #options: UndecidedCallOptions;
  readonly #side: CallerSide;
  #lineAttempts = 0;

  constructor(options: UndecidedCallOptions) {
    this.#options = options;
    this.#side = options.side;
  }

  get sessionId(): string {
    return this.#side.sessionId;
  }

  get mode(): string {
    return this.#side.mode;
  }

  /** Takes the call to the last decision. It never throws: what goes wrong ends the call. */
  async run(): Promise<void> {
    const { decision, become } = this.#options;
    this.#side.onGone((end) => this.#callerGone(end));
    try {
      const decided = await this.#decide(await this.#inTime(decision));
      if (decided && !this.#side.hasEnded) become(decided);
    } catch (error) {
      if (error instanceof PathError) {
        this.#finish({ stateCode: 7505, releasedBy: 'platform' }, error.rejection);
        return;
      }
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
    if (!(await this.#side.isThere())) this.#callerGone(undefined);
  }

  /** @returns what the call becomes; undefined when it has ended meanwhile */
  async #decide(first: Decision): Promise<CallStep | undefined> {
    let decision: Decision | undefined = first;
    while (decision !== undefined && !this.#side.hasEnded) {
      this.#side.log.decided(decision);
      const step: CallStep | Decision | undefined = await this.#step(decision);
      if (step === undefined || !('kind' in step)) return step;
      decision = step;
    }
    return undefined;
  }

  #step(decision: Decision): CallStep | Promise<CallStep | Decision | undefined> {
    switch (decision.kind) {
      case 'refuse':
        return new RefusedCall({ side: this.#side, decision });
      case 'collect':
        return this.#orFault(decision, () => this.#timed('collect', () => this.#collect(decision)));
      case 'ask':
        return this.#orFault(decision, () => this.#timed('ask', () => this.#ask(decision)));
      case 'connect':
        return this.#orFault(decision, () => this.#connect(decision));
    }
  }

  /** A step during which others are waited for is a part of the call's trace. */
  async #timed<T>(name: CallSpan['name'], step: () => Promise<T>): Promise<T> {
    const { spans } = this.#side.services;
    if (spans === undefined) return step();
    const startMs = epochMs(performance.now());
    try {
      return await step();
    } finally {
      spans.add({ sessionId: this.sessionId, name, startMs, endMs: epochMs(performance.now()) });
    }
  }

  async #collect(collect: Collect): Promise<Decision | undefined> {
    const digits = await collectDigits(this.#side, collect);
    if (digits === undefined || this.#side.hasEnded) return undefined;
    this.#side.log.collected(digits);
    const decision = await this.#route({ digits, failedAttempts: collect.failedAttempts });
    // An X that has gone meanwhile is nobody's, but he still hears the announcements of who asked him.
    if (decision.kind === 'refuse') return { app: collect.app, number: collect.number, ...decision };
    return this.#inTime(admit(this.#side, decision));
  }

  async #ask(ask: Ask): Promise<Decision | undefined> {
    const { question } = this.#options;
    if (question === undefined) throw new CallFaultError(8020, 'the customer can be asked once only');
    const decision = await askForDecision(this.#side, ask, question);
    return decision && this.#inTime(admit(this.#side, decision));
  }

  /**
   * Media is made while the line is taken, except for a caller with a channel: he may still have to hear there why the
   * call does not go out.
   */
  async #connect(connect: Connect): Promise<CallStep | Decision | undefined> {
    const side = this.#side;
    const { line } = connect;
    const call = new Call({ side, decision: connect });
    if (line === undefined) return call;
    // Whoever runs the call hears of what fails here.
    if (!side.channel) call.prepare().catch(() => undefined);
    try {
      const answer = await this.#inTime(takeLine(side, line, connect));
      if (answer === 'taken' && side.channel && !side.hasEnded) await prepareAnswered(call);
      if (answer === 'taken' && !side.hasEnded) return call;
      call.abandon();
      return answer === 'busy' ? refuseBusy(connect) : this.#routeAgain();
    } catch (error) {
      call.abandon();
      throw error;
    }
  }

  /** Another call has used up the temporary callee that this one was for. It is within the limits already. */
  async #routeAgain(): Promise<Decision | undefined> {
    if (this.#side.hasEnded) return undefined;
    this.#lineAttempts += 1;
    if (this.#lineAttempts >= MOST_LINE_ATTEMPTS) throw new CallFaultError(8020, 'no line could be had');
    return this.#route({});
  }

  async #route(typed: Pick<RouteCall, 'digits' | 'failedAttempts'>): Promise<Decision> {
    const { invite, services } = this.#side;
    const { caller, x } = invite;
    return this.#inTime(services.route({ caller, x, now: services.clock(), ...typed }));
  }

  /** What fails of a step makes a refusal of the decision that led to it. */
  async #orFault<T>(
    decided: Connect | Collect | Ask,
    step: () => Promise<T>,
  ): Promise<T | Refuse | undefined> {
    try {
      return await step();
    } catch (error) {
      if (this.#side.hasEnded) return undefined;
      if (error instanceof PathError) throw error;
      const { logger } = this.#side.services;
      logger.error({ err: error, sessionId: this.sessionId }, 'a call cannot go on');
      const { stateCode, message } =
        error instanceof CallFaultError ? error : new CallFaultError(8020, 'an internal fault');
      return refuseFault(decided, stateCode, message);
    }
  }

  async #inTime<T>(work: T | Promise<T>): Promise<T> {
    if (!(work instanceof Promise)) return work;
    const done = await inTime(work, DATABASE_WAIT_MS);
    if (done === 'late') throw new CallFaultError(8020, 'the database did not answer in time');
    return done;
  }

  #callerGone(end: DialogEnd | undefined): void {
    this.#finish({ stateCode: end?.by === 'stack' ? 7505 : 7516, releasedBy: 'caller' });
  }

  #finish(ending: Ending, rejection?: Rejection): void {
    if (this.#side.hangUp(ending, rejection)) this.#side.close(ending);
  }
}

async function prepareAnswered(call: Call): Promise<void> {
  try {
    await call.prepare();
  } catch (cause) {
    throw new CallFaultError(8020, 'the callee has no media channel', { cause });
  }
}
