import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TORTURE_FOLDER, TORTURE_MESSAGES } from './tortureMessages.ts';

/** Words that mean something to somebody who reads SIP. */
const WORDS = [
  ...[
    '\r\n',
    '\r\n\r\n',
    '\n',
    '\0',
    '\t',
    ' ',
    ';',
    ',',
    '"',
    '\\',
    '<',
    '>',
    '@',
    ':',
    '%',
    '%00',
    '[::1]',
  ],
  ...[
    'sip:',
    'sips:',
    'tel:',
    'SIP/2.0',
    ';tag=',
    ';branch=z9hG4bK',
    ';lr',
    ';received=',
    ';rport',
    ';maddr=',
  ],
  ...['0', '-1', '4294967296', '99999999999999999999', 'NaN', '1e9', '+86'],
  ...['Content-Length: 0\r\n', 'Content-Length: 999999\r\n', 'l: 5\r\n', 'Require: 100rel\r\n', 'Via: '],
  ...['Session-Expires: 1\r\n', 'Route: <sip:127.0.0.1;lr>\r\n', 'Record-Route: <sip:10.0.0.1;lr>\r\n'],
  ...['X-esl-outbound: 127.0.0.1:1\r\n', 'P-Asserted-Identity: <sip:0@x>\r\n', 'Replaces: a;to-tag=b\r\n'],
  ...['v=0\r\n', 'm=audio 0 RTP/AVP 8\r\n', 'c=IN IP4 0.0.0.0\r\n', 'a=crypto:1 x inline:y\r\n'],
];
const METHODS =
  'INVITE ACK BYE CANCEL OPTIONS REGISTER PRACK UPDATE INFO SUBSCRIBE NOTIFY REFER MESSAGE PUBLISH';
const LONGEST_OCTETS = 60_000;

/**
 * Makes messages that are wrong in ever other ways, from good ones and from those of RFC 4475. The same seed gives the same
 * messages.
 */
export class SipFuzzer {
  readonly #seeds: readonly string[];
  #state: number;

  /** @param good messages that the receiver understands */
  constructor(seed: number, good: readonly string[]) {
    const torture = TORTURE_MESSAGES.map(({ name }) =>
      readFileSync(join(TORTURE_FOLDER, `${name}.dat`), 'latin1'),
    );
    // Half of all begins as what is understood: the rest seldom gets far.
    this.#seeds = [...torture, ...torture.map((_, at) => good[at % good.length] ?? '')];
    this.#state = seed;
  }

  next(): Buffer {
    let text = this.#pick(this.#seeds);
    for (let changes = this.#below(5); changes >= 0; changes -= 1) text = this.#change(text);
    return Buffer.from(text.slice(0, LONGEST_OCTETS), 'latin1');
  }

  #change(text: string): string {
    const at = this.#below(text.length + 1);
    const length = this.#below(this.#below(10) === 0 ? 400 : 12);
    const rest = text.slice(at);
    switch (this.#below(8)) {
      case 0:
        return text.slice(0, at) + String.fromCharCode(this.#below(256)) + rest.slice(1);
      case 1:
        return text.slice(0, at) + rest.slice(length);
      case 2:
        return text.slice(0, at) + this.#pick(WORDS) + rest;
      case 3:
        return text.slice(0, at) + rest.slice(0, length).repeat(this.#below(40)) + rest;
      case 4: {
        const other = this.#pick(this.#seeds);
        return text.slice(0, at) + other.slice(this.#below(other.length));
      }
      case 5:
        return this.#swapLines(text);
      case 6:
        return text.replaceAll(/\b[A-Z]{3,10}\b(?= sip:|\r\n)/g, this.#pick(METHODS.split(' ')));
      default:
        return text.replace(/\d+/, this.#pick(WORDS));
    }
  }

  #swapLines(text: string): string {
    const lines = text.split('\r\n');
    const [from, to] = [this.#below(lines.length), this.#below(lines.length)];
    const [line = ''] = lines.splice(from, 1);
    lines.splice(to, 0, line);
    return lines.join('\r\n');
  }

  #pick<T>(list: readonly T[]): T {
    const found = list[this.#below(list.length)];
    if (found === undefined) throw new Error('nothing to pick from');
    return found;
  }

  /** xorshift32: 0 to below - 1. */
  #below(below: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return below <= 0 ? 0 : (this.#state >>> 0) % below;
  }
}
