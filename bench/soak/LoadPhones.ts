import {
  Dialog,
  type InviteServerTransaction,
  makeRequest,
  type NextHop,
  newCallId,
  newTag,
  type ServerTransaction,
  SipStack,
} from '../../embedded/sip/index.ts';
import { description, sessionHeaders } from '../calls/sessionDescription.ts';
import { SoundPort } from './SoundPort.ts';

const ANSWER_AFTER_MS = 200;
const ANSWER_PATIENCE_MS = 10_000;
/** Less than this is no conversation. */
const LEAST_PACKETS = 50;

export interface LoadCall {
  /** The SIP server that takes the call. */
  readonly target: { readonly host: string; readonly port: number };
  readonly a: string;
  readonly b: string;
  readonly x: string;
  /** Both parties talk, and must hear each other. */
  readonly withSound: boolean;
  /** Resolves when A is to hang up; it begins when B has answered. */
  readonly talk: () => Promise<unknown>;
}

/** What became of a call: `completed`, or what went wrong. */
export type CallEnd = 'completed' | (string & {});

/** A's and B's phones. B rings at once and answers after 200 ms; A hangs up. */
export class LoadPhones {
  /** From A's INVITE to its arrival at B, milliseconds; whoever reads them takes them out. */
  readonly postDialDelaysMs: number[] = [];
  readonly #caller = new SipStack({ listen: [{ transport: 'udp', host: '127.0.0.1', port: 0 }] });
  readonly #callee = new SipStack({ listen: [{ transport: 'udp', host: '127.0.0.1', port: 0 }] });
  /** Calls under way, by B. */
  readonly #expected = new Map<
    string,
    { readonly dialledAt: number; readonly sound: SoundPort | undefined }
  >();
  /** What ends A's side when the other one ends first, by A's Call-ID. */
  readonly #cuts = new Map<string, (end: CallEnd) => void>();

  /** @returns B's port */
  async start(): Promise<number> {
    await Promise.all([this.#caller.start(), this.#callee.start()]);
    this.#callee.onRequest((request, transaction) => {
      if (transaction.kind === 'invite') this.#ring(transaction);
      else transaction.reply(request.method === 'BYE' || request.method === 'OPTIONS' ? 200 : 405);
    });
    this.#caller.onRequest((request, transaction) => this.#atCaller(request.method, transaction));
    return this.#callee.listeningPoint('udp').port;
  }

  async stop(): Promise<void> {
    await Promise.all([this.#caller.close(), this.#callee.close()]);
  }

  async call(call: LoadCall): Promise<CallEnd> {
    const sounds = call.withSound ? await Promise.all([SoundPort.open(), SoundPort.open()]) : [];
    const [near, far] = sounds;
    this.#expected.set(call.b, { dialledAt: performance.now(), sound: far });
    const end = await this.#dial(call, near);
    this.#expected.delete(call.b);
    for (const sound of sounds) sound.close();
    const isSilent = sounds.some(({ heard }) => heard < LEAST_PACKETS);
    return end === 'completed' && isSilent ? 'silent' : end;
  }

  async #dial({ target, a, x, talk }: LoadCall, sound: SoundPort | undefined): Promise<CallEnd> {
    const uri = `sip:${x}@${target.host}:${target.port}`;
    const callId = newCallId();
    const headers = {
      'Max-Forwards': '70',
      From: `<sip:${a}@127.0.0.1>;tag=${newTag()}`,
      To: `<${uri}>`,
      'Call-ID': callId,
      CSeq: '1 INVITE',
      ...sessionHeaders(this.#caller),
    };
    const invite = makeRequest('INVITE', uri, headers, description(sound?.port));
    const hop: NextHop = { transport: 'udp', ...target, fixedTransport: true };
    const { promise: ended, resolve: end } = Promise.withResolvers<CallEnd>();
    this.#cuts.set(callId, end);
    const impatience = setTimeout(() => {
      transaction.cancel();
      end('no answer');
    }, ANSWER_PATIENCE_MS);
    const transaction = this.#caller.invite(invite, hop, {
      onFinal: (response, { essentials }) => {
        clearTimeout(impatience);
        if (response.status >= 300) return end(`INVITE ${response.status}`);
        const dialog = Dialog.ofUac(invite, response, essentials);
        transaction.acknowledge(dialog.ack(essentials.cseq), dialog.nextHop, essentials.toTag ?? '');
        sound?.talkTo(response.body);
        void Promise.race([talk(), ended]).then(() => this.#hangUp(dialog, end));
      },
      onTimeout: () => end('INVITE: no response'),
      onTransportError: () => end('INVITE not sent'),
    });
    const how = await ended;
    clearTimeout(impatience);
    this.#cuts.delete(callId);
    return how;
  }

  #hangUp(dialog: Dialog, end: (how: CallEnd) => void): void {
    this.#caller.request(dialog.request('BYE'), dialog.nextHop, {
      onFinal: ({ status }) => end(status === 200 ? 'completed' : `BYE ${status}`),
      onTimeout: () => end('BYE: no response'),
      onTransportError: () => end('BYE not sent'),
    });
  }

  /** The other side ends the call; nothing else is expected of it. */
  #atCaller(method: string, transaction: ServerTransaction): void {
    const callId = transaction.request.headers.get('Call-ID') ?? '';
    if (method === 'BYE') this.#cuts.get(callId)?.('cut');
    transaction.reply(method === 'BYE' ? 200 : 405);
  }

  #ring(transaction: InviteServerTransaction): void {
    const wanted = /^sip:([^@]+)@/.exec(transaction.request.uri)?.[1] ?? '';
    const call = this.#expected.get(wanted);
    if (call === undefined) {
      transaction.reply(404);
      return;
    }
    this.postDialDelaysMs.push(performance.now() - call.dialledAt);
    const headers = sessionHeaders(this.#callee);
    transaction.reply(180, { headers: { Contact: headers.Contact } });
    setTimeout(() => {
      // A has given up meanwhile.
      if (transaction.isAnswered || this.#expected.get(wanted) !== call) return;
      transaction.reply(200, { headers, body: description(call.sound?.port) });
      call.sound?.talkTo(transaction.request.body);
    }, ANSWER_AFTER_MS);
  }
}
