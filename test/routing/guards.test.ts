import { describe, expect, it } from 'vitest';
import { explain } from '../../routing/because.ts';
import { refuseExceeded } from '../../routing/guards.ts';
import { refuseBusy } from '../../routing/lines.ts';
import { OPEN_PLATFORM } from '../../routing/open.ts';
import { refuseFault } from '../../routing/refusals.ts';
import { decide } from '../../routing/route.ts';
import type { Connect, Found, Mode, Platform, RouteCall } from '../../routing/types.ts';
import {
  A,
  ABROAD,
  account,
  app,
  ax,
  axb,
  axe,
  B,
  decides,
  expectDecision,
  found,
  guards,
  NOW,
  OF_RIDE,
  type Row,
  STRANGER,
  X,
} from './facts.ts';

const IS_A = 'the caller is A of binding sub-1';
const BOTH = 'the binding lets both sides call';
const TO_B = 'the call goes to +86139****0002, who sees the X';

const only =
  (appKey: string, number: string) =>
  (ofApp: string, of: string): boolean =>
    ofApp === appKey && of === number;
const blocksCaller = (number: string): Partial<Platform> => ({ isBlockedCaller: only('ride', number) });
const blocksCallee = (number: string): Partial<Platform> => ({ isBlockedCallee: only('ride', number) });

const guarded = (more: Parameters<typeof guards>[0]) => app({ guards: guards(more) });
const at = (hours: number, minutes: number): Partial<RouteCall> => ({
  caller: A,
  now: NOW - 12 * 3_600_000 + (hours * 60 + minutes) * 60_000,
});
/** 08:00 to 21:30. */
const DAY = { from: 480, until: 1290 };
/** 21:30 to 08:00. */
const NIGHT = { from: 1290, until: 480 };

const connects = { kind: 'connect', callee: B } as const;
const connectedBecause = [OF_RIDE, IS_A, BOTH, TO_B];

