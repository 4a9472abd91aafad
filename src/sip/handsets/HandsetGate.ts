import type { Handset } from '../../store/handsets.ts';
import type { Logger } from '../../telemetry/logger.ts';
import {
  challenges,
  DIGEST_ALGORITHMS,
  type DigestCredentials,
  parseCredentials,
  provesPassword,
} from './digest.ts';
import { FAILURES_FORGOTTEN_AFTER_MS, FailureLimit } from './FailureLimit.ts';
import { Nonces, type Sign } from './Nonces.ts';

export interface HandsetGateOptions {
  /** Realm of the challenges (RFC 3261, 22.1): the host name of the platform. */
  readonly realm: string;
  readonly handsetOf: (username: string) => Handset | undefined;
  readonly sign: Sign;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly logger: Logger;
}

/** What of a request is judged. */
export interface Claim {
  readonly method: string;
  readonly requestUri: string;
  /** All values of `Authorization` or `Proxy-Authorization`, joined by commas. */
  readonly credentials: string | undefined;
  /** Whom its sender says or seems to be: decides what he is challenged with, and nothing else. */
  readonly likely: Handset | undefined;
  /** Where it came from. */
  readonly address: string;
}

export type Verdict =
  | { readonly kind: 'known'; readonly handset: Handset }
  /** To be asked for credentials; the values of as many challenge header fields. */
  | { readonly kind: 'challenged'; readonly challenges: readonly string[] }
  | { readonly kind: 'refused'; readonly status: 400 | 403 };

/** A password that nobody has: unknown users cost as much time as known ones. */
const NOBODYS_PASSWORD = '';

/**
 * Who a handset is: digest authentication (RFC 3261, 22; RFC 8760). Wrong credentials get 403 and not another
 * challenge, which phones would answer with the same again; an unknown user and a wrong password look alike.
 */
export class HandsetGate {
  readonly #options: HandsetGateOptions;
  readonly #nonces: Nonces;
  readonly #failures = new FailureLimit();

  constructor(options: HandsetGateOptions) {
    this.#options = options;
    this.#nonces = new Nonces(options.sign);
  }

  /** Whether credentials claim to be a handset's, right or wrong. */
  isClaimed(credentials: string | undefined): boolean {
    return this.#ownCredentials(credentials) !== undefined;
  }

  check({ method, requestUri, credentials, likely, address }: Claim): Verdict {
    const { clock, handsetOf } = this.#options;
    const own = this.#ownCredentials(credentials);
    if (own === undefined) return this.#challenge(likely, false);
    const now = clock();
    if (this.#failures.isBlocked(own.username, address, now)) return { kind: 'refused', status: 403 };
    if (!isSameResource(own.uri, requestUri)) return { kind: 'refused', status: 400 };
    const handset = handsetOf(own.username);
    const proven = provesPassword(own, method, handset?.password ?? NOBODYS_PASSWORD);
    if (handset === undefined || !proven) {
      this.#failed(own, address, now);
      return { kind: 'refused', status: 403 };
    }
    const count = own.quality && Number.parseInt(own.quality.nc, 16);
    if (!this.#nonces.use(own.nonce, count, now)) return this.#challenge(handset, true);
    this.#failures.succeeded(own.username, address);
    return { kind: 'known', handset };
  }

  #ownCredentials(header: string | undefined): DigestCredentials | undefined {
    if (header === undefined) return undefined;
    return parseCredentials(header).find(({ realm }) => realm === this.#options.realm);
  }

  #challenge(likely: Handset | undefined, stale: boolean): Verdict {
    const { realm, clock } = this.#options;
    const algorithms = likely?.md5Only ? ['MD5' as const] : DIGEST_ALGORITHMS;
    const nonce = this.#nonces.issue(clock());
    return { kind: 'challenged', challenges: challenges(realm, nonce, algorithms, stale) };
  }

  #failed({ username }: DigestCredentials, address: string, now: number): void {
    if (!this.#failures.failed(username, address, now)) return;
    this.#options.logger.warn(
      { address, seconds: FAILURES_FORGOTTEN_AFTER_MS / 1000 },
      'too many wrong handset passwords: this user is not listened to from there for a while',
    );
  }
}

/** Phones differ in the parameters that they write into the digest's URI (RFC 3261, 22.4, rule 7). */
function isSameResource(digestUri: string, requestUri: string): boolean {
  const bare = (uri: string) => uri.split(/[;?]/, 1)[0]?.toLowerCase();
  return bare(digestUri) === bare(requestUri);
}
