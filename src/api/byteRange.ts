/** Which octets of a file a request wants. */
export type ByteRange =
  | { readonly kind: 'whole' }
  /** Both ends belong to it. */
  | { readonly kind: 'part'; readonly first: number; readonly last: number }
  | { readonly kind: 'unsatisfiable' };

const WHOLE: ByteRange = { kind: 'whole' };

/**
 * Reads a `Range` header (RFC 9110, 14.1.2). Several ranges, another unit and what cannot be read count as no range
 * at all, as the RFC allows.
 * @param size octets of the file
 */
export function readByteRange(header: string | undefined, size: number): ByteRange {
  const match = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/.exec(header ?? '');
  if (match === null) return WHOLE;
  const [, from = '', until = ''] = match;
  if (from === '') return until === '' ? WHOLE : lastOctets(Number(until), size);
  const first = Number(from);
  const last = until === '' ? size - 1 : Math.min(Number(until), size - 1);
  if (until !== '' && Number(until) < first) return WHOLE;
  return first < size ? { kind: 'part', first, last } : { kind: 'unsatisfiable' };
}

function lastOctets(count: number, size: number): ByteRange {
  if (count === 0 || size === 0) return { kind: 'unsatisfiable' };
  return { kind: 'part', first: Math.max(0, size - count), last: size - 1 };
}