describe('the guards of a caller', () => {
  decides([
    ...(['AXB', 'AX', 'AXE', 'AXYB', 'X'] satisfies Mode[]).map(
      (mode): Row => ({
        when: `the caller is on the blacklist, in mode ${mode}`,
        call: { caller: A },
        found: found({ app: app({ mode }) }),
        platform: blocksCaller(A),
        expected: { kind: 'refuse', stateCode: 7005, announcement: undefined },
        without: ['subscriptionId'],
        because: [OF_RIDE, 'the caller +86138****0001 is on the blacklist'],
      }),
    ),
    {
      when: 'the callee is blocked as a caller only',
      call: { caller: A },
      found: found(),
      platform: blocksCaller(B),
      expected: connects,
      because: connectedBecause,
    },
    {
      when: 'the number is withheld, and the blacklist would block everybody',
      call: { caller: '' },
      found: found({ app: app({ mode: 'AX' }), relation: ax() }),
      platform: { isBlockedCaller: () => true },
      expected: { kind: 'connect', callee: A },
      because: [
        OF_RIDE,
        'the caller is not A of binding sub-1',
        BOTH,
        'the caller withheld the number',
        'the call goes to +86138****0001, who sees the X',
      ],
    },
    {
      when: 'the caller is abroad',
      call: { caller: ABROAD },
      found: found({ app: guarded({ callsFromAbroad: false }), relation: axb({ a: ABROAD }) }),
      expected: { kind: 'refuse', stateCode: 8042, announcement: undefined },
      because: [OF_RIDE, 'the application takes no calls from abroad, as from +4420****0005'],
    },
    {
      when: 'the caller is abroad and the application allows it',
      call: { caller: ABROAD },
      found: found({ relation: axb({ a: ABROAD }) }),
      expected: connects,
      because: connectedBecause,
    },
    {
      when: 'the number is withheld: it is from nowhere',
      call: { caller: '' },
      found: found({ app: guarded({ callsFromAbroad: false }), relation: undefined }),
      expected: { kind: 'refuse', stateCode: 8014 },
      because: [OF_RIDE, 'the caller withheld the number'],
    },
    {
      when: 'it is the last minute before the hours',
      call: at(7, 59),
      found: found({ app: guarded({ hours: [DAY] }) }),
      expected: { kind: 'refuse', stateCode: 8050, announcement: undefined },
      because: [OF_RIDE, 'it is 07:59, when the application may make no calls'],
    },
    {
      when: 'it is the first minute of the hours',
      call: at(8, 0),
      found: found({ app: guarded({ hours: [DAY] }) }),
      expected: connects,
      because: connectedBecause,
    },
    {
      when: 'it is the last minute of the hours',
      call: at(21, 29),
      found: found({ app: guarded({ hours: [DAY] }) }),
      expected: connects,
      because: connectedBecause,
    },
    {
      when: 'it is the first minute after the hours',
      call: at(21, 30),
      found: found({ app: guarded({ hours: [DAY] }) }),
      expected: { kind: 'refuse', stateCode: 8050 },
      because: [OF_RIDE, 'it is 21:30, when the application may make no calls'],
    },
    ...([at(23, 59), at(0, 0), at(7, 59), at(21, 30)] as const).map(
      (call, nth): Row => ({
        when: `the hours go over midnight and it is within them (${nth + 1})`,
        call,
        found: found({ app: guarded({ hours: [NIGHT] }) }),
        expected: connects,
        because: connectedBecause,
      }),
    ),
    {
      when: 'the hours go over midnight and it is noon',
      call: at(12, 0),
      found: found({ app: guarded({ hours: [NIGHT] }) }),
      expected: { kind: 'refuse', stateCode: 8050 },
      because: [OF_RIDE, 'it is 12:00, when the application may make no calls'],
    },
    {
      when: 'one of several hours holds',
      call: at(14, 0),
      found: found({
        app: guarded({
          hours: [
            { from: 480, until: 720 },
            { from: 840, until: 1080 },
          ],
        }),
      }),
      expected: connects,
      because: connectedBecause,
    },
    {
      when: 'the hours end when they begin: the whole day',
      call: at(12, 0),
      found: found({ app: guarded({ hours: [{ from: 540, until: 540 }] }) }),
      expected: connects,
      because: connectedBecause,
    },
    {
      when: 'the hours last until midnight',
      call: at(23, 59),
      found: found({ app: guarded({ hours: [{ from: 0, until: 1440 }] }) }),
      expected: connects,
      because: connectedBecause,
    },
    {
      when: "the platform's day is another than that of UTC",
      call: at(12, 0),
      found: found({ app: guarded({ hours: [DAY] }) }),
      platform: { minuteOfDay: () => 1439 },
      expected: { kind: 'refuse', stateCode: 8050 },
      because: [OF_RIDE, 'it is 23:59, when the application may make no calls'],
    },
  ]);
});

