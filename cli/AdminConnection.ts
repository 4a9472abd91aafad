import { request } from 'undici';

/** The admin API refused, or could not be reached. The message is for people. */
export class AdminError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'AdminError';
    this.code = code;
  }
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

const TIMEOUT_MS = 30_000;

/** The admin API of one axbridge, as an operator's command line sees it. */
export class AdminConnection {
  readonly #base: URL;
  readonly #token: string;

  /**
   * @param url where axbridge listens, as `http://127.0.0.1:8080`
   * @throws AdminError when it is no URL
   */
  constructor(url: string, token: string) {
    const base = URL.parse(url);
    if (base === null) {
      throw new AdminError('bad-url', `AXBRIDGE_ADMIN_URL=${url}: expected a URL like http://127.0.0.1:8080`);
    }
    this.#base = base;
    this.#token = token;
  }

  get(path: string): Promise<unknown> {
    return this.#send('GET', path);
  }

  /** What a path leads to, as it is: for files. */
  getFile(path: string): Promise<Buffer> {
    return this.#exchange('GET', path, null);
  }

  post(path: string, body: unknown): Promise<unknown> {
    return this.#send('POST', path, body);
  }

  /** Sends a file as it is. */
  async postFile(path: string, content: Buffer): Promise<unknown> {
    return parse(await this.#exchange('POST', path, content, 'application/octet-stream'));
  }

  patch(path: string, body: unknown): Promise<unknown> {
    return this.#send('PATCH', path, body);
  }

  delete(path: string, body?: unknown): Promise<unknown> {
    return this.#send('DELETE', path, body);
  }

  async #send(method: Method, path: string, body?: unknown): Promise<unknown> {
    if (body === undefined) return parse(await this.#exchange(method, path, null));
    return parse(await this.#exchange(method, path, JSON.stringify(body), 'application/json'));
  }

  /** @throws AdminError with what the API said */
  async #exchange(
    method: Method,
    path: string,
    body: string | Buffer | null,
    contentType?: string,
  ): Promise<Buffer> {
    const { statusCode, content } = await this.#request(method, path, body, contentType);
    if (statusCode >= 200 && statusCode < 300) return content;
    if (statusCode === 401) {
      throw new AdminError('not-authorised', 'The token is not accepted: set AXBRIDGE_ADMIN_TOKEN.');
    }
    const { code, detail } = problemOf(parse(content));
    throw new AdminError(code, detail ?? `${method} ${path}: HTTP ${statusCode}`);
  }

  async #request(
    method: Method,
    path: string,
    body: string | Buffer | null,
    contentType: string | undefined,
  ): Promise<{ statusCode: number; content: Buffer }> {
    try {
      const response = await request(new URL(`/admin/v1${path}`, this.#base), {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(contentType !== undefined && { 'content-type': contentType }),
        },
        body,
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
      });
      return { statusCode: response.statusCode, content: Buffer.from(await response.body.arrayBuffer()) };
    } catch (error) {
      const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      throw new AdminError(
        'unreachable',
        `${this.#base.origin} does not answer (${reason}). Does axbridge run there?`,
      );
    }
  }
}

function parse(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString());
  } catch {
    return undefined;
  }
}

function problemOf(answer: unknown): { code: string; detail: string | undefined } {
  const problem = answer !== null && typeof answer === 'object' ? answer : {};
  return {
    code: 'code' in problem ? String(problem.code) : 'refused',
    detail: 'detail' in problem ? String(problem.detail) : undefined,
  };
}
