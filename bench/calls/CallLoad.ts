import {
  Dialog,
  type InviteClientTransaction,
  type InviteServerTransaction,
  makeRequest,
  type NextHop,
  newCallId,
  newTag,
  type SipResponse,
  SipStack,
} from '../../embedded/sip/index.ts';
import { pairAt } from '../pairs.ts';
import { quantile } from '../statistics.ts';
import { description, sessionHeaders } from './sessionDescription.ts';
import { sleepUntil } from './sleepUntil.ts';

/** Pairs of A, B and X in turn; so many that none is called again while its last call goes on. */
export const PAIRS = 1000;
const ANSWER_AFTER_MS = 200;
const TALK_MS = 1000;
/** Calls that do not end in this time after the last one began count as failed. */
const END_PATIENCE_MS = 6000;

export interface CallOrder {
  /** The SIP server that takes the calls. */
  readonly target: { readonly host: string; readonly port: number };
  /** What the caller dials: X, or for a B2BUA that masks nothing, B himself. */
  readonly dial: 'x' | 'callee';
  readonly callsPerSecond: number;
  readonly seconds: number;
}

export interface CallOutcome {
  readonly begun: number;
  /** Answered, talked, and ended by a BYE that was answered. */
  readonly completed: number;
  /** From the caller's INVITE to its arrival at the callee, milliseconds. */
  readonly postDialDelayMs: { readonly p50: number; readonly p99: number };
}

/**
 * Makes calls and takes them at the other end. The callee rings at once and answers after 200 ms; the caller hangs up a
 * second later. There is no sound: session descriptions only.
 */
export class CallLoad {
  readonly #caller = new SipStack({ listen: [{ transport: 'udp', host: '127.0.0.1', port: 0 }] });
  readonly #callee = new SipStack({ listen: [{ transport: 'udp', host: '127.0.0.1', port: 0 }] });
  readonly #dialledAt = new Map<string, number>();
  #delaysMs: number[] = [];
  #nextPair = 0;

  /** @returns the callee's port */
  async start(): Promise<number> {
    await Promise.all([this.#caller.start(), this.#callee.start()]);
    this.#callee.onRequest((request, transaction) => {
      if (transaction.kind === 'invite') this.#takeCall(transaction);
      else transaction.reply(request.method === 'BYE' || request.method === 'OPTIONS' ? 200 : 405);
    });
    return this.#callee.listeningPoint('udp').port;
  }

  async stop(): Promise<void> {
    await Promise.all([this.#caller.close(), this.#callee.close()]);
  }

  /** Begins calls at an even pace, whatever becomes of them, and waits for their end. */
  async run(order: CallOrder): Promise<CallOutcome> {
    this.#delaysMs = [];
    const begun = Math.round(order.callsPerSecond * order.seconds);
    const startedAt = performance.now();
    const calls: Promise<boolean>[] = [];
    for (let index = 0; index < begun; index += 1) {
      await sleepUntil(startedAt + (1000 * index) / order.callsPerSecond);
      calls.push(this.#call(order));
    }
    const ends = await Promise.all(calls);
    const completed = ends.filter((wasCompleted) => wasCompleted).length;
    const delays = this.#delaysMs;
    return { begun, completed, postDialDelayMs: { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99) } };
  }

  async #call({ target, dial }: CallOrder): Promise<boolean> {
    const { a, b, x } = pairAt(this.#nextPair++ % PAIRS);
    const uri = `sip:${dial === 'x' ? x : b}@${target.host}:${target.port}`;
    const { promise: completed, resolve } = Promise.withResolvers<boolean>();
    const headers = {
      'Max-Forwards': '70',
      From: `<sip:${a}@127.0.0.1>;tag=${newTag()}`,
      To: `<${uri}>`,
      'Call-ID': newCallId(),
      CSeq: '1 INVITE',
      ...sessionHeaders(this.#caller),
    };
    const invite = makeRequest('INVITE', uri, headers, description());
    const hop: NextHop = { transport: 'udp', ...target, fixedTransport: true };
    const over = (): void => resolve(false);
    this.#dialledAt.set(b, performance.now());
    const transaction = this.#caller.invite(invite, hop, {
      onFinal: (response, { essentials }) => {
        if (response.status >= 300) return over();
        const dialog = Dialog.ofUac(invite, response, essentials);
        transaction.acknowledge(dialog.ack(essentials.cseq), dialog.nextHop, essentials.toTag ?? '');
        setTimeout(() => this.#hangUp(dialog, resolve), TALK_MS);
      },
      onTimeout: over,
      onTransportError: over,
    });
    const impatience = setTimeout(over, ANSWER_AFTER_MS + TALK_MS + END_PATIENCE_MS);
    const result = await completed;
    clearTimeout(impatience);
    if (!result) giveUp(transaction);
    return result;
  }

  #hangUp(dialog: Dialog, completed: (value: boolean) => void): void {
    this.#caller.request(dialog.request('BYE'), dialog.nextHop, {
      onFinal: ({ status }: SipResponse) => completed(status === 200),
      onTimeout: () => completed(false),
      onTransportError: () => completed(false),
    });
  }

  #takeCall(transaction: InviteServerTransaction): void {
    const wanted = /^sip:([^@]+)@/.exec(transaction.request.uri)?.[1] ?? '';
    const dialledAt = this.#dialledAt.get(wanted);
    if (dialledAt !== undefined) this.#delaysMs.push(performance.now() - dialledAt);
    this.#dialledAt.delete(wanted);
    const headers = sessionHeaders(this.#callee);
    transaction.reply(180, { headers: { Contact: headers.Contact } });
    setTimeout(() => {
      if (!transaction.isAnswered) transaction.reply(200, { headers, body: description() });
    }, ANSWER_AFTER_MS);
  }
}

function giveUp(transaction: InviteClientTransaction): void {
  if (transaction.state === 'calling' || transaction.state === 'proceeding') transaction.cancel();
}
