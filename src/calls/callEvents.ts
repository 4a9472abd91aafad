import type { CallSnapshot } from '../store/CallSnapshot.ts';
import type { Message } from '../store/Message.ts';
import { formatTime } from './callTimes.ts';
import { sessionKey } from './sessionIds.ts';
import { stateCodeOf } from './stateCodes.ts';

/** Events of a call, in the order in which they can come (facts 8.2). */
export type CallEventType = 'callin' | 'callout' | 'alerting' | 'answer' | 'disconnect';

/**
 * The next event of a call. It counts `nextSeq` of the snapshot up.
 *
 * `caller` is always the real caller; `called` is X in callin and, once the call is forwarded, the real callee. The id
 * is made of the session id and the event's place in the call, so that whoever writes the same event a second time
 * (a repeated transaction, recovery after a crash) writes the same id.
 * @param at milliseconds since the epoch
 */
export function callEvent(type: CallEventType, call: CallSnapshot, at: number): Message {
  const { sessionId, appKey } = call;
  const seq = call.nextSeq;
  call.nextSeq += 1;
  const statusInfo: Record<string, unknown> = {
    timestamp: formatTime(at),
    sessionId,
    caller: call.caller,
    called: call.callee ?? call.x,
  };
  if (call.subscriptionId !== undefined) statusInfo.subscriptionId = call.subscriptionId;
  if (type === 'callin' && call.userData !== undefined) statusInfo.userData = call.userData;
  if (type === 'disconnect') {
    const { stateCode, description } = stateCodeOf(call.stateCode ?? 0);
    statusInfo.stateCode = stateCode;
    statusInfo.stateDesc = description;
  }
  const id = `event_${sessionKey(sessionId)}_${seq}`;
  return { id, appKey, kind: 'event', sessionId, seq, body: { eventType: type, statusInfo } };
}
