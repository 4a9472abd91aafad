import { Type } from 'typebox';

/** Most seconds that a binding may last: 90 days (facts 2.1). */
const MOST_DURATION_SECONDS = 7_776_000;
/** Least seconds of an AXYB binding that ends at all (facts 5.1). */
const LEAST_DURATION_SECONDS = 60;
/** Most minutes that a call may last (facts 2.1). */
const MOST_CALL_MINUTES = 1440;

/** A number: 4 to 31 characters in AXB, 1 to 32 in the other modes. */
export const numberText = (least: number, most: number) =>
  Type.String({
    minLength: least,
    maxLength: most,
    description: `a number of ${least} to ${most} characters`,
  });

export const announcement = Type.Optional(
  Type.String({ maxLength: 128, description: 'the name of an announcement, at most 128 characters' }),
);

export const yesOrNo = Type.Optional(Type.Enum(['true', 'false'], { description: '"true" or "false"' }));

export const userData = Type.Optional(
  Type.String({
    maxLength: 256,
    pattern: '^[^{}]*$',
    description: 'at most 256 characters without { and }',
  }),
);

export const subscriptionId = Type.String({
  maxLength: 64,
  description: 'the subscriptionId of a binding, at most 64 characters',
});

/** @param others who calls A, in the words of the mode */
export const callDirection = (others: string) =>
  Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 2,
      description: `0 (both ways), 1 (A calls) or 2 (${others})`,
    }),
  );

export const maxDuration = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: MOST_CALL_MINUTES,
    description: `minutes from 0 to ${MOST_CALL_MINUTES}`,
  }),
);

/** Seconds; 0 for ever. */
export const duration = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: MOST_DURATION_SECONDS,
    description: `seconds from 0 to ${MOST_DURATION_SECONDS}`,
  }),
);

/** As `duration`, with a least term (facts 5.1). */
export const durationWithFloor = Type.Optional(
  Type.Refine(
    Type.Integer({
      minimum: 0,
      maximum: MOST_DURATION_SECONDS,
      description: `0, or seconds from ${LEAST_DURATION_SECONDS} to ${MOST_DURATION_SECONDS}`,
    }),
    (seconds) => seconds === 0 || seconds >= LEAST_DURATION_SECONDS,
  ),
);

export const preVoice = Type.Optional(
  Type.Object(
    { callerHintTone: announcement, calleeHintTone: announcement },
    { description: 'an object with callerHintTone and calleeHintTone' },
  ),
);

/** Where an X may come from. */
export const area = {
  areaCode: Type.Optional(Type.String({ maxLength: 32, description: 'a city code, at most 32 characters' })),
  areaMatchMode: Type.Optional(Type.Enum(['0', '1'], { description: '"0" (strict) or "1" (loose)' })),
};
