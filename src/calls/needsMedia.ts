import type { Connect } from '../../routing/types.ts';

/**
 * Whether a call has to go through a media server: for a ringback file, a recording, the last-minute voice of a limited
 * call, or because the operator wants it for all.
 */
export function needsMedia(
  { ringback, record, maxDurationSeconds }: Connect,
  anchor: 'auto' | 'always',
): boolean {
  return anchor === 'always' || ringback !== undefined || record || maxDurationSeconds > 0;
}
