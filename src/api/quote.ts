import { maskNumbersIn } from '../../routing/numbers.ts';

const LONGEST_QUOTE = 48;

/** A value that a client sent, short enough and with numbers masked well enough to stand in an error text. */
export function quote(value: unknown): string {
  const text = typeof value === 'string' ? value : Array.isArray(value) ? 'an array' : describe(value);
  const printable = text.slice(0, LONGEST_QUOTE * 2).replace(/[^\x20-\x7e\u00a0-\uffff]/g, '?');
  const masked = maskNumbersIn(printable);
  const short = masked.length > LONGEST_QUOTE ? `${masked.slice(0, LONGEST_QUOTE)}…` : masked;
  return typeof value === 'string' ? `"${short}"` : short;
}

function describe(value: unknown): string {
  return value !== null && typeof value === 'object' ? 'an object' : String(value);
}
