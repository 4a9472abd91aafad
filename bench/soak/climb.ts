import { setTimeout as delay } from 'node:timers/promises';
import { LONGEST_DELAY_MS } from '../calls/turn.ts';
import type { Report } from '../Report.ts';
import type { Load } from './loadProcess.ts';
import type { Pace } from './PacedLoad.ts';

const TURN_SECONDS = 15;

/** The highest of the rates at which every call is completed, and quickly. @throws Error when none is */
export async function climb(
  rates: readonly number[],
  pace: Omit<Pace, 'callsPerSecond'>,
  load: Load,
  report: Report,
): Promise<number> {
  let highest = 0;
  for (const callsPerSecond of rates) {
    const before = await load({ type: 'progress' });
    await load({ type: 'begin', pace: { ...pace, callsPerSecond } });
    await delay(1000 * TURN_SECONDS);
    const after = await load({ type: 'finish' });
    const [begun, completed] = [after.begun - before.begun, after.completed - before.completed];
    const { p99 } = after.postDialDelayMs;
    report.line(
      `${callsPerSecond}/s: ${completed} of ${begun} calls completed, PDD p99 ${p99.toFixed(0)} ms`,
    );
    if (completed < begun || p99 > LONGEST_DELAY_MS) break;
    highest = callsPerSecond;
  }
  if (highest === 0) throw new Error('no rate at which every call is completed');
  report.line(
    `Highest rate at which every call completes with a PDD p99 up to ${LONGEST_DELAY_MS} ms: ${highest}/s`,
  );
  report.line();
  return highest;
}
