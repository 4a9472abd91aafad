import { setTimeout as delay } from 'node:timers/promises';
import type { Endpoint, MediaDialog, MediaResponse } from 'drachtio-fsmrf/lib/mediaserver.js';
import { EventSocket } from './EventSocket.ts';
import { MediaError, reasonOf } from './errors.ts';
import { type LegFigures, legFigures } from './legFigures.ts';
import type { MediaLog } from './MediaLog.ts';
import { EXPECTED_AUDIO, type OfferedAudio, offeredAudio, withoutKeysForRtp } from './offeredAudio.ts';
import { Playback, type PlayEnd } from './Playback.ts';
import { settlesWithin } from './settlesWithin.ts';

/** How long a channel may take to end before a stronger way is tried. */
const RELEASE_MS = 1500;
/** How long a channel that is to end may be asked what it counted. */
const FIGURES_MS = 500;
const MODIFY_MS = 5000;
const REQUEST_PENDING = 491;
/**
 * FreeSWITCH answers 491 while the ACK of the INVITE before is on its way to it. That takes no longer than a packet, so the
 * seconds that RFC 3261 14.1 asks for, against two sides that try at once, are not waited.
 */
const PENDING_WAIT_MS = 20;
const MOST_ATTEMPTS = 6;
/** The state of the second channel of a bridge; that of the first one shows no difference to what comes just before. */
const BRIDGED = /^Channel-State: CS_EXCHANGE_MEDIA$/m;
const LOOK_EVERY_MS = 20;
const MOST_LOOKS = 50;
/** FreeSWITCH counts in whole seconds of its clock and may be that much early. */
const LIMIT_TOLERANCE_MS = 1100;
/** RTP clock of telephone-event, in which FreeSWITCH gives the length of a digit (RFC 4733, 2.1). */
const SAMPLES_PER_MS = 8;

export interface LegOptions {
  readonly endpoint: Endpoint;
  /** the party's SDP that the endpoint was made with, if there was one */
  readonly remoteSdp: string | undefined;
  /** sends a command over the server's own socket, for when the channel's is gone */
  readonly serverCommand: (command: string) => Promise<void>;
  readonly log: MediaLog;
  /** whether `takeFigures` does anything */
  readonly wantsFigures: boolean;
  /** called once, when the channel has ended or its release has begun */
  readonly onEnd: () => void;
}

export interface LegListener {
  digit(digit: string, durationMs: number): void;
  /** The channel ended and nobody here asked for it, or `hangUpAfter` did. */
  ended(atLimit: boolean): void;
}

/** One channel of FreeSWITCH, facing one party. */
export class Leg {
  readonly uuid: string;
  /** FreeSWITCH's SDP for the party */
  readonly localSdp: string;
  readonly #dialog: MediaDialog;
  readonly #socket: EventSocket;
  readonly #serverCommand: LegOptions['serverCommand'];
  readonly #log: MediaLog;
  readonly #wantsFigures: boolean;
  readonly #onEnd: () => void;
  readonly #dialogEnded = Promise.withResolvers<void>();
  #listener: LegListener | undefined;
  #playback: Playback | undefined;
  #plays = 0;
  #limitAt = Number.POSITIVE_INFINITY;
  #remoteSdp: string | undefined;
  /** FreeSWITCH's latest answer. */
  #answer: string;
  /** How its sound goes, as long as it lives. */
  readonly #audio: OfferedAudio | undefined;
  #modified: Promise<unknown> = Promise.resolve();
  #released: Promise<void> | undefined;
  #figures: LegFigures | undefined;
  #releasing = false;
  #ended = false;
  #dialogIsOver = false;

