import type { AnchoredMedia, LostReason, MediaPool } from '../../media/index.ts';
import type { Connect } from '../../routing/types.ts';
import type { IncomingInvite } from '../sip/IncomingInvite.ts';
import type { Progress } from '../sip/OutgoingInvite.ts';
import type { Modified } from '../sip/SipDialog.ts';
import { SdpCleaner } from '../sip/sdp.ts';
import type { Trunk } from '../store/trunks.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { AnnouncementFiles } from './announcementFiles.ts';
import { type CallLegs, type CallPath, PathError } from './CallPath.ts';
import { readInfoDigit } from './infoDigits.ts';
import type { Recordings } from './recordings.ts';

const NOT_ACCEPTABLE = 488;
const NOT_SUPPORTED_TYPE = 415;
/** FreeSWITCH's own limit stands a little behind ours: it is for the case that we are gone. */
const LIMIT_GRACE_SECONDS = 5;

export interface AnchoredPathOptions {
  readonly media: Pick<MediaPool, 'create'>;
  readonly invite: IncomingInvite<Trunk>;
  readonly decision: Connect;
  readonly announcements: AnnouncementFiles;
  readonly recordings: Recordings;
  readonly logger: Logger;
  /** The media is over although nobody released it. */
  readonly onLost: (reason: LostReason) => void;
  /** Recording began (its name), or could not. */
  readonly onRecording: (objectName: string | undefined) => void;
}

/**
 * Media goes through a media server: each side talks to a channel there, and what they hear is decided here.
 *
 * Until the callee answers the caller hears the ringback file of the binding once, whole, and then the ringback tone.
 * Without such a file he gets what the callee's network sends: 180, or its early media, for which the channels are
 * bridged early. One case is left out: where a record hint is to be played to both before they hear each other, early
 * media is not passed and the caller gets 180.
 */
export class AnchoredPath implements CallPath {
  readonly calleeOffer: string;
  readonly #options: AnchoredPathOptions;
  readonly #media: AnchoredMedia;
  readonly #ringback: string | undefined;
  readonly #toCaller = new SdpCleaner();
  readonly #toCallee = new SdpCleaner();
  #ringing = false;
  #early: Promise<void> | undefined;
  #answered = false;
  #released = false;

  /**
   * Makes both channels at the same time.
   * @throws MediaError when no media server can take the call
   */
  static async create(options: AnchoredPathOptions): Promise<AnchoredPath> {
    const { media, invite, decision, announcements } = options;
    const [channels, ringback] = await Promise.all([
      media.create({ callerOffer: invite.offer ?? '' }),
      decision.ringback === undefined ? undefined : announcements.uploaded(decision.ringback),
    ]);
    try {
      return new AnchoredPath(options, channels, ringback);
    } catch (error) {
      await channels.release();
      throw error;
    }
  }

  private constructor(options: AnchoredPathOptions, media: AnchoredMedia, ringback: string | undefined) {
    this.#options = options;
    this.#media = media;
    this.#ringback = ringback;
    this.calleeOffer = this.#clean(this.#toCallee, media.calleeOffer);
    media.on('lost', options.onLost);
  }

