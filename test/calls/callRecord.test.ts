import { describe, expect, it } from 'vitest';
import { closeSnapshot, closingMessages } from '../../src/calls/CallLog.ts';
import { callEvent } from '../../src/calls/callEvents.ts';
import { callRecord } from '../../src/calls/callRecord.ts';
import { compactTime, formatTime } from '../../src/calls/callTimes.ts';
import { createSessionIds, sessionKey } from '../../src/calls/sessionIds.ts';
import type { CallSnapshot } from '../../src/store/CallSnapshot.ts';
import { A, B, X } from './callsUnderTest.ts';

const NOON = Date.UTC(2026, 0, 5, 4, 0, 1, 999);
const origin = { spId: 'sp01', hostName: 'ce1.example.com' };

const call = (more: Partial<CallSnapshot> = {}): CallSnapshot => ({
  sessionId: '1200_77_3_20260105040001@ce1.example.com',
  appKey: 'app1',
  mode: 'AXB',
  x: X,
  areaCode: '0571',
  caller: A,
  subscriptionId: 's-1',
  userData: 'order-77',
  callInAt: NOON,
  nextSeq: 0,
  because: [],
  ...more,
});

describe('times', () => {
  it('are UTC to the second', () => {
    expect(formatTime(NOON)).toBe('2026-01-05 04:00:01');
    expect(compactTime(NOON)).toBe('20260105040001');
  });
});

describe('session ids', () => {
  it('have the form of three numbers, a time and the host, and never come twice', () => {
    const next = createSessionIds('ce1.example.com');
    const other = createSessionIds('ce1.example.com');
    const ids = [next(NOON), next(NOON), other(NOON)];
    for (const id of ids) expect(id).toMatch(/^\d+_\d+_\d+_20260105040001@ce1\.example\.com$/);
    expect(new Set(ids).size).toBe(3);
    expect(sessionKey('1_2_3_4@h')).toBe('1_2_3_4');
  });
});

describe('the events of a call', () => {
  it('are numbered, name the parties and carry the binding', () => {
    const snapshot = call();
    const callin = callEvent('callin', snapshot, NOON);
    expect(callin).toEqual({
      id: 'event_1200_77_3_20260105040001_0',
      appKey: 'app1',
      kind: 'event',
      sessionId: snapshot.sessionId,
      seq: 0,
      body: {
        eventType: 'callin',
        statusInfo: {
          timestamp: '2026-01-05 04:00:01',
          sessionId: snapshot.sessionId,
          caller: A,
          called: X,
          subscriptionId: 's-1',
          userData: 'order-77',
        },
      },
    });
    snapshot.callee = B;
    const callout = callEvent('callout', snapshot, NOON + 1000);
    expect(callout).toMatchObject({ seq: 1, id: 'event_1200_77_3_20260105040001_1' });
    expect(callout.body.statusInfo).toEqual({
      timestamp: '2026-01-05 04:00:02',
      sessionId: snapshot.sessionId,
      caller: A,
      called: B,
      subscriptionId: 's-1',
    });
  });

  it('end with the reason in disconnect', () => {
    const { body } = callEvent('disconnect', call({ stateCode: 8102 }), NOON);
    expect(body.statusInfo).toMatchObject({ stateCode: 8102, stateDesc: 'The callee is busy.' });
  });
});

describe('the record of a call', () => {
  it('of two who talked has all times and a length that they give', () => {
    const talked = call({
      callee: B,
      forwardedAt: NOON,
      alertingAt: NOON + 1000,
      answeredAt: NOON + 5_001,
      endedAt: NOON + 35_000,
      stateCode: 0,
      recording: {
        objectName: '260105040007000000001.wav',
        domain: 'ce1.example.com',
        startedAt: NOON + 6000,
      },
      nextSeq: 5,
    });
    expect(callRecord(talked, origin)).toEqual({
      id: 'record_1200_77_3_20260105040001',
      appKey: 'app1',
      kind: 'record',
      sessionId: talked.sessionId,
      seq: 5,
      body: {
        direction: 1,
        spId: 'sp01',
        appKey: 'app1',
        icid: '1200.77.3.20260105040001',
        bindNum: X,
        sessionId: talked.sessionId,
        subscriptionId: 's-1',
        callerNum: A,
        calleeNum: X,
        fwdDisplayNum: X,
        fwdDstNum: B,
        callInTime: '2026-01-05 04:00:01',
        fwdStartTime: '2026-01-05 04:00:01',
        fwdAlertingTime: '2026-01-05 04:00:02',
        fwdAnswerTime: '2026-01-05 04:00:07',
        callEndTime: '2026-01-05 04:00:36',
        fwdUnaswRsn: 0,
        failTime: '',
        ulFailReason: 0,
        sipStatusCode: 0,
        callOutUnaswRsn: 0,
        recordFlag: 1,
        recordStartTime: '2026-01-05 04:00:07',
        recordDomain: 'ce1.example.com',
        recordBucketName: 'sp-sp01',
        recordObjectName: '260105040007000000001.wav',
        ttsPlayTimes: 0,
        ttsTransDuration: 0,
        mptyId: 's-1',
        serviceType: '004',
        hostName: 'ce1.example.com',
        userData: 'order-77',
        areaCode: '0571',
        callDuration: 29,
      },
    });
  });

  it('of a call that was refused has no second leg', () => {
    const refused = call({ endedAt: NOON + 2000, stateCode: 8014, nextSeq: 2 });
    delete refused.subscriptionId;
    const { body } = callRecord(refused, origin);
    expect(body).toMatchObject({ subscriptionId: '', ulFailReason: 8014, failTime: '2026-01-05 04:00:03' });
    for (const absent of ['fwdDstNum', 'fwdStartTime', 'fwdAnswerTime', 'recordObjectName']) {
      expect(body).not.toHaveProperty(absent);
    }
  });
});

describe('closing a call', () => {
  it('twice makes messages with the same ids', () => {
    const first = call({ nextSeq: 3, endedAt: NOON });
    const second = structuredClone(first);
    closeSnapshot(first, { stateCode: 8020, releasedBy: 'platform' });
    closeSnapshot(second, { stateCode: 8020, releasedBy: 'platform' });
    expect(closingMessages(second, origin)).toEqual(closingMessages(first, origin));
  });
});
