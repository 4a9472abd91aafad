import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { maskNumber } from '../../routing/numbers.ts';
import { type CallPlace, findCalls } from '../store/callSearch.ts';
import type { JournaledCall } from '../store/journaledCall.ts';
import type { AdminApiOptions } from './adminApi.ts';
import { AppKey, E164, Moment } from './fields.ts';
import { inputCheck } from './inputCheck.ts';
import { BodyLimit, USUAL_ITEMS } from './pages.ts';

/** Calls that one request looks at in search of a person. */
const MOST_READ = 20_000;
const DAY_MS = 86_400_000;

export const CallSearchBody = Type.Object(
  {
    appKey: Type.Optional(AppKey),
    x: Type.Optional(E164),
    number: Type.Optional(E164),
    stateCode: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 99_999, description: 'a stateCode, like 8014' }),
    ),
    from: Type.Optional(Moment),
    to: Type.Optional(Moment),
    after: Type.Optional(
      Type.Refine(
        Type.String({
          pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z/.{1,256}$',
          description: '`next` of the answer before',
        }),
        (value) => !Number.isNaN(Date.parse(value.slice(0, value.indexOf('/')))),
      ),
    ),
    limit: BodyLimit,
  },
  { additionalProperties: false, description: 'a JSON object' },
);

/**
 * Which calls there were, from the latest on: of an application, an X, a person, with a stateCode, within a time. A
 * person's number is asked for in a body and shown masked. A search for a person may find nothing and have a `next`: it
 * looks at so many calls at once, and goes on from there.
 */
export function callSearchRoutes(fastify: FastifyInstance, { sql, sealer, clock }: AdminApiOptions): void {
  const check = inputCheck(CallSearchBody);

  fastify.post('/calls/search', async ({ body }) => {
    const { from, to, after, limit = USUAL_ITEMS, ...given } = check(body ?? {});
    const until = to === undefined ? new Date(clock() + DAY_MS) : new Date(to);
    const since = from === undefined ? new Date(Math.min(clock(), until.getTime()) - DAY_MS) : new Date(from);
    const { calls, next } = await findCalls(
      sql,
      sealer,
      { ...given, from: since, to: until },
      { after: after === undefined ? undefined : placeOf(after), most: limit, mostRead: MOST_READ },
    );
    return {
      items: calls.map(describe),
      ...(next !== undefined && { next: `${next.openedAt.toISOString()}/${next.sessionId}` }),
    };
  });
}

function placeOf(after: string): CallPlace {
  const slash = after.indexOf('/');
  return { openedAt: new Date(after.slice(0, slash)), sessionId: after.slice(slash + 1) };
}

function describe({ call, isOpen }: JournaledCall): object {
  const { sessionId, appKey, mode, x, extension, caller, callee, stateCode, releasedBy } = call;
  const { callInAt, answeredAt, endedAt } = call;
  return {
    ...{ sessionId, appKey, mode, state: isOpen ? 'in-progress' : 'ended', x, extension },
    caller: maskNumber(caller),
    callee: callee === undefined ? undefined : maskNumber(callee),
    callInAt: new Date(callInAt),
    answeredAt: answeredAt === undefined ? undefined : new Date(answeredAt),
    endedAt: endedAt === undefined ? undefined : new Date(endedAt),
    ...{ stateCode, releasedBy },
  };
}
