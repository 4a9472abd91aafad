import { describe, expect, it } from 'vitest';
import { explain } from '../../routing/because.ts';
import { decide, route } from '../../routing/route.ts';
import type { AppRoute, AxbRelation, Connect, Found, Refuse, XNumber } from '../../routing/types.ts';

const A = '+8613800000001';
const B = '+8613900000002';
const STRANGER = '+8613700000003';
const LANDLINE = '+8657188880004';
const X = '+8617000005001';
const NOW = Date.parse('2026-03-01T12:00:00Z');

const number = (more: Partial<XNumber> = {}): XNumber => ({
  number: X,
  areaCode: '0571',
  state: 'normal',
  ...more,
});
const app = (more: Partial<AppRoute> = {}): AppRoute => ({
  appKey: 'ride',
  mode: 'AXB',
  state: 'normal',
  recording: true,
  announcements: {},
  ...more,
});
const relation = (more: Partial<AxbRelation> = {}): AxbRelation => ({
  subscriptionId: 'sub-1',
  a: A,
  b: B,
  callDirection: 0,
  expiresAt: Number.POSITIVE_INFINITY,
  recordFlag: false,
  recordHintTone: undefined,
  maxDurationMinutes: 0,
  lastMinVoice: undefined,
  callerHintTone: undefined,
  calleeHintTone: undefined,
  userData: undefined,
  ...more,
});
const found = (more: Partial<Found> = {}): Found => ({
  number: number(),
  app: app(),
  relation: relation(),
  ...more,
});

interface Row {
  readonly when: string;
  readonly caller: string;
  readonly found: Found | undefined;
  readonly expected: Partial<Connect> | Partial<Refuse>;
  readonly because: readonly string[];
}

const OF_RIDE = 'the X number belongs to application ride';
const NO_BINDING_FOR = (masked: string): string => `no binding on this X has ${masked} as a party`;

