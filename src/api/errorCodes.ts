/**
 * Every outcome of the partner API: result code, text and HTTP status (facts 1.4 and 10).
 *
 * Where the facts leave a choice:
 * - A wrong PasswordDigest has no recovered code. It gets the code of an unknown key, with the same text, so that
 *   nobody can find out which keys exist, and clients already handle it as "my credentials are not accepted".
 * - A binding that does not exist is 1012007 in AXB: clients take that as "none yet" and go on to bind (C3). In the
 *   other modes it is 1016001. A recording that does not exist, and a call that is to be stopped and is over, are
 *   1012007: no source gives that code (7.2).
 * - A number that is on the X already is told in the newer wording, which names it (masked here).
 * - Created too far from now is a credential error, hence 401; the facts give the code and no status.
 * - An unknown path or method is 404; the facts give no status for 1010006.
 * - Flow control is 429 with Retry-After: the facts give no status, and say to try again after a while.
 * - An address that is blocked for wrong credentials is told so with the status of a credential error, 401.
 * - A request that was taken before is as 1010013: like one whose Created is too old, it can be sent again with new
 *   headers. No page states a rule for it.
 */
export const PARTNER_ERRORS = {
  'internal-error': { code: '1010001', httpStatus: 500, resultdesc: 'Internal system error.' },
  'invalid-request': { code: '1010002', httpStatus: 400, resultdesc: 'Invalid request.' },
  'credentials-rejected': { code: '1010003', httpStatus: 401, resultdesc: 'Invalid app_key.' },
  'no-such-route': { code: '1010006', httpStatus: 404, resultdesc: 'Invalid Rest API.' },
  'flow-limit': {
    code: '1010010',
    httpStatus: 429,
    resultdesc: 'The flow control upper limit is reached on the platform.',
  },
  'created-too-far': { code: '1010013', httpStatus: 401, resultdesc: 'Time out limit.' },
  'app-frozen': { code: '1010029', httpStatus: 403, resultdesc: 'The subscriber status is frozen.' },
  'other-mode': {
    code: '1010040',
    httpStatus: 403,
    resultdesc: 'The app_key is not allowed to invoke the API.',
  },
  'x-unknown': { code: '1011001', httpStatus: 403, resultdesc: 'Account does not exist.' },
  'no-free-private-number': {
    code: '1011002',
    httpStatus: 403,
    resultdesc: 'Insufficient number of resources.',
  },
  'too-many-x': {
    code: '1011003',
    httpStatus: 403,
    resultdesc: 'Exceeded the upper limit of resources that can be applied for.',
  },
  'x-not-applied-for': {
    code: '1011004',
    httpStatus: 403,
    resultdesc: 'The number is not applied for binding application.',
  },
  'x-taken': { code: '1011005', httpStatus: 403, resultdesc: 'Resource has been applied.' },
  'x-not-of-application': {
    code: '1012001',
    httpStatus: 403,
    resultdesc: 'Resource of number is not to be applied.',
  },
  'no-such-record': { code: '1012007', httpStatus: 403, resultdesc: 'The record does not exist.' },
  'no-free-x': { code: '1012008', httpStatus: 403, resultdesc: 'Insufficient number of resources.' },
  'number-already-bound': { code: '1012010', httpStatus: 403, resultdesc: 'The number $ has been bound.' },
  'recording-not-enabled': {
    code: '1012012',
    httpStatus: 403,
    resultdesc: 'The application does not open recording function.',
  },
  'x-status-abnormal': { code: '1012102', httpStatus: 403, resultdesc: 'The number status is abnormal.' },
  'no-such-binding': { code: '1016001', httpStatus: 403, resultdesc: 'The record does not exist.' },
  'binding-exists': { code: '1016002', httpStatus: 403, resultdesc: 'The record already exists.' },
  'address-not-allowed': {
    code: '1020166',
    httpStatus: 403,
    resultdesc: 'The app client ip is not in ip white list.',
  },
  'address-blocked': {
    code: '1020176',
    httpStatus: 401,
    resultdesc: 'Authentication failed, try again later',
  },
  'no-free-extension': { code: '1020167', httpStatus: 403, resultdesc: 'No idle extend Number.' },

  'authorization-missing': {
    code: '1023006',
    httpStatus: 400,
    resultdesc: 'Authorization not contained in the HTTP header.',
  },
  'realm-missing': { code: '1023007', httpStatus: 400, resultdesc: 'realm not contained in Authorization.' },
  'profile-missing': {
    code: '1023008',
    httpStatus: 400,
    resultdesc: 'profile not contained in Authorization.',
  },
  'realm-wrong': {
    code: '1023009',
    httpStatus: 400,
    resultdesc: 'The value of realm in Authorization must be SDP.',
  },
  'profile-wrong': {
    code: '1023010',
    httpStatus: 400,
    resultdesc: 'The value of profile in Authorization must be UsernameToken.',
  },
  'type-wrong': {
    code: '1023011',
    httpStatus: 400,
    resultdesc: 'The value of type in Authorization must be app_key.',
  },
  'type-missing': { code: '1023012', httpStatus: 400, resultdesc: 'type not contained in Authorization.' },

  'wsse-missing': { code: '1023001', httpStatus: 400, resultdesc: 'HTTP header not found X-WSSE field.' },
  'wsse-username-missing': {
    code: '1023002',
    httpStatus: 400,
    resultdesc: 'UserName not contained in X-WSSE.',
  },
  'wsse-nonce-missing': { code: '1023003', httpStatus: 400, resultdesc: 'Nonce not contained in X-WSSE.' },
  'wsse-created-missing': {
    code: '1023004',
    httpStatus: 400,
    resultdesc: 'Created not contained in X-WSSE.',
  },
  'wsse-digest-missing': {
    code: '1023005',
    httpStatus: 400,
    resultdesc: 'PasswordDigest not contained in X-WSSE.',
  },
  'aksk-missing': { code: '1023033', httpStatus: 400, resultdesc: 'HTTP header not found X-AKSK field.' },
  'aksk-username-missing': {
    code: '1023034',
    httpStatus: 400,
    resultdesc: 'UserName not contained in X-AKSK.',
  },
  'aksk-nonce-missing': { code: '1023035', httpStatus: 400, resultdesc: 'Nonce not contained in X-AKSK.' },
  'aksk-created-missing': {
    code: '1023036',
    httpStatus: 400,
    resultdesc: 'Created not contained in X-AKSK.',
  },
  'aksk-digest-missing': {
    code: '1023037',
    httpStatus: 400,
    resultdesc: 'PasswordDigest not contained in X-AKSK.',
  },
} as const satisfies Record<string, { code: string; httpStatus: number; resultdesc: string }>;

