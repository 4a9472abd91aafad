import { type TProperties, Type } from 'typebox';
import type { Operation } from '../openapi/Operation.ts';
import { Count, list, removes, shows, Text, Time } from './adminReplies.ts';
import { BindingSearch, BindingsQuery } from './bindingRoutes.ts';

const binding = {
  mode: Type.Enum(['AXB', 'AX', 'AXE', 'AXYB']),
  appKey: Text,
  subscriptionId: Text,
  x: Text,
  extension: Type.Optional(Text),
  a: Text,
  b: Type.Optional(Text),
  relations: Type.Optional(Count),
  subscribedAt: Time,
  expiresAt: Type.Optional(Time),
};

const page = (more: TProperties = {}) =>
  list(Type.Object({ ...binding, ...more }), { next: Type.Optional(Text) });

const Terms = Type.Record(Type.String(), Type.Unknown());

const subscriptionId = 'The subscriptionId of the binding.';
const tag = 'Bindings';

/** What customers have bound. */
export const bindingOperations: readonly Operation[] = [
  {
    id: 'listBindings',
    method: 'get',
    path: '/admin/v1/bindings',
    tag,
    summary: 'List bindings, numbers of people masked',
    description:
      'Of all modes, by application. `x` may be an X or a Y. A full page has `next`, which is `after` of the following one.',
    query: BindingsQuery,
    defaults: { limit: '100' },
    replies: shows(page(), 'invalid-query', 'not-found'),
  },
  {
    id: 'searchBindings',
    method: 'post',
    path: '/admin/v1/bindings/search',
    tag,
    summary: 'Find the bindings of a person',
    description:
      'As A or as B; in AXYB `y` says behind which Y. The number is in the body, because logs of proxies would find it in a path.',
    body: { schema: BindingSearch },
    defaults: { limit: 100 },
    replies: shows(page({ role: Type.Enum(['a', 'b']), y: Type.Optional(Text) }), 'not-found'),
  },
  {
    id: 'getBinding',
    method: 'get',
    path: '/admin/v1/bindings/{id}',
    tag,
    params: { id: subscriptionId },
    summary: 'Read a binding, numbers of people masked',
    description: '`terms` has the names of the partner API; `related`, in AXYB, is who is behind which Y.',
    replies: shows(
      Type.Object({
        ...binding,
        terms: Terms,
        related: Type.Optional(
          Type.Array(Type.Object({ y: Text, b: Text, boundAt: Time, ybDuration: Count })),
        ),
      }),
      'not-found',
    ),
  },
  {
    id: 'endBinding',
    method: 'delete',
    path: '/admin/v1/bindings/{id}',
    tag,
    params: { id: subscriptionId },
    summary: 'End a binding',
    description: 'As if its customer had ended it; in AXYB with all its relations. Calls in progress go on.',
    replies: removes('not-found'),
  },
  {
    id: 'endRelation',
    method: 'delete',
    path: '/admin/v1/bindings/{id}/relations/{y}',
    tag,
    params: { id: subscriptionId, y: 'The Y of the relation, in E.164 (`+` may be written `%2B`).' },
    summary: 'End one relation of an AXYB binding',
    replies: removes('not-found'),
  },
];