const ROWS: readonly Row[] = [
  {
    when: 'A dials X',
    caller: A,
    found: found(),
    expected: { kind: 'connect', callee: B, shown: X, subscriptionId: 'sub-1' },
    because: [
      OF_RIDE,
      'the caller is A of binding sub-1',
      'the binding lets both sides call',
      'the call goes to +86139****0002, who sees the X',
    ],
  },
  {
    when: 'B dials X',
    caller: B,
    found: found(),
    expected: { kind: 'connect', callee: A, shown: X },
    because: [
      OF_RIDE,
      'the caller is B of binding sub-1',
      'the binding lets both sides call',
      'the call goes to +86138****0001, who sees the X',
    ],
  },
  {
    when: 'A dials X and only A may',
    caller: A,
    found: found({ relation: relation({ callDirection: 1 }) }),
    expected: { kind: 'connect', callee: B },
    because: [
      OF_RIDE,
      'the caller is A of binding sub-1',
      'the binding lets only A call',
      'the call goes to +86139****0002, who sees the X',
    ],
  },
  {
    when: 'B dials X and only A may',
    caller: B,
    found: found({ relation: relation({ callDirection: 1, userData: 'order' }) }),
    expected: {
      kind: 'refuse',
      stateCode: 8016,
      announcement: undefined,
      subscriptionId: 'sub-1',
      userData: 'order',
    },
    because: [OF_RIDE, 'the caller is B of binding sub-1', 'the binding lets only A call'],
  },
  {
    when: 'A dials X and only B may',
    caller: A,
    found: found({ relation: relation({ callDirection: 2 }) }),
    expected: { kind: 'refuse', stateCode: 8016 },
    because: [OF_RIDE, 'the caller is A of binding sub-1', 'the binding lets only B call'],
  },
  {
    when: 'B dials X and only B may',
    caller: B,
    found: found({ relation: relation({ callDirection: 2 }) }),
    expected: { kind: 'connect', callee: A },
    because: [
      OF_RIDE,
      'the caller is B of binding sub-1',
      'the binding lets only B call',
      'the call goes to +86138****0001, who sees the X',
    ],
  },
  {
    when: 'a stranger dials X',
    caller: STRANGER,
    found: found({ relation: undefined }),
    expected: { kind: 'refuse', stateCode: 8014, announcement: 'no-binding' },
    because: [OF_RIDE, NO_BINDING_FOR('+86137****0003')],
  },
  {
    when: 'a table gives a binding in which the caller is no party',
    caller: STRANGER,
    found: found(),
    expected: { kind: 'refuse', stateCode: 8014, announcement: 'no-binding' },
    because: [OF_RIDE, NO_BINDING_FOR('+86137****0003')],
  },
  {
    when: 'the caller withholds the number',
    caller: '',
    found: found({ relation: undefined }),
    expected: { kind: 'refuse', stateCode: 8014, announcement: 'no-binding' },
    because: [OF_RIDE, 'the caller withheld the number'],
  },
  {
    when: 'the binding expires at this very millisecond',
    caller: A,
    found: found({ relation: relation({ expiresAt: NOW }) }),
    expected: { kind: 'refuse', stateCode: 8014, announcement: 'no-binding' },
    because: [OF_RIDE, NO_BINDING_FOR('+86138****0001'), 'the binding expired at 2026-03-01T12:00:00.000Z'],
  },
  {
    when: 'the binding lives for one more millisecond',
    caller: A,
    found: found({ relation: relation({ expiresAt: NOW + 1 }) }),
    expected: { kind: 'connect', callee: B },
    because: [
      OF_RIDE,
      'the caller is A of binding sub-1',
      'the binding lets both sides call',
      'the call goes to +86139****0002, who sees the X',
    ],
  },
  {
    when: 'a fixed line dials X, even one that is a party',
    caller: LANDLINE,
    found: found({ relation: relation({ a: LANDLINE }) }),
    expected: { kind: 'refuse', stateCode: 8023, announcement: undefined },
    because: ['the caller +86571****0004 is a fixed line, which may only be called'],
  },
  {
    when: 'a fixed line dials what is no X',
    caller: LANDLINE,
    found: undefined,
    expected: { kind: 'refuse', stateCode: 8023 },
    because: ['the caller +86571****0004 is a fixed line, which may only be called'],
  },
  {
    when: 'the X is unknown',
    caller: A,
    found: undefined,
    expected: { kind: 'refuse', stateCode: 8018, announcement: undefined },
    because: ['+8617000005001 is no X number of this platform'],
  },
  ...(['suspended', 'unavailable'] as const).map(
    (state): Row => ({
      when: `the X is ${state}, whatever the application`,
      caller: A,
      found: found({ number: number({ state }), app: app({ state: 'frozen' }) }),
      expected: { kind: 'refuse', stateCode: 8055 },
      because: [OF_RIDE, `the X number is ${state}`],
    }),
  ),
  {
    when: 'the X takes no new bindings',
    caller: A,
    found: found({ number: number({ state: 'bind-frozen' }) }),
    expected: { kind: 'connect', callee: B },
    because: [
      OF_RIDE,
      'the caller is A of binding sub-1',
      'the binding lets both sides call',
      'the call goes to +86139****0002, who sees the X',
    ],
  },
  {
    when: 'the application is frozen',
    caller: A,
    found: found({ app: app({ state: 'frozen' }) }),
    expected: { kind: 'refuse', stateCode: 7108 },
    because: [OF_RIDE, 'application ride is frozen'],
  },
  {
    when: 'the binding asks for recording, tones and a limit',
    caller: A,
    found: found({
      relation: relation({
        recordFlag: true,
        recordHintTone: 'hint.wav',
        maxDurationMinutes: 2,
        lastMinVoice: 'last.wav',
        callerHintTone: 'for-a.wav',
        calleeHintTone: 'for-b.wav',
        userData: 'order-77',
      }),
    }),
    expected: {
      kind: 'connect',
      ringback: 'for-a.wav',
      record: true,
      recordHintTone: 'hint.wav',
      maxDurationSeconds: 120,
      lastMinVoice: 'last.wav',
      userData: 'order-77',
    },
    because: [
      OF_RIDE,
      'the caller is A of binding sub-1',
      'the binding lets both sides call',
      'the call goes to +86139****0002, who sees the X',
    ],
  },
  {
    when: 'B calls with a tone for B, no limit, and an application without recording',
    caller: B,
    found: found({
      app: app({ recording: false }),
      relation: relation({
        recordFlag: true,
        recordHintTone: 'hint.wav',
        lastMinVoice: 'last.wav',
        calleeHintTone: 'for-b.wav',
      }),
    }),
    expected: {
      kind: 'connect',
      ringback: 'for-b.wav',
      record: false,
      recordHintTone: undefined,
      maxDurationSeconds: 0,
      lastMinVoice: undefined,
    },
    because: [
      OF_RIDE,
      'the caller is B of binding sub-1',
      'the binding lets both sides call',
      'the call goes to +86138****0001, who sees the X',
      'the binding asks for recording, but application ride has none',
    ],
  },
  {
    when: 'the X of an AXE application has no binding',
    caller: A,
    found: found({ app: app({ mode: 'AXE' }), relation: undefined }),
    expected: { kind: 'refuse', stateCode: 8025 },
    because: [OF_RIDE, 'applications of mode AXE are not served by this release'],
  },
  ...(['AX', 'AXYB', 'X'] as const).map(
    (mode): Row => ({
      when: `the application is of mode ${mode}`,
      caller: A,
      found: found({ app: app({ mode }), relation: undefined }),
      expected: { kind: 'refuse', stateCode: 8018 },
      because: [OF_RIDE, `applications of mode ${mode} are not served by this release`],
    }),
  ),
];

describe('decide', () => {
  it.each(ROWS)('when $when', ({ caller, found: facts, expected, because }) => {
    const decision = decide({ caller, x: X, now: NOW }, facts);
    expect(decision).toMatchObject(expected);
    expect(explain(decision.because)).toEqual(because);
    if (facts !== undefined) expect(decision).toMatchObject({ app: facts.app, number: facts.number });
  });

  it('puts no whole number of a person into words', () => {
    for (const { caller, found: facts } of ROWS) {
      const words = explain(decide({ caller, x: X, now: NOW }, facts).because).join('\n');
      for (const person of [A, B, STRANGER, LANDLINE]) expect(words).not.toContain(person.slice(3));
    }
  });
});

describe('route', () => {
  it('answers without a promise when the table does', () => {
    expect(route({ caller: A, x: X, now: NOW }, { find: () => found() })).toMatchObject({ callee: B });
  });

  it('answers with a promise when the table does', async () => {
    const decision = route({ caller: A, x: X, now: NOW }, { find: async () => found() });
    expect(decision).toBeInstanceOf(Promise);
    expect(await decision).toMatchObject({ callee: B });
  });

  it('hands on what the table throws', async () => {
    const find = async (): Promise<never> => {
      throw new Error('away');
    };
    await expect(route({ caller: A, x: X, now: NOW }, { find })).rejects.toThrow('away');
  });
});