describe('the guards of a call that would go out', () => {
  decides([
    {
      when: 'the callee is on the blacklist',
      call: { caller: A },
      found: found({ relation: axb({ userData: 'u' }) }),
      platform: blocksCallee(B),
      expected: {
        kind: 'refuse',
        stateCode: 7004,
        announcement: undefined,
        subscriptionId: 'sub-1',
        userData: 'u',
      },
      because: [...connectedBecause, 'the callee +86139****0002 is on the blacklist'],
    },
    {
      when: 'the caller is blocked as a callee only',
      call: { caller: A },
      found: found(),
      platform: blocksCallee(A),
      expected: connects,
      because: connectedBecause,
    },
    {
      when: 'the callee is blocked for another application',
      call: { caller: A },
      found: found({ app: app({ appKey: 'food' }) }),
      platform: blocksCallee(B),
      expected: connects,
      because: ['the X number belongs to application food', IS_A, BOTH, TO_B],
    },
    {
      when: 'the callee is abroad',
      call: { caller: A },
      found: found({ app: guarded({ callsAbroad: false }), relation: axb({ b: ABROAD }) }),
      expected: { kind: 'refuse', stateCode: 8043, announcement: undefined, subscriptionId: 'sub-1' },
      because: [
        OF_RIDE,
        IS_A,
        BOTH,
        'the call goes to +4420****0005, who sees the X',
        'the application may make no calls abroad, as to +4420****0005',
      ],
    },
    {
      when: 'a blocked temporary callee is not used up',
      call: { caller: A },
      found: found({
        app: app({ mode: 'AX' }),
        relation: ax({
          temporaryCallee: { id: 'callee-7', number: B, expiresAt: NOW + 1000, userData: 'of-callee' },
        }),
      }),
      platform: blocksCallee(B),
      expected: { kind: 'refuse', stateCode: 7004, userData: 'of-callee' },
      without: ['temporaryCallee', 'line'],
      because: [
        OF_RIDE,
        IS_A,
        BOTH,
        'A has a temporary callee until 2026-03-01T12:00:01.000Z',
        TO_B,
        'the callee +86139****0002 is on the blacklist',
      ],
    },
    {
      when: 'a call to the number that an application names for calls back is guarded, too',
      call: { caller: A },
      found: found({ app: app({ mode: 'AXE', callBackNumber: B }), relation: axe() }),
      platform: blocksCallee(B),
      expected: { kind: 'refuse', stateCode: 7004, extension: '1207' },
      because: [
        OF_RIDE,
        IS_A,
        'A has no call to return',
        'application ride names a number for calls back that have no aim',
        TO_B,
        'the callee +86139****0002 is on the blacklist',
      ],
    },
  ]);
});

/** Everything is against the call; each row takes away what won in the row before. */
describe('several guards at once', () => {
  const everything: Platform = {
    showsRealCallers: false,
    isBlockedCaller: () => true,
    isBlockedCallee: () => true,
    minuteOfDay: () => 0,
  };
  const forbidding = (more: Parameters<typeof guards>[0] = {}): Found =>
    found({
      app: app({
        mode: 'AX',
        guards: guards({ callsFromAbroad: false, callsAbroad: false, hours: [DAY], ...more }),
      }),
      relation: ax({ a: ABROAD, showsCaller: true }),
    });
  const callerFree = { ...everything, isBlockedCaller: () => false };
  const inHours = { ...callerFree, minuteOfDay: () => 600 };
  const calleeFree = { ...inHours, isBlockedCallee: () => false };

  it.each<[string, Platform, Found, number | undefined]>([
    ["the caller's blacklist", everything, forbidding(), 7005],
    ['calls from abroad', callerFree, forbidding(), 8042],
    ['the hours', callerFree, forbidding({ callsFromAbroad: true }), 8050],
    ["the callee's blacklist", inHours, forbidding({ callsFromAbroad: true }), 7004],
    ['calls abroad', calleeFree, forbidding({ callsFromAbroad: true }), 8043],
    ['the real caller', calleeFree, forbidding({ callsFromAbroad: true, callsAbroad: true }), 8024],
    [
      'nothing',
      { ...calleeFree, showsRealCallers: true },
      forbidding({ callsFromAbroad: true, callsAbroad: true }),
      undefined,
    ],
  ])('%s wins', (_which, platform, facts, stateCode) => {
    const decision = decide({ caller: '+442079460099', x: X, now: NOW }, facts, platform);
    expect(decision.kind === 'refuse' ? decision.stateCode : undefined).toBe(stateCode);
  });
});

