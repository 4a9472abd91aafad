import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:dgram';
import { SAMPLE_RATE_HZ } from '../audio/g711.ts';
import type { MediaAddress } from './Latch.ts';
import type { ReceiveStatistics } from './ReceiveStatistics.ts';
import type { RtpSender } from './RtpSender.ts';
import { buildRtcp, type LastSenderReport, type RtcpFacts, readRtcp } from './rtcp.ts';

/** Reports go out every 5 s on average, spread from half to one and a half times that (RFC 3550, 6.2 and 6.3.1). */
const INTERVAL_MS = 5000;

/** The RTCP side of one session: sends reports on a timer and reads those of the other side. */
export class RtcpReporter {
  packetsIn = 0;
  malformed = 0;
  /** The last report of the other side about what we send. */
  remote: RtcpFacts = {};
  readonly #socket: Socket;
  readonly #sender: RtpSender;
  readonly #reception: ReceiveStatistics;
  readonly #destination: () => MediaAddress | undefined;
  /** Random and the same for the life of the session; it names no host and no user (RFC 7022, 4.2). */
  readonly #cname = randomBytes(12).toString('base64');
  #lastSenderReport: LastSenderReport | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reported = false;

  constructor(
    socket: Socket,
    sender: RtpSender,
    reception: ReceiveStatistics,
    destination: () => MediaAddress | undefined,
  ) {
    this.#socket = socket;
    this.#sender = sender;
    this.#reception = reception;
    this.#destination = destination;
    socket.on('message', (bytes) => this.#read(bytes));
    this.#schedule();
  }

  /** Sends a last report with BYE, if the other side has heard of us before, and stops. */
  close(): void {
    clearTimeout(this.#timer);
    if (this.#reported || this.#sender.packets > 0) this.#send(true);
  }

  #schedule(): void {
    this.#timer = setTimeout(
      () => {
        if (this.#sender.packets > 0 || this.#reception.packets > 0) this.#send(false);
        this.#schedule();
      },
      INTERVAL_MS * (0.5 + Math.random()),
    );
  }

  #send(goodbye: boolean): void {
    const to = this.#destination();
    if (!to) return;
    this.#reported = true;
    const nowMs = performance.now();
    const sentAgoMs = nowMs - this.#sender.lastSentAtMs;
    // Who has sent nothing for two intervals is a receiver (6.4).
    const isSender = sentAgoMs < 2 * INTERVAL_MS;
    const bytes = buildRtcp({
      ssrc: this.#sender.ssrc,
      cname: this.#cname,
      sender: isSender
        ? {
            atUnixMs: Date.now(),
            rtpTimestamp: this.#sender.lastTimestamp + Math.round((sentAgoMs * SAMPLE_RATE_HZ) / 1000),
            packets: this.#sender.packets,
            payloadBytes: this.#sender.payloadBytes,
          }
        : undefined,
      reception: this.#reception.takeReport(),
      lastSenderReport: this.#lastSenderReport,
      nowMs,
      goodbye,
    });
    this.#socket.send(bytes, to.port, to.address);
  }

  #read(bytes: Buffer): void {
    const facts = readRtcp(bytes, this.#sender.ssrc);
    if (!facts) {
      this.malformed++;
      return;
    }
    this.packetsIn++;
    if (facts.senderReportNtp !== undefined) {
      this.#lastSenderReport = { compactNtp: facts.senderReportNtp, receivedAtMs: performance.now() };
    }
    this.remote = { ...this.remote, ...facts };
  }
}
