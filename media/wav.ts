import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { A_LAW_OF_LINEAR, LINEAR_OF_A_LAW, LINEAR_OF_MU_LAW } from './g711.ts';
import {
  A_LAW_HEADER_BYTES,
  aLawHeader,
  readWavHeader,
  WAV_FORMAT,
  WavError,
  type WavHeader,
} from './wavHeader.ts';

const HEADER_SEARCH_BYTES = 4096;
const PIECE_FRAMES = 32_768;

type Sample = (piece: Buffer, index: number) => number;

/** How one sample of a supported file becomes 16-bit linear. */
function sampleReader(header: WavHeader): Sample {
  const { format, bitsPerSample } = header;
  if (format === WAV_FORMAT.pcm && bitsPerSample === 16)
    return (piece, index) => piece.readInt16LE(index * 2);
  if (format === WAV_FORMAT.aLaw && bitsPerSample === 8)
    return (piece, index) => LINEAR_OF_A_LAW[piece[index] ?? 0] ?? 0;
  if (format === WAV_FORMAT.muLaw && bitsPerSample === 8)
    return (piece, index) => LINEAR_OF_MU_LAW[piece[index] ?? 0] ?? 0;
  throw new WavError(
    'format-not-supported',
    `format ${format} with ${bitsPerSample} bits: expected 16-bit PCM, A-law or µ-law`,
  );
}

/** One piece of the source as A-law; several channels are averaged into one. */
function encode(piece: Buffer, frames: number, channels: number, sample: Sample): Buffer {
  const encoded = Buffer.allocUnsafe(frames);
  for (let frame = 0; frame < frames; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += sample(piece, frame * channels + channel);
    encoded[frame] = A_LAW_OF_LINEAR[Math.trunc(sum / channels) & 0xffff] ?? 0xd5;
  }
  return encoded;
}

async function copyAsALaw(source: FileHandle, target: FileHandle): Promise<number> {
  const start = Buffer.alloc(HEADER_SEARCH_BYTES);
  const { bytesRead: startBytes } = await source.read(start, 0, start.length, 0);
  const header = readWavHeader(start.subarray(0, startBytes));
  if (header.samplesPerSecond !== 8000 || header.channels < 1) {
    throw new WavError(
      'format-not-supported',
      `${header.samplesPerSecond} Hz, ${header.channels} channels: expected 8000 Hz`,
    );
  }
  const sample = sampleReader(header);
  const frameBytes = header.channels * (header.bitsPerSample / 8);
  // A recorder that died left no length, one that was cut off left one that is too great: the file's own end rules.
  const present = (await source.stat()).size - header.dataOffset;
  const framesInAll = Math.floor(Math.min(header.dataBytes ?? present, present) / frameBytes);

  const piece = Buffer.allocUnsafe(PIECE_FRAMES * frameBytes);
  let frames = 0;
  while (frames < framesInAll) {
    const wanted = Math.min(PIECE_FRAMES, framesInAll - frames) * frameBytes;
    const { bytesRead } = await source.read(piece, 0, wanted, header.dataOffset + frames * frameBytes);
    const framesRead = Math.floor(bytesRead / frameBytes);
    if (framesRead === 0) break;
    await target.write(
      encode(piece, framesRead, header.channels, sample),
      0,
      framesRead,
      A_LAW_HEADER_BYTES + frames,
    );
    frames += framesRead;
  }
  if (frames % 2 === 1) await target.write(Buffer.alloc(1), 0, 1, A_LAW_HEADER_BYTES + frames);
  await target.write(aLawHeader(frames), 0, A_LAW_HEADER_BYTES, 0);
  return frames;
}

/**
 * Makes an A-law, 8 kHz, mono WAV file (format 6) of a recording, piece by piece.
 * The target appears whole or not at all; a source that was never finished (length 0 or too great in its header) is
 * read to its end.
 * @param sourcePath 8 kHz WAV: 16-bit PCM, A-law or µ-law, any number of channels (they are averaged)
 * @returns the length in seconds
 * @throws WavError for a source that is no such file; errors of the file system as they come
 */
export async function toALaw(sourcePath: string, targetPath: string): Promise<{ seconds: number }> {
  const unfinishedPath = `${targetPath}.part`;
  const source = await open(sourcePath, 'r');
  try {
    const target = await open(unfinishedPath, 'w');
    let samples: number;
    try {
      samples = await copyAsALaw(source, target);
    } finally {
      await target.close();
    }
    await rename(unfinishedPath, targetPath);
    return { seconds: samples / 8000 };
  } catch (error) {
    await rm(unfinishedPath, { force: true });
    throw error;
  } finally {
    await source.close();
  }
}
