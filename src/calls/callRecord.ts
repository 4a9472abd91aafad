import type { CallSnapshot } from '../store/CallSnapshot.ts';
import type { Message } from '../store/Message.ts';
import { formatTime } from './callTimes.ts';
import { sessionKey } from './sessionIds.ts';
import { stateCodeOf } from './stateCodes.ts';

/** What a record says of this installation. */
export interface RecordOrigin {
  /** Customer account of a call that names none. */
  readonly spId: string;
  readonly hostName: string;
}

/** `serviceType` by mode; samples of PrivateNumber show 003 and 004, the rest is not known (facts 8.3). */
const SERVICE_TYPE: Readonly<Record<string, string>> = { AX: '003', AXB: '004' };

/** Calls come in from the carrier: seen from the platform, 1 (facts 8.3). */
const DIRECTION_CALL_IN = 1;

/**
 * The record of a call that has ended: one FeeInfo (facts 8.3).
 * What is not known is left out; numbers that mean "fine" are 0.
 */
export function callRecord(call: CallSnapshot, origin: RecordOrigin): Message {
  const { sessionId, appKey, callee, recording, spId = origin.spId } = call;
  const endedAt = call.endedAt ?? call.callInAt;
  const subscriptionId = call.subscriptionId ?? '';
  const key = sessionKey(sessionId);
  const body: Record<string, unknown> = {
    direction: DIRECTION_CALL_IN,
    spId,
    appKey,
    icid: key.replaceAll('_', '.'),
    bindNum: call.x,
    sessionId,
    subscriptionId,
    callerNum: call.caller,
    calleeNum: call.x,
    ...(callee !== undefined && { fwdDisplayNum: call.shown ?? call.x, fwdDstNum: callee }),
    callInTime: formatTime(call.callInAt),
    ...(call.forwardedAt !== undefined && { fwdStartTime: formatTime(call.forwardedAt) }),
    ...(call.alertingAt !== undefined && { fwdAlertingTime: formatTime(call.alertingAt) }),
    ...(call.answeredAt !== undefined && { fwdAnswerTime: formatTime(call.answeredAt) }),
    callEndTime: formatTime(endedAt),
    fwdUnaswRsn: call.q850 ?? 0,
    failTime: call.answeredAt === undefined ? formatTime(endedAt) : '',
    ulFailReason: stateCodeOf(call.stateCode ?? 0).ulFailReason,
    sipStatusCode: call.sipStatus ?? 0,
    callOutUnaswRsn: 0,
    recordFlag: recording ? 1 : 0,
    ...(recording && {
      recordStartTime: formatTime(recording.startedAt),
      recordDomain: recording.domain,
      recordBucketName: `sp-${spId}`,
      recordObjectName: recording.objectName,
    }),
    ttsPlayTimes: 0,
    ttsTransDuration: 0,
    mptyId: subscriptionId,
    ...(SERVICE_TYPE[call.mode] !== undefined && { serviceType: SERVICE_TYPE[call.mode] }),
    hostName: origin.hostName,
    ...(call.userData !== undefined && { userData: call.userData }),
    ...(call.extension !== undefined && { extendNum: call.extension }),
    ...(call.mode === 'X' && { notifyMode: 'Block' }),
    areaCode: call.areaCode,
    callDuration: call.answeredAt === undefined ? 0 : secondsBetween(call.answeredAt, endedAt),
  };
  return { id: `record_${key}`, appKey, kind: 'record', sessionId, seq: call.nextSeq, body };
}

/** Whole seconds between two times as the record writes them, so that its own times give the same figure. */
function secondsBetween(from: number, until: number): number {
  return Math.max(0, Math.floor(until / 1000) - Math.floor(from / 1000));
}
