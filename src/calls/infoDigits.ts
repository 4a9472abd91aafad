/** Bodies in which phones send a key press by INFO, as they are in use since before RFC 6086. */
const DTMF_RELAY = /^application\/dtmf-relay$/i;
const DTMF = /^application\/dtmf$/i;
const DIGIT = /^[0-9*#A-D]$/i;
const LONGEST_MS = 6000;

/** A key press. */
export interface InfoDigit {
  readonly digit: string;
  /** undefined when the phone does not say. */
  readonly durationMs: number | undefined;
}

/**
 * The key press in the body of an INFO.
 * @returns undefined when it is none
 */
export function readInfoDigit(contentType: string, body: string): InfoDigit | undefined {
  const type = (contentType.split(';')[0] ?? '').trim();
  if (DTMF.test(type)) return digitOf(body.trim(), undefined);
  if (!DTMF_RELAY.test(type)) return undefined;
  const signal = /^\s*Signal\s*=\s*(\S+)\s*$/im.exec(body)?.[1] ?? '';
  const duration = Number(/^\s*Duration\s*=\s*(\d{1,5})\s*$/im.exec(body)?.[1]);
  return digitOf(signal, duration > 0 && duration <= LONGEST_MS ? duration : undefined);
}

function digitOf(text: string, durationMs: number | undefined): InfoDigit | undefined {
  // Some phones send the event's number of RFC 4733 for the star and the square.
  const digit = text === '10' ? '*' : text === '11' ? '#' : text.toUpperCase();
  return DIGIT.test(digit) ? { digit, durationMs } : undefined;
}

/** The body for the other side: made anew, so that nothing else a phone writes into it gets through. */
export function infoDigitBody({ digit, durationMs }: InfoDigit): { contentType: string; body: string } {
  return {
    contentType: 'application/dtmf-relay',
    body: `Signal=${digit}\r\nDuration=${durationMs ?? 160}\r\n`,
  };
}
