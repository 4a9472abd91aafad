import type { CallSnapshot } from '../store/CallSnapshot.ts';
import type { CallSpan } from '../telemetry/callSpans.ts';

/** The whole of a call that has ended, and what its own moments tell of its parts. */
export function spansOfCall(call: CallSnapshot): CallSpan[] {
  const { sessionId, appKey, mode, x, callInAt, forwardedAt, alertingAt, answeredAt, stateCode, releasedBy } =
    call;
  const endedAt = call.endedAt ?? callInAt;
  const whole: CallSpan = {
    ...{ sessionId, name: 'call', startMs: callInAt, endMs: endedAt },
    attributes: {
      'axbridge.app_key': appKey,
      'axbridge.mode': mode,
      'axbridge.x': x,
      ...(stateCode !== undefined && { 'axbridge.state_code': stateCode }),
      ...(releasedBy !== undefined && { 'axbridge.released_by': releasedBy }),
    },
    ...(stateCode !== 0 && { failure: `stateCode ${stateCode}` }),
  };
  const part = (name: CallSpan['name'], startMs: number | undefined, endMs: number): CallSpan[] =>
    startMs === undefined ? [] : [{ sessionId, name, startMs, endMs }];
  return [
    whole,
    ...part('dial', forwardedAt, alertingAt ?? answeredAt ?? endedAt),
    ...part('ring', alertingAt, answeredAt ?? endedAt),
    ...part('talk', answeredAt, endedAt),
  ];
}
