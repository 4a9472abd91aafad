import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { StoreError } from '../store/StoreError.ts';
import { faultFields } from '../telemetry/fault.ts';
import type { Logger } from '../telemetry/logger.ts';

/** Every way in which the admin API says no, with its HTTP status. */
export const PROBLEMS = {
  'invalid-body': 400,
  'invalid-path': 400,
  'invalid-query': 400,
  'invalid-file': 400,
  'not-authorised': 401,
  'not-found': 404,
  'already-exists': 409,
  'in-use': 409,
  'number-returned': 409,
  'handsets-off': 409,
  'not-approved': 409,
  'content-changed': 409,
  'file-missing': 409,
  'too-large': 413,
  'internal-error': 500,
  'database-unavailable': 503,
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

const NO_ANSWER =
  'There was no answer in time, as when PostgreSQL hangs. What was asked may still be done: look before you ask again.';

/** A request that the admin API refuses. The message names the bad value and what was expected. */
export class Problem extends Error {
  readonly code: ProblemCode;
  constructor(code: ProblemCode, detail: string) {
    super(detail);
    this.name = 'Problem';
    this.code = code;
  }

  get status(): number {
    return PROBLEMS[this.code];
  }
}

/** Answers with `application/problem+json` (RFC 9457); `code` is stable, `detail` is for people. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const { status, code, message } = problem;
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="axbridge admin"');
  return reply
    .code(status)
    .type('application/problem+json')
    .send({ type: 'about:blank', title: STATUS_CODES[status], status, code, detail: message });
}

/** Turns whatever a route threw into an answer; what nobody expected is logged. */
export function refuse(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Logger,
): FastifyReply {
  const problem = problemOf(error);
  if (problem.status >= 500) {
    log.error(
      { method: request.method, route: request.routeOptions.url, ...faultFields(error) },
      'admin API failed',
    );
  }
  return sendProblem(reply, problem);
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof StoreError) return ofStore(error);
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  const text = error instanceof Error ? error.message : '';
  if (status === 503) return new Problem('database-unavailable', NO_ANSWER);
  if (status === 413) return new Problem('too-large', 'The body is larger than this path takes.');
  if (status >= 400 && status < 500) return new Problem('invalid-body', text);
  return new Problem('internal-error', 'Something failed; the log says what.');
}

function ofStore(error: StoreError): Problem {
  switch (error.code) {
    case 'ALREADY_EXISTS':
      return new Problem('already-exists', error.message);
    case 'IN_USE':
      return new Problem('in-use', error.message);
    case 'NOT_FOUND':
      return new Problem('not-found', error.message);
    case 'NUMBER_RETURNED':
      return new Problem('number-returned', error.message);
    case 'DATABASE_UNAVAILABLE':
      return new Problem('database-unavailable', 'PostgreSQL does not answer; try again.');
    case 'DATABASE_FAILED':
    case 'ROW_INVALID':
      return new Problem('internal-error', 'Something failed; the log says what.');
  }
}
