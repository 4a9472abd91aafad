import { defineBench, single } from './Bench.ts';
import { type Climber, climbUp, HEADING, rowOf } from './calls/rows.ts';
import { startAxbridge } from './calls/sides.ts';
import { startCallLoad } from './calls/startCallLoad.ts';
import { takeTurn } from './calls/turn.ts';
import type { Report } from './Report.ts';
import { inTurns } from './rounds.ts';

const WARM_UP_CALLS_PER_SECOND = 100;

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
    const sides: Climber[] = [];
    for (const count of counts) {
      const side = started.use(await startAxbridge(load.calleePort, true, count));
      await takeTurn(load, side, WARM_UP_CALLS_PER_SECOND, single(warmUp));
      const take = (rate: number) => takeTurn(load, side, rate, single(seconds));
      sides.push({ name: count === 1 ? '1 process' : `${count} processes`, take });
    }
    introduce(report, single(rounds), single(seconds));
    const rows: string[][] = [];
    for (const rate of rates) {
      const turns = await inTurns(
        single(rounds),
        sides.map(({ name, take }) => [name, () => take(rate)] as const),
      );
      for (const [name, taken] of Object.entries(turns)) rows.push(rowOf(name, rate, taken));
    }
    report.table(HEADING, rows);
    await climbUp(climb, sides, report);
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
  report.line(`${rounds} rounds of ${seconds} s of calls each; median (least–greatest).`);
  report.line();
}
