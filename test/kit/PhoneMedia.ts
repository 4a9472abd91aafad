import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { A_LAW_SILENCE, fromALaw, loudness, SAMPLES_PER_PACKET, shareOfTone, toneSecond } from './audio.ts';
import { Keypad, type Press } from './Keypad.ts';
import type { RemoteMedia } from './phoneSdp.ts';
import { within } from './Series.ts';
import { newSrtpKey, type SrtpKey, SrtpStream } from './Srtp.ts';

const PACKET_MS = 20;
const REPORT_MS = 500;
/** The last packets of a call may still wait in the sockets when SIP has ended it. */
const LINGER_MS = 50;
const PCMA = 8;
const TELEPHONE_EVENT = 101;
/** 100 ms: enough to tell tones 10 Hz apart. */
const PACKETS_OF_A_STRETCH = 5;

/** One datagram as it came: RTP, or RTCP where `control`. */
export interface MediaPacket {
  readonly at: number;
  readonly control: boolean;
  readonly bytes: Buffer;
}

export interface PhoneMediaOptions {
  readonly host: string;
  /** What the phone says; undefined is silence. */
  readonly toneHz: number | undefined;
  /** CNAME in RTCP. */
  readonly canonicalName: string;
}

/**
 * The media end of one call: an RTP and an RTCP socket, a voice that is one steady tone, ears that can tell which
 * tone they hear, and every packet that came.
 */
export class PhoneMedia {
  readonly received: MediaPacket[] = [];
  readonly host: string;
  readonly port: number;
  readonly payloadTypes = { audio: PCMA, digits: TELEPHONE_EVENT };
  /** What it seals its own packets with, where the call speaks SRTP. */
  readonly srtpKey: SrtpKey = newSrtpKey();
  sentPackets = 0;
  readonly #rtp: Socket;
  readonly #rtcp: Socket;
  readonly #tone: Uint8Array;
  #voice: Uint8Array;
  readonly #canonicalName: string;
  readonly #arrivals = new EventEmitter<{ packet: []; digit: [string] }>();
  readonly #digits: string[] = [];
  readonly #keypad = new Keypad();
  readonly #ssrc = Math.floor(Math.random() * 2 ** 32);
  #remote: { host: string; port: number } | undefined;
  #remoteKey: SrtpKey | undefined;
  #sealing: SrtpStream | undefined;
  #opening: SrtpStream | undefined;
  #speaking = false;
  #sequence = Math.floor(Math.random() * 2 ** 16);
  #timestamp = Math.floor(Math.random() * 2 ** 32);
  #keyTimestamp = 0;
  #voiceAt = 0;
  #nextPacketAt = 0;
  #talkTimer: NodeJS.Timeout | undefined;
  #reportTimer: NodeJS.Timeout | undefined;
  #lastDigitTimestamp: number | undefined;
  #isClosed = false;

