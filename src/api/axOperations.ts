import { Type } from 'typebox';
import type { Operation } from '../openapi/Operation.ts';
import { BindFields, CalleeFields, ModifyFields, QueryFields, UnbindFields } from './axFields.ts';
import { answers, flag, optionalText, text } from './partnerReplies.ts';

const path = '/rest/provision/caas/privatenumber/v1.0';
const tag = 'AX';

const Item = Type.Object({
  origNum: text,
  privateNum: text,
  subscriptionId: text,
  recordFlag: flag,
  recordHintTone: optionalText,
  privateSms: flag,
  calleeNumDisplay: Type.Enum(['0', '1']),
  maxDuration: Type.Integer(),
  lastMinVoice: optionalText,
  callDirection: Type.Optional(Type.Integer()),
  preVoice: Type.Object({ callerHintTone: optionalText, calleeHintTone: optionalText }),
  userData: optionalText,
});

/** What AX offers (facts 3). */
export const axOperations: readonly Operation[] = [
  {
    id: 'bindAx',
    method: 'post',
    path,
    tag,
    summary: 'Give A an X',
    description:
      'X is the one that `privateNum` names, or one of the city of `areaCode`, which needs `privateNumType`. ' +
      'One X has one A; one A may have up to five X.',
    body: { schema: BindFields },
    defaults: {
      areaMatchMode: '0',
      calleeNumDisplay: '0',
      recordFlag: 'false',
      privateSms: 'true',
      maxDuration: 0,
    },
    replies: answers(
      { origNum: text, privateNum: text, subscriptionId: text },
      'x-unknown',
      'no-free-private-number',
      'too-many-x',
      'x-taken',
      'binding-exists',
      'recording-not-enabled',
      'x-status-abnormal',
    ),
  },
  {
    id: 'modifyAx',
    method: 'put',
    path,
    tag,
    summary: 'Change a binding',
    description: '`subscriptionId` wins over `privateNum`. What is absent stays as it is.',
    body: { schema: ModifyFields },
    replies: answers({}, 'no-such-binding', 'x-unknown', 'recording-not-enabled'),
  },
  {
    id: 'unbindAx',
    method: 'delete',
    path,
    tag,
    summary: 'End a binding',
    description: '`subscriptionId` wins over `privateNum`. A call in progress goes on.',
    query: UnbindFields,
    replies: answers({}, 'no-such-binding', 'x-not-applied-for'),
  },
  {
    id: 'queryAx',
    method: 'get',
    path,
    tag,
    summary: 'Read the bindings of an A, or one',
    description: '`subscriptionId` wins over `origNum`, which wins over `privateNum`.',
    query: QueryFields,
    replies: answers({ privateNumList: Type.Array(Item) }, 'no-such-binding', 'x-unknown'),
  },
  {
    id: 'setTemporaryCallee',
    method: 'put',
    path: '/rest/caas/privatenumber/calleenumber/v1.0',
    tag,
    summary: 'Say whom A reaches with his next call to X',
    description: 'A new one replaces an earlier one. It is used for one call.',
    body: { schema: CalleeFields },
    defaults: { duration: 60 },
    replies: answers({}, 'no-such-binding', 'x-unknown', 'number-already-bound'),
  },
];
