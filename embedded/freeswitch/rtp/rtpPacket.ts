/** RTP fixed header (RFC 3550, 5.1): reading it without copying, and writing it. */

export const RTP_HEADER_BYTES = 12;

/** The fields of one packet; a view is reused for every packet of a session, so it is only valid until the next. */
export interface RtpView {
  marker: boolean;
  payloadType: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
  /** Where the payload lies in the packet, padding and extension excluded. */
  payloadStart: number;
  payloadEnd: number;
}

export function emptyRtpView(): RtpView {
  return {
    marker: false,
    payloadType: 0,
    sequence: 0,
    timestamp: 0,
    ssrc: 0,
    payloadStart: 0,
    payloadEnd: 0,
  };
}

/** Reads `packet` into `view`; false when the bytes are not an RTP packet. */
export function readRtp(packet: Buffer, view: RtpView): boolean {
  const length = packet.length;
  if (length < RTP_HEADER_BYTES) return false;
  const first = packet[0] ?? 0;
  if (first >> 6 !== 2) return false;
  const second = packet[1] ?? 0;
  let start = RTP_HEADER_BYTES + 4 * (first & 0x0f);
  let end = length;
  if (first & 0x10) {
    if (start + 4 > length) return false;
    start += 4 + 4 * packet.readUInt16BE(start + 2);
  }
  if (first & 0x20) {
    const padding = packet[length - 1] ?? 0;
    if (padding === 0) return false;
    end -= padding;
  }
  if (start > end) return false;
  view.marker = (second & 0x80) !== 0;
  view.payloadType = second & 0x7f;
  view.sequence = packet.readUInt16BE(2);
  view.timestamp = packet.readUInt32BE(4);
  view.ssrc = packet.readUInt32BE(8);
  view.payloadStart = start;
  view.payloadEnd = end;
  return true;
}

/** Writes a plain fixed header (no padding, extension or contributing sources) at the start of `packet`. */
export function writeRtpHeader(
  packet: Buffer,
  marker: boolean,
  payloadType: number,
  sequence: number,
  timestamp: number,
  ssrc: number,
): void {
  packet[0] = 0x80;
  packet[1] = marker ? payloadType | 0x80 : payloadType;
  packet.writeUInt16BE(sequence, 2);
  packet.writeUInt32BE(timestamp, 4);
  packet.writeUInt32BE(ssrc, 8);
}

/** `a - b` on a 16-bit circle, from -32768 to 32767. */
export function sequenceDistance(a: number, b: number): number {
  return ((a - b) << 16) >> 16;
}

/** `a - b` on a 32-bit circle. */
export function timestampDistance(a: number, b: number): number {
  return (a - b) | 0;
}
