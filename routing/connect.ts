import type { Reason } from './because.ts';
import type { AppRoute, Connect, Found } from './types.ts';

const SECONDS_PER_MINUTE = 60;

/** What a binding, or in X mode the customer's answer, says of the call itself. */
export interface Terms {
  readonly subscriptionId: string;
  readonly recordFlag: boolean;
  readonly recordHintTone: string | undefined;
  /** AXE and AXYB have no limit. */
  readonly maxDurationMinutes?: number;
  readonly lastMinVoice?: string | undefined;
  readonly userData: string | undefined;
}

/** Where a call goes, and why. */
type Way = Pick<Connect, 'callee' | 'shown' | 'ringback' | 'because'> &
  Partial<Pick<Connect, 'line' | 'remember' | 'temporaryCallee' | 'extension'>>;

/** A call that goes out, on these terms, this way. It is recorded where the terms ask for it and the application may. */
export function connect({ app, number }: Pick<Found, 'app' | 'number'>, terms: Terms, way: Way): Connect {
  const { subscriptionId, recordFlag, recordHintTone, maxDurationMinutes = 0, userData } = terms;
  const record = recordFlag && app.recording;
  return {
    kind: 'connect',
    app,
    number,
    subscriptionId,
    record,
    recordHintTone: record ? (recordHintTone ?? app.qualityHintTone) : undefined,
    maxDurationSeconds: maxDurationMinutes * SECONDS_PER_MINUTE,
    lastMinVoice: maxDurationMinutes === 0 ? undefined : terms.lastMinVoice,
    userData,
    ...way,
    because: recordFlag && !record ? withoutRecording(way.because, app) : way.because,
  };
}

/** The chain of a call that is not recorded although it should be. */
export function withoutRecording(because: readonly Reason[], { appKey }: AppRoute): Reason[] {
  return [...because, ['recording-not-enabled', appKey]];
}
