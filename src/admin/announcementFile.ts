import { Problem } from './problem.ts';

/** Largest announcement. */
export const ANNOUNCEMENT_BYTES = 2 * 1024 * 1024;

const A_LAW = 6;
const SAMPLES_PER_SECOND = 8000;

/** What people upload in place of a WAV file: where its mark stands, and what it is. */
const MARKS: readonly (readonly [offset: number, mark: string, what: string])[] = [
  [0, 'ID3', 'an MP3'],
  [0, '\xff\xfb', 'an MP3'],
  [0, '\xff\xf3', 'an MP3'],
  [0, 'OggS', 'an Ogg file'],
  [0, 'fLaC', 'a FLAC file'],
  [0, '#!AMR', 'an AMR file'],
  [0, '.snd', 'an AU file'],
  [0, 'FORM', 'an AIFF file'],
  [4, 'ftyp', 'an MP4 or M4A file'],
];

/** Names of the formats (RFC 2361) that programs write into WAV files. */
const FORMATS: Readonly<Record<number, string>> = {
  1: 'PCM',
  2: 'ADPCM',
  3: 'floating point',
  6: 'A-law',
  7: 'µ-law',
  17: 'IMA ADPCM',
  49: 'GSM 6.10',
  85: 'MP3',
  65534: 'extensible',
};

const MAKE_IT = 'ffmpeg makes it: ffmpeg -i in.wav -ar 8000 -ac 1 -c:a pcm_alaw out.wav';

/**
 * Checks that an uploaded file is what the media server plays without conversion: a RIFF WAVE file, A-law
 * (format 6), 8 kHz, mono, whose data is all there.
 * @returns its length in seconds
 * @throws Problem `invalid-file` naming what was found and what was expected
 */
export function checkAnnouncement(file: Buffer): { readonly seconds: number } {
  if (
    file.length < 12 ||
    file.toString('latin1', 0, 4) !== 'RIFF' ||
    file.toString('latin1', 8, 12) !== 'WAVE'
  ) {
    throw new Problem(
      'invalid-file',
      `The file: expected a WAV file (RIFF … WAVE), got ${kindOf(file)}. ${MAKE_IT}`,
    );
  }
  let format: Buffer | undefined;
  for (let offset = 12; offset + 8 <= file.length; ) {
    const id = file.toString('latin1', offset, offset + 4);
    const length = file.readUInt32LE(offset + 4);
    const body = file.subarray(offset + 8, offset + 8 + length);
    if (id === 'fmt ') format = body;
    if (id === 'data') {
      checkFormat(format);
      if (body.length < length) {
        throw new Problem(
          'invalid-file',
          `The file: its data chunk says ${length} bytes, ${body.length} are there.`,
        );
      }
      if (length === 0)
        throw new Problem('invalid-file', 'The file: expected sound, its data chunk is empty.');
      return { seconds: length / SAMPLES_PER_SECOND };
    }
    // Chunks are padded to an even length.
    offset += 8 + length + (length % 2);
  }
  throw new Problem('invalid-file', 'The file: expected a data chunk, found none.');
}

function kindOf(file: Buffer): string {
  if (file.length === 0) return 'nothing';
  const marked = MARKS.find(
    ([offset, mark]) => file.toString('latin1', offset, offset + mark.length) === mark,
  );
  return marked?.[2] ?? 'something else';
}

function checkFormat(format: Buffer | undefined): void {
  if (format === undefined || format.length < 16) {
    throw new Problem('invalid-file', 'The file: expected a fmt chunk before the data, found none.');
  }
  const found = {
    code: format.readUInt16LE(0),
    channels: format.readUInt16LE(2),
    rate: format.readUInt32LE(4),
    bits: format.readUInt16LE(14),
  };
  if (found.code !== A_LAW || found.channels !== 1 || found.rate !== SAMPLES_PER_SECOND || found.bits !== 8) {
    throw new Problem(
      'invalid-file',
      `The file: expected A-law (format 6), 8000 Hz, 1 channel, 8 bits; got format ${found.code} ` +
        `(${FORMATS[found.code] ?? 'unknown'}), ${found.rate} Hz, ${found.channels} channels, ${found.bits} bits. ${MAKE_IT}`,
    );
  }
}
