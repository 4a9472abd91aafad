export const HEADER_BYTES = 12;
export const FRAME_SAMPLES = 160;
export const PCMA = 8;
/** Between two packets of one stream. */
export const PACKET_MS = 20;
const A_LAW_SILENCE = 0xd5;

/** The packets of one RTP stream of A-law, each 20 ms of the same sample (RFC 3550 5.1). */
export class ALawPackets {
  readonly #first: Buffer;
  #sequence = 0;

  /** @param sample silence, if not given */
  constructor(sample = A_LAW_SILENCE) {
    this.#first = Buffer.alloc(HEADER_BYTES + FRAME_SAMPLES, sample);
    this.#first[0] = 0x80;
    this.#first[1] = PCMA;
    this.#first.writeUInt32BE(Math.floor(Math.random() * 2 ** 32), 8);
  }

  /** A buffer of its own each time: dgram keeps it until it is sent. */
  next(): Buffer {
    this.#sequence += 1;
    const packet = Buffer.from(this.#first);
    packet.writeUInt16BE(this.#sequence & 0xffff, 2);
    packet.writeUInt32BE((this.#sequence * FRAME_SAMPLES) >>> 0, 4);
    return packet;
  }
}