  progress({ status, sdp }: Progress): void {
    const { invite, decision } = this.#options;
    if (this.#ringback !== undefined) {
      if (!this.#ringing) this.#playRingback(this.#ringback);
      this.#ringing = true;
      return;
    }
    const hintComes = decision.record && decision.recordHintTone !== undefined;
    if (sdp !== undefined && invite.offer !== undefined && !hintComes) {
      this.#early ??= this.#hearCalleeEarly(sdp);
      invite.progress(183, this.#callerSdp());
    } else if (status === 180 || sdp !== undefined) {
      invite.progress(180);
    }
  }

  async calleeAnswered(sdp: string): Promise<string> {
    this.#answered = true;
    try {
      await this.#media.calleeAnswered(sdp);
    } catch (error) {
      throw new PathError("the callee's answer cannot be used", NOT_ACCEPTABLE, { cause: error });
    }
    return this.#callerSdp();
  }

  async callerAnswered(sdp: string): Promise<undefined> {
    try {
      await this.#media.modifyCaller(sdp);
    } catch (error) {
      throw new PathError("the caller's answer cannot be used", NOT_ACCEPTABLE, { cause: error });
    }
  }

  async join({ caller, callee }: CallLegs): Promise<void> {
    const media = this.#media;
    caller.onModify((offer) =>
      this.#modify(offer, this.#toCaller, media.callerAnswer, (sdp) => media.modifyCaller(sdp)),
    );
    callee.onModify((offer) =>
      this.#modify(offer, this.#toCallee, media.calleeOffer, (sdp) => media.modifyCallee(sdp)),
    );
    caller.onInfo((contentType, body) => this.#passDigit(contentType, body, 'callee'));
    callee.onInfo((contentType, body) => this.#passDigit(contentType, body, 'caller'));
    await this.#connect();
  }

  /** Plays a file to both while they go on talking. */
  async announce(file: string): Promise<void> {
    await this.#media.announceDuringCall(file);
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    await this.#media.stopRecording().catch((error: unknown) => this.#warn(error, 'recording not ended'));
    await this.#media.release();
  }

  async #connect(): Promise<void> {
    const { decision, announcements } = this.#options;
    const { maxDurationSeconds } = decision;
    if (maxDurationSeconds > 0) {
      const limit = this.#media.hangUpAfter(maxDurationSeconds + LIMIT_GRACE_SECONDS);
      await limit.catch((error: unknown) => this.#warn(error, "the media server's own limit is not set"));
    }
    if (this.#early) await this.#early;
    if (decision.record && decision.recordHintTone !== undefined) {
      const hint = await announcements.uploaded(decision.recordHintTone);
      const played = hint === undefined ? undefined : this.#media.playToBoth(hint);
      await played?.catch((error: unknown) => this.#warn(error, 'record hint not played'));
    }
    if (this.#released) return;
    const recording = decision.record ? this.#record() : undefined;
    if (!this.#early) await this.#media.bridge();
    await recording;
  }

  async #record(): Promise<void> {
    const { recordings, onRecording } = this.#options;
    try {
      const { objectName, path } = await recordings.begin();
      await this.#media.startRecording(path);
      if (this.#released) await recordings.discard(objectName);
      else onRecording(objectName);
    } catch (error) {
      // A call that ended meanwhile has nothing left to record.
      if (this.#released) return;
      this.#warn(error, 'recording could not begin; the call goes on');
      onRecording(undefined);
    }
  }

  #playRingback(file: string): void {
    this.#options.invite.progress(183, this.#callerSdp());
    this.#media.playToCaller(file, { once: true }).then(
      (end) => {
        if (end === 'played') this.#ringOn();
      },
      (error: unknown) => {
        this.#warn(error, 'ringback file not played');
        this.#ringOn();
      },
    );
  }

  /** The file has ended, or there is none: the ringback tone, unless the callee has answered meanwhile. */
  #ringOn(): void {
    if (!this.#answered && !this.#released) this.#media.ringbackToCaller();
  }

  async #hearCalleeEarly(sdp: string): Promise<void> {
    try {
      await this.#media.calleeAnswered(sdp);
      await this.#media.bridge();
    } catch (error) {
      this.#warn(error, 'early media not passed');
      this.#early = undefined;
    }
  }

  async #modify(
    offer: string | undefined,
    cleaner: SdpCleaner,
    ownSdp: string,
    modify: (sdp: string) => Promise<string>,
  ): Promise<Modified> {
    if (offer === undefined) {
      const acknowledge = (answer: string | undefined) => {
        if (answer === undefined) return;
        modify(answer).catch((error: unknown) => this.#warn(error, "a re-INVITE's answer was not taken"));
      };
      return { kind: 'offered', sdp: this.#clean(cleaner, ownSdp), acknowledge };
    }
    try {
      return { kind: 'answered', sdp: this.#clean(cleaner, await modify(offer)) };
    } catch (error) {
      this.#warn(error, 're-INVITE not taken');
      return { kind: 'refused', status: NOT_ACCEPTABLE };
    }
  }

  async #passDigit(contentType: string, body: string, to: 'caller' | 'callee'): Promise<number> {
    const digit = readInfoDigit(contentType, body);
    if (!digit) return NOT_SUPPORTED_TYPE;
    try {
      await this.#media.sendDigit(to, digit.digit, digit.durationMs);
      return 200;
    } catch (error) {
      this.#warn(error, 'digit not passed');
      return 500;
    }
  }

  #callerSdp(): string {
    return this.#clean(this.#toCaller, this.#media.callerAnswer);
  }

  #clean(cleaner: SdpCleaner, sdp: string): string {
    const cleaned = cleaner.clean(sdp);
    if (cleaned === undefined) throw new PathError("the media server's SDP cannot be used", 500);
    return cleaned;
  }

  #warn(error: unknown, message: string): void {
    if (!this.#released) this.#options.logger.warn({ err: error }, message);
  }
}
