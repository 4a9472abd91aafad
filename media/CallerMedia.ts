import { EventEmitter } from 'node:events';
import { MediaError, reasonOf } from './errors.ts';
import { checkedFile } from './fileNames.ts';
import type { Leg } from './Leg.ts';
import type { LegFigures } from './legFigures.ts';
import type { MediaLog } from './MediaLog.ts';
import type { PlayEnd } from './Playback.ts';

export type Party = 'caller' | 'callee';

/**
 * Why media ended that nobody released:
 * - `limit`: the length given to `hangUpAfter` was reached
 * - `channel`: one channel ended, or its event socket closed
 * - `server`: the media server is away
 */
export type LostReason = 'limit' | 'channel' | 'server';

export interface MediaEvents {
  /** A party pressed a key. `durationMs` is 0 where it is not known. */
  digit: [party: Party, digit: string, durationMs: number];
  /** The media is over; `release` is all that is left to call. Told once. */
  lost: [reason: LostReason];
}

export interface CallerMediaOptions {
  readonly caller: Leg;
  readonly log: MediaLog;
  /** called once, when the release has ended */
  readonly onReleased: () => void;
}

/** China's ringback tone (GB/T 3380): 450 Hz, 1 s on, 4 s off; FreeSWITCH makes it until it is stopped. */
const RINGBACK = 'tone_stream://%(1000,4000,450);loops=-1';
/** A file with next to nothing in it is not played again and again. */
const SHORTEST_LOOP_MS = 100;

/**
 * The media of a caller alone: early media for a refusal, prompts, and what AnchoredMedia builds on.
 * Listeners cannot break the media path: what they throw is logged.
 */
export class CallerMedia extends EventEmitter<MediaEvents> {
  protected readonly caller: Leg;
  protected readonly log: MediaLog;
  readonly #onReleased: () => void;
  #released: Promise<void> | undefined;
  #lost = false;
  #handedOver = false;

  constructor({ caller, log, onReleased }: CallerMediaOptions) {
    super();
    this.caller = caller;
    this.log = log;
    this.#onReleased = onReleased;
    this.listenTo(caller, 'caller');
  }

  /** FreeSWITCH's SDP for the caller: the answer to its offer, or an offer where it made none. */
  get callerAnswer(): string {
    return this.caller.localSdp;
  }

  /**
   * Takes the caller's new SDP: a re-INVITE, or the answer in an ACK.
   * @returns the SDP that answers it
   * @throws MediaError `not-acceptable`, `no-answer`, `ended`
   */
  modifyCaller(sdp: string): Promise<string> {
    return this.caller.modify(sdp);
  }

  /**
   * Plays a file to the caller. What played before is cut.
   * @param once false plays it again and again until `stopCaller`, the bridge or the next play
   * @returns when it has ended, how
   * @throws MediaError `file-not-found`, `file-name`, `refused`, `ended`
   */
  async playToCaller(file: string, { once }: { once: boolean } = { once: true }): Promise<PlayEnd> {
    checkedFile(file);
    for (;;) {
      const startedAt = performance.now();
      const end = await this.caller.play(file);
      if (once || end === 'stopped' || performance.now() - startedAt < SHORTEST_LOOP_MS) return end;
    }
  }

  /** Lets the caller hear the ringback tone until `stopCaller`, the bridge or the next play. */
  ringbackToCaller(): void {
    this.caller.play(RINGBACK).catch((error: unknown) => {
      if (!this.caller.ended) this.log.warn({ reason: reasonOf(error) }, 'ringback tone cannot be played');
    });
  }

  /** Cuts what plays to the caller; resolves when it is silent. */
  stopCaller(): Promise<void> {
    return this.caller.stopPlaying();
  }

  /**
   * Sends a key press to a party as RFC 4733 events.
   * @param durationMs 100 by default
   * @throws MediaError `refused`, `no-answer`, `ended`
   */
  async sendDigit(party: Party, digit: string, durationMs = 100): Promise<void> {
    if (!/^[0-9*#A-D]$/.test(digit))
      throw new MediaError('refused', `digit ${JSON.stringify(digit)}: expected 0-9*#A-D`);
    const leg = this.legOf(party);
    await leg.command(`uuid_send_dtmf ${leg.uuid} ${digit}@${Math.round(durationMs)}`);
  }

  /**
   * Has FreeSWITCH end the call after some seconds, also when this application is gone by then. The last call counts.
   * @throws MediaError `refused`, `no-answer`, `ended`
   */
  async hangUpAfter(seconds: number): Promise<void> {
    await Promise.all(this.legs().map((leg) => leg.hangUpAfter(seconds)));
  }

  /** Whether there is a caller to play to: not lost, released or handed over. */
  get isThere(): boolean {
    return !this.#handedOver && this.#released === undefined && !this.caller.ended;
  }

  /**
   * Gives the caller's channel away, to media that holds more than the caller. What was begun here goes on, and what is
   * asked here still reaches the channel; but this object tells of nothing any more, and its `release` ends nothing.
   * For MediaPool.
   * @throws MediaError `ended` where there is no caller to give, `refused` where there is a callee too
   */
  handOver(): Leg {
    if (!this.isThere) throw new MediaError('ended', 'the caller has gone');
    if (this.legs().length > 1) throw new MediaError('refused', 'there is a callee already');
    this.#handedOver = true;
    return this.caller;
  }

  /** The media server's names of the channels, by which its own log knows them. */
  get channels(): readonly string[] {
    return this.legs().map((leg) => leg.uuid);
  }

  /** What the media server counted of each party, once released. */
  get figures(): Partial<Record<Party, LegFigures>> {
    const { figures } = this.caller;
    return figures && !this.#handedOver ? { caller: figures } : {};
  }

  /** Ends every channel. Idempotent; resolves within about three seconds, whatever the server does. */
  release(): Promise<void> {
    if (this.#handedOver) return Promise.resolve();
    this.#released ??= this.#release();
    return this.#released;
  }

  async #release(): Promise<void> {
    await Promise.all(this.legs().map((leg) => leg.takeFigures()));
    await Promise.all(this.legs().map((leg) => leg.release()));
    this.#onReleased();
  }

  /** Tells that the media is over, once; nothing after `release`. */
  lose(reason: LostReason): void {
    if (this.#lost || this.#released !== undefined) return;
    this.#lost = true;
    this.#tell('lost', () => this.emit('lost', reason));
  }

  protected legs(): Leg[] {
    return [this.caller];
  }

  protected legOf(party: Party): Leg {
    if (party === 'caller') return this.caller;
    throw new MediaError('ended', 'there is no callee');
  }

  protected listenTo(leg: Leg, party: Party): void {
    leg.listen({
      digit: (digit, durationMs) => {
        this.#tell('digit', () =>
          this.emit('digit', party, digit, Number.isFinite(durationMs) ? durationMs : 0),
        );
      },
      ended: (atLimit) => this.lose(atLimit ? 'limit' : 'channel'),
    });
  }

  #tell(event: keyof MediaEvents, emit: () => void): void {
    try {
      emit();
    } catch (error) {
      this.log.error({ event, reason: reasonOf(error) }, 'a listener of media events failed');
    }
  }
}