export type PartnerErrorName = keyof typeof PARTNER_ERRORS;

/** Longest `resultdesc` (facts 1.4). */
const RESULTDESC_CHARACTERS = 256;

/** A request that is answered with one row of the table. */
export class PartnerError extends Error {
  readonly code: PartnerErrorName;
  readonly retryAfterSeconds: number | undefined;

  /**
   * @param detail what was wrong, for the row's text; numbers of people in it must be masked already
   * @param retryAfterSeconds when it is worth trying again
   */
  constructor(code: PartnerErrorName, detail = '', retryAfterSeconds?: number) {
    super(describe(code, detail));
    this.name = 'PartnerError';
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  get httpStatus(): number {
    return PARTNER_ERRORS[this.code].httpStatus;
  }

  /** The reply's body. */
  get envelope(): { resultcode: string; resultdesc: string } {
    return { resultcode: PARTNER_ERRORS[this.code].code, resultdesc: this.message };
  }
}

function describe(name: PartnerErrorName, detail: string): string {
  const { resultdesc } = PARTNER_ERRORS[name];
  const text = resultdesc.includes('$')
    ? resultdesc.replace('$', () => detail)
    : `${resultdesc}${detail === '' ? '' : ` ${detail}`}`;
  return text.length <= RESULTDESC_CHARACTERS ? text : `${text.slice(0, RESULTDESC_CHARACTERS - 1)}…`;
}
