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

const number = numberText(1, 32);

const terms = {
  recordFlag: yesOrNo,
  recordHintTone: announcement,
  privateSms: yesOrNo,
  preVoice,
  maxDuration,
  lastMinVoice: announcement,
  callDirection: callDirection('others call A'),
  userData,
};

/** Which binding is meant. `origNum` belongs to the older form, which names A beside X (facts 3.3, 3.5). */
const target = {
  subscriptionId: Type.Optional(subscriptionId),
  privateNum: Type.Optional(number),
  origNum: Type.Optional(number),
};

/** Body of POST (facts 3.1). */
export const BindFields = Type.Object({
  origNum: number,
  privateNum: Type.Optional(number),
  privateNumType: Type.Optional(Type.Enum(['mobile-virtual'], { description: '"mobile-virtual"' })),
  ...area,
  calleeNumDisplay: Type.Optional(
    Type.Enum(['0', '1'], { description: '"0" (A sees X) or "1" (A sees the caller)' }),
  ),
  ...terms,
});

/** Query or body of DELETE (facts 3.2). `origNum` is not read. */
export const UnbindFields = Type.Object({
  subscriptionId: Type.Optional(subscriptionId),
  privateNum: Type.Optional(number),
});

/** Body of PUT (facts 3.3). */
export const ModifyFields = Type.Object({ ...target, ...terms });

/** Query of GET (facts 3.4). */
export const QueryFields = Type.Object(target);

/** Body of PUT that names a temporary callee (facts 3.5). */
export const CalleeFields = Type.Object({ ...target, calleeNum: number, duration, userData });

export type BindFields = Static<typeof BindFields>;
export type ModifyFields = Static<typeof ModifyFields>;
export type TargetFields = Static<typeof QueryFields>;
