import type { AxbRelation, Found, Mode, Relation, RoutingTable } from '../../routing/types.ts';
import { Changes } from '../../src/store/changes.ts';
import { DEFAULT_GUARDS } from '../../src/store/guards.ts';
import { type AnswerTable, RoutingCache } from '../../src/store/RoutingCache.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: console.error };
export const X = '+8617000005001';
export const A = '+8613800000001';

/** Changes that are trusted without a database. */
class TrustedChanges extends Changes {
  isTrusted = true;
  constructor() {
    super({ url: '', log });
  }
  override get trusted(): boolean {
    return this.isTrusted;
  }
}

export const relationOf = (a: string, subscriptionId: string): AxbRelation => ({
  mode: 'AXB',
  subscriptionId,
  a,
  b: '+8613900000002',
  callDirection: 0,
  expiresAt: Number.POSITIVE_INFINITY,
  recordFlag: false,
  recordHintTone: undefined,
  maxDurationMinutes: 0,
  lastMinVoice: undefined,
  callerHintTone: undefined,
  calleeHintTone: undefined,
  userData: undefined,
});

export const foundOf = (
  x: string,
  appKey: string,
  relation: Relation | undefined,
  mode: Mode = 'AXB',
): Found => ({
  number: { number: x, areaCode: '', state: 'normal' },
  app: {
    ...{ appKey, mode, state: 'normal', recording: false, announcements: {} },
    ...{ qualityHintTone: undefined },
    ...{ callBackMemory: false, extensionDigits: 4, collectRepeats: 0, callBackNumber: undefined },
    account: { accountId: 'axbridge', state: 'normal', callFrequency: undefined },
    guards: DEFAULT_GUARDS,
  },
  relation,
});

/** A table whose answers come when the test says so. */
export class SlowTable implements RoutingTable {
  readonly asked: {
    x: string;
    caller: string;
    answer: (found: Found | undefined) => void;
    fail: () => void;
  }[] = [];
  find(x: string, caller: string): Promise<Found | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<Found | undefined>();
    this.asked.push({ x, caller, answer: resolve, fail: () => reject(new Error('away')) });
    return promise;
  }
}

export function setUp(table: AnswerTable, more: { maxNumbers?: number; maxParties?: number } = {}) {
  const changes = new TrustedChanges();
  return { changes, cache: new RoutingCache({ table, changes, maxNumbers: 100, ...more }) };
}
