import type { Report } from '../Report.ts';
import { median, spread } from '../statistics.ts';
import { callPathCpu, isHeld, LONGEST_DELAY_MS, type Turn } from './turn.ts';

export const HEADING = [
  ...['', 'completed', 'app', 'SIP server', 'app + SIP server', 'PostgreSQL', 'PDD p50', 'p99'],
];

const ms = (value: number): string => value.toFixed(2);

/** What a name's turns at one rate came to, in the columns of `HEADING`: sums of calls, medians of all else. */
export function rowOf(name: string, callsPerSecond: number, turns: readonly Turn[]): string[] {
  const of = (figure: (turn: Turn) => number): string => ms(median(turns.map(figure)));
  const sum = (figure: (turn: Turn) => number): number =>
    turns.reduce((total, turn) => total + figure(turn), 0);
  return [
    `${callsPerSecond}/s ${name}`,
    `${sum(({ completed }) => completed)}/${sum(({ begun }) => begun)}`,
    of(({ cpu }) => cpu.application),
    of(({ cpu }) => cpu.sipServer),
    spread(turns.map(callPathCpu), ms),
    of(({ cpu }) => cpu.postgres),
    of(({ postDialDelayMs }) => postDialDelayMs.p50),
    of(({ postDialDelayMs }) => postDialDelayMs.p99),
  ];
}

/** Whose highest rate is looked for. */
export interface Climber {
  readonly name: string;
  take(callsPerSecond: number): Promise<Turn>;
}

/** Gives each one rate after the other, as long as they are held, and reports how far it came. */
export async function climbUp(
  rates: readonly number[],
  climbers: readonly Climber[],
  report: Report,
): Promise<void> {
  const rows: string[][] = [];
  const highest: string[] = [];
  for (const { name, take } of climbers) {
    let held = 0;
    for (const rate of rates) {
      const turn = await take(rate);
      rows.push(rowOf(name, rate, [turn]));
      if (!isHeld(turn)) break;
      held = rate;
    }
    highest.push(`${name} ${held === 0 ? 'none' : `${held}/s`}`);
  }
  report.line(`Highest of the rates ${rates.join(', ')} at which every call completes with a PDD p99 below`);
  report.line(
    `${LONGEST_DELAY_MS} ms, callers, SIP server and application on the same cores: ${highest.join(', ')}`,
  );
  report.line();
  report.table(HEADING, rows);
}
