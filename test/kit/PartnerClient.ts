import { createHmac, randomBytes } from 'node:crypto';
import { request } from 'undici';

const AXB_PATH = '/rest/caas/relationnumber/partners/v1.0';
const AX_PATH = '/rest/provision/caas/privatenumber/v1.0';
const CALLEE_PATH = '/rest/caas/privatenumber/calleenumber/v1.0';
const AXE_PATH = '/rest/caas/extendnumber/v1.0';
const AXE_LIST_PATH = '/rest/caas/extendnumber/v2.0';
const AXYB_PATH = '/rest/omp/xyrelationnumber/v1.0';
const RECORD_PATH = '/rest/provision/voice/record/v1.0';
const STOP_PATH = '/rest/httpsessions/callStop/v2.0';

export interface PartnerReply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>> & {
    readonly resultcode: string;
    readonly resultdesc: string;
  };
}

type Fields = Readonly<Record<string, unknown>>;
type Query = Readonly<Record<string, string>>;

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

  /** AX: A with an X, which `more` names (privateNum) or places (areaCode). */
  bindAx(origNum: string, more: Fields): Promise<PartnerReply> {
    return this.send('POST', AX_PATH, { origNum, ...more });
  }

  modifyAx(changes: Fields): Promise<PartnerReply> {
    return this.send('PUT', AX_PATH, changes);
  }

  unbindAx(query: Query): Promise<PartnerReply> {
    return this.send('DELETE', `${AX_PATH}?${new URLSearchParams(query)}`);
  }

  queryAx(query: Query): Promise<PartnerReply> {
    return this.send('GET', `${AX_PATH}?${new URLSearchParams(query)}`);
  }

  /** AX: whom A reaches with the next call through the X that `which` names (privateNum or subscriptionId). */
  setTemporaryCallee(calleeNum: string, which: Fields): Promise<PartnerReply> {
    return this.send('PUT', CALLEE_PATH, { calleeNum, ...which });
  }

  /** AXE: A with an extension of an X, which `more` names (virtualNum, extendNum) or places (areaCode). */
  bindAxe(bindNum: string, more: Fields): Promise<PartnerReply> {
    return this.send('POST', AXE_PATH, { bindNum, ...more });
  }

  modifyAxe(changes: Fields): Promise<PartnerReply> {
    return this.send('PUT', AXE_PATH, changes);
  }

  unbindAxe(query: Query): Promise<PartnerReply> {
    return this.send('DELETE', `${AXE_PATH}?${new URLSearchParams(query)}`);
  }

  queryAxe(query: Query): Promise<PartnerReply> {
    return this.send('GET', `${AXE_PATH}?${new URLSearchParams(query)}`);
  }

  listAxe(query: Query = {}): Promise<PartnerReply> {
    return this.send('GET', `${AXE_LIST_PATH}?${new URLSearchParams(query)}`);
  }

  /** AXYB: A with an X; with the subscriptionId of that in `more`, B with a Y. `relationNumber` of the reply is X or Y. */
  bindAxyb(origNum: string, more: Fields = {}): Promise<PartnerReply> {
    return this.send('POST', this.#axybPath({}), { origNum, ...more });
  }

  unbindAxyb(query: Query): Promise<PartnerReply> {
    return this.send('DELETE', this.#axybPath(query));
  }

  queryAxyb(query: Query): Promise<PartnerReply> {
    return this.send('GET', this.#axybPath(query));
  }

  #axybPath(query: Query): string {
    return `${AXYB_PATH}?${new URLSearchParams({ app_key: this.#appKey, ...query })}`;
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
