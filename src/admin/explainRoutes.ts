import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { explain } from '../../routing/because.ts';
import { maskNumber } from '../../routing/numbers.ts';
import { route } from '../../routing/route.ts';
import type { Decision } from '../../routing/types.ts';
import type { AdminApiOptions } from './adminApi.ts';
import { E164 } from './fields.ts';
import { inputCheck } from './inputCheck.ts';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$/;

const ExplainBody = Type.Object(
  {
    caller: Type.String({
      pattern: '^(\\+[1-9]\\d{3,14})?$',
      description: 'a number in E.164, or "" for a caller who withholds it',
    }),
    x: E164,
    at: Type.Optional(
      Type.Refine(
        Type.String({ pattern: TIME.source, description: 'a time like 2026-01-31T08:00:00Z' }),
        (value) => !Number.isNaN(Date.parse(value)),
      ),
    ),
  },
  { additionalProperties: false, description: 'a JSON object' },
);

/** Why would this call go where it goes: the routing code of real calls, on their table, without a call. */
export function explainRoutes(fastify: FastifyInstance, { table, clock }: AdminApiOptions): void {
  const check = inputCheck(ExplainBody);

  fastify.post('/explain', async (request) => {
    const { caller, x, at } = check(request.body);
    const now = at === undefined ? clock() : Date.parse(at);
    const decision = await route({ caller, x, now }, table);
    return { decision: describe(decision), because: explain(decision.because) };
  });
}

/** The decision for an operator's eyes: he knows the caller and the X, the other party stays masked. */
function describe(decision: Decision): object {
  const { app, number } = decision;
  const owner = {
    ...(app !== undefined && {
      app: { appKey: app.appKey, mode: app.mode, state: app.state, recording: app.recording },
    }),
    ...(number !== undefined && { number }),
  };
  if (decision.kind === 'refuse') {
    const { kind, stateCode, announcement, subscriptionId } = decision;
    return { kind, stateCode, announcement, subscriptionId, ...owner };
  }
  const { kind, subscriptionId, callee, shown, ringback, record, recordHintTone } = decision;
  const { maxDurationSeconds, lastMinVoice } = decision;
  return {
    kind,
    callee: maskNumber(callee),
    shown,
    subscriptionId,
    ringback,
    record,
    recordHintTone,
    maxDurationSeconds,
    lastMinVoice,
    ...owner,
  };
}
