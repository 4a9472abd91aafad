import { request } from 'undici';
import { expect } from 'vitest';
import { type ApiOptions, type ApiUnderTest, startApi } from '../kit/apiUnderTest.ts';
import { type Signature, signedHeaders } from './signedHeaders.ts';

const PATH = '/rest/caas/relationnumber/partners/v1.0';

export const LET_IN = '1012007';
export const USED = '1010013';
export const WRONG = '1010003';
export const NOT_FROM_THERE = '1020166';
export const BLOCKED = '1020176';
export const TOO_MANY = '1010010';

/** What one test starts, ended together. */
export class StartedApis {
  readonly #running: ApiUnderTest[] = [];

  async start(options: ApiOptions): Promise<ApiUnderTest> {
    const api = await startApi(options);
    this.#running.push(api);
    return api;
  }

  async stop(): Promise<void> {
    for (const api of this.#running.splice(0).reverse()) await api.stop();
  }
}

export interface Key {
  readonly appKey: string;
  readonly secret: string;
}

export async function newApp(api: ApiUnderTest, more: object = {}): Promise<Key> {
  const { appKey, appSecret } = await api.admin.createApp({ name: 'ride', mode: 'AXB', ...more });
  return { appKey, secret: appSecret };
}

export interface Reply {
  readonly status: number;
  readonly resultcode: string;
  readonly resultdesc: string;
  readonly retryAfter: string | undefined;
}

/** A query for a binding that does not exist: whoever is let in gets 1012007. */
export async function knock(
  { base }: Pick<ApiUnderTest, 'base'>,
  headers: Record<string, string>,
  body?: string,
): Promise<Reply> {
  const response = await request(`${base}${PATH}${body === undefined ? '?subscriptionId=none' : ''}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers,
    body: body ?? null,
  });
  const { resultcode, resultdesc, ...rest } = (await response.body.json()) as Omit<Reply, 'status'>;
  expect(rest).toEqual({});
  const retryAfter = response.headers['retry-after'];
  return {
    status: response.statusCode,
    resultcode,
    resultdesc,
    retryAfter: retryAfter === undefined ? undefined : String(retryAfter),
  };
}

export const signed = (key: Key, more: Partial<Signature> = {}): Record<string, string> =>
  signedHeaders({ ...key, ...more });

export const codeOf = async (reply: Promise<Reply>): Promise<string> => (await reply).resultcode;
