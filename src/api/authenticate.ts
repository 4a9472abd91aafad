import type { IncomingHttpHeaders } from 'node:http';
import type { AppDirectory, KnownApp } from '../store/AppDirectory.ts';
import { type Fresh, freshnessOf } from './createdTime.ts';
import { type Credentials, readCredentials } from './credentials.ts';
import { PartnerError } from './errorCodes.ts';
import { digestMatches } from './passwordDigest.ts';

/** Who sends a request, as its headers have proved. */
export interface Authenticated {
  readonly known: KnownApp;
  readonly credentials: Credentials;
  readonly fresh: Fresh;
}

/** In place of the secret of an application that does not exist, so that it takes as long to say no. */
const NOBODYS_SECRET = 'nobody has this secret';

/**
 * Finds out which application sends a request, from its headers alone (facts 1.2).
 * The time is judged after the digest, so that only the application itself is told that its clock is wrong.
 * @param now milliseconds since the epoch
 * @throws PartnerError for every way in which the headers can be wrong
 */
export async function authenticate(
  headers: IncomingHttpHeaders,
  apps: AppDirectory,
  now: number,
): Promise<Authenticated> {
  const credentials = readCredentials(headers);
  const known = await apps.get(credentials.appKey);
  const isRight =
    digestMatches(credentials, known?.secret ?? NOBODYS_SECRET) || hasOldSecret(credentials, known, now);
  if (known === undefined || !isRight) throw new PartnerError('credentials-rejected');
  const fresh = freshnessOf(credentials.created, now);
  switch (fresh.kind) {
    case 'malformed':
      throw new PartnerError('invalid-request', 'Created: expected a time like 2026-01-31T08:00:00Z.');
    case 'too-far':
      throw new PartnerError('created-too-far');
    case 'fresh':
      return { known, credentials, fresh };
  }
}

/** A secret that was changed stays good for a while, so that its application can change over in its own time. */
function hasOldSecret(credentials: Credentials, known: KnownApp | undefined, now: number): boolean {
  const old = known?.oldSecret;
  return old !== undefined && now < old.until && digestMatches(credentials, old.secret);
}
