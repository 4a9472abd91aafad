/** A WAV file that cannot be read. */
export class WavError extends Error {
  readonly code: 'not-wav' | 'format-not-supported';

  constructor(code: WavError['code'], message: string) {
    super(message);
    this.name = 'WavError';
    this.code = code;
  }
}

/** Format tags of RIFF's `fmt ` chunk (RFC 2361). */
export const WAV_FORMAT = { pcm: 1, aLaw: 6, muLaw: 7 } as const;

export interface WavHeader {
  /** the tag of the `fmt ` chunk; of an extensible header (0xFFFE) the tag of its subformat */
  readonly format: number;
  readonly channels: number;
  readonly samplesPerSecond: number;
  readonly bitsPerSample: number;
  /** where the samples start in the file */
  readonly dataOffset: number;
  /** bytes of samples as declared; undefined where a writer died before it knew (0, or 0xFFFFFFFF) */
  readonly dataBytes: number | undefined;
}

const EXTENSIBLE = 0xfffe;

/**
 * Reads the header at the start of a WAV file.
 * @param start the file's first bytes, down to and with the head of its `data` chunk (4 kB are enough in practice)
 * @throws WavError `not-wav` where there is no RIFF/WAVE header, no `fmt ` chunk or no `data` chunk
 */
export function readWavHeader(start: Buffer): WavHeader {
  if (
    start.length < 12 ||
    start.toString('latin1', 0, 4) !== 'RIFF' ||
    start.toString('latin1', 8, 12) !== 'WAVE'
  ) {
    throw new WavError('not-wav', 'expected a RIFF/WAVE header');
  }
  let format: Omit<WavHeader, 'dataOffset' | 'dataBytes'> | undefined;
  let at = 12;
  while (at + 8 <= start.length) {
    const id = start.toString('latin1', at, at + 4);
    const bytes = start.readUInt32LE(at + 4);
    const body = at + 8;
    if (id === 'fmt ' && bytes >= 16 && body + bytes <= start.length) {
      const tag = start.readUInt16LE(body);
      format = {
        format: tag === EXTENSIBLE && bytes >= 26 ? start.readUInt16LE(body + 24) : tag,
        channels: start.readUInt16LE(body + 2),
        samplesPerSecond: start.readUInt32LE(body + 4),
        bitsPerSample: start.readUInt16LE(body + 14),
      };
    }
    if (id === 'data') {
      if (format === undefined) throw new WavError('not-wav', 'expected a fmt chunk before the data chunk');
      const declared = bytes !== 0 && bytes !== 0xffff_ffff;
      return { ...format, dataOffset: body, dataBytes: declared ? bytes : undefined };
    }
    at = body + bytes + (bytes & 1);
  }
  throw new WavError('not-wav', 'expected a data chunk');
}

/** Bytes of the header that `aLawHeader` makes. */
export const A_LAW_HEADER_BYTES = 58;

/**
 * The header of an A-law, 8 kHz, mono WAV file: format 6, with the `fact` chunk that every format but PCM must have.
 * @param samples how many samples follow, one byte each
 */
export function aLawHeader(samples: number): Buffer {
  const padding = samples & 1;
  const header = Buffer.alloc(A_LAW_HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(A_LAW_HEADER_BYTES - 8 + samples + padding, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(18, 16);
  header.writeUInt16LE(WAV_FORMAT.aLaw, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(8000, 24);
  header.writeUInt32LE(8000, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write('fact', 38, 'latin1');
  header.writeUInt32LE(4, 42);
  header.writeUInt32LE(samples, 46);
  header.write('data', 50, 'latin1');
  header.writeUInt32LE(samples, 54);
  return header;
}
