import { type Static, Type } from 'typebox';
import {
  announcement,
  area,
  callDirection,
  durationWithFloor,
  numberText,
  subscriptionId,
  userData,
  yesOrNo,
} from './bindingFields.ts';

const number = numberText(1, 32);

/** What every call has in its query (facts 5). */
export const KeyFields = Type.Object({
  app_key: Type.String({ maxLength: 128, description: 'the key of the application' }),
});

/** Body of the first POST: A with X (facts 5.1). */
export const BindFields = Type.Object({
  origNum: number,
  ...area,
  callDirection: callDirection('others call A'),
  duration: durationWithFloor,
  recordFlag: yesOrNo,
  recordHintTone: announcement,
  preVoiceX: announcement,
  userData,
});

/** Body of the second POST: B with Y. */
export const RelateFields = Type.Object({
  subscriptionId,
  origNum: number,
  ...area,
  ybDuration: durationWithFloor,
  preVoiceY: announcement,
  userData,
});

/** Tells the second POST from the first. */
export const StepFields = Type.Object({ subscriptionId: Type.Optional(subscriptionId) });

/** Query or body of DELETE (facts 5.2). */
export const UnbindFields = Type.Object({
  subscriptionId,
  yNum: Type.Optional(number),
  bNum: Type.Optional(number),
});

/** Query of GET (facts 5.3). */
export const QueryFields = Type.Object({
  subscriptionId: Type.Optional(subscriptionId),
  relationNum: Type.Optional(number),
});

export type BindFields = Static<typeof BindFields>;
export type RelateFields = Static<typeof RelateFields>;
