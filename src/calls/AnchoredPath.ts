import {
  type AnchoredMedia,
  type CallerMedia,
  type LostReason,
  MediaError,
  type MediaPool,
  type Party,
} from '../../media/index.ts';
import type { Connect } from '../../routing/types.ts';
import type { RecordingEnd, Recordings } from '../recordings/Recordings.ts';
import type { IncomingInvite } from '../sip/IncomingInvite.ts';
import type { Progress } from '../sip/OutgoingInvite.ts';
import type { SdpCleaner } from '../sip/sdp.ts';
import type { Trunk } from '../store/trunks.ts';
import { type CallSpans, epochMs } from '../telemetry/callSpans.ts';
import { type Logger, withFields } from '../telemetry/logger.ts';
import type { AnnouncementFiles } from './announcementFiles.ts';
import type { CallLegs, CallPath } from './CallPath.ts';
import type { CallSettings } from './CallServices.ts';
import { readInfoDigit } from './infoDigits.ts';
import { PartySession } from './PartySession.ts';
import { type CallerProgress, Ringback } from './Ringback.ts';

const NOT_SUPPORTED_TYPE = 415;
/** FreeSWITCH's own limit stands a little behind ours: it is for the case that we are gone. */
const LIMIT_GRACE_SECONDS = 5;
/** For calls without a limit: one that we left behind when we died does not stay on the media server for ever. */
const LONGEST_CALL_SECONDS = 24 * 3600;

/** A caller who hears us already, because he was asked for an extension before it was known whom he would reach. */
export interface AnsweredCaller {
  readonly media: CallerMedia;
  /** Has cleaned all SDP that he was sent. */
  readonly toCaller: SdpCleaner;
}

export interface AnchoredPathOptions {
  readonly media: Pick<MediaPool, 'create' | 'addCallee'>;
  readonly invite: IncomingInvite<Trunk>;
  /** The path takes his channel over, unless `create` throws. */
  readonly answered?: AnsweredCaller;
  readonly decision: Connect;
  readonly announcements: AnnouncementFiles;
  readonly recordings: Pick<Recordings, 'begin' | 'discard'>;
  readonly settings: Pick<CallSettings, 'ringSeconds'>;
  readonly sessionId: string;
  readonly spans?: CallSpans;
  readonly logger: Logger;
  /** The media is over although nobody released it. */
  readonly onLost: (reason: LostReason) => void;
  /** What the media server counted of each side, when it is known. */
  readonly onFigures: (figures: AnchoredMedia['figures']) => void;
  /** Recording began (its name), or could not. */
  readonly onRecording: (objectName: string | undefined) => void;
}

/**
 * Media goes through a media server: each side talks to a channel there, and what they hear is decided here.
 *
 * Until the callee answers that is what `Ringback` says. The channels are bridged while it rings, where nothing is to be
 * played first; so is early media of the callee passed, and where a record hint is to be played to both before they hear
 * each other, they are parted again by the answer.
 */
export class AnchoredPath implements CallPath {
  readonly #options: AnchoredPathOptions;
  readonly #media: AnchoredMedia;
  readonly #caller: PartySession;
  readonly #callee: PartySession;
  readonly #ringback: Ringback;
  /** Whose keys come as RFC 4733 events: FreeSWITCH passes those on, and an INFO about the same key would double it. */
  readonly #tellsKeysByRtp = new Set<Party>();
  readonly calleeOffer: string;
  #isBridged = false;
  #released = false;
  #recordingEnd: Promise<RecordingEnd> | undefined;

  /**
   * Makes both channels at the same time, or the callee's alone for a caller who has one.
   * @throws MediaError when no media server can take the call
   */
  static async create(options: AnchoredPathOptions): Promise<AnchoredPath> {
    const { media, invite, answered, decision, announcements, onLost, sessionId, spans, logger } = options;
    const startedAtMs = performance.now();
    const making = answered
      ? media.addCallee(answered.media)
      : media.create({ callerOffer: invite.offer ?? '' });
    const [channels, ringback] = await Promise.all([
      making.then((made) => made.on('lost', onLost)),
      announcements.file(decision.ringback),
    ]);
    const madeAtMs = performance.now();
    spans?.add({ sessionId, name: 'media', startMs: epochMs(startedAtMs), endMs: epochMs(madeAtMs) });
    logger.debug({ sessionId, part: 'media', channels: channels.channels }, 'it has media channels');
    try {
      const own = { ...options, logger: withFields(logger, { sessionId }) };
      return new AnchoredPath(own, channels, ringback);
    } catch (error) {
      await channels.release();
      throw error;
    }
  }

