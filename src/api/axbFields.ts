import { type Static, Type } from 'typebox';

/** Most seconds that a binding may last: 90 days (facts 2.1). */
const MOST_DURATION_SECONDS = 7_776_000;
/** Most minutes that a call may last (facts 2.1). */
const MOST_CALL_MINUTES = 1440;

const number = (most = 31) =>
  Type.String({ minLength: 4, maxLength: most, description: `a number of 4 to ${most} characters` });
const announcement = Type.Optional(
  Type.String({ maxLength: 128, description: 'the name of an announcement, at most 128 characters' }),
);
const yesOrNo = Type.Optional(Type.Enum(['true', 'false'], { description: '"true" or "false"' }));

const terms = {
  callDirection: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 2, description: '0 (both ways), 1 (A calls) or 2 (B calls)' }),
  ),
  duration: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: MOST_DURATION_SECONDS,
      description: `seconds from 0 to ${MOST_DURATION_SECONDS}`,
    }),
  ),
  recordFlag: yesOrNo,
  recordHintTone: announcement,
  maxDuration: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: MOST_CALL_MINUTES,
      description: `minutes from 0 to ${MOST_CALL_MINUTES}`,
    }),
  ),
  lastMinVoice: announcement,
  privateSms: yesOrNo,
  preVoice: Type.Optional(
    Type.Object(
      { callerHintTone: announcement, calleeHintTone: announcement },
      { description: 'an object with callerHintTone and calleeHintTone' },
    ),
  ),
  userData: Type.Optional(
    Type.String({
      maxLength: 256,
      pattern: '^[^{}]*$',
      description: 'at most 256 characters without { and }',
    }),
  ),
};

const subscriptionId = Type.String({
  maxLength: 64,
  description: 'the subscriptionId of a binding, at most 64 characters',
});

/** Body of POST (facts 2.1). */
export const BindFields = Type.Object({
  callerNum: number(),
  calleeNum: number(),
  relationNum: Type.Optional(number()),
  areaCode: Type.Optional(Type.String({ maxLength: 32, description: 'a city code, at most 32 characters' })),
  areaMatchMode: Type.Optional(Type.Enum(['0', '1'], { description: '"0" (strict) or "1" (loose)' })),
  ...terms,
});

/** Body of PUT (facts 2.3). */
export const ModifyFields = Type.Object({
  subscriptionId,
  callerNum: Type.Optional(number()),
  calleeNum: Type.Optional(number()),
  ...terms,
});

/** Query or body of DELETE (facts 2.2). */
export const UnbindFields = Type.Object({
  subscriptionId: Type.Optional(subscriptionId),
  relationNum: Type.Optional(number()),
});

/** Query of GET (facts 2.4). A page size out of range is not an error there. */
export const QueryFields = Type.Object({
  subscriptionId: Type.Optional(subscriptionId),
  relationNum: Type.Optional(number()),
  callerNum: Type.Optional(number(128)),
  calleeNum: Type.Optional(number(128)),
  pageIndex: Type.Optional(Type.Integer({ minimum: 1, description: 'a page number from 1' })),
  pageSize: Type.Optional(Type.Integer({ description: 'a number of records' })),
});

export type BindFields = Static<typeof BindFields>;
export type ModifyFields = Static<typeof ModifyFields>;
export type UnbindFields = Static<typeof UnbindFields>;
export type QueryFields = Static<typeof QueryFields>;
