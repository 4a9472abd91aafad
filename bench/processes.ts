import { defineBench, single } from './Bench.ts';
import { type CallSide, startAxbridge } from './calls/sides.ts';
import { startCallLoad } from './calls/startCallLoad.ts';
import { callPathCpu, isHeld, LONGEST_DELAY_MS, type Turn, takeTurn } from './calls/turn.ts';
import { median } from './statistics.ts';

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
  async run(settings, report) {
    const [rounds, seconds] = [single(settings.rounds), single(settings.seconds)];
    await using started = new AsyncDisposableStack();
    const load = started.use(await startCallLoad());
    const sides = new Map<number, CallSide>();
    for (const count of settings.processes) {
      const side = started.use(await startAxbridge(load.calleePort, true, count));
      await takeTurn(load, side, WARM_UP_CALLS_PER_SECOND, single(settings.warmUp));
      sides.set(count, side);
    }
    report.line(
      'One call: INVITE, 180, answer after 200 ms, BYE a second later, no media. CPU and post-dial delay (PDD)',
    );
    report.line(
      'in milliseconds a call, of the application with all its processes and their parent. The embedded SIP server',
    );
    report.line(
      'is one process whatever there are of the others; callers and callees run on the same machine.',
    );
    report.line(`${rounds} rounds of ${seconds} s of calls each; medians.`);
    report.line();
    const rows: string[][] = [];
    for (const rate of settings.rates) {
      const turns = new Map([...sides.keys()].map((count): [number, Turn[]] => [count, []]));
      for (let round = 0; round < rounds; round += 1) {
        const order = round % 2 === 0 ? [...sides] : [...sides].toReversed();
        for (const [count, side] of order) turns.get(count)?.push(await takeTurn(load, side, rate, seconds));
      }
      for (const [count, taken] of turns) rows.push(rowOf(`${rate}/s ${named(count)}`, taken));
    }
    report.table(HEADING, rows);

    const climbed: string[][] = [];
    const highest: string[] = [];
    for (const [count, side] of sides) {
      let held = 0;
      for (const rate of settings.climb) {
        const turn = await takeTurn(load, side, rate, seconds);
        climbed.push(rowOf(`${rate}/s ${named(count)}`, [turn]));
        if (!isHeld(turn)) break;
        held = rate;
      }
      highest.push(`${named(count)} ${held === 0 ? 'none' : `${held}/s`}`);
    }
    report.line(
      `Highest of the rates ${settings.climb.join(', ')} at which every call completes with a PDD p99 below`,
    );
    report.line(`${LONGEST_DELAY_MS} ms: ${highest.join(', ')}`);
    report.line();
    report.table(HEADING, climbed);
  },
});

const named = (count: number): string => (count === 1 ? '1 process' : `${count} processes`);