  private constructor(options: AnchoredPathOptions, media: AnchoredMedia, ringback: string | undefined) {
    const { answered, invite, settings } = options;
    this.#options = options;
    this.#media = media;
    const onRefused = (error: unknown, message: string) => this.#warn(error, message);
    this.#caller = new PartySession({
      ownSdp: media.callerAnswer,
      modify: (sdp) => media.modifyCaller(sdp),
      ...(answered && { cleaner: answered.toCaller }),
      onRefused,
    });
    this.#callee = new PartySession({
      ownSdp: media.calleeOffer,
      modify: (sdp) => media.modifyCallee(sdp),
      onRefused,
    });
    media.on('digit', (party) => this.#tellsKeysByRtp.add(party));
    this.calleeOffer = this.#callee.sdp;
    this.#ringback = new Ringback({
      media,
      file: ringback,
      ...(!answered && { progress: progressTo(invite, this.#caller.sdp) }),
      joinsAtAnswer: !this.#hintComes,
      beforeBridge: () => this.#limit(settings.ringSeconds),
      warn: onRefused,
    });
  }

  forwarded(): void {
    this.#ringback.forwarded();
  }

  progress(progress: Progress): void {
    this.#ringback.progressed(progress);
  }

  async calleeAnswered(sdp: string): Promise<string> {
    this.#isBridged = await this.#ringback.end();
    if (this.#isBridged && this.#hintComes) await this.#part();
    await this.#callee.answered(sdp);
    return this.#caller.sdp;
  }

  async callerAnswered(sdp: string): Promise<undefined> {
    await this.#caller.answered(sdp);
  }

  async join({ caller, callee }: CallLegs): Promise<void> {
    caller.onModify((offer) => this.#caller.modify(offer));
    callee.onModify((offer) => this.#callee.modify(offer));
    caller.onInfo((contentType, body) => this.#passDigit(contentType, body, 'caller', 'callee'));
    callee.onInfo((contentType, body) => this.#passDigit(contentType, body, 'callee', 'caller'));
    await this.#connect();
  }

  /** Plays a file to both while they go on talking. */
  async announce(file: string): Promise<void> {
    await this.#media.announceDuringCall(file);
  }

  stopRecording(): Promise<RecordingEnd> {
    this.#recordingEnd ??= this.#endRecording();
    return this.#recordingEnd;
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    void this.#ringback.end();
    await this.stopRecording();
    await this.#media.release();
    this.#options.onFigures(this.#media.figures);
  }

  /** Both sides are to hear a file before they hear each other. */
  get #hintComes(): boolean {
    const { record, recordHintTone } = this.#options.decision;
    return record && recordHintTone !== undefined;
  }

  async #connect(): Promise<void> {
    const { decision, announcements } = this.#options;
    const limiting = this.#limit(decision.maxDurationSeconds || LONGEST_CALL_SECONDS);
    if (this.#hintComes) {
      const hint = await announcements.file(decision.recordHintTone);
      const played = hint === undefined ? undefined : this.#media.playToBoth(hint);
      await played?.catch((error: unknown) => this.#warn(error, 'record hint not played'));
    }
    if (this.#released) return limiting;
    const recording = decision.record ? this.#record() : undefined;
    if (!this.#isBridged) await this.#media.bridge();
    await Promise.all([limiting, recording]);
  }

  async #limit(seconds: number): Promise<void> {
    try {
      await this.#media.hangUpAfter(seconds + LIMIT_GRACE_SECONDS);
    } catch (error) {
      this.#warn(error, "the media server's own limit is not set");
    }
  }

  /** Ends the bridge for early media: from the callee's answer on they could talk. */
  async #part(): Promise<void> {
    try {
      await this.#media.unbridge();
      this.#isBridged = false;
    } catch (error) {
      this.#warn(error, 'the parties hear each other before the record hint');
    }
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

  async #endRecording(): Promise<RecordingEnd> {
    try {
      const ms = await this.#media.stopRecording();
      return ms === undefined ? { kind: 'unknown' } : { kind: 'ended', ms };
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'recording not ended');
      return { kind: error instanceof MediaError && error.code === 'refused' ? 'broken' : 'unknown' };
    }
  }

  async #passDigit(contentType: string, body: string, from: Party, to: Party): Promise<number> {
    const digit = readInfoDigit(contentType, body);
    if (!digit) return NOT_SUPPORTED_TYPE;
    if (this.#tellsKeysByRtp.has(from)) return 200;
    try {
      await this.#media.sendDigit(to, digit.digit, digit.durationMs);
      return 200;
    } catch (error) {
      this.#warn(error, 'digit not passed');
      return 500;
    }
  }

  #warn(error: unknown, message: string): void {
    if (!this.#released) this.#options.logger.warn({ err: error }, message);
  }
}

/** How a caller who has not been answered is told of progress by SIP. */
function progressTo(invite: IncomingInvite<Trunk>, sdp: string): CallerProgress {
  return {
    ringing: () => invite.progress(180),
    // An SDP in an unreliable response to an INVITE without an offer is none that he can answer (RFC 3261 13.2.1).
    ...(invite.offer !== undefined && { earlyMedia: (status) => invite.progress(status, sdp) }),
  };
}
