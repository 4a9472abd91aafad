import { describe, expect, it } from 'vitest';
import { explain } from '../../routing/because.ts';
import { refuseExceeded } from '../../routing/guards.ts';
import { refuseBusy } from '../../routing/lines.ts';
import { refuseFault } from '../../routing/refusals.ts';
import { decide } from '../../routing/route.ts';
import type { Connect } from '../../routing/types.ts';
import { OPEN_PLATFORM } from '../kit/openPlatform.ts';
import {
  account,
  app,
  ax,
  axe,
  B,
  expectDecision,
  found,
  guards,
  NOW,
  OF_RIDE,
  STRANGER,
  X,
} from './facts.ts';

const BOTH = 'the binding lets both sides call';

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
