import type { CallerMedia } from '../../media/index.ts';
import type { SipDialog } from '../sip/SipDialog.ts';
import { SdpCleaner } from '../sip/sdp.ts';
import type { Logger } from '../telemetry/logger.ts';
import { readInfoDigit } from './infoDigits.ts';
import { inTime } from './inTime.ts';
import { PartySession } from './PartySession.ts';

/** What is played to a caller whom nobody else speaks to is cut after so long: he might hold a line for ever. */
const LONGEST_PLAY_MS = 30_000;
const NOT_SUPPORTED_TYPE = 415;

/** How a key press comes: as RFC 4733 events to the media server, or by SIP INFO. */
type KeyWay = 'rtp' | 'info';

/**
 * The media channel of a caller who talks to nobody: he hears what is played, and his keys are heard.
 *
 * A phone that tells each key twice, by RFC 4733 and by INFO, is heard once: the way in which the first key of the call
 * came is the one that counts.
 */
export class CallerChannel {
  readonly media: CallerMedia;
  /** Has cleaned all SDP that he was sent. */
  readonly toCaller = new SdpCleaner();
  /** Resolves when the media is over although nobody released it. */
  readonly lost: Promise<void>;
  readonly #session: PartySession;
  readonly #logger: Logger;
  #onKey: ((key: string) => void) | undefined;
  #keyWay: KeyWay | undefined;

  constructor(media: CallerMedia, logger: Logger) {
    this.media = media;
    this.#logger = logger;
    this.#session = new PartySession({
      ownSdp: media.callerAnswer,
      modify: (sdp) => media.modifyCaller(sdp),
      cleaner: this.toCaller,
      onRefused: (err, message) => logger.warn({ err }, message),
    });
    this.lost = new Promise((resolve) => media.once('lost', () => resolve()));
    media.on('digit', (_party, key) => this.#press(key, 'rtp'));
  }

  /**
   * The SDP for his 183 or 200.
   * @throws PathError when the media server's cannot be used
   */
  get sdp(): string {
    return this.#session.sdp;
  }

  /**
   * Takes the SDP of his ACK, where ours was the offer.
   * @throws PathError when it cannot be used
   */
  answered(sdp: string): Promise<void> {
    return this.#session.answered(sdp);
  }

  /** Serves his requests inside the dialog: hold and other changes of the session, keys by INFO. */
  serve(dialog: SipDialog): void {
    dialog.onModify((offer) => this.#session.modify(offer));
    dialog.onInfo(async (contentType, body) => {
      const digit = readInfoDigit(contentType, body);
      if (!digit) return NOT_SUPPORTED_TYPE;
      this.#press(digit.digit, 'info');
      return 200;
    });
  }

  /** Sets who hears his keys; undefined for nobody. */
  onKey(listener: ((key: string) => void) | undefined): void {
    this.#onKey = listener;
  }

  /**
   * Plays a file once; resolves when it has ended or was cut, after 30 seconds in any case.
   * @throws MediaError when it cannot be played
   */
  async play(file: string): Promise<void> {
    if ((await inTime(this.media.playToCaller(file), LONGEST_PLAY_MS)) === 'late') this.cut();
  }

  /** Cuts what plays. */
  cut(): void {
    this.media.stopCaller().catch((err: unknown) => this.#logger.debug({ err }, 'a play could not be cut'));
  }

  /** Ends the channel, unless it has become part of a call's media. */
  release(): Promise<void> {
    return this.media.release();
  }

  #press(key: string, way: KeyWay): void {
    if (!this.#onKey) return;
    this.#keyWay ??= way;
    if (way === this.#keyWay) this.#onKey(key);
  }
}
