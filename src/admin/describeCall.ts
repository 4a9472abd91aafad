import { maskNumber } from '../../routing/numbers.ts';
import type { CallSnapshot } from '../store/CallSnapshot.ts';
import type { LadderSoFar, MediaFigures } from '../store/callDetails.ts';
import type { JournaledCall } from '../store/journaledCall.ts';
import type { MessageHistory } from '../store/messageHistory.ts';

/** What is known of one call, from all who know something. */
export interface KnownCall extends JournaledCall {
  readonly deliveries: readonly MessageHistory[];
  /** Undefined where it is not kept, or the call is in progress on another node. */
  readonly ladder: LadderSoFar | undefined;
  readonly media: MediaFigures | undefined;
}

/** The moments of a call, in their order, under the names of the events that tell the customer of them. */
const MOMENTS = [
  ['callin', 'callInAt'],
  ['callout', 'forwardedAt'],
  ['alerting', 'alertingAt'],
  ['answer', 'answeredAt'],
  ['disconnect', 'endedAt'],
] as const satisfies readonly (readonly [string, keyof CallSnapshot])[];

/** A call for the operator's eyes: everything in one answer, people's numbers masked. */
export function describeCall({ call, nodeId, isOpen, deliveries, ladder, media }: KnownCall) {
  const { sessionId, appKey, spId, mode, x, caller, callee, shown, extension } = call;
  const { subscriptionId, stateCode, releasedBy, sipStatus, q850, recording, because } = call;
  return {
    ...{ sessionId, appKey, accountId: spId, mode, nodeId, state: isOpen ? 'in-progress' : 'ended' },
    ...{ x, caller: maskNumber(caller), extension, subscriptionId },
    callee: callee === undefined ? undefined : maskNumber(callee),
    // What the callee saw in place of X: the Y of AXYB, what a customer's server said, or a real caller.
    shown: shown === undefined ? x : maskNumber(shown),
    ...{ stateCode, releasedBy, sipStatus, q850 },
    recording: recording?.objectName,
    because,
    events: MOMENTS.flatMap(([event, moment]) => {
      const at = call[moment];
      return at === undefined ? [] : [{ event, at: new Date(at) }];
    }),
    deliveries,
    media,
    ladder: ladder && {
      messages: ladder.lines.map(({ at, ...line }) => ({ at: new Date(at), ...line })),
      omitted: ladder.omitted,
    },
  };
}
