import { readFile, writeFile } from 'node:fs/promises';

/** Writes a WAV file with any header; `bytes` are its samples. */
export async function writeWav(
  path: string,
  bytes: Buffer,
  { tag = 1, channels = 1, rate = 8000, bits = 16 } = {},
): Promise<void> {
  const header = Buffer.alloc(44);
  const frame = (channels * bits) / 8;
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + bytes.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(tag, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * frame, 28);
  header.writeUInt16LE(frame, 32);
  header.writeUInt16LE(bits, 34);
  header.write('data', 36);
  header.writeUInt32LE(bytes.length, 40);
  await writeFile(path, Buffer.concat([header, bytes]));
}

export function pcmBytes(samples: Int16Array): Buffer {
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
}

/** Reads a recording and checks that its header tells the truth. */
export async function readRecording(
  path: string,
): Promise<{ channels: number; left: Int16Array; right: Int16Array }> {
  const file = await readFile(path);
  const channels = file.readUInt16LE(22);
  const dataBytes = file.readUInt32LE(40);
  if (dataBytes !== file.length - 44)
    throw new Error(`header says ${dataBytes} bytes, file has ${file.length - 44}`);
  const frames = dataBytes / (2 * channels);
  const channel = (index: number) =>
    Int16Array.from({ length: frames }, (_, frame) => file.readInt16LE(44 + 2 * (frame * channels + index)));
  return { channels, left: channel(0), right: channel(channels - 1) };
}
