import { describe, expect, it } from 'vitest';
import { decide } from '../../routing/route.ts';
import type { Found, Mode, Platform, RouteCall } from '../../routing/types.ts';
import {
  A,
  ABROAD,
  app,
  ax,
  axb,
  axe,
  B,
  decides,
  found,
  guards,
  NOW,
  OF_RIDE,
  type Row,
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
      when: 'the callee is a number that no call may go to',
      call: { caller: A },
      found: found(),
      platform: { isBarred: (number) => number === B },
      expected: { kind: 'refuse', stateCode: 7004 },
      because: [...connectedBecause, 'no call goes to +86139****0002, where calls cost more than calls'],
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
    isBarred: () => true,
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
  const calleeListed = { ...inHours, isBlockedCallee: () => false };
  const calleeFree = { ...calleeListed, isBarred: () => false };

  it.each<[string, Platform, Found, number | undefined]>([
    ["the caller's blacklist", everything, forbidding(), 7005],
    ['calls from abroad', callerFree, forbidding(), 8042],
    ['the hours', callerFree, forbidding({ callsFromAbroad: true }), 8050],
    ["the callee's blacklist", inHours, forbidding({ callsFromAbroad: true }), 7004],
    ['the barred numbers', calleeListed, forbidding({ callsFromAbroad: true }), 7004],
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
