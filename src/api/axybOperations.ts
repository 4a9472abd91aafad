import { Type } from 'typebox';
import type { Operation } from '../openapi/Operation.ts';
import { BindFields, KeyFields, QueryFields, RelateFields, UnbindFields } from './axybFields.ts';
import { answers, flag, optionalText, text, time } from './partnerReplies.ts';

const path = '/rest/omp/xyrelationnumber/v1.0';
const tag = 'AXYB';

const Item = Type.Object({
  bindId: text,
  numA: text,
  numX: text,
  numY: optionalText,
  numB: optionalText,
  recordFlag: flag,
  recordHintTone: optionalText,
  subscribeTime: time,
  callDirection: Type.Integer(),
  duration: text,
  ybDuration: optionalText,
  preVoiceX: optionalText,
  preVoiceY: optionalText,
  userData: optionalText,
});

/** What AXYB offers (facts 5). */
export const axybOperations: readonly Operation[] = [
  {
    id: 'bindAxyb',
    method: 'post',
    path,
    tag,
    summary: 'Give A an X; then, with the subscriptionId of that, give B a Y',
    description:
      'Without `subscriptionId` the body is the first step, and `relationNumber` of the reply is the X. ' +
      'With it, it is the second, and `relationNumber` is the Y under which A and B reach each other. Without `areaCode` ' +
      'the number is one as near as can be to the city of A, or of B.',
    query: KeyFields,
    body: { schema: Type.Union([BindFields, RelateFields]) },
    defaults: { callDirection: 0, duration: 0, recordFlag: 'false', ybDuration: 0 },
    replies: answers(
      { subscriptionId: text, relationNumber: text },
      'no-free-private-number',
      'too-many-x',
      'no-such-binding',
      'binding-exists',
      'number-already-bound',
      'recording-not-enabled',
    ),
  },
  {
    id: 'unbindAxyb',
    method: 'delete',
    path,
    tag,
    summary: 'End a binding, or one of its relations',
    description: '`yNum` or `bNum` ends that relation only; `yNum` wins. A call in progress goes on.',
    query: Type.Object({ ...KeyFields.properties, ...UnbindFields.properties }),
    replies: answers({}, 'no-such-binding', 'x-not-applied-for'),
  },
  {
    id: 'queryAxyb',
    method: 'get',
    path,
    tag,
    summary: 'Read a binding, or what stands on an X or Y',
    description: '`subscriptionId` wins over `relationNum`.',
    query: Type.Object({ ...KeyFields.properties, ...QueryFields.properties }),
    replies: answers({ xyRelationNumList: Type.Array(Item) }, 'no-such-binding', 'x-unknown'),
  },
];
