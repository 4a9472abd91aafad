import { Type } from 'typebox';
import type { Operation } from '../openapi/Operation.ts';
import { Count, list, removes, shows, Text, Time } from './adminReplies.ts';
import { CallSearchBody } from './callSearchRoutes.ts';
import { DeadLettersQuery, ResendBody } from './deadLetterRoutes.ts';
import { ExplainBody } from './explainRoutes.ts';

const Calls = Type.Object({
  open: Count,
  byApp: Type.Array(Type.Object({ appKey: Text, open: Count })),
});

const FoundCall = Type.Object({
  sessionId: Text,
  appKey: Text,
  mode: Text,
  state: Type.Enum(['in-progress', 'ended']),
  x: Text,
  extension: Type.Optional(Text),
  caller: Text,
  callee: Type.Optional(Text),
  callInAt: Time,
  answeredAt: Type.Optional(Time),
  endedAt: Type.Optional(Time),
  stateCode: Type.Optional(Count),
  releasedBy: Type.Optional(Text),
});

const Delivery = Type.Object({
  id: Text,
  event: Text,
  state: Type.Enum(['delivered', 'waiting', 'given-up', 'unanswered', 'dropped']),
  attempts: Type.Array(
    Type.Object({
      at: Time,
      seconds: Type.Number(),
      status: Type.Optional(Count),
      error: Type.Optional(Text),
    }),
  ),
  nextAttemptAt: Type.Optional(Time),
});

const Deliveries = Type.Object({ sessionId: Text, appKey: Text, messages: Type.Array(Delivery) });

const LegFigures = Type.Object({
  codec: Type.Optional(Text),
  packetsIn: Type.Optional(Count),
  packetsOut: Type.Optional(Count),
  lost: Type.Optional(Count),
  jitterMs: Type.Optional(Type.Number()),
  mos: Type.Optional(Type.Number()),
});

const SipMessage = Type.Object({
  at: Time,
  leg: Type.Enum(['caller', 'callee']),
  way: Type.Enum(['in', 'out']),
  peer: Text,
  what: Text,
  method: Text,
  from: Type.Optional(Text),
  to: Type.Optional(Text),
  reason: Type.Optional(Text),
  sdp: Type.Optional(Text),
  text: Type.Optional(Text),
});

const Call = Type.Object({
  sessionId: Text,
  appKey: Text,
  accountId: Type.Optional(Text),
  mode: Text,
  nodeId: Text,
  state: Type.Enum(['in-progress', 'ended']),
  x: Text,
  caller: Text,
  callee: Type.Optional(Text),
  shown: Text,
  extension: Type.Optional(Text),
  subscriptionId: Type.Optional(Text),
  stateCode: Type.Optional(Count),
  releasedBy: Type.Optional(Type.Enum(['caller', 'callee', 'platform'])),
  sipStatus: Type.Optional(Count),
  q850: Type.Optional(Count),
  recording: Type.Optional(Text),
  because: Type.Array(Text),
  events: Type.Array(Type.Object({ event: Text, at: Time })),
  deliveries: Type.Array(Delivery),
  media: Type.Optional(Type.Object({ caller: Type.Optional(LegFigures), callee: Type.Optional(LegFigures) })),
  ladder: Type.Optional(Type.Object({ messages: Type.Array(SipMessage), omitted: Count })),
});

const Explanation = Type.Object({
  decision: Type.Object({ kind: Type.Enum(['connect', 'collect', 'ask', 'refuse']) }),
  because: Type.Array(Text),
});

const DeadLetter = Type.Object({
  appKey: Text,
  id: Text,
  kind: Type.Enum(['event', 'record', 'number']),
  sessionIds: Type.Array(Text),
  attempts: Count,
  lastError: Text,
  createdAt: Time,
  givenUpAt: Time,
});

const BlockedAddress = Type.Object({ address: Text, blockedAt: Time, blockedUntil: Time });

/** Calls, what customers were told of them, and who sent wrong credentials. */
export const callOperations: readonly Operation[] = [
  {
    id: 'countCalls',
    method: 'get',
    path: '/admin/v1/calls',
    tag: 'Calls of all customers',
    summary: 'Count the calls in progress',
    replies: shows(Calls),
  },
  {
    id: 'showCall',
    method: 'get',
    path: '/admin/v1/calls/{sessionId}',
    tag: 'Calls of all customers',
    params: { sessionId: 'The call.' },
    summary: 'Everything that is known of a call',
    description:
      'How it was decided and why, its moments, what the customer was told, its SIP ladder and what the media server counted. People’s numbers are masked. The ladder of a call in progress is known to the node that carries it.',
    replies: shows(Call, 'not-found'),
  },
  {
    id: 'searchCalls',
    method: 'post',
    path: '/admin/v1/calls/search',
    tag: 'Calls of all customers',
    summary: 'Which calls there were, from the latest on',
    description:
      'To which everything applies that is named; of the last day where `from` does not say otherwise. `number` is a person, as caller or callee: it is in the body, because logs of proxies would find it in a URL, and a search for it may answer with `next` and few items, or none. `next` is `after` of the following search.',
    body: { schema: CallSearchBody, isOptional: true },
    defaults: { limit: 100 },
    replies: shows(list(FoundCall, { next: Type.Optional(Text) })),
  },
  {
    id: 'listDeliveries',
    method: 'get',
    path: '/admin/v1/calls/{sessionId}/deliveries',
    tag: 'Calls of all customers',
    params: { sessionId: 'The call.' },
    summary: 'What the customer was told of a call, attempt by attempt',
    replies: shows(Deliveries, 'not-found'),
  },
  {
    id: 'explain',
    method: 'post',
    path: '/admin/v1/explain',
    tag: 'Calls of all customers',
    summary: 'Why would this call go where it goes?',
    description: 'The routing code of real calls on their table, without a call.',
    body: { schema: ExplainBody },
    replies: shows(Explanation),
  },
  {
    id: 'listDeadLetters',
    method: 'get',
    path: '/admin/v1/dead-letters',
    tag: 'Dead letters',
    summary: 'Search notifications that were given up',
    query: DeadLettersQuery,
    defaults: { offset: '0', limit: '100' },
    replies: shows(list(DeadLetter), 'invalid-query'),
  },
  {
    id: 'resendDeadLetters',
    method: 'post',
    path: '/admin/v1/dead-letters/resend',
    tag: 'Dead letters',
    summary: 'Send notifications again that were given up',
    description: 'Those to which all that is named applies.',
    body: { schema: ResendBody },
    replies: shows(Type.Object({ resent: Count })),
  },
  {
    id: 'removeDeadLetter',
    method: 'delete',
    path: '/admin/v1/dead-letters/{appKey}/{id}',
    tag: 'Dead letters',
    params: { appKey: 'The application.', id: 'The dead letter.' },
    summary: 'Drop a notification that was given up',
    replies: removes('not-found'),
  },
  {
    id: 'listBlockedAddresses',
    method: 'get',
    path: '/admin/v1/blocked-addresses',
    tag: 'Blocked addresses',
    summary: 'List addresses that sent wrong credentials too often',
    replies: shows(list(BlockedAddress)),
  },
  {
    id: 'unblockAddress',
    method: 'delete',
    path: '/admin/v1/blocked-addresses/{address}',
    tag: 'Blocked addresses',
    params: { address: 'The address, or the IPv6 network.' },
    summary: 'Unblock an address',
    replies: removes('not-found', 'invalid-query'),
  },
];
