import { request } from 'undici';
import { expect } from 'vitest';
import { type ApiUnderTest, OPERATOR_TOKEN } from '../kit/apiUnderTest.ts';

/** The members that answers of the admin API have; which of them an answer has, its test knows. */
export interface AnswerBody {
  readonly appKey: string;
  readonly appSecret: string;
  readonly items: readonly { readonly number: string }[];
  readonly next: string;
  readonly state: string;
  readonly decision: object;
  readonly because: readonly string[];
  readonly detail: string;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: AnswerBody;
}

/** Sends a request of an operator; a string or a Buffer goes as it is, anything else as JSON. */
export async function sendTo(
  api: ApiUnderTest,
  method: string,
  path: string,
  body?: unknown,
  headers: object = {},
): Promise<Answer> {
  const raw = Buffer.isBuffer(body) || typeof body === 'string';
  const response = await request(`${api.base}/admin/v1${path}`, {
    method: method as 'GET',
    headers: {
      authorization: `Bearer ${OPERATOR_TOKEN}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? null : raw ? body : JSON.stringify(body),
  });
  const text = await response.body.text();
  return {
    status: response.statusCode,
    type: String(response.headers['content-type'] ?? ''),
    body: text === '' ? undefined : JSON.parse(text),
  };
}

/** The answer is a problem detail with this status, code and text. */
export function expectProblem(answer: Answer, status: number, code: string, detail: string | RegExp): void {
  expect(answer.body?.detail).toMatch(detail);
  expect(answer).toMatchObject({ status, body: { type: 'about:blank', status, code } });
  expect(answer.type).toContain('application/problem+json');
}
