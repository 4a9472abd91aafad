import type { AnchoredMedia } from '../../media/index.ts';
import type { Progress } from '../sip/OutgoingInvite.ts';

const RINGING = 180;

/** How a caller who has not been answered is told of progress. */
export interface CallerProgress {
  /** 180: his own network lets him hear that it rings. */
  ringing(): void;
  /** 180 or 183 with SDP: he hears us. Absent where he cannot be told, because he made no offer. */
  readonly earlyMedia?: (status: 180 | 183) => void;
}

export interface RingbackOptions {
  readonly media: Pick<AnchoredMedia, 'playToCaller' | 'ringbackToCaller' | 'calleeAnswered' | 'bridge'>;
  /** Path of the file that is heard first. */
  readonly file: string | undefined;
  /** Absent for a caller who hears us already, because he was asked for an extension: to him all of it is sound. */
  readonly progress?: CallerProgress;
  /** The parties are to hear each other as soon as the callee answers: nothing is played to them first. */
  readonly joinsAtAnswer: boolean;
  /** Runs before the parties are bridged. */
  readonly beforeBridge: () => Promise<void>;
  readonly warn: (error: unknown, message: string) => void;
}

/**
 * What the caller hears until the callee answers.
 *
 * With a file, and to a caller who hears us already, all of it comes from us: the file once and whole, then what the
 * callee's network sends (its failure announcements too), or the ringback tone while it sends nothing. The file begins
 * with the callee's first sign of life, so that a caller whose callee cannot be reached at all is told of no early
 * media; to a caller who hears us already, as soon as the call goes out.
 *
 * Without a file it is for the callee's network: 180 is passed on as 180, and early media as early media. Then the parties
 * may be bridged while it rings: a bridge takes FreeSWITCH 60 ms, and there is nothing in it until the callee speaks.
 */
export class Ringback {
  readonly #options: RingbackOptions;
  /** All that he hears comes from us. */
  readonly #isOurs: boolean;
  #file: string | undefined;
  #filePlays = false;
  #rings = false;
  #tonePlays = false;
  /** The callee's latest early media. */
  #early: string | undefined;
  /** What is being done about early media; resolves with whether the parties are bridged. */
  #bridging: Promise<boolean> = Promise.resolve(false);
  #isOver = false;

  constructor(options: RingbackOptions) {
    this.#options = options;
    const { progress, file } = options;
    const canHear = progress === undefined || progress.earlyMedia !== undefined;
    this.#file = canHear ? file : undefined;
    this.#isOurs = progress === undefined || this.#file !== undefined;
  }

  /** The callee's INVITE goes out. */
  forwarded(): void {
    const { progress, joinsAtAnswer } = this.#options;
    if (progress === undefined) this.#goOn();
    else if (joinsAtAnswer && !this.#isOurs && progress.earlyMedia !== undefined) this.#bridgeAhead();
  }

  /** Takes a provisional response of the callee's network. */
  progressed({ status, sdp }: Progress): void {
    if (this.#isOver) return;
    const { progress } = this.#options;
    const canHear = progress === undefined || progress.earlyMedia !== undefined;
    if (sdp !== undefined && canHear) this.#early = sdp;
    if (!this.#isOurs) this.#tell(status, sdp);
    else if (!this.#rings) progress?.earlyMedia?.(183);
    this.#rings = true;
    this.#goOn();
  }

  /**
   * The callee has answered or the call is over: from now on nothing is begun.
   * @returns whether the parties are bridged already
   */
  end(): Promise<boolean> {
    this.#isOver = true;
    return this.#bridging;
  }

  #tell(status: number, sdp: string | undefined): void {
    const { progress } = this.#options;
    if (sdp !== undefined && progress?.earlyMedia) progress.earlyMedia(status === RINGING ? RINGING : 183);
    else if (status === RINGING || sdp !== undefined) progress?.ringing();
  }

  #goOn(): void {
    if (this.#isOver || this.#filePlays) return;
    if (this.#file !== undefined) this.#play(this.#file);
    else if (this.#early !== undefined) this.#hear(this.#early);
    else if (this.#isOurs && this.#rings && !this.#tonePlays) this.#playTone();
  }

  #play(file: string): void {
    const { media, warn } = this.#options;
    this.#file = undefined;
    this.#filePlays = true;
    const over = () => {
      this.#filePlays = false;
      this.#goOn();
    };
    media.playToCaller(file, { once: true }).then(over, (error: unknown) => {
      if (!this.#isOver) warn(error, 'ringback file not played');
      over();
    });
  }

  #playTone(): void {
    this.#tonePlays = true;
    this.#options.media.ringbackToCaller();
  }

  #bridgeAhead(): void {
    const { media, beforeBridge, warn } = this.#options;
    this.#bridging = this.#bridging.then(async () => {
      try {
        await beforeBridge();
        if (this.#isOver) return false;
        await media.bridge();
        return true;
      } catch (error) {
        if (!this.#isOver) warn(error, 'not bridged ahead of the answer');
        return false;
      }
    });
  }

  #hear(early: string): void {
    const { media, beforeBridge, warn } = this.#options;
    this.#bridging = this.#bridging.then(async (isBridged) => {
      // A later one is the one that counts; after the answer its own description does.
      if (this.#isOver || early !== this.#early) return isBridged;
      try {
        await Promise.all([media.calleeAnswered(early), isBridged ? undefined : beforeBridge()]);
        if (isBridged || this.#isOver) return isBridged;
        await media.bridge();
        return true;
      } catch (error) {
        if (this.#isOver) return isBridged;
        warn(error, 'early media not passed');
        this.#early = undefined;
        this.#goOn();
        return isBridged;
      }
    });
  }
}