describe('what is found out after the decision', () => {
  const limits = {
    maxCalls: 12,
    applicationFrequency: { calls: 1, seconds: 10 },
    shownFrequency: { calls: 2, seconds: 20 },
    callerFrequency: { calls: 3, seconds: 30 },
    calleeFrequency: { calls: 4, seconds: 40 },
    xFrequency: { calls: 5, seconds: 50 },
  };
  const facts = found({
    app: app({ mode: 'AXE', guards: guards(limits) }),
    relation: axe({ userData: 'u' }),
  });
  const toA = decide({ caller: STRANGER, x: X, now: NOW, digits: '1207' }, facts, OPEN_PLATFORM) as Connect;
  const chain = [
    OF_RIDE,
    'the caller typed 1207',
    'the extension belongs to binding sub-1',
    'the call goes to +86138****0001, who sees the X',
  ];
  const kept = { kind: 'refuse', subscriptionId: 'sub-1', userData: 'u', extension: '1207' } as const;
  const without = ['line', 'remember', 'temporaryCallee', 'callee'];

  it.each([
    [7001, 'the customer makes more calls than the platform allows'],
    [7002, 'the application makes more calls than 1 in 10 s'],
    [7003, 'the number shown is used for more calls than 2 in 20 s'],
    [8047, 'the caller makes more calls than 3 in 30 s'],
    [8048, 'the callee gets more calls than 4 in 40 s'],
    [8049, 'the X number is used for more calls than 5 in 50 s'],
    [7109, 'the application has its 12 calls at the same time'],
    [522, 'the platform has all the calls that it may have at the same time'],
    [7777, 'limit 7777 is exceeded'],
  ])('a limit is exceeded: %i', (stateCode, reason) => {
    expectDecision(refuseExceeded(toA, stateCode), {
      found: facts,
      expected: { ...kept, stateCode, announcement: undefined },
      without,
      because: [...chain, reason],
    });
  });

  it('a limit is exceeded that the account has of its own', () => {
    const own = {
      ...toA,
      app: { ...toA.app, account: account({ callFrequency: { calls: 9, seconds: 90 } }) },
    };
    expect(explain(refuseExceeded(own, 7001).because)).toEqual([
      ...chain,
      'the customer makes more calls than 9 in 90 s',
    ]);
  });

  it('the line is busy, in AXE that of the extension', () => {
    expectDecision(refuseBusy(toA), {
      found: facts,
      expected: { ...kept, stateCode: 8102, announcement: 'busy' },
      without,
      because: [...chain, 'extension 1207 is in another call'],
    });
  });

  it('the line is busy, in AX that of the X', () => {
    const ofAx = found({ app: app({ mode: 'AX' }), relation: ax() });
    const connect = decide({ caller: STRANGER, x: X, now: NOW }, ofAx, OPEN_PLATFORM) as Connect;
    expectDecision(refuseBusy(connect), {
      found: ofAx,
      expected: { kind: 'refuse', stateCode: 8102, announcement: 'busy' },
      without: [...without, 'extension'],
      because: [
        OF_RIDE,
        'the caller is not A of binding sub-1',
        BOTH,
        'the call goes to +86138****0001, who sees the X',
        'the X number is in another call',
      ],
    });
  });

  it('the call cannot go on', () => {
    expectDecision(refuseFault(toA, 8020, `no answer about ${B}`), {
      found: facts,
      expected: { ...kept, stateCode: 8020, announcement: 'business-fault' },
      without,
      because: [...chain, 'the call cannot go on: no answer about +86139****0002'],
    });
  });

  it('digits cannot be collected', () => {
    const collect = decide({ caller: STRANGER, x: X, now: NOW }, facts, OPEN_PLATFORM);
    expectDecision(refuseFault(collect, 8008, 'no file'), {
      found: facts,
      expected: { kind: 'refuse', stateCode: 8008, announcement: 'business-fault' },
      without: [...without, 'subscriptionId', 'prompt'],
      because: [
        OF_RIDE,
        'the caller is A of no binding on this X',
        'the caller is asked for an extension of 4 digits',
        'the call cannot go on: no file',
      ],
    });
  });
});