  private constructor(options: PhoneMediaOptions, rtp: Socket, rtcp: Socket) {
    this.host = options.host;
    this.port = rtp.address().port;
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    this.#canonicalName = options.canonicalName;
    this.#tone =
      options.toneHz === undefined ? new Uint8Array(8000).fill(A_LAW_SILENCE) : toneSecond(options.toneHz);
    this.#voice = this.#tone;
    this.#arrivals.setMaxListeners(0);
    rtp.on('message', (bytes) => this.#hear(bytes));
    rtcp.on('message', (bytes) => {
      this.received.push({ at: Date.now(), control: true, bytes });
      this.#arrivals.emit('packet');
    });
    for (const socket of [rtp, rtcp]) socket.on('error', () => undefined);
  }

  /** Opens an even port for RTP and the next one for RTCP. */
  static async open(options: PhoneMediaOptions): Promise<PhoneMedia> {
    for (;;) {
      const rtp = await bound(options.host, 0);
      const { port } = rtp.address();
      const rtcp = port % 2 === 0 ? await bound(options.host, port + 1).catch(() => undefined) : undefined;
      if (rtcp !== undefined) return new PhoneMedia(options, rtp, rtcp);
      rtp.close();
    }
  }

  /** All digits that came by RFC 4733 so far. */
  get digits(): string {
    return this.#digits.join('');
  }

  /** RTP packets that came. */
  get receivedPackets(): number {
    return this.received.filter(({ control }) => !control).length;
  }

  /** Sends to this address from now on; `speaking` false keeps quiet, as on hold. */
  connect(remote: RemoteMedia & { speaking: boolean }): void {
    this.#remote = { host: remote.host, port: remote.port };
    this.#secure(remote.key);
    this.payloadTypes.audio = remote.audio;
    this.payloadTypes.digits = remote.digits;
    this.#speaking = remote.speaking && remote.port !== 0;
    if (this.#talkTimer !== undefined || this.#isClosed) return;
    this.#nextPacketAt = performance.now();
    this.#talk();
    this.#reportTimer = setInterval(() => this.#report(), REPORT_MS);
  }

  /** Waits until the last tenth of a second was this tone and little else. @throws PatienceError */
  async hears(hertz: number, least = 0.7, patienceMs?: number): Promise<void> {
    await this.#until(() => this.shareOfTone(hertz) >= least, `to hear ${hertz} Hz`, patienceMs);
  }

  /** Waits until `count` more RTP packets have come than there were. @throws PatienceError */
  async hearsPackets(count: number): Promise<void> {
    const goal = this.receivedPackets + count;
    await this.#until(() => this.receivedPackets >= goal, `to hear ${count} packets`);
  }

  /** Waits until an RTCP packet has come. @throws PatienceError */
  async hearsReport(): Promise<void> {
    await this.#until(() => this.received.some(({ control }) => control), 'an RTCP packet');
  }

  /** Waits until all these digits came by RFC 4733, in this order. @throws PatienceError */
  async hearsDigits(digits: string): Promise<void> {
    while (this.digits !== digits) {
      await within(once(this.#arrivals, 'digit'), `to hear the digits ${digits}, heard ${this.digits}`);
    }
  }

  /** How much of the last tenth of a second was this tone, from 0 to 1. */
  shareOfTone(hertz: number): number {
    return shareOfTone(this.#lastStretch(), hertz);
  }

  /** The loudest packet that came so far: root mean square, 0 to 32768. */
  loudestHeard(): number {
    const audio = this.received.filter(({ control }) => !control);
    return Math.max(0, ...audio.map(({ bytes }) => loudness(fromALaw(bytes.subarray(12)))));
  }

  /**
   * Presses keys in band, by RFC 4733, in place of the voice. Resolves when the last of them and its gap are over, or
   * the call is.
   */
  press(keys: string, how?: Press): Promise<void> {
    return this.#keypad.press(keys, how);
  }

  /** Says something once, in A-law, before it goes on with its tone. */
  say(codes: Uint8Array): void {
    const whole = codes.length - (codes.length % SAMPLES_PER_PACKET);
    this.#voice = codes.subarray(0, whole);
    this.#voiceAt = 0;
  }

  /** Falls silent at once. Resolves when what was on its way has been heard too, and the sockets are closed. */
  async close(): Promise<void> {
    clearTimeout(this.#talkTimer);
    clearInterval(this.#reportTimer);
    this.#talkTimer = undefined;
    this.#keypad.close();
    this.#isClosed = true;
    await new Promise((heard) => setTimeout(heard, LINGER_MS));
    for (const socket of [this.#rtp, this.#rtcp]) {
      try {
        socket.close();
      } catch {
        // It was closed before.
      }
    }
  }

  /** A key that has not changed goes on where it was. */
  #secure(key: SrtpKey | undefined): void {
    if (key === undefined ? this.#remoteKey === undefined : this.#remoteKey?.equals(key)) return;
    this.#remoteKey = key;
    this.#opening = key && new SrtpStream(key);
    this.#sealing = key && (this.#sealing ?? new SrtpStream(this.srtpKey));
  }

  async #until(holds: () => boolean, what: string, patienceMs?: number): Promise<void> {
    const wait = async (): Promise<void> => {
      while (!holds()) await once(this.#arrivals, 'packet');
    };
    await within(wait(), what, patienceMs);
  }

  #talk(): void {
    const events = this.#keypad.tick();
    for (const { isFirst, payload } of events) {
      if (isFirst) this.#keyTimestamp = this.#timestamp;
      this.#send(this.payloadTypes.digits, this.#keyTimestamp, payload, isFirst);
    }
    if (this.#speaking && events.length === 0) {
      const end = this.#voiceAt + SAMPLES_PER_PACKET;
      this.#send(this.payloadTypes.audio, this.#timestamp, this.#voice.subarray(this.#voiceAt, end), false);
      this.#voiceAt = end;
      if (end >= this.#voice.length) {
        this.#voice = this.#tone;
        this.#voiceAt = 0;
      }
    }
    this.#timestamp = (this.#timestamp + SAMPLES_PER_PACKET) >>> 0;
    this.#nextPacketAt += PACKET_MS;
    this.#talkTimer = setTimeout(() => this.#talk(), Math.max(0, this.#nextPacketAt - performance.now()));
  }

  #send(payloadType: number, timestamp: number, payload: Uint8Array, marker: boolean): void {
    if (this.#remote === undefined) return;
    const packet = Buffer.alloc(12 + payload.length);
    packet[0] = 0x80;
    packet[1] = marker ? payloadType | 0x80 : payloadType;
    packet.writeUInt16BE(this.#sequence, 2);
    packet.writeUInt32BE(timestamp, 4);
    packet.writeUInt32BE(this.#ssrc, 8);
    packet.set(payload, 12);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.sentPackets += 1;
    this.#rtp.send(this.#sealing?.protect(packet) ?? packet, this.#remote.port, this.#remote.host);
  }

  /** An RTCP sender report with our canonical name (RFC 3550 6.4.1, 6.5.1); none where it would have to be sealed. */
  #report(): void {
    if (this.#remote === undefined || this.#remote.port === 0 || this.#sealing !== undefined) return;
    const report = Buffer.alloc(28);
    report.writeUInt32BE(0x80c80006, 0);
    report.writeUInt32BE(this.#ssrc, 4);
    report.writeUInt32BE(this.#timestamp, 16);
    report.writeUInt32BE(this.sentPackets, 20);
    const name = Buffer.from(this.#canonicalName);
    const chunk = Buffer.alloc(4 * Math.ceil((6 + name.length + 1) / 4));
    chunk.writeUInt32BE(this.#ssrc, 0);
    chunk[4] = 1;
    chunk[5] = name.length;
    name.copy(chunk, 6);
    const description = Buffer.alloc(4);
    description.writeUInt16BE(0x81ca, 0);
    description.writeUInt16BE(chunk.length / 4, 2);
    this.#rtcp.send(Buffer.concat([report, description, chunk]), this.#remote.port + 1, this.#remote.host);
  }

  #hear(arrived: Buffer): void {
    const bytes = this.#opening === undefined ? arrived : this.#opening.unprotect(arrived);
    if (bytes === undefined || bytes.length < 12 || (bytes[0] ?? 0) >> 6 !== 2) return;
    this.received.push({ at: Date.now(), control: false, bytes });
    if (((bytes[1] ?? 0) & 0x7f) === this.payloadTypes.digits) this.#hearDigit(bytes);
    this.#arrivals.emit('packet');
  }

  #hearDigit(bytes: Buffer): void {
    const timestamp = bytes.readUInt32BE(4);
    const isEnd = ((bytes[13] ?? 0) & 0x80) !== 0;
    if (!isEnd || timestamp === this.#lastDigitTimestamp) return;
    this.#lastDigitTimestamp = timestamp;
    const digit = '0123456789*#ABCD'[bytes[12] ?? 0] ?? '?';
    this.#digits.push(digit);
    this.#arrivals.emit('digit', digit);
  }

  #lastStretch(): Float64Array {
    const stretch: Buffer[] = [];
    for (let index = this.received.length - 1; index >= 0 && stretch.length < PACKETS_OF_A_STRETCH; index--) {
      const packet = this.received[index];
      if (packet === undefined || packet.control) continue;
      if (((packet.bytes[1] ?? 0) & 0x7f) === this.payloadTypes.audio)
        stretch.unshift(packet.bytes.subarray(12));
    }
    return fromALaw(stretch.length < PACKETS_OF_A_STRETCH ? new Uint8Array() : Buffer.concat(stretch));
  }
}

async function bound(host: string, port: number): Promise<Socket> {
  const socket = createSocket('udp4');
  const listening = once(socket, 'listening');
  socket.bind(port, host);
  await listening;
  return socket;
}
