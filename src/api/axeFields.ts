import { type Static, Type } from 'typebox';
import { announcement, area, numberText, subscriptionId, userData, yesOrNo } from './bindingFields.ts';

/** Most minutes of either time: 30 days; hours may be as many hours as that (facts 4.1). */
const MOST_MINUTES = 43_200;
/** Where the first page of a list begins (facts 4.5). */
export const FIRST_CURSOR = '0000000000000_0';

const number = numberText(1, 32);
const time = Type.Optional(
  Type.Integer({ minimum: 0, maximum: MOST_MINUTES, description: '0 to 720 hours, or 0 to 43200 minutes' }),
);
const extension = Type.Optional(
  Type.String({ pattern: '^[0-9]{1,4}$', description: 'an extension of 1 to 4 digits' }),
);

const terms = {
  recordFlag: yesOrNo,
  recordHintTone: announcement,
  callbackTone: announcement,
  callbackNum: Type.Optional(number),
  timeUnit: Type.Optional(Type.Enum(['0', '1'], { description: '"0" (hours) or "1" (minutes)' })),
  bindExpiredTime: time,
  callbackExpiredTime: time,
  userData,
};

const target = {
  subscriptionId: Type.Optional(subscriptionId),
  virtualNum: Type.Optional(number),
  extendNum: extension,
};

/** Body of POST (facts 4.1). */
export const BindFields = Type.Object({
  bindNum: number,
  virtualNum: Type.Optional(number),
  ...area,
  extendNum: extension,
  displayNumMode: Type.Optional(
    Type.Enum(['0', '1'], { description: '"0" (A sees X) or "1" (A sees the caller)' }),
  ),
  ...terms,
});

/** Query or body of DELETE, and query of GET v1.0 (facts 4.2, 4.4). */
export const TargetFields = Type.Object(target);

/** Body of PUT (facts 4.3). */
export const ModifyFields = Type.Object({ ...target, ...terms });

/** Query of GET v2.0 (facts 4.5). A page size out of range is not an error there, as in AXB. */
export const ListFields = Type.Object({
  ...target,
  cursor: Type.Optional(
    Type.String({ pattern: '^[0-9]{13}_[0-9]{1,20}$', description: 'the nextCursor of a page before' }),
  ),
  limit: Type.Optional(Type.Integer({ description: 'a number of records' })),
});

export type BindFields = Static<typeof BindFields>;
export type TargetFields = Static<typeof TargetFields>;
export type ModifyFields = Static<typeof ModifyFields>;
