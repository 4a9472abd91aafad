import type { AxeRelation } from '../../routing/types.ts';
import { B } from './callsUnderTest.ts';

/** B, and what is typed to reach him. */
export const BEN: AxeRelation = {
  mode: 'AXE',
  subscriptionId: 'binding-1',
  a: B,
  extension: '1207',
  expiresAt: Number.POSITIVE_INFINITY,
  showsCaller: false,
  recordFlag: false,
  recordHintTone: undefined,
  callBackTone: undefined,
  callBackNumber: undefined,
  callBackSeconds: 0,
  userData: undefined,
  lastCaller: undefined,
};
