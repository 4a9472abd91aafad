import type { Mode } from '../../routing/types.ts';
import type { BindingError } from '../bindings/BindingError.ts';
import { maskText } from '../telemetry/fault.ts';
import { PartnerError } from './errorCodes.ts';

/**
 * What a rule of bindings means to the client: the same rule has other codes in other modes (facts 10). AXYB has those
 * of AX, whose rules it shares; AXE those of AXB for its numbers.
 * @param mode of the application that asked
 * @param method of the request
 */
export function meaningOf(error: BindingError, mode: Mode | undefined, method: string): PartnerError {
  const likeAx = mode === 'AX' || mode === 'AXYB';
  switch (error.code) {
    case 'x-not-of-application':
      if (!likeAx) return new PartnerError('x-not-of-application');
      return new PartnerError(method === 'DELETE' ? 'x-not-applied-for' : 'x-unknown');
    case 'no-free-x':
    case 'too-many-bindings':
      return new PartnerError(likeAx ? 'no-free-private-number' : 'no-free-x');
    case 'no-such-binding':
      return new PartnerError(mode === 'AXB' ? 'no-such-record' : 'no-such-binding');
    case 'number-already-bound':
      return new PartnerError('number-already-bound', error.subject ?? '');
    case 'extension-taken':
      return new PartnerError('no-free-extension');
    case 'announcement-unknown':
    case 'announcement-not-approved':
      // The name is whatever the client wrote there.
      return new PartnerError('invalid-request', maskText(error.message));
    case 'value-out-of-range':
      return new PartnerError('invalid-request', `${error.subject}.`);
    case 'x-status-abnormal':
    case 'x-taken':
    case 'too-many-x':
    case 'binding-exists':
    case 'no-free-extension':
    case 'recording-not-enabled':
      return new PartnerError(error.code);
  }
}
