import type { Law } from '../audio/g711.ts';
import { DigitSender } from './DigitSender.ts';
import { Latch, type MediaAddress } from './Latch.ts';
import type { PortPair } from './PortPool.ts';
import { ReceiveStatistics } from './ReceiveStatistics.ts';
import { RtcpReporter } from './RtcpReporter.ts';
import { RtpSender } from './RtpSender.ts';
import { emptyRtpView, type RtpView, readRtp } from './rtpPacket.ts';
import { type Digit, TelephoneEventReceiver } from './telephoneEvent.ts';

/** What offer and answer have settled for the one audio stream of a leg. */
export interface NegotiatedMedia {
  /** Where to send; nothing while it is not known (3pcc) or when the other side gave no usable address. */
  readonly remote: MediaAddress | undefined;
  /** Where it wants RTCP, when that is not the port above its RTP port (RFC 3605). */
  readonly remoteRtcpPort: number | undefined;
  readonly law: Law;
  /** Payload type that we send, and those that we accept. */
  readonly payloadType: number;
  readonly acceptedPayloadTypes: ReadonlyMap<number, Law>;
  readonly telephoneEventType: number | undefined;
  /** Directions from our point of view (RFC 3264, 6.1). */
  readonly sends: boolean;
  readonly receives: boolean;
}

export interface MediaSessionListener {
  /** An audio packet has come; `view` and `packet` are the listener's for the length of the call and `packet` after. */
  onAudio(packet: Buffer, view: RtpView, law: Law, nowMs: number): void;
  /** A telephone-event packet has come. */
  onEventPacket(packet: Buffer, view: RtpView, nowMs: number): void;
  /** A whole digit has been received. */
  onDigit(digit: Digit): void;
}

export interface PacketCounters {
  packetsIn: number;
  packetsOut: number;
}

/** More sound than this in one packet (200 ms) is no telephony packet. */
const MAX_PAYLOAD_BYTES = 1600;

/** The RTP session of a leg: its two sockets, who it listens to, what it counts, and its one outgoing stream. */
export class MediaSession {
  readonly reception = new ReceiveStatistics();
  readonly sender: RtpSender;
  readonly digits: DigitSender;
  readonly rtcp: RtcpReporter;
  malformed = 0;
  /** Packets from an address that is not the one we listen to. */
  strangers = 0;
  unknownPayload = 0;
  eventPackets = 0;
  negotiated: NegotiatedMedia | undefined;
  readonly #ports: PortPair;
  readonly #counters: PacketCounters;
  readonly #listener: MediaSessionListener;
  readonly #view = emptyRtpView();
  readonly #events: TelephoneEventReceiver;
  #latch: Latch | undefined;
  #closed = false;

  constructor(ports: PortPair, counters: PacketCounters, listener: MediaSessionListener) {
    this.#ports = ports;
    this.#counters = counters;
    this.#listener = listener;
    this.sender = new RtpSender((packet) => this.#transmit(packet));
    this.digits = new DigitSender(this.sender);
    this.#events = new TelephoneEventReceiver((digit) => listener.onDigit(digit));
    this.rtcp = new RtcpReporter(ports.rtcp, this.sender, this.reception, () => this.#rtcpDestination());
    ports.rtp.on('message', (packet, from) => this.#receive(packet, from.address, from.port));
    // An unreachable listener is a fact of UDP; the statistics show it as loss.
    ports.rtp.on('error', () => undefined);
    ports.rtcp.on('error', () => undefined);
  }

  get port(): number {
    return this.#ports.port;
  }

  /** Takes the outcome of an offer/answer exchange. */
  negotiate(media: NegotiatedMedia): void {
    this.negotiated = media;
    if (!media.remote) return;
    if (this.#latch) this.#latch.renegotiate(media.remote);
    else this.#latch = new Latch(media.remote);
  }

  /** Whether packets may be sent at the moment. */
  get canSend(): boolean {
    return this.negotiated?.sends === true && this.#latch !== undefined;
  }

  /** Stops reading and sending. The sockets belong to the port pool, which closes them. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.digits.clear();
    this.rtcp.close();
    this.#ports.rtp.removeAllListeners('message');
    this.#ports.rtcp.removeAllListeners('message');
  }

  #receive(packet: Buffer, address: string, port: number): void {
    const view = this.#view;
    this.#counters.packetsIn++;
    const media = this.negotiated;
    if (!readRtp(packet, view)) {
      this.malformed++;
      return;
    }
    const nowMs = performance.now();
    if (!media || !this.#latch?.accept(address, port, nowMs)) {
      this.strangers++;
      return;
    }
    this.reception.note(view, nowMs);
    if (!media.receives) return;
    const law = media.acceptedPayloadTypes.get(view.payloadType);
    if (law !== undefined) {
      const bytes = view.payloadEnd - view.payloadStart;
      if (bytes === 0 || bytes > MAX_PAYLOAD_BYTES) {
        this.malformed++;
        return;
      }
      if (this.#events.busy) this.#events.expire(nowMs);
      this.#listener.onAudio(packet, view, law, nowMs);
    } else if (view.payloadType === media.telephoneEventType) {
      this.eventPackets++;
      this.#events.note(packet, view, nowMs);
      this.#listener.onEventPacket(packet, view, nowMs);
    } else {
      this.unknownPayload++;
    }
  }

  #transmit(packet: Buffer): void {
    if (this.#closed || !this.#latch) return;
    this.#counters.packetsOut++;
    const { address, port } = this.#latch.remote;
    this.#ports.rtp.send(packet, port, address);
  }

  #rtcpDestination(): MediaAddress | undefined {
    const media = this.negotiated;
    if (!this.#latch || !media?.remote) return undefined;
    const { address, port } = this.#latch.remote;
    const moved = port !== media.remote.port || address !== media.remote.address;
    const rtcpPort = moved ? port + 1 : (media.remoteRtcpPort ?? port + 1);
    // Beside the last port there is none for RTCP.
    return rtcpPort <= 65_535 ? { address, port: rtcpPort } : undefined;
  }
}
