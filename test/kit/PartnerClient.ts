import { createHmac, randomBytes } from 'node:crypto';
import { request } from 'undici';

const AXB_PATH = '/rest/caas/relationnumber/partners/v1.0';
const RECORD_PATH = '/rest/provision/voice/record/v1.0';
const STOP_PATH = '/rest/httpsessions/callStop/v2.0';

export interface PartnerReply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>> & {
    readonly resultcode: string;
    readonly resultdesc: string;
  };
}

/** A customer's client: signs each request with its application's key and secret (AKSK, facts 1.2). */
export class PartnerClient {
  readonly #base: string;
  readonly #appKey: string;
  readonly #appSecret: string;

  constructor(base: string, appKey: string, appSecret: string) {
    this.#base = base;
    this.#appKey = appKey;
    this.#appSecret = appSecret;
  }

  bind(
    callerNum: string,
    calleeNum: string,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<PartnerReply> {
    return this.send('POST', AXB_PATH, { callerNum, calleeNum, ...more });
  }

  modify(subscriptionId: string, changes: Readonly<Record<string, unknown>>): Promise<PartnerReply> {
    return this.send('PUT', AXB_PATH, { subscriptionId, ...changes });
  }

  unbind(query: Readonly<Record<string, string>>): Promise<PartnerReply> {
    return this.send('DELETE', `${AXB_PATH}?${new URLSearchParams(query)}`);
  }

  query(query: Readonly<Record<string, string>>): Promise<PartnerReply> {
    return this.send('GET', `${AXB_PATH}?${new URLSearchParams(query)}`);
  }

  /** The answer to a request for a recording's address: the redirection itself, not what it leads to. */
  async recording(
    fileName: string,
    recordDomain: string,
  ): Promise<{ status: number; location: string | undefined; resultcode: string | undefined }> {
    const query = new URLSearchParams({ fileName, recordDomain });
    const { statusCode, headers, body } = await request(`${this.#base}${RECORD_PATH}?${query}`, {
      headers: this.#signature(),
    });
    const text = await body.text();
    const location = headers.location === undefined ? undefined : String(headers.location);
    return {
      status: statusCode,
      location,
      resultcode: text === '' ? undefined : JSON.parse(text).resultcode,
    };
  }

  /** Asks for the end of a call. */
  stopCall(sessionid: string): Promise<PartnerReply> {
    return this.send('POST', STOP_PATH, { sessionid, signal: 'call_stop' });
  }

  async send(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<PartnerReply> {
    const response = await request(`${this.#base}${path}`, {
      method,
      headers: {
        ...this.#signature(),
        'content-type': 'application/json;charset=UTF-8',
        accept: 'application/json',
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: response.statusCode, body: (await response.body.json()) as PartnerReply['body'] };
  }

  #signature(): Record<string, string> {
    const nonce = randomBytes(16).toString('hex');
    const created = `${new Date().toISOString().slice(0, 19)}Z`;
    const digest = createHmac('sha256', this.#appSecret)
      .update(nonce + created)
      .digest('base64');
    return {
      authorization: 'AKSK realm="SDP",profile="UsernameToken",type="Appkey"',
      'x-aksk': `UsernameToken Username="${this.#appKey}", PasswordDigest="${digest}", Nonce="${nonce}", Created="${created}"`,
    };
  }
}
