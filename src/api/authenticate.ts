import type { IncomingHttpHeaders } from 'node:http';
import type { AppDirectory } from '../store/AppDirectory.ts';
import type { App } from '../store/apps.ts';
import { freshnessOf } from './createdTime.ts';
import { readCredentials } from './credentials.ts';
import { PartnerError } from './errorCodes.ts';
import { digestMatches } from './passwordDigest.ts';

/**
 * Finds out which application sends a request, from its headers alone (facts 1.2).
 * The time is judged after the digest, so that only the application itself is told that its clock is wrong.
 * @param now milliseconds since the epoch
 * @throws PartnerError for every way in which the headers can be wrong, and for a frozen application or account
 */
export async function authenticate(
  headers: IncomingHttpHeaders,
  apps: AppDirectory,
  now: number,
): Promise<App> {
  const credentials = readCredentials(headers);
  const known = await apps.get(credentials.appKey);
  if (known === undefined || !digestMatches(credentials, known.secret)) {
    throw new PartnerError('credentials-rejected');
  }
  switch (freshnessOf(credentials.created, now)) {
    case 'malformed':
      throw new PartnerError('invalid-request', 'Created: expected a time like 2026-01-31T08:00:00Z.');
    case 'too-far':
      throw new PartnerError('created-too-far');
    case 'fresh':
      break;
  }
  if (known.app.state === 'frozen' || known.accountState === 'frozen') throw new PartnerError('app-frozen');
  return known.app;
}
