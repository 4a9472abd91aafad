import { isAbsolute, resolve } from 'node:path';
import { RecordingError } from './WavWriter.ts';

/**
 * Where a recording goes: an absolute path as it is, any other below `recordingsDir`. Only WAV is written.
 *
 * @throws RecordingError
 */
export function recordingPath(name: string, recordingsDir: string): string {
  if (!/\.wav$/i.test(name)) throw new RecordingError('recordings are WAV files: the name must end in .wav');
  return isAbsolute(name) ? name : resolve(recordingsDir, name);
}
