import type { LadderLine } from '../store/callDetails.ts';
import type { CallLadder } from './CallLadder.ts';
import type { SrfRequest } from './drachtio.ts';
import type { SeenMessage } from './ladderLine.ts';

const CALL_ID = /^(?:Call-ID|i)[ \t]*:[ \t]*(\S+)/im;

interface Followed {
  readonly leg: LadderLine['leg'];
  readonly ladder: CallLadder;
}

/**
 * What passes between the SIP server and this process, for those calls whose ladder is drawn.
 *
 * The SIP server tells of each message that comes in, and repeats each that it sent for us as it went out. What it does by
 * itself it tells nobody: 100 Trying, the ACK of a refusal, the 200 and 487 to a CANCEL, repetitions.
 */
export class SipTap {
  readonly #followed = new Map<string, Followed>();
  readonly #callIds = new Map<CallLadder, string[]>();
  readonly #clock: () => number;

  /** @param clock milliseconds since the epoch */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Takes what the SIP server has written: one message of the wire protocol, before drachtio-srf acts on it. */
  take(wire: string): void {
    if (this.#followed.size === 0) return;
    const message = seenMessage(wire, this.#clock);
    if (message === undefined) return;
    const callId = CALL_ID.exec(message.text)?.[1];
    const followed = callId === undefined ? undefined : this.#followed.get(callId);
    followed?.ladder.note(followed.leg, message);
  }

  /** Draws a request that has made a dialog, and all that follows in it, until `forget`. */
  follow(request: SrfRequest, leg: LadderLine['leg'], ladder: CallLadder): void {
    const callId = request.get('Call-ID');
    if (callId === undefined) return;
    this.#followed.set(callId, { leg, ladder });
    this.#callIds.set(ladder, [...(this.#callIds.get(ladder) ?? []), callId]);
    ladder.note(leg, {
      at: this.#clock(),
      way: request.source === 'network' ? 'in' : 'out',
      transport: request.protocol,
      address: request.source_address,
      port: String(request.source_port),
      text: request.raw,
    });
  }

  forget(ladder: CallLadder): void {
    for (const callId of this.#callIds.get(ladder) ?? []) this.#followed.delete(callId);
    this.#callIds.delete(ladder);
  }
}

/**
 * Reads `uuid|sip|source|octets|transport|address|port|…` and `uuid|response|id|OK|source|…`, CRLF and the message.
 * @returns undefined for what holds no SIP message
 */
function seenMessage(wire: string, clock: () => number): SeenMessage | undefined {
  const lineEnd = wire.indexOf('\r\n');
  if (lineEnd < 0) return undefined;
  const tokens = wire.slice(0, lineEnd).split('|');
  const isSent = tokens[1] === 'response';
  if (isSent ? tokens[3] !== 'OK' : tokens[1] !== 'sip') return undefined;
  const [source, , transport = '', address = '', port = ''] = tokens.slice(isSent ? 4 : 2);
  const text = wire.slice(lineEnd + 2);
  return { at: clock(), way: source === 'network' ? 'in' : 'out', transport, address, port, text };
}
