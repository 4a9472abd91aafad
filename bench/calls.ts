import { defineBench, single } from './Bench.ts';
import { startAxbridge, startBareB2bua } from './calls/sides.ts';
import { startCallLoad } from './calls/startCallLoad.ts';
import { callPathCpu, isHeld, LONGEST_DELAY_MS, type Turn, takeTurn } from './calls/turn.ts';
import type { Report } from './Report.ts';
import { inTurns } from './rounds.ts';
import { median, spread } from './statistics.ts';

const WARM_UP_CALLS_PER_SECOND = 150;

const SIDES = ['bare', 'axbridge', 'silent'] as const;
type SideName = (typeof SIDES)[number];
const NAMES: Record<SideName, string> = {
  bare: 'bare createB2BUA',
  axbridge: 'axbridge',
  silent: 'axbridge, nobody to notify',
};

const ms = (value: number): string => value.toFixed(2);

function rowOf(side: SideName, callsPerSecond: number, turns: readonly Turn[]): string[] {
  const of = (figure: (turn: Turn) => number): string => ms(median(turns.map(figure)));
  const sum = (figure: (turn: Turn) => number): number =>
    turns.reduce((total, turn) => total + figure(turn), 0);
  return [
    `${callsPerSecond}/s ${NAMES[side]}`,
    `${sum((turn) => turn.completed)}/${sum((turn) => turn.begun)}`,
    of(({ cpu }) => cpu.application),
    of(({ cpu }) => cpu.sipServer),
    spread(turns.map(callPathCpu), ms),
    of(({ cpu }) => cpu.postgres),
    of(({ postDialDelayMs }) => postDialDelayMs.p50),
    of(({ postDialDelayMs }) => postDialDelayMs.p99),
  ];
}

const HEADING = ['', 'completed', 'app', 'SIP server', 'app + SIP server', 'PostgreSQL', 'PDD p50', 'p99'];

export const calls = defineBench({
  name: 'calls',
  summary: 'CPU a call, post-dial delay and most calls a second of the plain path, beside a bare createB2BUA',
  flags: {
    rounds: { fallback: [2], meaning: 'rounds of each side' },
    seconds: { fallback: [3], meaning: 'how long calls begin in each turn' },
    warmUp: { fallback: [8], meaning: 'seconds of calls, 150 each, before anything is measured' },
    rates: { fallback: [10, 100], meaning: 'calls begun a second' },
    climb: { fallback: [150, 250, 350, 450], meaning: 'rates tried for the highest, once each' },
  },
  async run({ rounds, seconds, warmUp, rates, climb }, report) {
    await using load = await startCallLoad();
    await using bare = await startBareB2bua(load.calleePort);
    await using axbridge = await startAxbridge(load.calleePort, true);
    await using silent = await startAxbridge(load.calleePort, false);
    const sides = { bare, axbridge, silent };
    for (const side of Object.values(sides)) {
      await takeTurn(load, side, WARM_UP_CALLS_PER_SECOND, single(warmUp));
    }
    introduce(report, single(rounds), single(seconds));

    const rows: string[][] = [];
    for (const rate of rates) {
      const turns = await turnsOf(single(rounds), (side) =>
        takeTurn(load, sides[side], rate, single(seconds)),
      );
      for (const side of SIDES) {
        const ratio = median(turns[side].map(callPathCpu)) / median(turns.bare.map(callPathCpu));
        rows.push([...rowOf(side, rate, turns[side]), side === 'bare' ? '' : `${ratio.toFixed(2)} ×`]);
      }
    }
    report.table([...HEADING, 'beside bare'], rows);
    await climbUp(climb, report, (side, rate) => takeTurn(load, sides[side], rate, single(seconds)));
  },
});

function introduce(report: Report, rounds: number, seconds: number): void {
  report.line(
    'One call: INVITE, 180, answer after 200 ms, BYE a second later, no media. CPU and post-dial delay (PDD)',
  );
  report.line(
    'in milliseconds a call. axbridge: the whole application (routing, journal in PostgreSQL, 5 events and a',
  );
  report.line(
    'record pushed); nobody to notify: the same, for an application that gave no URLs. Each side on an embedded',
  );
  report.line(
    'SIP server of its own; callers and callees run in a process of their own on the same machine.',
  );
  report.line(`${rounds} rounds of ${seconds} s of calls each; median (least–greatest).`);
  report.line();
}

/** As `inTurns`, of turns with more than one figure. */
async function turnsOf(
  rounds: number,
  take: (side: SideName) => Promise<Turn>,
): Promise<Record<SideName, Turn[]>> {
  const turns: Record<SideName, Turn[]> = { bare: [], axbridge: [], silent: [] };
  const sides = SIDES.map((side) => [side, async () => turns[side].push(await take(side))] as const);
  await inTurns(rounds, sides);
  return turns;
}

async function climbUp(
  rates: readonly number[],
  report: Report,
  take: (side: SideName, rate: number) => Promise<Turn>,
): Promise<void> {
  const rows: string[][] = [];
  const highest: string[] = [];
  for (const side of ['bare', 'axbridge'] as const) {
    let held = 0;
    for (const rate of rates) {
      const turn = await take(side, rate);
      rows.push(rowOf(side, rate, [turn]));
      if (!isHeld(turn)) break;
      held = rate;
    }
    highest.push(`${NAMES[side]} ${held === 0 ? 'none' : `${held}/s`}`);
  }
  report.line(`Highest of the rates ${rates.join(', ')} at which every call completes with a PDD p99 below`);
  report.line(
    `${LONGEST_DELAY_MS} ms, callers, SIP server and application on the same cores: ${highest.join(', ')}`,
  );
  report.line();
  report.table(HEADING, rows);
}
