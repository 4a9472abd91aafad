import type { FastifyInstance } from 'fastify';

/** A request waited too long for its answer; `statusCode` is what error handlers go by. */
class NoAnswerError extends Error {
  readonly code = 'NO_ANSWER';
  readonly statusCode = 503;
  constructor(withinMs: number) {
    super(`no answer within ${withinMs} ms`);
    this.name = 'NoAnswerError';
  }
}

/**
 * Has every request answered with an error (the error handler says which) that waits longer than this for its answer. A
 * client whose own patience ends first would not know that it failed. What a request that ran out of time had begun may
 * still be done, as with a connection that breaks.
 * @param withinMs until the answer begins; counts while the whole request is there: a slow sender has the time that the server gives him
 */
export function answerInTime(fastify: FastifyInstance, withinMs: number): void {
  // fastify's own handlerTimeout ends with the request's body, not with its answer.
  fastify.addHook('onRequest', async ({ raw }, reply) => {
    const wait = () => setTimeout(late, withinMs);
    const late = () => {
      if (!raw.complete) timer = wait();
      else if (!reply.sent && !reply.raw.headersSent) reply.send(new NoAnswerError(withinMs));
    };
    let timer = wait();
    reply.raw.once('close', () => clearTimeout(timer));
  });
}
