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

  post(path: string, body: unknown): Promise<unknown> {
    return this.#send('POST', path, body);
  }

  patch(path: string, body: unknown): Promise<unknown> {
    return this.#send('PATCH', path, body);
  }

  delete(path: string, body?: unknown): Promise<unknown> {
    return this.#send('DELETE', path, body);
  }

  /** @throws AdminError with what the API said */
  async #send(method: Method, path: string, body?: unknown): Promise<unknown> {
    const { statusCode, text } = await this.#exchange(method, path, body);
    const answer = parse(text);
    if (statusCode >= 200 && statusCode < 300) return answer;
    if (statusCode === 401) {
      throw new AdminError('not-authorised', 'The token is not accepted: set AXBRIDGE_ADMIN_TOKEN.');
    }
    const { code, detail } = problemOf(answer);
    throw new AdminError(code, detail ?? `${method} ${path}: HTTP ${statusCode}`);
  }

  async #exchange(
    method: Method,
    path: string,
    body: unknown,
  ): Promise<{ statusCode: number; text: string }> {
    try {
      const response = await request(new URL(`/admin/v1${path}`, this.#base), {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
      });
      return { statusCode: response.statusCode, text: await response.body.text() };
    } catch (error) {
      const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      throw new AdminError(
        'unreachable',
        `${this.#base.origin} does not answer (${reason}). Does axbridge run there?`,
      );
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
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
