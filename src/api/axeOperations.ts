import { Type } from 'typebox';
import type { Operation } from '../openapi/Operation.ts';
import { BindFields, FIRST_CURSOR, ListFields, ModifyFields, TargetFields } from './axeFields.ts';
import { answers, flag, optionalText, text } from './partnerReplies.ts';

const path = '/rest/caas/extendnumber/v1.0';
const tag = 'AXE';

const binding = {
  subscriptionId: text,
  virtualNum: text,
  extendNum: text,
  bindNum: text,
  displayNumMode: Type.Enum(['0', '1']),
  recordFlag: flag,
  recordHintTone: optionalText,
  callbackTone: optionalText,
  callbackNum: optionalText,
  timeUnit: Type.Enum(['0', '1']),
  bindExpiredTime: Type.Integer(),
  callbackExpiredTime: Type.Integer(),
  userData: optionalText,
};

/** What AXE offers (facts 4). */
export const axeOperations: readonly Operation[] = [
  {
    id: 'bindAxe',
    method: 'post',
    path,
    tag,
    summary: 'Give A an extension of an X',
    description:
      'X is the one that `virtualNum` names, or one of the city of `areaCode`. Without `extendNum` the platform picks ' +
      'the extension.',
    body: { schema: BindFields },
    defaults: {
      areaMatchMode: '0',
      displayNumMode: '0',
      recordFlag: 'false',
      timeUnit: '0',
      bindExpiredTime: 0,
      callbackExpiredTime: 0,
    },
    replies: answers(
      { subscriptionId: text, virtualNum: text, bindNum: text, extendNum: text },
      'x-not-of-application',
      'no-free-x',
      'no-free-extension',
      'binding-exists',
      'recording-not-enabled',
      'x-status-abnormal',
    ),
  },
  {
    id: 'modifyAxe',
    method: 'put',
    path,
    tag,
    summary: 'Change a binding',
    description: '`subscriptionId` wins over `virtualNum` with `extendNum`. What is absent stays as it is.',
    body: { schema: ModifyFields },
    replies: answers({}, 'no-such-binding', 'x-not-of-application', 'recording-not-enabled'),
  },
  {
    id: 'unbindAxe',
    method: 'delete',
    path,
    tag,
    summary: 'End a binding',
    description: '`subscriptionId` wins over `virtualNum` with `extendNum`. A call in progress goes on.',
    query: TargetFields,
    replies: answers({}, 'no-such-binding', 'x-not-of-application'),
  },
  {
    id: 'queryAxe',
    method: 'get',
    path,
    tag,
    summary: 'Read a binding',
    description: '`subscriptionId` wins over `virtualNum` with `extendNum`.',
    query: TargetFields,
    replies: answers(binding, 'no-such-binding', 'x-not-of-application'),
  },
  {
    id: 'listAxe',
    method: 'get',
    path: '/rest/caas/extendnumber/v2.0',
    tag,
    summary: 'Read a binding, or page through those of an X or of the application',
    description:
      'The next page begins at `nextCursor`, which is also sent as `nextCusor`; the last page has neither.',
    query: ListFields,
    defaults: { cursor: FIRST_CURSOR, limit: 50 },
    replies: answers(
      { virtualNumList: Type.Array(Type.Object(binding)), nextCursor: optionalText, nextCusor: optionalText },
      'no-such-binding',
      'x-not-of-application',
    ),
  },
];
