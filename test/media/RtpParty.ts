import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { cryptoLine, keyIn, newSrtpKey, SrtpStream } from '../kit/Srtp.ts';

const FRAME = 160;
const FRAME_MS = 20;

/**
 * One party's telephone as far as media goes: sends A-law frames every 20 ms and keeps what it hears, sample by sample.
 * What is not sent as sound is sent as silence, so that the other side always has a stream.
 */
export class RtpParty {
  readonly #socket: Socket;
  readonly #ssrc = Math.floor(Math.random() * 2 ** 32);
  #target: { address: string; port: number } | undefined;
  #clock: NodeJS.Timeout | undefined;
  #sequence = 0;
  #timestamp = 0;
  #dueAt = 0;
  #sound: Uint8Array = SILENCE;
  #frame = 0;
  #digits: Buffer[] = [];
  #heard: Buffer[] = [];
  /** telephone-event codes whose end was heard, in order */
  readonly events: number[] = [];
  #lastEventTimestamp = -1;
  packets = 0;
  /** Its own key, once it has offered or answered SRTP. */
  #key: Buffer | undefined;
  #sealing: SrtpStream | undefined;
  #opening: SrtpStream | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (packet) => this.#hear(packet));
  }

  static async open(): Promise<RtpParty> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new RtpParty(socket);
  }

  /** This party's SDP. */
  sdp({ payloads = '8 0 101', direction = 'sendrecv' } = {}): string {
    return [
      'v=0',
      'o=- 1 1 IN IP4 127.0.0.1',
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      `m=audio ${this.#socket.address().port} RTP/AVP ${payloads}`,
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-15',
      'a=ptime:20',
      `a=${direction}`,
      '',
    ].join('\r\n');
  }

  /** This party's SDP for SRTP with keys in it (RFC 4568); from now on it speaks and hears nothing else. */
  secureSdp(line: { payloads?: string; direction?: string } = {}): string {
    this.#key ??= newSrtpKey();
    return this.sdp(line)
      .replace('RTP/AVP', 'RTP/SAVP')
      .concat(`${cryptoLine(this.#key)}\r\n`);
  }

  /** Takes another key for what it says from its next `talkTo` on. */
  changeKey(): void {
    this.#key = newSrtpKey();
  }

  /** Starts to send to where an SDP says. */
  talkTo(sdp: string): void {
    if (this.#key !== undefined) {
      const theirs = keyIn(sdp);
      if (theirs === undefined) throw new Error(`no key in ${JSON.stringify(sdp)}`);
      this.#sealing = new SrtpStream(this.#key);
      this.#opening = new SrtpStream(theirs);
    }
    const address = /^c=IN IP4 ([\d.]+)/m.exec(sdp)?.[1];
    const port = Number(/^m=audio (\d+)/m.exec(sdp)?.[1]);
    if (address === undefined || !(port > 0)) throw new Error(`no audio address in ${JSON.stringify(sdp)}`);
    this.#target = { address, port };
    if (this.#clock !== undefined) return;
    this.#dueAt = performance.now();
    this.#clock = setInterval(() => this.#tick(), FRAME_MS / 2);
  }

  /** What it says from now on: a steady tone, in hertz and a multiple of 50 so that frames join without a step; or nothing. */
  say(hertz: number | undefined): void {
    this.#sound = hertz === undefined ? SILENCE : toneFrame(hertz);
  }

  /** Presses a key: RFC 4733 events, 5 frames long with 3 end packets. */
  press(event: number): void {
    for (let frame = 1; frame <= 8; frame++) {
      const ended = frame > 5;
      this.#digits.push(Buffer.from([event, (ended ? 0x80 : 0) | 10, 0, 0]));
      this.#digits.at(-1)?.writeUInt16BE(Math.min(frame, 5) * FRAME, 2);
    }
  }

  /** What was heard since the last call, as A-law samples. */
  takeHeard(): Buffer {
    const heard = Buffer.concat(this.#heard);
    this.#heard = [];
    return heard;
  }

  close(): void {
    clearInterval(this.#clock);
    this.#socket.close();
  }

  #hear(received: Buffer): void {
    const packet = this.#key === undefined ? received : this.#opening?.unprotect(received);
    if (packet === undefined) return;
    if (packet.length < 12 || (packet.readUInt8(0) & 0xc0) !== 0x80) return;
    const payloadType = packet.readUInt8(1) & 0x7f;
    if (payloadType >= 72 && payloadType <= 76) return; // RTCP
    this.packets++;
    const payload = packet.subarray(12 + 4 * (packet.readUInt8(0) & 0x0f));
    if (payloadType === 8) this.#heard.push(Buffer.from(payload));
    const timestamp = packet.readUInt32BE(4);
    if (
      payloadType === 101 &&
      (payload.readUInt8(1) & 0x80) !== 0 &&
      timestamp !== this.#lastEventTimestamp
    ) {
      this.#lastEventTimestamp = timestamp;
      this.events.push(payload.readUInt8(0));
    }
  }

  #tick(): void {
    for (; this.#dueAt <= performance.now(); this.#dueAt += FRAME_MS) this.#send();
  }

  #send(): void {
    if (this.#target === undefined) return;
    const digit = this.#digits.shift();
    this.#frame++;
    const header = Buffer.alloc(12);
    header.writeUInt8(0x80, 0);
    header.writeUInt8(digit === undefined ? 8 : 101, 1);
    header.writeUInt16BE(this.#sequence++ & 0xffff, 2);
    // Every packet of one event carries the time of its start (RFC 4733, 2.4.1).
    const startsEvent = digit?.readUInt16BE(2) === FRAME;
    if (digit === undefined || startsEvent) this.#timestamp = (this.#frame * FRAME) >>> 0;
    header.writeUInt32BE(this.#timestamp, 4);
    header.writeUInt32BE(this.#ssrc, 8);
    const packet = Buffer.concat([header, digit ?? this.#sound]);
    const sent = this.#sealing?.protect(packet) ?? packet;
    this.#socket.send(sent, this.#target.port, this.#target.address);
  }
}

const SILENCE = new Uint8Array(FRAME).fill(0xd5);

/** One 20 ms frame of a tone. */
function toneFrame(hertz: number): Uint8Array {
  return Uint8Array.from({ length: FRAME }, (_, at) =>
    linearToALaw(8000 * Math.sin((2 * Math.PI * hertz * at) / 8000)),
  );
}

/** Written out here on purpose: a test that used the product's own table would not see a fault in it. */
export function linearToALaw(linear: number): number {
  const magnitude = Math.min(Math.abs(linear), 32_767) / 8;
  let segment = 0;
  while (segment < 7 && magnitude >= 32 << segment) segment++;
  const step = segment === 0 ? magnitude / 2 : magnitude / (1 << segment);
  const code = (segment << 4) | (Math.floor(step) & 15);
  return (linear >= 0 ? 0xd5 : 0x55) ^ code;
}
