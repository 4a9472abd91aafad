import type { RecordingEnd } from '../recordings/Recordings.ts';
import type { IncomingInvite } from '../sip/IncomingInvite.ts';
import type { Progress } from '../sip/OutgoingInvite.ts';
import type { Modified, SipDialog } from '../sip/SipDialog.ts';
import { SdpCleaner } from '../sip/sdp.ts';
import type { Trunk } from '../store/trunks.ts';
import { type CallLegs, type CallPath, PathError } from './CallPath.ts';
import { infoDigitBody, readInfoDigit } from './infoDigits.ts';

/** SIP's "Not Acceptable Here": the SDP cannot be used. */
const NOT_ACCEPTABLE = 488;
const NOT_SUPPORTED_TYPE = 415;

/**
 * Media goes from one side to the other; this application only hands the session descriptions over, cleaned.
 * Offers inside the call (hold, codec change, session refresh) are passed to the other side and its answer comes back;
 * so are key presses by INFO. No other header or body passes.
 */
export class PlainPath implements CallPath {
  readonly #invite: IncomingInvite<Trunk>;
  readonly #toCallee = new SdpCleaner();
  readonly #toCaller = new SdpCleaner();
  readonly calleeOffer: string | undefined;

  /** @throws PathError when the caller's offer cannot be used */
  constructor(invite: IncomingInvite<Trunk>) {
    this.#invite = invite;
    this.calleeOffer = invite.offer === undefined ? undefined : clean(this.#toCallee, invite.offer);
  }

  forwarded(): void {}

  progress({ status, sdp }: Progress): void {
    // Without an offer of the caller an SDP in a provisional response would be an offer that he cannot answer.
    const early = sdp === undefined || this.calleeOffer === undefined ? undefined : this.#toCaller.clean(sdp);
    if (early !== undefined) this.#invite.progress(status === 180 ? 180 : 183, early);
    else if (status === 180 || status === 183) this.#invite.progress(status);
  }

  calleeAnswered(sdp: string): string {
    return clean(this.#toCaller, sdp);
  }

  callerAnswered(sdp: string): string {
    return clean(this.#toCallee, sdp);
  }

  join({ caller, callee }: CallLegs): void {
    caller.onModify((offer) => this.#pass(offer, callee, this.#toCallee, this.#toCaller));
    callee.onModify((offer) => this.#pass(offer, caller, this.#toCaller, this.#toCallee));
    caller.onInfo((contentType, body) => passDigit(contentType, body, callee));
    callee.onInfo((contentType, body) => passDigit(contentType, body, caller));
  }

  async stopRecording(): Promise<RecordingEnd> {
    return { kind: 'unknown' };
  }

  release(): void {}

  async #pass(
    offer: string | undefined,
    other: SipDialog,
    forth: SdpCleaner,
    back: SdpCleaner,
  ): Promise<Modified> {
    const cleaned = offer === undefined ? undefined : forth.clean(offer);
    if (offer !== undefined && cleaned === undefined) return { kind: 'refused', status: NOT_ACCEPTABLE };
    const modified = await other.modify(cleaned);
    if (modified.kind === 'refused') return modified;
    const sdp = back.clean(modified.sdp);
    if (modified.kind === 'answered') {
      return sdp === undefined ? { kind: 'refused', status: NOT_ACCEPTABLE } : { kind: 'answered', sdp };
    }
    if (sdp === undefined) {
      modified.acknowledge(undefined);
      return { kind: 'refused', status: NOT_ACCEPTABLE };
    }
    const acknowledge = (answer: string | undefined) =>
      modified.acknowledge(answer === undefined ? undefined : forth.clean(answer));
    return { kind: 'offered', sdp, acknowledge };
  }
}

function clean(cleaner: SdpCleaner, sdp: string): string {
  const cleaned = cleaner.clean(sdp);
  if (cleaned === undefined) throw new PathError('the session description cannot be used', NOT_ACCEPTABLE);
  return cleaned;
}

async function passDigit(contentType: string, body: string, other: SipDialog): Promise<number> {
  const digit = readInfoDigit(contentType, body);
  if (!digit) return NOT_SUPPORTED_TYPE;
  const passed = infoDigitBody(digit);
  return other.sendInfo(passed.contentType, passed.body);
}
