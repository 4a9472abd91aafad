import { Type } from 'typebox';
import type { Operation } from '../openapi/Operation.ts';
import { BindFields, ModifyFields, QueryFields, UnbindFields } from './axbFields.ts';
import { answers, flag, optionalText, text, time } from './partnerReplies.ts';

const path = '/rest/caas/relationnumber/partners/v1.0';
const tag = 'AXB';

const Item = Type.Object({
  subscriptionId: text,
  relationNum: text,
  callerNum: text,
  calleeNum: text,
  callDirection: Type.Integer(),
  duration: Type.Integer(),
  maxDuration: Type.Integer(),
  recordFlag: flag,
  recordHintTone: optionalText,
  lastMinVoice: optionalText,
  privateSms: flag,
  preVoice: Type.Object({ callerHintTone: optionalText, calleeHintTone: optionalText }),
  userData: optionalText,
  subscribeTime: time,
});

/** What AXB offers (facts 2). */
export const axbOperations: readonly Operation[] = [
  {
    id: 'bindAxb',
    method: 'post',
    path,
    tag,
    summary: 'Bind A and B to an X',
    description:
      'X is the one that `relationNum` names, or one of the city of `areaCode`, or else one that is as near as can be to the city of A. ' +
      'No user may stand twice on one X, in any role.',
    body: { schema: BindFields },
    defaults: {
      callDirection: 0,
      duration: 0,
      recordFlag: 'false',
      maxDuration: 0,
      privateSms: 'true',
    },
    replies: answers(
      {
        subscriptionId: text,
        relationNum: text,
        callDirection: Type.Integer(),
        duration: Type.Integer(),
        maxDuration: Type.Integer(),
      },
      'x-not-of-application',
      'no-free-x',
      'number-already-bound',
      'recording-not-enabled',
      'x-status-abnormal',
    ),
  },
  {
    id: 'modifyAxb',
    method: 'put',
    path,
    tag,
    summary: 'Change a binding',
    description: 'What is absent stays as it is. A `duration` counts from the moment of the change.',
    body: { schema: ModifyFields },
    replies: answers({}, 'no-such-record', 'number-already-bound', 'recording-not-enabled'),
  },
  {
    id: 'unbindAxb',
    method: 'delete',
    path,
    tag,
    summary: 'End a binding, or all of an X',
    description: '`subscriptionId` wins over `relationNum`. A call in progress goes on.',
    query: UnbindFields,
    replies: answers({}, 'no-such-record', 'x-not-of-application'),
  },
  {
    id: 'queryAxb',
    method: 'get',
    path,
    tag,
    summary: 'Read a binding, or those of an X',
    description:
      '`subscriptionId` wins over `relationNum`; `callerNum` and `calleeNum` narrow the bindings of an X.',
    query: QueryFields,
    defaults: { pageIndex: 1, pageSize: 50 },
    replies: answers(
      {
        app_key: text,
        relationNumList: Type.Array(Item),
        totalCount: Type.Integer(),
        pageIndex: Type.Integer(),
        pageSize: Type.Integer(),
      },
      'no-such-record',
      'x-not-of-application',
    ),
  },
];
