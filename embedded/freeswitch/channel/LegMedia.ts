import type { AudioSource } from '../audio/audioSource.ts';
import { encode, type Law, SILENCE_CODE, transcodeTable } from '../audio/g711.ts';
import type { Recorder } from '../recording/Recorder.ts';
import type { ClockMember, MediaClock } from '../rtp/MediaClock.ts';
import { MediaSession, type NegotiatedMedia, type PacketCounters } from '../rtp/MediaSession.ts';
import type { PortPair } from '../rtp/PortPool.ts';
import { RTP_HEADER_BYTES, type RtpView } from '../rtp/rtpPacket.ts';
import type { Digit } from '../rtp/telephoneEvent.ts';

const FRAME_SAMPLES = 160;

/** How a play came to its end. */
export type PlayEnd = 'ended' | 'stopped' | 'timeout';

export interface PlayOptions {
  /** Which of several plays is heard: the one with the highest order. The others wait where they are. */
  readonly order: number;
  /** Ends the play after so many samples. */
  readonly limitSamples: number;
}

export interface Play {
  readonly done: Promise<PlayEnd>;
  stop(): void;
}

interface Player {
  readonly source: AudioSource;
  readonly order: number;
  samplesLeft: number;
  readonly settle: (end: PlayEnd) => void;
}

/**
 * What a leg hears, and who hears the leg.
 *
 * A leg hears its bridge partner, whose packets are passed on as they arrive. A play takes the partner's place
 * while it lasts; the partner goes on hearing the leg. Recorders hang on both directions.
 *
 * A leg with neither hears silence, a packet each 20 ms, as FreeSWITCH sends it with `send_silence_when_idle=-1`:
 * carriers cut calls on which nothing comes, and a NAT forgets them.
 */
export class LegMedia implements ClockMember {
  readonly session: MediaSession;
  /** Plays of a lower order wait; the channel raises it while an application above them runs. */
  activeOrder = 0;
  /** What the leg says is taken for silence. */
  muted = false;
  readonly #clock: MediaClock;
  readonly #onDigit: (digit: Digit) => void;
  readonly #players: Player[] = [];
  readonly #recorders = new Set<Recorder>();
  readonly #frame = new Int16Array(FRAME_SAMPLES);
  #partner: LegMedia | undefined;
  #closed = false;

  constructor(ports: PortPair, clock: MediaClock, counters: PacketCounters, onDigit: (digit: Digit) => void) {
    this.#clock = clock;
    this.#onDigit = onDigit;
    this.session = new MediaSession(ports, counters, {
      onAudio: (packet, view, law, nowMs) => this.#heard(packet, view, law, nowMs),
      onEventPacket: (packet, view, nowMs) => this.#heardEvent(packet, view, nowMs),
      onDigit: (digit) => this.#digit(digit),
    });
  }

  /** Lets two legs hear each other. */
  static bridge(a: LegMedia, b: LegMedia): void {
    a.unbridge();
    b.unbridge();
    a.#partner = b;
    b.#partner = a;
  }

  /** Parts the leg from its partner, on both sides. */
  unbridge(): void {
    const partner = this.#partner;
    if (!partner) return;
    this.#partner = undefined;
    partner.#partner = undefined;
    this.wake();
    partner.wake();
  }

