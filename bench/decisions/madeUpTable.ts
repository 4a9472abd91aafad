import type { Found, RoutingTable } from '../../routing/types.ts';
import { DEFAULT_GUARDS } from '../../src/store/guards.ts';
import { partyNumber, xNumber } from '../BenchDatabase.ts';

/** Parties on each X: A and B of four bindings. */
export const PARTIES_ON_X = 8;

/** The X on which this party is. */
export function xOfParty(party: number): string {
  return xNumber(Math.floor(party / PARTIES_ON_X));
}

/**
 * A routing table that makes its rows up when asked, fresh objects and strings each time, as the database's does:
 * parties from 0 up, two of them a binding, eight on an X. A caller of a higher index is a stranger.
 */
export function madeUpTable(parties: number): RoutingTable {
  const numbers = parties / PARTIES_ON_X;
  return {
    find: async (x, caller) => {
      const xIndex = Number(x.slice(-9));
      if (xIndex >= numbers) return undefined;
      const party = Number(caller.slice(-8));
      return found(xIndex, party < parties ? party : undefined);
    },
  };
}

function found(xIndex: number, party: number | undefined): Found {
  return {
    number: { number: xNumber(xIndex), areaCode: '0571', state: 'normal' },
    app: {
      appKey: 'f00dfeed0123456789abcdef',
      mode: 'AXB',
      state: 'normal',
      account: { accountId: 'axbridge', state: 'normal', callFrequency: undefined },
      recording: true,
      qualityHintTone: undefined,
      announcements: {},
      callBackMemory: false,
      extensionDigits: 4,
      collectRepeats: 0,
      callBackNumber: undefined,
      guards: DEFAULT_GUARDS,
    },
    relation:
      party === undefined
        ? undefined
        : {
            mode: 'AXB',
            subscriptionId: `f3cf1c52-6f5c-4d1b-9d4a-${String(party - (party % 2)).padStart(12, '0')}`,
            a: partyNumber(party - (party % 2)),
            b: partyNumber(party - (party % 2) + 1),
            callDirection: 0,
            expiresAt: Number.POSITIVE_INFINITY,
            recordFlag: false,
            recordHintTone: undefined,
            maxDurationMinutes: 0,
            lastMinVoice: undefined,
            callerHintTone: undefined,
            calleeHintTone: undefined,
            userData: undefined,
          },
  };
}
