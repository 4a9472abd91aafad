import { request } from 'undici';

/** An operator with a token, speaking the admin API. */
export class AdminClient {
  readonly #base: string;
  readonly #token: string;

  constructor(base: string, token: string) {
    this.#base = base;
    this.#token = token;
  }

  /** @throws Error with the answer's text when the status is not 2xx */
  async send<T = unknown>(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<T> {
    const isFile = Buffer.isBuffer(body);
    const response = await request(`${this.#base}/admin/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { 'content-type': isFile ? 'audio/wav' : 'application/json' }),
      },
      body: body === undefined ? null : isFile ? body : JSON.stringify(body),
    });
    const text = await response.body.text();
    if (response.statusCode >= 300) throw new Error(`${method} ${path}: ${response.statusCode} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  createApp(app: Readonly<Record<string, unknown>>): Promise<{ appKey: string; appSecret: string }> {
    return this.send('POST', '/apps', app);
  }

  addNumber(appKey: string, number: string, areaCode = '0571'): Promise<unknown> {
    return this.send('POST', '/numbers', { appKey, numbers: [{ number, areaCode }] });
  }

  addTrunk(trunk: Readonly<Record<string, unknown>>): Promise<unknown> {
    return this.send('POST', '/trunks', trunk);
  }

  addAnnouncement(name: string, wav: Buffer): Promise<unknown> {
    return this.send('POST', `/announcements?name=${encodeURIComponent(name)}`, wav);
  }
}