  /** Has the leg hear something again after its session changed; with nothing to send it rests at the next tick. */
  wake(): void {
    if (!this.#closed) this.#clock.add(this);
  }

  /** Plays a source to the leg and closes it afterwards. */
  play(source: AudioSource, options: PlayOptions): Play {
    const { promise, resolve } = Promise.withResolvers<PlayEnd>();
    const player: Player = {
      source,
      order: options.order,
      samplesLeft: options.limitSamples,
      settle: resolve,
    };
    this.#players.push(player);
    this.#players.sort((a, b) => a.order - b.order);
    this.#clock.add(this);
    return { done: promise, stop: () => this.#end(player, 'stopped') };
  }

  /** Sends digits to the leg as telephone events; false when the leg did not agree to them. */
  sendDigits(digits: string, durationMs: number): boolean {
    if (this.session.negotiated?.telephoneEventType === undefined) return false;
    this.session.digits.enqueue(digits, durationMs);
    this.#clock.add(this);
    return true;
  }

  /** Sends a digit of this leg to its partner afresh, for instance one that came outside of its RTP stream. */
  passDigitOn(digit: Digit): void {
    this.#partner?.sendDigits(digit.digit, digit.durationSamples / 8);
  }

  addRecorder(recorder: Recorder): void {
    this.#recorders.add(recorder);
  }

  removeRecorder(recorder: Recorder): void {
    this.#recorders.delete(recorder);
  }

  tick(nowMs: number): void {
    const { digits, sender, negotiated, canSend } = this.session;
    if (digits.busy && negotiated?.telephoneEventType !== undefined) {
      if (canSend) digits.tick(negotiated.telephoneEventType, nowMs);
      else digits.clear();
      return;
    }
    const player = this.#players.at(-1);
    if (player && player.order >= this.activeOrder) {
      this.#playFrame(player, nowMs);
    } else if (!this.#partner && negotiated && canSend) {
      this.#sendSilence(negotiated, nowMs);
    } else {
      sender.endLocal();
      // A player that is left waits for an application above it.
      if (!player) this.#clock.delete(this);
    }
  }

  /** Ends everything that the leg does. Its ports are released by the owner. */
  close(): void {
    this.#closed = true;
    this.unbridge();
    for (const player of [...this.#players]) this.#end(player, 'stopped');
    this.#clock.delete(this);
    this.#recorders.clear();
    this.session.close();
  }

  #playFrame(player: Player, nowMs: number): void {
    const wanted = Math.min(FRAME_SAMPLES, player.samplesLeft);
    const frame = wanted === FRAME_SAMPLES ? this.#frame : this.#frame.subarray(0, wanted);
    const count = player.source.read(frame);
    player.samplesLeft -= count;
    if (count > 0) this.#sendFrame(count, nowMs);
    if (count < wanted) this.#end(player, 'ended');
    else if (player.samplesLeft <= 0) this.#end(player, 'timeout');
  }

  #sendFrame(count: number, nowMs: number): void {
    const { sender, negotiated, canSend } = this.session;
    if (!negotiated || !canSend) {
      sender.endLocal();
      return;
    }
    this.#frame.fill(0, count);
    const packet = Buffer.allocUnsafe(RTP_HEADER_BYTES + FRAME_SAMPLES);
    encode(negotiated.law, this.#frame, FRAME_SAMPLES, packet, RTP_HEADER_BYTES);
    const timestamp = sender.sendLocal(packet, negotiated.payloadType, FRAME_SAMPLES, false, nowMs);
    this.#recordSaid(packet, RTP_HEADER_BYTES, packet.length, negotiated.law, timestamp, nowMs);
  }

  #sendSilence({ law, payloadType }: NegotiatedMedia, nowMs: number): void {
    const packet = Buffer.alloc(RTP_HEADER_BYTES + FRAME_SAMPLES, SILENCE_CODE[law]);
    this.session.sender.sendLocal(packet, payloadType, FRAME_SAMPLES, false, nowMs);
  }

  #end(player: Player, end: PlayEnd): void {
    const index = this.#players.indexOf(player);
    if (index < 0) return;
    this.#players.splice(index, 1);
    player.source.close();
    player.settle(end);
  }

  #heard(packet: Buffer, view: RtpView, law: Law, nowMs: number): void {
    if (this.muted) return;
    for (const recorder of this.#recorders) {
      recorder.noteHeard(packet, view.payloadStart, view.payloadEnd, law, view.timestamp, view.ssrc, nowMs);
    }
    const partner = this.#partner;
    if (partner) partner.#say(packet, view, law, nowMs);
  }

  /** Passes a partner's audio on to this leg. */
  #say(packet: Buffer, view: RtpView, law: Law, nowMs: number): void {
    const { sender, negotiated, canSend, digits } = this.session;
    if (!negotiated || !canSend || this.#players.length > 0 || digits.busy) return;
    if (law !== negotiated.law) {
      const table = transcodeTable(law, negotiated.law);
      for (let i = view.payloadStart; i < view.payloadEnd; i++) packet[i] = table[packet[i] ?? 0] ?? 0;
    }
    const { payloadStart, payloadEnd } = view;
    const timestamp = sender.relay(packet, view, negotiated.payloadType, nowMs);
    this.#recordSaid(packet, payloadStart, payloadEnd, negotiated.law, timestamp, nowMs);
  }

  #recordSaid(packet: Buffer, start: number, end: number, law: Law, timestamp: number, nowMs: number): void {
    for (const recorder of this.#recorders) {
      recorder.noteSaid(packet, start, end, law, timestamp, this.session.sender.ssrc, nowMs);
    }
  }

  #heardEvent(packet: Buffer, view: RtpView, nowMs: number): void {
    const session = this.#partner?.session;
    const eventType = session?.negotiated?.telephoneEventType;
    if (!session?.canSend || eventType === undefined || this.#partner?.isBusyTalking) return;
    session.sender.relay(packet, view, eventType, nowMs);
  }

  /** Whether something else than the partner is being sent to the leg. */
  get isBusyTalking(): boolean {
    return this.#players.length > 0 || this.session.digits.busy;
  }

  #digit(digit: Digit): void {
    // Its packets could not be passed on while the partner was hearing something else: send it afresh.
    if (this.#partner?.isBusyTalking) this.passDigitOn(digit);
    this.#onDigit(digit);
  }
}
