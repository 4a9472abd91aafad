import type { Modified } from '../sip/SipDialog.ts';
import { SdpCleaner } from '../sip/sdp.ts';
import { PathError } from './CallPath.ts';

const NOT_ACCEPTABLE = 488;

export interface PartySessionOptions {
  /** The media server's SDP for the party: an answer to his, or an offer. */
  readonly ownSdp: string;
  /** Gives the media server an SDP of the party's and returns what answers it. */
  readonly modify: (sdp: string) => Promise<string>;
  /** Has cleaned what the party was sent before; absent at the beginning of a session. */
  readonly cleaner?: SdpCleaner;
  /** An SDP of the party's was not taken. */
  readonly onRefused: (error: unknown, message: string) => void;
}

/**
 * What one party and his channel at the media server agree on by SDP, from his INVITE to the end of his dialog. What goes
 * to the party is cleaned by one SdpCleaner throughout, so that its versions grow as RFC 3264, 8 wants.
 */
export class PartySession {
  readonly #options: PartySessionOptions;
  readonly #cleaner: SdpCleaner;

  constructor(options: PartySessionOptions) {
    this.#options = options;
    this.#cleaner = options.cleaner ?? new SdpCleaner();
  }

  /**
   * The SDP for the party's INVITE, or for a response to his.
   * @throws PathError when the media server's cannot be used
   */
  get sdp(): string {
    return this.#clean(this.#options.ownSdp);
  }

  /**
   * Takes the party's answer to our SDP.
   * @throws PathError when it cannot be used
   */
  async answered(sdp: string): Promise<void> {
    try {
      await this.#options.modify(sdp);
    } catch (error) {
      throw new PathError("a party's answer cannot be used", NOT_ACCEPTABLE, { cause: error });
    }
  }

  /** Answers a re-INVITE or UPDATE of the party's; an offer that the media server refuses leaves all as it was. */
  async modify(offer: string | undefined): Promise<Modified> {
    const { ownSdp, modify, onRefused } = this.#options;
    if (offer === undefined) {
      const acknowledge = (answer: string | undefined) => {
        if (answer === undefined) return;
        modify(answer).catch((error: unknown) => onRefused(error, "a re-INVITE's answer was not taken"));
      };
      return { kind: 'offered', sdp: this.#clean(ownSdp), acknowledge };
    }
    try {
      return { kind: 'answered', sdp: this.#clean(await modify(offer)) };
    } catch (error) {
      onRefused(error, 're-INVITE not taken');
      return { kind: 'refused', status: NOT_ACCEPTABLE };
    }
  }

  #clean(sdp: string): string {
    const cleaned = this.#cleaner.clean(sdp);
    if (cleaned === undefined) throw new PathError("the media server's SDP cannot be used", 500);
    return cleaned;
  }
}
