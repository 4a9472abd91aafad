import { defineBench, single } from './Bench.ts';
import { startAxbridge } from './calls/sides.ts';
import { startCallLoad } from './calls/startCallLoad.ts';
import { callPathCpu, isHeld, LONGEST_DELAY_MS, type Turn, takeTurn } from './calls/turn.ts';
import type { Report } from './Report.ts';
import { median } from './statistics.ts';

/** An axbridge with so many processes. */
interface Side {
  readonly name: string;
  take(callsPerSecond: number, seconds: number): Promise<Turn>;
}

const WARM_UP_CALLS_PER_SECOND = 100;

const ms = (value: number): string => value.toFixed(2);

function rowOf(name: string, turns: readonly Turn[]): string[] {
  const of = (figure: (turn: Turn) => number): string => ms(median(turns.map(figure)));
  const sum = (figure: (turn: Turn) => number): number =>
    turns.reduce((total, turn) => total + figure(turn), 0);
  return [
    name,
    `${sum(({ completed }) => completed)}/${sum(({ begun }) => begun)}`,
    of(({ cpu }) => cpu.application),
    of(({ cpu }) => cpu.sipServer),
    of(callPathCpu),
    of(({ cpu }) => cpu.postgres),
    of(({ postDialDelayMs }) => postDialDelayMs.p50),
    of(({ postDialDelayMs }) => postDialDelayMs.p99),
  ];
}

const HEADING = ['', 'completed', 'app', 'SIP server', 'app + SIP server', 'PostgreSQL', 'PDD p50', 'p99'];

export const processes = defineBench({
  name: 'processes',
  summary: 'CPU a call, post-dial delay and most calls a second with one process and with several',
  flags: {
    processes: { fallback: [1, 2], meaning: 'AXBRIDGE_PROCESSES of each side' },
    rounds: { fallback: [2], meaning: 'rounds of each side' },
    seconds: { fallback: [3], meaning: 'how long calls begin in each turn' },
    warmUp: { fallback: [8], meaning: 'seconds of calls, 100 each, before anything is measured' },
    rates: { fallback: [100], meaning: 'calls begun a second' },
    climb: { fallback: [200, 300, 400, 500], meaning: 'rates tried for the highest, once each' },
  },
  async run({ processes: counts, rounds, seconds, warmUp, rates, climb }, report) {
    await using started = new AsyncDisposableStack();
    const load = started.use(await startCallLoad());
    const sides: Side[] = [];
    for (const count of counts) {
      const side = started.use(await startAxbridge(load.calleePort, true, count));
      const take: Side['take'] = (rate, forSeconds) => takeTurn(load, side, rate, forSeconds);
      await take(WARM_UP_CALLS_PER_SECOND, single(warmUp));
      sides.push({ name: count === 1 ? '1 process' : `${count} processes`, take });
    }
    introduce(report, single(rounds), single(seconds));
    const rows: string[][] = [];
    for (const rate of rates) rows.push(...(await rowsAt(rate, sides, single(rounds), single(seconds))));
    report.table(HEADING, rows);
    await climbUp(climb, sides, single(seconds), report);
  },
});

function introduce(report: Report, rounds: number, seconds: number): void {
  report.line(
    'One call: INVITE, 180, answer after 200 ms, BYE a second later, no media. CPU and post-dial delay (PDD)',
  );
  report.line(
    'in milliseconds a call; app: all processes and their parent. The embedded SIP server is one process however',
  );
  report.line('many of the others there are; callers and callees run on the same machine.');
  report.line(`${rounds} rounds of ${seconds} s of calls each; medians.`);
  report.line();
}

/** All sides at one rate, in turn, each round in the opposite order of the one before. */
async function rowsAt(
  rate: number,
  sides: readonly Side[],
  rounds: number,
  seconds: number,
): Promise<string[][]> {
  const turns = new Map<Side, Turn[]>(sides.map((side) => [side, []]));
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? sides : sides.toReversed();
    for (const side of order) turns.get(side)?.push(await side.take(rate, seconds));
  }
  return [...turns].map(([{ name }, taken]) => rowOf(`${rate}/s ${name}`, taken));
}

async function climbUp(
  rates: readonly number[],
  sides: readonly Side[],
  seconds: number,
  report: Report,
): Promise<void> {
  const rows: string[][] = [];
  const highest: string[] = [];
  for (const { name, take } of sides) {
    let held = 0;
    for (const rate of rates) {
      const turn = await take(rate, seconds);
      rows.push(rowOf(`${rate}/s ${name}`, [turn]));
      if (!isHeld(turn)) break;
      held = rate;
    }
    highest.push(`${name} ${held === 0 ? 'none' : `${held}/s`}`);
  }
  report.line(`Highest of the rates ${rates.join(', ')} at which every call completes with a PDD p99 below`);
  report.line(`${LONGEST_DELAY_MS} ms: ${highest.join(', ')}`);
  report.line();
  report.table(HEADING, rows);
}
