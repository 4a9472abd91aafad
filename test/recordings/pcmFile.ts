import { writeFile } from 'node:fs/promises';

/** Writes what a media server writes: silence, 16-bit PCM, 8 kHz, mono. */
export async function writePcm(path: string, seconds: number): Promise<void> {
  const bytes = seconds * 16_000;
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + bytes, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(8000, 24);
  header.writeUInt32LE(16_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(bytes, 40);
  await writeFile(path, Buffer.concat([header, Buffer.alloc(bytes)]));
}
