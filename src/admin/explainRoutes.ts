import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { explain } from '../../routing/because.ts';
import { route } from '../../routing/route.ts';
import type { AdminApiOptions } from './adminApi.ts';
import { describeDecision } from './describeDecision.ts';
import { E164, Moment } from './fields.ts';
import { inputCheck } from './inputCheck.ts';

export const ExplainBody = Type.Object(
  {
    caller: Type.String({
      pattern: '^(\\+[1-9]\\d{3,14})?$',
      description: 'a number in E.164, or "" for a caller who withholds it',
    }),
    x: E164,
    digits: Type.Optional(
      Type.String({
        pattern: '^[0-9*]{0,4}$',
        description: 'up to 4 keys that the caller types when asked, or "" for none',
      }),
    ),
    at: Type.Optional(Moment),
  },
  { additionalProperties: false, description: 'a JSON object' },
);

/**
 * Why would this call go where it goes: the routing code of real calls, on their table, without a call. Digits are
 * handed over where the caller is asked for them, once; where he is not, nobody would hear them.
 */
export function explainRoutes(fastify: FastifyInstance, { table, platform, clock }: AdminApiOptions): void {
  const check = inputCheck(ExplainBody);

  fastify.post('/explain', async (request) => {
    const { caller, x, digits, at } = check(request.body);
    const call = { caller, x, now: at === undefined ? clock() : Date.parse(at) };
    const first = await route(call, table, platform);
    const decision =
      first.kind === 'collect' && digits !== undefined
        ? await route({ ...call, digits, failedAttempts: first.failedAttempts }, table, platform)
        : first;
    return { decision: describeDecision(decision), because: explain(decision.because) };
  });
}
