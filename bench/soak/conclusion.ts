import type { Report } from '../Report.ts';
import { count } from '../statistics.ts';
import type { BindChurn } from './BindChurn.ts';
import type { Progress } from './PacedLoad.ts';
import { MOST_GROWTH, type Trend } from './Samples.ts';
import type { Told } from './sinkProcess.ts';

export const LEAST_SUCCESS = 0.9999;

/** What a soak was, from its first call to the time after its last. */
export interface SoakOutcome {
  readonly calls: Progress;
  readonly told: Told;
  readonly churn: BindChurn;
  readonly trends: readonly Trend[];
  /** What was still held of calls when all were over. */
  readonly left: readonly string[];
}

/** What must not be; nothing, when all is well. */
export function failuresOf({ calls, told, churn, trends, left }: SoakOutcome): string[] {
  const success = calls.completed / calls.begun;
  const missing = calls.begun - told.records;
  return [
    ...(trends.length === 0 ? ['too short: nothing was sampled after the warm-up'] : []),
    ...(success < LEAST_SUCCESS ? [`${(100 * success).toFixed(3)} % of the calls were completed`] : []),
    // A call that failed before it reached the application has no record.
    ...(missing > calls.begun - calls.completed ? [`${missing} records are missing`] : []),
    ...(told.recordsAgain > 0 ? [`${told.recordsAgain} records came twice`] : []),
    ...(churn.failures.length > 0 ? [`binds were refused: ${churn.failures[0]}`] : []),
    ...(left.length > 0 ? [`left at the end: ${left.join(', ')}`] : []),
    ...trends.filter(({ isFlat }) => !isFlat).map(({ name }) => `${name}: grew`),
  ];
}

/** Puts the outcome into tables and sentences. */
export function conclude(report: Report, outcome: SoakOutcome): void {
  const { calls, told, churn, trends, left } = outcome;
  const isEmpty = ({ first, last }: Trend): boolean => first === 0 && last === 0;
  report.line();
  report.line(
    'Means of the first and the last third of the samples after the warm-up. Flat: not grown by more than',
  );
  report.line(
    `${100 * MOST_GROWTH} %; what comes and goes with calls may also differ by what one second of calls brings.`,
  );
  report.line();
  const rows = trends.filter((trend) => !isEmpty(trend)).map(trendRow);
  report.table(['', 'first', 'last', 'growth', ''], rows);
  const empty = trends.filter(isEmpty).map(({ name }) => name);
  if (empty.length > 0) report.line(`Empty all the time: ${empty.join(', ')}.`);
  const percent = ((100 * calls.completed) / calls.begun).toFixed(4);
  report.line(`Calls completed: ${count(calls.completed)} of ${count(calls.begun)} (${percent} %).`);
  for (const [what, times] of Object.entries(calls.failures)) report.line(`  ${times} × ${what}`);
  report.line(`Records: ${count(told.records)}, ${told.recordsAgain} of them twice.`);
  report.line(`Binds, each unbound again: ${count(churn.turns)}, ${churn.failures.length} refused.`);
  report.line(`Left of calls after the end: ${left.length === 0 ? 'nothing' : left.join(', ')}.`);
  report.line();
}

function trendRow({ name, sense, first, last, growth, isFlat }: Trend): string[] {
  const digits = name.endsWith('MiB') ? 1 : 0;
  const percent = Number.isFinite(growth) ? `${(100 * growth).toFixed(1)} %` : '';
  const verdict = sense === 'kept' ? 'kept by design' : isFlat ? 'flat' : 'grew';
  return [name, first.toFixed(digits), last.toFixed(digits), percent, verdict];
}
