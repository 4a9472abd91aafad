import { createHash } from 'node:crypto';
import { makeRequest, newCallId, newTag, type SipResponse } from '../../embedded/sip/index.ts';
import type { OutgoingCall } from './OutgoingCall.ts';
import type { Phone, SipAddress } from './Phone.ts';

export interface HandsetAccount {
  readonly username: string;
  readonly password: string;
}

export interface HandsetHabits {
  /** Which challenge it answers. */
  readonly algorithm?: 'SHA-256' | 'MD5';
  /** False for a phone of RFC 2069, which knows no `qop`. */
  readonly counts?: boolean;
  /** Host that it believes to be at; absent: the right one. */
  readonly contactHost?: string;
}

/** A phone that registers, and answers challenges with its account's password. */
export class Handset {
  readonly phone: Phone;
  readonly account: HandsetAccount;
  readonly #server: SipAddress;
  readonly #habits: HandsetHabits;
  readonly #callId = newCallId();
  #cseq = 0;

  constructor(phone: Phone, server: SipAddress, account: HandsetAccount, habits: HandsetHabits = {}) {
    this.phone = phone.dialVia(server);
    this.account = account;
    this.#server = server;
    this.#habits = habits;
  }

  /** Registers, answering one challenge. Resolves with the last answer. */
  async register(expiresSeconds = 300): Promise<SipResponse> {
    const first = await this.sendRegister(expiresSeconds);
    if (first.status !== 401) return first;
    const challenge = this.#chosen(challengesOf(first));
    return this.sendRegister(expiresSeconds, this.credentials(challenge, 'REGISTER', this.#uri()));
  }

  /** Sends one REGISTER as it is. */
  sendRegister(expiresSeconds: number, authorization?: string): Promise<SipResponse> {
    const { username } = this.account;
    const { host, port } = this.phone;
    const address = `<sip:${username}@${this.#server.host}>`;
    this.#cseq += 1;
    const request = makeRequest('REGISTER', this.#uri(), {
      'Max-Forwards': '70',
      From: `${address};tag=${newTag()}`,
      To: address,
      'Call-ID': this.#callId,
      CSeq: `${this.#cseq} REGISTER`,
      Contact: `<sip:${username}@${this.#habits.contactHost ?? host}:${port}>`,
      Expires: String(expiresSeconds),
      ...(authorization === undefined ? {} : { Authorization: authorization }),
    });
    return new Promise((resolve, reject) => {
      this.phone.stack.request(request, this.phone.serverHop, {
        onFinal: resolve,
        onTimeout: () => reject(new Error(`${this.phone.name}: no answer to REGISTER`)),
        onTransportError: reject,
      });
    });
  }

  /** Dials, is challenged, and dials again with credentials. */
  async call(number: string, from: string | undefined = this.account.username): Promise<OutgoingCall> {
    const first = await this.phone.call(number, { from });
    const { status } = await first.end();
    if (status !== 407) throw new Error(`${this.phone.name}: expected a challenge, got ${status}`);
    const packet = this.phone.packets.findLast(
      ({ direction, bytes }) => direction === 'in' && bytes.startsWith('SIP/2.0 407'),
    );
    const lines = packet?.bytes.split('\r\n').filter((line) => /^Proxy-Authenticate:/i.test(line)) ?? [];
    const credentials = this.credentials(this.#chosen(lines), 'INVITE', this.#uri(number));
    return this.phone.call(number, { from, headers: { 'Proxy-Authorization': credentials } });
  }

  /** The answer to a challenge. */
  credentials(challenge: string, method: string, uri: string): string {
    const { username, password } = this.account;
    const field = (name: string): string => new RegExp(`${name}="?([^",]*)`).exec(challenge)?.[1] ?? '';
    const algorithm = field('algorithm');
    const hash = (...parts: string[]): string =>
      createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
        .update(parts.join(':'))
        .digest('hex');
    const [realm, nonce, cnonce] = [field('realm'), field('nonce'), newTag()];
    const counted = this.#habits.counts === false ? [] : ['00000001', cnonce, 'auth'];
    const response = hash(hash(username, realm, password), nonce, ...counted, hash(method, uri));
    return [
      `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}"`,
      `algorithm=${algorithm}, response="${response}"`,
      ...(counted.length === 0 ? [] : [`qop=auth, nc=00000001, cnonce="${cnonce}"`]),
    ].join(', ');
  }

  #uri(user?: string): string {
    const { host, port } = this.#server;
    return `sip:${user === undefined ? '' : `${user}@`}${host}:${port}`;
  }

  #chosen(challenges: readonly string[]): string {
    const wanted = this.#habits.algorithm ?? 'SHA-256';
    const found = challenges.find((each) => each.includes(`algorithm=${wanted}`));
    if (found === undefined) throw new Error(`no ${wanted} among ${JSON.stringify(challenges)}`);
    return found;
  }
}

/** Each challenge stands in a header field of its own, with commas inside. */
export function challengesOf(response: SipResponse): string[] {
  return [...response.headers].filter(({ key }) => key === 'www-authenticate').map(({ value }) => value);
}
