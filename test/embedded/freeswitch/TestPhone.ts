import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { decode, encode, type Law, SILENCE_CODE } from '../../../embedded/freeswitch/audio/g711.ts';
import { emptyRtpView, readRtp, writeRtpHeader } from '../../../embedded/freeswitch/rtp/rtpPacket.ts';
import { writeEvent } from '../../../embedded/freeswitch/rtp/telephoneEvent.ts';

export interface ReceivedPacket {
  readonly atMs: number;
  readonly marker: boolean;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Buffer;
}

const EVENT_TYPE = 101;
const PAYLOAD_TYPES: Readonly<Record<Law, number>> = { PCMU: 0, PCMA: 8 };

/** The media side of a phone: an RTP socket that speaks a tone, sends digits and remembers what it hears. */
export class TestPhone {
  readonly received: ReceivedPacket[] = [];
  readonly law: Law;
  readonly ssrc: number;
  toneHz: number;
  sequence = 1000;
  timestamp = 5000;
  readonly #socket: Socket;
  #remotePort = 0;
  #timer: NodeJS.Timeout | undefined;
  #spoken = 0;

  static async open(toneHz: number, law: Law = 'PCMA'): Promise<TestPhone> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new TestPhone(socket, toneHz, law);
  }

  private constructor(socket: Socket, toneHz: number, law: Law) {
    this.#socket = socket;
    this.toneHz = toneHz;
    this.law = law;
    this.ssrc = Math.floor(Math.random() * 2 ** 31);
    socket.on('message', (packet) => this.#receive(packet));
  }

  get port(): number {
    return (this.#socket.address() as AddressInfo).port;
  }

  /** An SDP that offers this phone's law and telephone events. */
  sdp(direction = 'sendrecv', telephoneEvents = true): string {
    const type = PAYLOAD_TYPES[this.law];
    return [
      'v=0',
      'o=- 1 1 IN IP4 127.0.0.1',
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      `m=audio ${this.port} RTP/AVP ${type}${telephoneEvents ? ` ${EVENT_TYPE}` : ''}`,
      `a=rtpmap:${type} ${this.law}/8000`,
      ...(telephoneEvents ? [`a=rtpmap:${EVENT_TYPE} telephone-event/8000`] : []),
      `a=${direction}`,
      '',
    ].join('\r\n');
  }

  /** Takes the other side's SDP. */
  connect(remoteSdp: string): void {
    this.#remotePort = Number(/m=audio (\d+)/.exec(remoteSdp)?.[1]);
  }

  /** Speaks its tone, a packet each 20 ms, until `hush`. */
  speak(): void {
    const startedAt = performance.now();
    let sent = 0;
    this.#timer ??= setInterval(() => {
      const due = Math.floor((performance.now() - startedAt) / 20);
      for (; sent < due; sent++) this.sendTone();
    }, 10);
  }

  hush(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Sends the next packet of its tone. */
  sendTone(samples = 160): void {
    this.sendRaw(this.tonePacket(samples));
  }

  /** Makes the next packet of its tone. */
  tonePacket(samples = 160): Buffer {
    const frame = new Int16Array(samples);
    for (let i = 0; i < samples; i++) {
      frame[i] = Math.round(8000 * Math.sin((2 * Math.PI * this.toneHz * this.#spoken++) / 8000));
    }
    const packet = Buffer.alloc(12 + samples);
    writeRtpHeader(packet, false, PAYLOAD_TYPES[this.law], this.sequence, this.timestamp, this.ssrc);
    encode(this.law, frame, samples, packet, 12);
    this.sequence = (this.sequence + 1) & 0xffff;
    this.timestamp = (this.timestamp + samples) >>> 0;
    return packet;
  }

  sendRaw(packet: Buffer, port = this.#remotePort): void {
    this.#socket.send(packet, port, '127.0.0.1');
  }

  /** Presses a key for 100 ms: five event packets and three with the end bit. */
  press(digit: string): void {
    const at = this.timestamp;
    for (const [index, duration] of [160, 320, 480, 640, 800, 800, 800].entries()) {
      const packet = Buffer.alloc(16);
      writeRtpHeader(packet, index === 0, EVENT_TYPE, this.sequence, at, this.ssrc);
      writeEvent(packet, 12, digit, index >= 4, duration);
      this.sequence = (this.sequence + 1) & 0xffff;
      this.sendRaw(packet);
    }
    this.timestamp += 1600;
  }

  /** Packets with sound in them: without the perfect silence that an idle leg gets. */
  get sounding(): ReceivedPacket[] {
    const silence = SILENCE_CODE[this.law];
    return this.received.filter(({ payload }) => payload.some((code) => code !== silence));
  }

  /** Everything heard since `fromMs` that is not perfect silence, decoded, in the order of arrival. */
  heard(fromMs = 0): Int16Array {
    const type = PAYLOAD_TYPES[this.law];
    const packets = this.sounding.filter((packet) => packet.atMs >= fromMs && packet.payloadType === type);
    const samples = new Int16Array(packets.reduce((sum, packet) => sum + packet.payload.length, 0));
    let at = 0;
    for (const { payload } of packets) {
      decode(this.law, payload, samples.subarray(at, at + payload.length));
      at += payload.length;
    }
    return samples;
  }

  /** Digits received as telephone events, one for each event. */
  digits(): string {
    const starts = new Map<number, number>();
    for (const packet of this.received) {
      if (packet.payloadType === EVENT_TYPE) starts.set(packet.timestamp, packet.payload[0] ?? 0);
    }
    return [...starts.values()].map((code) => '0123456789*#ABCD'[code]).join('');
  }

  close(): void {
    this.hush();
    this.#socket.close();
  }

  #receive(packet: Buffer): void {
    const view = emptyRtpView();
    if (!readRtp(packet, view)) return;
    const { marker, payloadType, sequence, timestamp, ssrc } = view;
    const payload = Buffer.from(packet.subarray(view.payloadStart, view.payloadEnd));
    this.received.push({ atMs: performance.now(), marker, payloadType, sequence, timestamp, ssrc, payload });
  }
}
