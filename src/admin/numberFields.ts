import { type Static, Type } from 'typebox';
import type { XNumberState } from '../../routing/types.ts';
import type { NewState } from '../store/numberChanges.ts';
import type { NumberCause } from '../store/numberStatus.ts';
import { AppKey, AreaCode, E164 } from './fields.ts';
import { QueryLimit } from './pages.ts';
import { Problem } from './problem.ts';

/** Most numbers of one request. */
const MOST_NUMBERS = 1000;
/** Most numbers that change at once: as many as one message to a customer names. */
const MOST_CHANGED = 100;

export const NewNumbersBody = Type.Object(
  {
    appKey: AppKey,
    numbers: Type.Array(
      Type.Object(
        { number: E164, areaCode: Type.Optional(AreaCode) },
        {
          additionalProperties: false,
          description: 'an object like {"number":"+8617000005001","areaCode":"0571"}',
        },
      ),
      { minItems: 1, maxItems: MOST_NUMBERS, description: `an array of 1 to ${MOST_NUMBERS} numbers` },
    ),
  },
  { additionalProperties: false, description: 'a JSON object' },
);

const State = Type.Enum(['normal', 'suspended', 'unavailable', 'bind-frozen', 'returned'], {
  description: 'normal, suspended, unavailable, bind-frozen or returned',
});

const Cause = Type.Enum(
  ['deleted', 'arrears', 'stopped', 'barred', 'unbarred', 'forwarding-on', 'forwarding-off'],
  { description: 'deleted, arrears, stopped, barred, unbarred, forwarding-on or forwarding-off' },
);

export const NumberPatch = Type.Object(
  {
    areaCode: Type.Optional(AreaCode),
    state: Type.Optional(State),
    cause: Type.Optional(Cause),
  },
  { additionalProperties: false, description: 'a JSON object' },
);

const Numbers = Type.Array(E164, {
  minItems: 1,
  maxItems: MOST_CHANGED,
  uniqueItems: true,
  description: `an array of 1 to ${MOST_CHANGED} different numbers in E.164`,
});

export const StatesBody = Type.Object(
  { numbers: Numbers, state: State, cause: Type.Optional(Cause) },
  { additionalProperties: false, description: 'a JSON object' },
);

export const MoveBody = Type.Object(
  { appKey: AppKey },
  { additionalProperties: false, description: 'a JSON object' },
);

export const MovesBody = Type.Object(
  { numbers: Numbers, appKey: AppKey },
  { additionalProperties: false, description: 'a JSON object' },
);

export const NumbersQuery = Type.Object(
  {
    appKey: Type.Optional(AppKey),
    state: Type.Optional(State),
    after: Type.Optional(E164),
    limit: QueryLimit,
  },
  { additionalProperties: false, description: 'appKey, state, after and limit' },
);

/** States that have causes: which (facts 8.5, and 2.7 of the FAQ for what is returned), the usual one first. */
const CAUSES: Readonly<Partial<Record<XNumberState, readonly NumberCause[]>>> = {
  unavailable: ['stopped', 'arrears', 'deleted', 'barred', 'unbarred', 'forwarding-on', 'forwarding-off'],
  returned: ['deleted', 'arrears', 'stopped'],
};

/**
 * A state as the store takes it.
 * @throws Problem for a cause that the state does not have
 */
export function newStateOf(
  state: XNumberState,
  { cause, areaCode }: Omit<Static<typeof NumberPatch>, 'state'>,
): NewState {
  const [usual, ...others] = CAUSES[state] ?? [];
  const given = cause ?? usual;
  if (cause !== undefined && cause !== usual && !others.includes(cause)) {
    const expected = usual === undefined ? 'none' : [usual, ...others].join(', ');
    throw new Problem('invalid-body', `cause: expected ${expected} with state ${state}, got ${cause}.`);
  }
  return {
    state,
    ...(given !== undefined && { cause: given }),
    ...(areaCode !== undefined && { areaCode }),
  };
}
