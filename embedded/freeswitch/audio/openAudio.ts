import { isAbsolute, join } from 'node:path';
import { AudioOpenError, type AudioSource } from './audioSource.ts';
import { SAMPLE_RATE_HZ } from './g711.ts';
import { parseToneScript, SilenceSource, ToneSource } from './tones.ts';
import { WavSource } from './WavSource.ts';

/**
 * Opens what a `playback` argument names: `tone_stream://…`, `silence_stream://ms` (-1: until stopped), an
 * absolute path, or a path below `soundsDir`. A name without an extension is tried with `.wav`.
 *
 * `startSample` skips into a file, counted at 8 kHz.
 *
 * @throws AudioOpenError
 */
export async function openAudio(name: string, soundsDir: string, startSample = 0): Promise<AudioSource> {
  const scheme = /^([a-z_]+):\/\/(.*)$/s.exec(name);
  if (!scheme) {
    const path = isAbsolute(name) ? name : join(soundsDir, name);
    return WavSource.open(/\.[A-Za-z0-9]+$/.test(path) ? path : `${path}.wav`, startSample);
  }
  const argument = scheme[2] ?? '';
  switch (scheme[1]) {
    case 'tone_stream':
      return new ToneSource(parseToneScript(argument));
    case 'silence_stream': {
      // A second number sets a comfort-noise level in FreeSWITCH; plain silence is a valid choice of it.
      const durationMs = Number(/^(-?\d+)(?:,-?\d+)?$/.exec(argument)?.[1] ?? Number.NaN);
      if (Number.isNaN(durationMs)) {
        throw new AudioOpenError('unsupported_format', `silence_stream length "${argument}" is not a number`);
      }
      const samples = durationMs < 0 ? Number.POSITIVE_INFINITY : (durationMs * SAMPLE_RATE_HZ) / 1000;
      return new SilenceSource(samples);
    }
    default:
      throw new AudioOpenError('unsupported_format', `sounds of kind ${scheme[1]}:// are not played here`);
  }
}
