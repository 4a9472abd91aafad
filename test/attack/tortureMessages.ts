import { join } from 'node:path';

/** The messages of RFC 4475 as its Appendix A holds them: `rfc4475/<name>.dat`. */
export const TORTURE_FOLDER = join(import.meta.dirname, 'rfc4475');

export interface TortureMessage {
  readonly section: string;
  readonly name: string;
  readonly what: string;
  /** How the stack answers it; 200 stands for what is let through, and `nothing` for what cannot be answered. */
  readonly answer: number | 'nothing';
}

const row = (
  section: string,
  name: string,
  answer: TortureMessage['answer'],
  what: string,
): TortureMessage => ({ section, name, what, answer });

/**
 * Each message of RFC 4475 and what becomes of it. Where the RFC leaves a choice, what is clear in spite of its mistake is
 * let through: dates, display names and white space that nobody here reads.
 */
export const TORTURE_MESSAGES: readonly TortureMessage[] = [
  row('3.1.1.1', 'wsinv', 200, 'folded lines, compact names and white space wherever it is allowed'),
  row('3.1.1.2', 'intmeth', 200, 'every character that may stand in a method, a URI and a name'),
  row('3.1.1.3', 'esc01', 200, 'escaped characters in the Request-URI'),
  row('3.1.1.4', 'escnull', 200, 'escaped NULs in URIs'),
  row('3.1.1.5', 'esc02', 200, 'a percent sign that escapes nothing'),
  row('3.1.1.6', 'lwsdisp', 200, 'no space between display name and <'),
  row('3.1.1.7', 'longreq', 200, 'header fields of great length'),
  row('3.1.1.8', 'dblreq', 200, 'a second request behind the first in one datagram'),
  row('3.1.1.9', 'semiuri', 200, 'a semicolon in the user part'),
  row('3.1.1.10', 'transports', 200, 'transports that nobody knows in Via'),
  row('3.1.1.11', 'mpart01', 200, 'a multipart body with binary content'),
  row('3.1.1.12', 'unreason', 'nothing', 'a response to nothing, with a reason phrase in UTF-8'),
  row('3.1.1.13', 'noreason', 'nothing', 'a response to nothing, without a reason phrase'),
  row('3.1.2.1', 'badinv01', 200, 'separators with nothing between them'),
  row('3.1.2.2', 'clerr', 400, 'Content-Length larger than the datagram'),
  row('3.1.2.3', 'ncl', 400, 'a negative Content-Length'),
  row('3.1.2.4', 'scalar02', 400, 'numbers that are too large in a request'),
  row('3.1.2.5', 'scalarlg', 'nothing', 'numbers that are too large in a response'),
  row('3.1.2.6', 'quotbal', 400, 'a display name whose quotes do not end'),
  row('3.1.2.7', 'ltgtruri', 400, 'angle brackets around the Request-URI'),
  row('3.1.2.8', 'lwsruri', 400, 'white space within the Request-URI'),
  row('3.1.2.9', 'lwsstart', 400, 'several spaces in the start line'),
  row('3.1.2.10', 'trws', 400, 'white space behind the start line'),
  row('3.1.2.11', 'escruri', 200, 'escaped header fields in the Request-URI'),
  row('3.1.2.12', 'baddate', 200, 'a Date in another time zone than GMT'),
  row('3.1.2.13', 'regbadct', 200, 'a Contact whose URI ought to stand in angle brackets'),
  row('3.1.2.14', 'badaspec', 200, 'spaces within the angle brackets of To'),
  row('3.1.2.15', 'baddn', 200, 'a display name that ought to be quoted'),
  row('3.1.2.16', 'badvers', 505, 'a version of SIP that nobody knows'),
  row('3.1.2.17', 'mismatch01', 400, 'another method in CSeq'),
  row('3.1.2.18', 'mismatch02', 400, 'another method in CSeq, and an unknown one in the request'),
  row('3.1.2.19', 'bigcode', 'nothing', 'a response whose status overflows'),
  row('3.2.1', 'badbranch', 200, 'a branch that is nothing but the magic cookie'),
  row('3.3.1', 'insuf', 'nothing', 'no Call-ID, From and To'),
  row('3.3.2', 'unkscm', 416, 'a Request-URI of an unknown scheme'),
  row('3.3.3', 'novelsc', 416, 'a Request-URI of a scheme of another world'),
  row('3.3.4', 'unksm2', 200, 'unknown schemes in From and To'),
  row('3.3.5', 'bext01', 200, 'an extension required that nobody knows'),
  row('3.3.6', 'invut', 200, 'an unknown Content-Type'),
  row('3.3.7', 'regaut01', 200, 'an unknown authorization scheme'),
  row('3.3.8', 'multi01', 400, 'several of what there may be one of'),
  row('3.3.9', 'mcl01', 400, 'several Content-Lengths'),
  row('3.3.10', 'bcast', 'nothing', 'a response whose Via names the broadcast address'),
  row('3.3.11', 'zeromf', 200, 'Max-Forwards of zero in OPTIONS, which ends here'),
  row('3.3.12', 'cparam01', 200, 'a Contact parameter behind a bare URI'),
  row('3.3.13', 'cparam02', 200, 'a URI parameter in Contact'),
  row('3.3.14', 'regescrt', 200, 'escaped header fields in a Contact'),
  row('3.3.15', 'sdp01', 200, 'nothing acceptable in Accept'),
  row('3.4.1', 'inv2543', 200, 'an INVITE of RFC 2543'),
];
