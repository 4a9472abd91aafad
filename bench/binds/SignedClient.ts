import { createHmac, randomBytes } from 'node:crypto';
import { Pool } from 'undici';

const PATH = '/rest/caas/relationnumber/partners/v1.0';
const CONNECTIONS = 64;

/** A customer's client with connections that stay open; each request is signed anew (AKSK). */
export class SignedClient implements AsyncDisposable {
  readonly #pool: Pool;
  readonly #appKey: string;
  readonly #appSecret: string;

  constructor(base: string, appKey: string, appSecret: string) {
    this.#pool = new Pool(base, { connections: CONNECTIONS });
    this.#appKey = appKey;
    this.#appSecret = appSecret;
  }

  /** @param more fields of the request. @returns subscriptionId. @throws Error when the answer is not 200 */
  async bind(
    callerNum: string,
    calleeNum: string,
    relationNum?: string,
    more: Readonly<Record<string, string | number>> = {},
  ): Promise<string> {
    const { subscriptionId } = await this.#send('POST', '', { callerNum, calleeNum, relationNum, ...more });
    return String(subscriptionId);
  }

  /** @throws Error when the answer is not 200 */
  async unbind(subscriptionId: string): Promise<void> {
    await this.#send('DELETE', `?subscriptionId=${subscriptionId}`);
  }

  async #send(method: 'POST' | 'DELETE', query: string, fields?: object): Promise<Record<string, unknown>> {
    const nonce = randomBytes(16).toString('hex');
    const created = `${new Date().toISOString().slice(0, 19)}Z`;
    const digest = createHmac('sha256', this.#appSecret)
      .update(nonce + created)
      .digest('base64');
    const { statusCode, body } = await this.#pool.request({
      method,
      path: PATH + query,
      headers: {
        'content-type': 'application/json;charset=UTF-8',
        authorization: 'AKSK realm="SDP",profile="UsernameToken",type="Appkey"',
        'x-aksk': `UsernameToken Username="${this.#appKey}", PasswordDigest="${digest}", Nonce="${nonce}", Created="${created}"`,
      },
      body: fields === undefined ? null : JSON.stringify(fields),
    });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${method}: ${statusCode} ${text}`);
    return JSON.parse(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.close();
  }
}
