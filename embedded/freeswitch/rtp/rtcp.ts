import type { ReceptionReport } from './ReceiveStatistics.ts';

/** RTCP compound packets (RFC 3550, 6): sender and receiver reports, a CNAME and BYE; nothing else is sent. */

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const GOODBYE = 203;
const CNAME = 1;
/** Seconds from 1900 (NTP) to 1970 (Unix). */
const NTP_OFFSET_SECONDS = 2_208_988_800;

export interface SenderInfo {
  /** Unix time, in milliseconds, that `rtpTimestamp` stands for. */
  readonly atUnixMs: number;
  readonly rtpTimestamp: number;
  readonly packets: number;
  readonly payloadBytes: number;
}

/** When the other side's last sender report came, so that it can work out the round trip (RFC 3550, 6.4.1). */
export interface LastSenderReport {
  /** The middle 32 bits of its NTP time. */
  readonly compactNtp: number;
  readonly receivedAtMs: number;
}

export interface RtcpReportInput {
  readonly ssrc: number;
  readonly cname: string;
  readonly sender: SenderInfo | undefined;
  readonly reception: ReceptionReport | undefined;
  readonly lastSenderReport: LastSenderReport | undefined;
  readonly nowMs: number;
  readonly goodbye: boolean;
}

/** A report on what we send and hear, with our CNAME, and BYE when the session ends. */
export function buildRtcp(input: RtcpReportInput): Buffer {
  const parts = [report(input), sourceDescription(input.ssrc, input.cname)];
  if (input.goodbye) parts.push(packet(GOODBYE, 1, [input.ssrc]));
  return Buffer.concat(parts);
}

function report(input: RtcpReportInput): Buffer {
  const words = [input.ssrc];
  const { sender, reception } = input;
  if (sender) {
    const seconds = sender.atUnixMs / 1000 + NTP_OFFSET_SECONDS;
    words.push(Math.floor(seconds), Math.floor((seconds % 1) * 2 ** 32));
    words.push(sender.rtpTimestamp, sender.packets, sender.payloadBytes);
  }
  if (reception) {
    words.push(reception.ssrc);
    words.push(reception.fractionLost * 2 ** 24 + reception.cumulativeLost);
    words.push(reception.highestSequence, reception.jitter);
    const last = input.lastSenderReport;
    words.push(
      last?.compactNtp ?? 0,
      last ? Math.round(((input.nowMs - last.receivedAtMs) * 65536) / 1000) : 0,
    );
  }
  return packet(sender ? SENDER_REPORT : RECEIVER_REPORT, reception ? 1 : 0, words);
}

function sourceDescription(ssrc: number, cname: string): Buffer {
  const text = Buffer.from(cname, 'latin1');
  // Items end with a zero byte and are padded to whole words (6.5).
  const items = Buffer.alloc(4 * Math.ceil((2 + text.length + 1) / 4));
  items[0] = CNAME;
  items[1] = text.length;
  text.copy(items, 2);
  const header = packet(SOURCE_DESCRIPTION, 1, [ssrc]);
  header.writeUInt16BE(header.readUInt16BE(2) + items.length / 4, 2);
  return Buffer.concat([header, items]);
}

function packet(type: number, count: number, words: readonly number[]): Buffer {
  const buffer = Buffer.alloc(4 + 4 * words.length);
  buffer[0] = 0x80 | count;
  buffer[1] = type;
  buffer.writeUInt16BE(words.length, 2);
  words.forEach((word, index) => {
    buffer.writeUInt32BE(word >>> 0, 4 + 4 * index);
  });
  return buffer;
}

/** What we use of a compound packet from the other side. */
export interface RtcpFacts {
  /** Middle 32 bits of the NTP time of its sender report. */
  senderReportNtp?: number;
  /** Its view of what we send. */
  fractionLost?: number;
  cumulativeLost?: number;
  jitter?: number;
}

/** Reads a compound packet; nothing when the bytes are not RTCP. `ownSsrc` picks the block about us. */
export function readRtcp(bytes: Buffer, ownSsrc: number): RtcpFacts | undefined {
  const facts: RtcpFacts = {};
  let position = 0;
  while (position + 4 <= bytes.length) {
    const first = bytes[position] ?? 0;
    const type = bytes[position + 1] ?? 0;
    const end = position + 4 + 4 * bytes.readUInt16BE(position + 2);
    if (first >> 6 !== 2 || end > bytes.length || (position === 0 && (type < 200 || type > 207)))
      return undefined;
    if (type === SENDER_REPORT && end - position >= 28) {
      facts.senderReportNtp = bytes.readUInt32BE(position + 10);
      readBlocks(bytes, position + 28, end, ownSsrc, facts);
    } else if (type === RECEIVER_REPORT) {
      readBlocks(bytes, position + 8, end, ownSsrc, facts);
    }
    position = end;
  }
  return position === 0 ? undefined : facts;
}

function readBlocks(bytes: Buffer, start: number, end: number, ownSsrc: number, facts: RtcpFacts): void {
  for (let block = start; block + 24 <= end; block += 24) {
    if (bytes.readUInt32BE(block) !== ownSsrc) continue;
    facts.fractionLost = bytes[block + 4] ?? 0;
    facts.cumulativeLost = bytes.readUIntBE(block + 5, 3);
    facts.jitter = bytes.readUInt32BE(block + 12);
  }
}
