import { describe, expect, it } from 'vitest';
import { closeSnapshot, closingMessages } from '../../src/calls/CallLog.ts';
import { callEvent, callinQuestion } from '../../src/calls/callEvents.ts';
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

describe('the events of a call in AXE', () => {
  const asked = () => {
    const snapshot = call({ mode: 'AXE', extension: '1207' });
    delete snapshot.subscriptionId;
    delete snapshot.userData;
    return snapshot;
  };

  it('tell the digits in collectInfo, and nothing of the parties', () => {
    const snapshot = asked();
    callEvent('callin', snapshot, NOON);
    snapshot.digits = '1207';
    const collected = callEvent('collectInfo', snapshot, NOON);
    expect(collected.seq).toBe(1);
    expect(collected.body).toEqual({
      eventType: 'collectInfo',
      statusInfo: { timestamp: '2026-01-05 04:00:01', sessionId: snapshot.sessionId, digitInfo: '1207' },
    });
  });

  it('tell it when nothing was typed', () => {
    const snapshot = asked();
    snapshot.digits = '';
    expect(callEvent('collectInfo', snapshot, NOON).body.statusInfo).toHaveProperty('digitInfo', '');
  });

  it('name the binding from callout on, but not in callin, whoever calls', () => {
    const byA = call({ mode: 'AXE' });
    expect(callEvent('callin', byA, NOON).body.statusInfo).not.toHaveProperty('subscriptionId');
    expect(callEvent('callout', byA, NOON).body.statusInfo).toHaveProperty('subscriptionId', 's-1');
  });
});

describe('the events of a call in X mode', () => {
  const unbound = () => {
    const snapshot = call({ mode: 'X', subscriptionId: '' });
    delete snapshot.userData;
    return snapshot;
  };

  it('begin with a question, which has the first place in the order', () => {
    const snapshot = unbound();
    const question = callinQuestion(snapshot);
    expect(question).toEqual({
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
          notifyMode: 'Block',
        },
      },
    });
    expect(callEvent('disconnect', snapshot, NOON).seq).toBe(1);
  });

  it('carry the userData of the reply, and are there to be told', () => {
    const snapshot = unbound();
    callinQuestion(snapshot);
    snapshot.userData = 'ride-5';
    snapshot.callee = B;
    for (const type of ['callout', 'alerting', 'answer', 'disconnect'] as const) {
      expect(callEvent(type, snapshot, NOON).body.statusInfo).toMatchObject({
        userData: 'ride-5',
        notifyMode: 'Notify',
      });
    }
    expect(callEvent('callout', snapshot, NOON).body.statusInfo).not.toHaveProperty('subscriptionId');
  });

  it('tell callin where the customer’s server is not asked', () => {
    const { statusInfo } = callEvent('callin', unbound(), NOON).body;
    expect(statusInfo).toHaveProperty('notifyMode', 'Notify');
  });
});

describe('the record of a call', () => {
  it('names the account that the application belonged to when the call came in', () => {
    const recording = { objectName: 'a.wav', domain: 'd', startedAt: NOON };
    const { body } = callRecord(call({ spId: 'sp77', recording, stateCode: 0 }), origin);
    expect(body).toMatchObject({ spId: 'sp77', recordBucketName: 'sp-sp77', hostName: origin.hostName });
  });

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

describe('the record of a call in other modes', () => {
  it('names the extension in AXE', () => {
    expect(callRecord(call({ mode: 'AXE', extension: '1207' }), origin).body).toMatchObject({
      extendNum: '1207',
    });
    expect(callRecord(call(), origin).body).not.toHaveProperty('extendNum');
  });

  it('says in X mode that the customer was asked, and has no binding', () => {
    const { body } = callRecord(call({ mode: 'X', subscriptionId: '', userData: 'ride-5' }), origin);
    expect(body).toMatchObject({ notifyMode: 'Block', subscriptionId: '', mptyId: '', userData: 'ride-5' });
    expect(callRecord(call(), origin).body).not.toHaveProperty('notifyMode');
  });

  it('says what the callee saw', () => {
    const { body } = callRecord(call({ mode: 'AXYB', callee: B, shown: '+8617000005002' }), origin);
    expect(body).toMatchObject({ calleeNum: X, fwdDisplayNum: '+8617000005002', fwdDstNum: B });
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
