import { type Digit, isDigit } from '../rtp/telephoneEvent.ts';

const DEFAULT_DURATION_MS = 250;
const SAMPLES_PER_MS = 8;

/** The digit in the body of an INFO: `application/dtmf-relay` (`Signal=5`, `Duration=160`) or `application/dtmf` (`5`). */
export function readInfoDigit(contentType: string, body: string): Digit | undefined {
  const isRelay = /^application\/dtmf-relay\b/i.test(contentType);
  if (!isRelay && !/^application\/dtmf\b/i.test(contentType)) return undefined;
  const signal = isRelay ? /^\s*Signal\s*=\s*(\S)/im.exec(body)?.[1] : body.trim();
  if (signal === undefined || !isDigit(signal)) return undefined;
  const duration = Number(/^\s*Duration\s*=\s*(\d{1,5})/im.exec(body)?.[1] ?? DEFAULT_DURATION_MS);
  return { digit: signal.toUpperCase(), durationSamples: duration * SAMPLES_PER_MS };
}