  /** @throws MediaError `ended` for an endpoint that has gone already */
  constructor({ endpoint, remoteSdp, serverCommand, log, wantsFigures, onEnd }: LegOptions) {
    if (endpoint.conn === null || endpoint.dialog === null)
      throw new MediaError('ended', 'the channel has ended');
    this.uuid = endpoint.uuid;
    this.localSdp = endpoint.dialog.remote.sdp;
    this.#answer = this.localSdp;
    this.#remoteSdp = remoteSdp;
    this.#audio = offeredAudio(this.localSdp);
    this.#dialog = endpoint.dialog;
    this.#socket = new EventSocket(endpoint.conn, () => this.#end());
    this.#serverCommand = serverCommand;
    this.#log = log;
    this.#wantsFigures = wantsFigures;
    this.#onEnd = onEnd;

    endpoint.on('error', (error) =>
      this.#log.warn({ reason: reasonOf(error) }, 'media endpoint reports an error'),
    );
    endpoint.on('destroy', () => this.#end());
    endpoint.on('dtmf', ({ dtmf, duration }: { dtmf: string; duration: string }) => {
      this.#listener?.digit(dtmf, Math.round(Number(duration) / SAMPLES_PER_MS));
    });
    this.#dialog.on('error', (error) =>
      this.#log.warn({ reason: reasonOf(error) }, 'media dialog reports an error'),
    );
    this.#dialog.on('destroy', () => {
      this.#dialogIsOver = true;
      this.#dialogEnded.resolve();
      this.#end();
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** What FreeSWITCH had counted at `takeFigures`; undefined where nobody asked, or the channel was gone. */
  get figures(): LegFigures | undefined {
    return this.#figures;
  }

  /** Sets who hears of digits and of the leg's end from now on. */
  listen(listener: LegListener): void {
    this.#listener = listener;
  }

  /**
   * Gives FreeSWITCH the party's SDP (re-INVITE), one after the other. An SDP that has not changed, as in the refresh of a
   * session timer, is not sent again.
   * @returns FreeSWITCH's answer
   * @throws MediaError `not-acceptable`, `no-answer`, `ended`
   */
  modify(remoteSdp: string): Promise<string> {
    const modified = this.#modified.then(() => this.#modifyNow(remoteSdp));
    this.#modified = modified.catch(() => undefined);
    return modified;
  }

  /**
   * Plays a file or stream; what played before is cut.
   * @throws MediaError as Playback.ended does
   */
  async play(source: string): Promise<PlayEnd> {
    this.#assertAlive();
    const play = ++this.#plays;
    await this.#playback?.stop();
    if (play !== this.#plays) return 'stopped';
    this.#playback = new Playback(this.#socket, this.uuid, source);
    return this.#playback.ended;
  }

  /** Cuts what plays; resolves when it is silent. */
  async stopPlaying(): Promise<void> {
    this.#plays++;
    await this.#playback?.stop();
  }

  /** Forgets what plays, because a command is about to end it. */
  playingWillBeCut(): void {
    this.#plays++;
    this.#playback?.willBeCut();
    this.#playback = undefined;
  }

  /** Runs an `api` command that answers `+OK`, on the channel's own socket. */
  async command(command: string): Promise<void> {
    this.#assertAlive();
    await this.#socket.command(command);
  }

  /** A variable of the channel; undefined when it is not set. @throws MediaError `no-answer`, `ended` */
  async variable(name: string): Promise<string | undefined> {
    this.#assertAlive();
    const value = await this.#socket.api(`uuid_getvar ${this.uuid} ${name}`);
    return value === '_undef_' || value.startsWith('-ERR') ? undefined : value;
  }

  /**
   * Has FreeSWITCH end the channel after some seconds, also when this application is gone by then. The last call counts.
   * @throws MediaError `refused`, `no-answer`, `ended`
   */
  async hangUpAfter(seconds: number): Promise<void> {
    const isLimited = Number.isFinite(this.#limitAt);
    this.#limitAt = performance.now() + seconds * 1000;
    if (isLimited) await this.command(`sched_del ${this.uuid}`);
    await this.command(`sched_hangup +${Math.ceil(seconds)} ${this.uuid} allotted_timeout`);
  }

  /**
   * Asks FreeSWITCH what it counted of the party's packets, before the end of any channel that this one is bridged to: it
   * may be gone with that. It does not throw, and takes half a second at most.
   */
  async takeFigures(): Promise<void> {
    if (!this.#wantsFigures || this.#ended) return;
    this.#socket.api(`uuid_set_media_stats ${this.uuid}`, FIGURES_MS).catch(() => undefined);
    const dump = await this.#socket.api(`uuid_dump ${this.uuid}`, FIGURES_MS).catch(() => '');
    this.#figures = legFigures(dump);
  }

  /**
   * Ends the channel and its dialog. Idempotent; resolves within about three seconds, whatever the server does.
   *
   * uuid_kill rather than the endpoint's own `destroy`: that one queues behind running applications, waits for a BYE
   * that a bridged partner may already have caused, and never ends for a channel that got no SDP.
   */
  release(): Promise<void> {
    this.#releasing = true;
    this.#released ??= this.#release();
    return this.#released;
  }

  async #release(): Promise<void> {
    const serverIsThere = !this.#socket.closed;
    this.#end();
    if (this.#dialogIsOver) return;
    if (serverIsThere) {
      this.#socket.api(`uuid_kill ${this.uuid}`).catch(() => undefined);
      if (await settlesWithin(this.#dialogEnded.promise, RELEASE_MS)) return;
    }
    // The server is slow, or gone and cannot send a BYE any more. Ours ends the dialog in drachtio in any case.
    this.#serverCommand(`uuid_kill ${this.uuid}`).catch(() => undefined);
    const bye = this.#dialog.destroy();
    if (serverIsThere && !(await settlesWithin(bye, RELEASE_MS))) {
      this.#log.warn({ channel: this.uuid }, 'media channel did not end in time');
    }
    this.#socket.destroy();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.playingWillBeCut();
    this.#onEnd();
    if (!this.#releasing) this.#listener?.ended(performance.now() > this.#limitAt - LIMIT_TOLERANCE_MS);
  }

  async #modifyNow(remoteSdp: string): Promise<string> {
    this.#assertAlive();
    if (remoteSdp === this.#remoteSdp) return this.#answer;
    const audio = offeredAudio(remoteSdp);
    if (audio === undefined) throw new MediaError('not-acceptable', `re-INVITE: ${EXPECTED_AUDIO}`);
    // FreeSWITCH would answer with an audio line that is switched off.
    if (audio !== this.#audio)
      throw new MediaError('not-acceptable', `re-INVITE: ${this.#audio} became ${audio}`);
    let { status, reason, body } = await this.#reinvite(remoteSdp);
    for (let attempt = 1; status === REQUEST_PENDING && attempt < MOST_ATTEMPTS && !this.#ended; attempt++) {
      await delay(attempt * PENDING_WAIT_MS);
      ({ status, reason, body } = await this.#reinvite(remoteSdp));
    }
    if (status !== 200) throw new MediaError('not-acceptable', `re-INVITE: ${status} ${reason}`);
    if (offeredAudio(body) === undefined)
      throw new MediaError('not-acceptable', 're-INVITE: audio switched off');
    this.#remoteSdp = remoteSdp;
    this.#answer = body;
    return body;
  }

  /** Not by the dialog's own `modify`: after a re-INVITE that was refused, drachtio-srf never sends another. */
  async #reinvite(remoteSdp: string): Promise<MediaResponse> {
    const body = withoutKeysForRtp(remoteSdp);
    const { local } = this.#dialog;
    const headers = { Contact: local.contact };
    // FreeSWITCH may send a re-INVITE of its own when it bridges. drachtio-srf answers that with what stands here; without
    // an SDP in that answer FreeSWITCH hangs up.
    local.sdp = body;
    const answering = this.#dialog.request({ method: 'INVITE', headers, body });
    if (!(await settlesWithin(answering, MODIFY_MS))) {
      throw new MediaError('no-answer', `re-INVITE: no answer within ${MODIFY_MS} ms`);
    }
    try {
      return await answering;
    } catch (error) {
      // Without the error itself: it holds the SIP messages, which hold what the party wrote.
      throw new MediaError(this.#ended ? 'ended' : 'not-acceptable', `re-INVITE: ${reasonOf(error)}`);
    }
  }

  /**
   * Waits until the channel, as the second one of a bridge, takes part in it. FreeSWITCH answers `uuid_bridge` before that:
   * it ends what begins to play in between, and hangs up a channel that is to leave the bridge again.
   * @returns false where it does not come to that within a second
   */
  async becomesBridged(): Promise<boolean> {
    for (let look = 0; look < MOST_LOOKS && !this.#ended; look++) {
      const state = await this.#socket.api(`uuid_dump ${this.uuid}`).catch(() => '');
      if (BRIDGED.test(state)) return true;
      await delay(LOOK_EVERY_MS);
    }
    return false;
  }

  #assertAlive(): void {
    if (this.#ended) throw new MediaError('ended', 'the channel has ended');
  }
}
