import type { CallSnapshot } from '../store/CallSnapshot.ts';
import type { Message } from '../store/Message.ts';
import { formatTime } from './callTimes.ts';
import { sessionKey } from './sessionIds.ts';
import { stateCodeOf } from './stateCodes.ts';

/** Events of a call, in the order in which they can come (facts 8.2). */
export type CallEventType = 'callin' | 'collectInfo' | 'callout' | 'alerting' | 'answer' | 'disconnect';

/** `Block`: the customer's answer decides what becomes of the call; `Notify`: it is told to him (facts 6). */
export type NotifyMode = 'Block' | 'Notify';

/** Modes whose callin names no binding: in AXE it is found later, in X there is none (facts 8.2). */
const CALLIN_WITHOUT_BINDING: ReadonlySet<string> = new Set(['AXE', 'X']);

/**
 * The next event of a call. It counts `nextSeq` of the snapshot up.
 *
 * `caller` is always the real caller; `called` is X in callin and, once the call is forwarded, the real callee. The id
 * is made of the session id and the event's place in the call, so that whoever writes the same event a second time
 * (a repeated transaction, recovery after a crash) writes the same id.
 * @param at milliseconds since the epoch
 */
export function callEvent(type: CallEventType, call: CallSnapshot, at: number): Message {
  return numbered(call, type, statusInfo(type, call, at, 'Notify'));
}

/** The callin event of a call in X mode as the question that it is to the customer's server (facts 6). */
export function callinQuestion(call: CallSnapshot): Message {
  return numbered(call, 'callin', statusInfo('callin', call, call.callInAt, 'Block'));
}

function numbered(call: CallSnapshot, eventType: CallEventType, info: Record<string, unknown>): Message {
  const { sessionId, appKey } = call;
  const seq = call.nextSeq;
  call.nextSeq += 1;
  const id = `event_${sessionKey(sessionId)}_${seq}`;
  return { id, appKey, kind: 'event', sessionId, seq, body: { eventType, statusInfo: info } };
}

function statusInfo(
  type: CallEventType,
  call: CallSnapshot,
  at: number,
  notifyMode: NotifyMode,
): Record<string, unknown> {
  const info: Record<string, unknown> = { timestamp: formatTime(at), sessionId: call.sessionId };
  if (type === 'collectInfo') {
    info.digitInfo = call.digits ?? '';
    return info;
  }
  info.caller = call.caller;
  info.called = call.callee ?? call.x;
  const ofBinding = type !== 'callin' || !CALLIN_WITHOUT_BINDING.has(call.mode);
  if (ofBinding && call.subscriptionId) info.subscriptionId = call.subscriptionId;
  if ((type === 'callin' || call.mode === 'X') && call.userData !== undefined) info.userData = call.userData;
  if (call.mode === 'X') info.notifyMode = notifyMode;
  if (type === 'disconnect') {
    const { stateCode, description } = stateCodeOf(call.stateCode ?? 0);
    info.stateCode = stateCode;
    info.stateDesc = description;
  }
  return info;
}
