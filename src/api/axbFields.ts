import { type Static, Type } from 'typebox';
import {
  announcement,
  area,
  callDirection,
  duration,
  maxDuration,
  numberText,
  preVoice,
  subscriptionId,
  userData,
  yesOrNo,
} from './bindingFields.ts';

const number = numberText(4, 31);

const terms = {
  callDirection: callDirection('B calls'),
  duration,
  recordFlag: yesOrNo,
  recordHintTone: announcement,
  maxDuration,
  lastMinVoice: announcement,
  privateSms: yesOrNo,
  preVoice,
  userData,
};

/** Body of POST (facts 2.1). */
export const BindFields = Type.Object({
  callerNum: number,
  calleeNum: number,
  relationNum: Type.Optional(number),
  ...area,
  ...terms,
});

/** Body of PUT (facts 2.3). */
export const ModifyFields = Type.Object({
  subscriptionId,
  callerNum: Type.Optional(number),
  calleeNum: Type.Optional(number),
  ...terms,
});

/** Query or body of DELETE (facts 2.2). */
export const UnbindFields = Type.Object({
  subscriptionId: Type.Optional(subscriptionId),
  relationNum: Type.Optional(number),
});

/** Query of GET (facts 2.4). A page size out of range is not an error there. */
export const QueryFields = Type.Object({
  subscriptionId: Type.Optional(subscriptionId),
  relationNum: Type.Optional(number),
  callerNum: Type.Optional(numberText(4, 128)),
  calleeNum: Type.Optional(numberText(4, 128)),
  pageIndex: Type.Optional(Type.Integer({ minimum: 1, description: 'a page number from 1' })),
  pageSize: Type.Optional(Type.Integer({ description: 'a number of records' })),
});

export type BindFields = Static<typeof BindFields>;
export type ModifyFields = Static<typeof ModifyFields>;
export type UnbindFields = Static<typeof UnbindFields>;
export type QueryFields = Static<typeof QueryFields>;
