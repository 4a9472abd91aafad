import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import { maskNumber } from '../../routing/numbers.ts';
import { BindingError } from '../bindings/BindingError.ts';
import { isSubscriptionId } from '../bindings/bindingRules.ts';
import { type App, getApp } from '../store/apps.ts';
import { getNumber } from '../store/numbers.ts';
import {
  type BindingFilter,
  type BindingPage,
  type BindingPlace,
  BOUND_MODES,
  findBindingsOf,
  getStandingBinding,
  listStandingBindings,
  type StandingBinding,
} from '../store/standingBindings.ts';
import type { AdminApiOptions } from './adminApi.ts';
import { describeBinding, termsOf } from './bindingView.ts';
import { AppKey, E164 } from './fields.ts';
import { inputCheck } from './inputCheck.ts';
import { existing } from './item.ts';
import { BodyLimit, QueryLimit, USUAL_ITEMS } from './pages.ts';
import { Problem } from './problem.ts';

/** `appKey:subscriptionId` of the last binding of the page before. */
const After = Type.String({
  pattern: '^.{1,64}:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$',
  description: '`next` of the page before',
});

export const BindingsQuery = Type.Object(
  {
    appKey: Type.Optional(AppKey),
    mode: Type.Optional(Type.Enum([...BOUND_MODES], { description: BOUND_MODES.join(', ') })),
    x: Type.Optional(E164),
    after: Type.Optional(After),
    limit: QueryLimit,
  },
  { additionalProperties: false, description: 'appKey, mode, x, after and limit' },
);

export const BindingSearch = Type.Object(
  {
    number: E164,
    appKey: Type.Optional(AppKey),
    after: Type.Optional(After),
    limit: BodyLimit,
  },
  { additionalProperties: false, description: 'a JSON object' },
);

/**
 * What customers have bound, in every mode: listed, looked for by a person's number, shown, ended. A person's number is
 * asked for in a body, because logs of proxies would find it in a path, and shown masked.
 */
export function bindingRoutes(fastify: FastifyInstance, options: AdminApiOptions): void {
  const { sql, sealer, bindings, clock } = options;
  const checkQuery = inputCheck(BindingsQuery, 'invalid-query');
  const checkSearch = inputCheck(BindingSearch);
  const now = () => new Date(clock());

  const answerOf = (found: readonly StandingBinding[], limit: number): object => {
    const last = found.length === limit ? found.at(-1) : undefined;
    return {
      items: found.map((binding) => describeBinding(binding, sealer)),
      ...(last !== undefined && { next: `${last.appKey}:${last.subscriptionId}` }),
    };
  };

  /** @throws Problem `not-found` for an application or a number that is not known */
  const filterOf = async ({ appKey, mode, x }: Static<typeof BindingsQuery>): Promise<BindingFilter> => {
    const given = { ...(mode !== undefined && { mode }), ...(appKey !== undefined && { appKey }) };
    if (appKey !== undefined) existing('application', appKey, await getApp(sql, sealer, appKey));
    if (x === undefined) return given;
    const number = existing('number', x, await getNumber(sql, x));
    return { appKey: number.appKey, ...given, number: x };
  };

  /** @throws Problem `not-found` */
  const bound = async (id: string): Promise<{ app: App; binding: StandingBinding }> => {
    const subscriptionId = isSubscriptionId(id) ? id.toLowerCase() : undefined;
    const found = subscriptionId && (await getStandingBinding(sql, subscriptionId, now()));
    const binding = existing('binding', id, found || undefined);
    const app = existing('application', binding.appKey, await getApp(sql, sealer, binding.appKey));
    return { app, binding };
  };

  fastify.get('/bindings', async ({ query }) => {
    const given = checkQuery(query);
    const page = pageOf(given.after, Number(given.limit ?? USUAL_ITEMS), now());
    return answerOf(await listStandingBindings(sql, await filterOf(given), page), page.limit);
  });

  fastify.post('/bindings/search', async ({ body }) => {
    const { number, appKey, after, limit = USUAL_ITEMS } = checkSearch(body);
    if (appKey !== undefined) existing('application', appKey, await getApp(sql, sealer, appKey));
    const found = await findBindingsOf(sql, sealer.digest(number), appKey, pageOf(after, limit, now()));
    return answerOf(found, limit);
  });

  fastify.get<{ Params: { id: string } }>('/bindings/:id', async ({ params: { id } }) => {
    const { app, binding } = await bound(id);
    const more = await termsOf(bindings, app, binding).catch((error) => gone(error, id));
    return { ...describeBinding(binding, sealer), ...more };
  });

  fastify.delete<{ Params: { id: string } }>('/bindings/:id', async ({ params: { id } }, reply) => {
    const { app, binding } = await bound(id);
    await end(options, app, binding).catch((error) => gone(error, id));
    return reply.code(204).send();
  });

  fastify.delete<{ Params: { id: string; y: string } }>(
    '/bindings/:id/relations/:y',
    async ({ params: { id, y } }, reply) => {
      const { app, binding } = await bound(id);
      if (binding.mode !== 'AXYB')
        throw new Problem('not-found', `Binding ${id} is of mode ${binding.mode}: it has no Y.`);
      await bindings.axyb
        .unrelate(app, binding.subscriptionId, { yNum: y })
        .catch((error) => gone(error, id, ` with Y ${maskNumber(y)}`));
      return reply.code(204).send();
    },
  );
}

/** Ends a binding as its customer would: calls in progress go on. */
function end(
  { bindings }: AdminApiOptions,
  app: App,
  { mode, subscriptionId }: StandingBinding,
): Promise<void> {
  switch (mode) {
    case 'AXB':
      return bindings.axb.unbind(app, { subscriptionId });
    case 'AX':
      return bindings.ax.unbind(app, { subscriptionId });
    case 'AXE':
      return bindings.axe.unbind(app, { subscriptionId });
    case 'AXYB':
      return bindings.axyb.unbind(app, subscriptionId);
  }
}

/** A binding that ended between two looks at it is one that is not there. */
function gone(error: unknown, id: string, more = ''): never {
  if (error instanceof BindingError) throw new Problem('not-found', `There is no binding ${id}${more}.`);
  throw error;
}

function pageOf(after: string | undefined, limit: number, at: Date): BindingPage {
  return { after: after === undefined ? undefined : placeOf(after), limit, at };
}

function placeOf(after: string): BindingPlace {
  const colon = after.lastIndexOf(':');
  return { appKey: after.slice(0, colon), subscriptionId: after.slice(colon + 1) };
}
