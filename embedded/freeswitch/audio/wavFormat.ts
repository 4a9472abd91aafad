import type { FileHandle } from 'node:fs/promises';
import { AudioOpenError } from './audioSource.ts';

/** The encodings that the server reads: WAVE format tags 1 (PCM, 8 or 16 bits), 6 (A-law) and 7 (mu-law). */
export type WavEncoding = 'pcm8' | 'pcm16' | 'PCMA' | 'PCMU';

export interface WavFormat {
  readonly encoding: WavEncoding;
  readonly channels: number;
  readonly sampleRateHz: number;
  readonly bytesPerSample: number;
  /** Where the samples lie in the file, in bytes. */
  readonly dataStart: number;
  readonly dataEnd: number;
}

const MAX_CHANNELS = 8;
const MIN_RATE_HZ = 4000;
const MAX_RATE_HZ = 192_000;
/** A sane file has a handful of chunks before its samples; a hostile one must not keep us reading. */
const MAX_CHUNKS = 64;

/**
 * Finds the format and the samples of a RIFF/WAVE file by walking its chunks. The sizes in the header are not
 * trusted beyond the file's own length, so a recording that is still being written can be played.
 *
 * @throws AudioOpenError `unsupported_format`
 */
export async function readWavFormat(handle: FileHandle): Promise<WavFormat> {
  const { size } = await handle.stat();
  const riff = await readAt(handle, 0, 12);
  if (
    riff.length < 12 ||
    riff.toString('latin1', 0, 4) !== 'RIFF' ||
    riff.toString('latin1', 8, 12) !== 'WAVE'
  ) {
    throw new AudioOpenError('unsupported_format', 'not a RIFF/WAVE file');
  }
  let format: Omit<WavFormat, 'dataStart' | 'dataEnd'> | undefined;
  let position = 12;
  for (let count = 0; count < MAX_CHUNKS; count++) {
    const header = await readAt(handle, position, 8);
    if (header.length < 8) break;
    const id = header.toString('latin1', 0, 4);
    const length = header.readUInt32LE(4);
    position += 8;
    if (id === 'fmt ') format = parseFormatChunk(await readAt(handle, position, Math.min(length, 40)));
    if (id === 'data') {
      if (!format) break;
      // Zero and all ones are what writers leave there while the length is not known yet.
      const unknownLength = length === 0 || length === 0xffffffff;
      return {
        ...format,
        dataStart: position,
        dataEnd: unknownLength ? size : Math.min(size, position + length),
      };
    }
    position += length + (length & 1);
  }
  throw new AudioOpenError('unsupported_format', 'WAVE file without a format or without samples');
}

function parseFormatChunk(chunk: Buffer): Omit<WavFormat, 'dataStart' | 'dataEnd'> {
  if (chunk.length < 16) throw new AudioOpenError('unsupported_format', 'WAVE format chunk is too short');
  const tag = chunk.readUInt16LE(0);
  // WAVE_FORMAT_EXTENSIBLE keeps the real tag at the start of its sub-format GUID.
  const realTag = tag === 0xfffe && chunk.length >= 26 ? chunk.readUInt16LE(24) : tag;
  const channels = chunk.readUInt16LE(2);
  const sampleRateHz = chunk.readUInt32LE(4);
  const bits = chunk.readUInt16LE(14);
  const encoding = encodingOf(realTag, bits);
  if (!encoding) {
    throw new AudioOpenError(
      'unsupported_format',
      `WAVE format tag ${realTag} with ${bits} bits is not played`,
    );
  }
  if (channels < 1 || channels > MAX_CHANNELS || sampleRateHz < MIN_RATE_HZ || sampleRateHz > MAX_RATE_HZ) {
    throw new AudioOpenError('unsupported_format', `WAVE with ${channels} channels at ${sampleRateHz} Hz`);
  }
  return { encoding, channels, sampleRateHz, bytesPerSample: encoding === 'pcm16' ? 2 : 1 };
}

function encodingOf(tag: number, bits: number): WavEncoding | undefined {
  if (tag === 1 && bits === 16) return 'pcm16';
  if (tag === 1 && bits === 8) return 'pcm8';
  if (tag === 6 && bits === 8) return 'PCMA';
  if (tag === 7 && bits === 8) return 'PCMU';
  return undefined;
}

/** Reads up to `length` bytes at `position`; less at the end of the file. */
export async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
