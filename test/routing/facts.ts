import { expect, it } from 'vitest';
import { explain } from '../../routing/because.ts';
import { decide } from '../../routing/route.ts';
import type {
  AccountRoute,
  AppGuards,
  AppRoute,
  AxbRelation,
  AxeRelation,
  AxRelation,
  AxybRelation,
  Decision,
  Found,
  Platform,
  RouteCall,
  XNumber,
} from '../../routing/types.ts';
import { OPEN_GUARDS, OPEN_PLATFORM } from '../kit/openPlatform.ts';

export const A = '+8613800000001';
export const B = '+8613900000002';
export const STRANGER = '+8613700000003';
export const LANDLINE = '+8657188880004';
export const ABROAD = '+442079460005';
export const HOTLINE = '+8657100000006';
export const X = '+8617000005001';
export const Y = '+8617000005002';
export const NOW = Date.parse('2026-03-01T12:00:00Z');
export const AT_NOON = '2026-03-01T12:00:00.000Z';
export const OF_RIDE = 'the X number belongs to application ride';

/** Who in the tests is a person, and must not stand whole in any text. */
const PERSONS = [A, B, STRANGER, LANDLINE, ABROAD, HOTLINE];

const NEVER = Number.POSITIVE_INFINITY;

export const number = (more: Partial<XNumber> = {}): XNumber => ({
  number: X,
  areaCode: '0571',
  state: 'normal',
  ...more,
});

export const guards = (more: Partial<AppGuards>): AppGuards => ({ ...OPEN_GUARDS, ...more });

export const account = (more: Partial<AccountRoute> = {}): AccountRoute => ({
  accountId: 'axbridge',
  state: 'normal',
  callFrequency: undefined,
  ...more,
});

export const app = (more: Partial<AppRoute> = {}): AppRoute => ({
  appKey: 'ride',
  mode: 'AXB',
  state: 'normal',
  account: account(),
  recording: true,
  qualityHintTone: undefined,
  announcements: {},
  callBackMemory: false,
  extensionDigits: 4,
  collectRepeats: 0,
  callBackNumber: undefined,
  guards: OPEN_GUARDS,
  ...more,
});

const terms = {
  subscriptionId: 'sub-1',
  a: A,
  recordFlag: false,
  recordHintTone: undefined,
  userData: undefined,
};

export const axb = (more: Partial<AxbRelation> = {}): AxbRelation => ({
  mode: 'AXB',
  ...terms,
  b: B,
  callDirection: 0,
  expiresAt: NEVER,
  maxDurationMinutes: 0,
  lastMinVoice: undefined,
  callerHintTone: undefined,
  calleeHintTone: undefined,
  ...more,
});

export const ax = (more: Partial<AxRelation> = {}): AxRelation => ({
  mode: 'AX',
  ...terms,
  callDirection: 0,
  showsCaller: false,
  maxDurationMinutes: 0,
  lastMinVoice: undefined,
  callerHintTone: undefined,
  calleeHintTone: undefined,
  temporaryCallee: undefined,
  lastCaller: undefined,
  ...more,
});

export const axe = (more: Partial<AxeRelation> = {}): AxeRelation => ({
  mode: 'AXE',
  ...terms,
  extension: '1207',
  expiresAt: NEVER,
  showsCaller: false,
  callBackTone: undefined,
  callBackNumber: undefined,
  callBackSeconds: 0,
  lastCaller: undefined,
  ...more,
});

export const axyb = (more: Partial<AxybRelation> = {}): AxybRelation => ({
  mode: 'AXYB',
  ...terms,
  x: X,
  b: B,
  y: Y,
  callDirection: 0,
  expiresAt: NEVER,
  preVoiceX: undefined,
  preVoiceY: undefined,
  ...more,
});

export const found = (more: Partial<Found> = {}): Found => ({
  number: number(),
  app: app(),
  relation: axb(),
  ...more,
});

/** One row of a table of decisions. */
export interface Row {
  /** A sentence that goes on after "when". */
  readonly when: string;
  readonly call: Partial<RouteCall>;
  readonly found: Found | undefined;
  /** Over a platform that forbids nothing. */
  readonly platform?: Partial<Platform>;
  readonly expected: Partial<Decision>;
  /** Members that the decision must not have. */
  readonly without?: readonly string[];
  /** In words, and all of it. */
  readonly because: readonly string[];
}

/** A test for each row: the decision, its chain in words, and nobody's number in it. */
export function decides(rows: readonly Row[]): void {
  it.each(rows)('when $when', (row) => {
    const call: RouteCall = { caller: STRANGER, x: row.found?.number.number ?? X, now: NOW, ...row.call };
    expectDecision(decide(call, row.found, { ...OPEN_PLATFORM, ...row.platform }), row);
  });
}

export function expectDecision(
  decision: Decision,
  { found: facts, expected, without = [], because }: Omit<Row, 'when' | 'call' | 'platform'>,
): void {
  expect(decision).toMatchObject(expected);
  for (const member of without) expect(decision).not.toHaveProperty(member);
  if (facts !== undefined) expect(decision).toMatchObject({ app: facts.app, number: facts.number });
  const words = explain(decision.because);
  expect(words).toEqual(because);
  for (const person of PERSONS) expect(words.join('\n')).not.toContain(person.slice(3));
}
