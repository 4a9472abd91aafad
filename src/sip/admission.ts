import type { SrfMessage } from './drachtio.ts';
import { callerOf, dialledOf } from './identities.ts';
import { formatReason, Q850 } from './reason.ts';
import { sdpOf } from './sdp.ts';

/** Extensions that an INVITE may require (RFC 3262, RFC 4028). */
const SUPPORTED_EXTENSIONS = ['100rel', 'timer'];

/** What an INVITE from a trunk asks for, or why it cannot be a call. */
export type Admission =
  | {
      readonly kind: 'call';
      /** E.164, or '' when withheld. */
      readonly caller: string;
      /** E.164. */
      readonly x: string;
      /** SDP; undefined when the caller leaves the offer to us. */
      readonly offer: string | undefined;
    }
  | { readonly kind: 'refused'; readonly status: number; readonly headers: Readonly<Record<string, string>> };

/**
 * Reads a new INVITE as RFC 3261 8.2 wants it read: what it requires, what body it holds, whom it is for.
 * Nothing that is refused here is a call yet, so it leaves no event and no record.
 */
export function admit(request: SrfMessage & { readonly uri: string }): Admission {
  if (/;\s*tag\s*=/i.test(request.get('To') ?? '')) return refused(481);
  if (!request.has('Contact')) return refused(400);
  const unsupported = unsupportedExtensions(request.get('Require'));
  if (unsupported !== '') return refused(420, { Unsupported: unsupported });
  const offer = sdpOf({ contentType: request.get('Content-Type'), body: request.body });
  if (request.body && offer === undefined) return refused(415, { Accept: 'application/sdp' });
  const identity = {
    requestUri: request.uri,
    from: request.get('From') ?? '',
    assertedIdentity: request.get('P-Asserted-Identity'),
  };
  const x = dialledOf(identity);
  if (x === undefined) return refused(404, { Reason: formatReason(Q850.unallocatedNumber) });
  return { kind: 'call', caller: callerOf(identity), x, offer };
}

function refused(status: number, headers: Record<string, string> = {}): Admission {
  return { kind: 'refused', status, headers };
}

function unsupportedExtensions(require: string | undefined): string {
  if (require === undefined) return '';
  return require
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '' && !SUPPORTED_EXTENSIONS.includes(each.toLowerCase()))
    .join(', ');
}
