import type { SrfDialog } from './drachtio.ts';

const CONTACT_HOST = /sips?:(?:[^@>\s]*@)?(\[[^\]]+\]|[^;:>\s]+)/i;

/**
 * Where the requests of a dialog's peer may come from: the address that his part of the first exchange came from, and
 * the one that he named in Contact (RFC 3261 12.1), since what stood between need not stay there.
 */
export function peerAddresses({
  type,
  req,
  res,
}: Pick<SrfDialog, 'type' | 'req' | 'res'>): readonly string[] {
  const first = type === 'uas' ? req : res;
  const contact = CONTACT_HOST.exec(first.get('Contact') ?? '')?.[1]?.replace(/^\[|\]$/g, '');
  return contact === undefined ? [first.source_address] : [first.source_address, contact];
}
